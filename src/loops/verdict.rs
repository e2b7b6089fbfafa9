//! Verdicts on a placement, with their reasons.

use std::fmt;

use num_complex::Complex64;

/// What stands in the way of a placement, with its numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Obstacle {
    /// Two targets coincide.
    RepeatedTarget {
        /// The target.
        target: Complex64,
        /// Distance of the other one.
        distance: f64,
    },
    /// A target coincides with an eigenvalue of A.
    OnEigenvalue {
        /// The target.
        target: Complex64,
        /// Distance of the eigenvalue.
        distance: f64,
    },
    /// The condition number of Q is above the limit.
    Condition {
        /// Condition number of Q.
        condition: f64,
        /// [`PlacementOptions::condition_limit`](super::PlacementOptions::condition_limit).
        limit: f64,
    },
    /// The eigenvalues would miss their targets.
    Accuracy {
        /// Predicted error (1/tau).
        predicted: f64,
        /// What it must stay below.
        limit: f64,
    },
    /// An eigenvalue that was not asked for stays right of the margin.
    UnstableRest {
        /// Its real part (1/tau).
        abscissa: f64,
        /// What it must stay below.
        limit: f64,
    },
    /// Additional targets were needed to keep the rest stable.
    Stabilised {
        /// How many.
        count: usize,
    },
    /// The eigenvectors of A are nearly dependent.
    Basis {
        /// Condition number of the basis.
        condition: f64,
        /// What it should stay below.
        limit: f64,
    },
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::RepeatedTarget { target, distance } => {
                write!(f, "another target lies {distance:.1e} from {target}")
            }
            Self::OnEigenvalue { target, distance } => {
                write!(f, "an eigenvalue of A lies {distance:.1e} from target {target}")
            }
            Self::Condition { condition, limit } => {
                write!(f, "cond(Q) = {condition:.1e} exceeds {limit:.1e}")
            }
            Self::Accuracy { predicted, limit } => {
                write!(f, "predicted eigenvalue error {predicted:.1e} exceeds {limit:.1e}")
            }
            Self::UnstableRest { abscissa, limit } => {
                write!(f, "an eigenvalue beside the targets has real part {abscissa:.3e}, above {limit:.1e}")
            }
            Self::Stabilised { count } => write!(f, "{count} additional targets keep the rest stable"),
            Self::Basis { condition, limit } => {
                write!(f, "the eigenvectors of A have condition number {condition:.1e}, above {limit:.1e}")
            }
        }
    }
}

/// Will the placement succeed?
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// Yes, for nearly every u.
    Feasible,
    /// For some u, or at a price.
    Doubtful {
        /// Why.
        reason: Obstacle,
    },
    /// No.
    Infeasible {
        /// Why not.
        reason: Obstacle,
    },
}

impl Verdict {
    /// Whether it is [`Verdict::Feasible`].
    pub fn is_feasible(&self) -> bool {
        *self == Self::Feasible
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Feasible => write!(f, "feasible"),
            Self::Doubtful { reason } => write!(f, "doubtful: {reason}"),
            Self::Infeasible { reason } => write!(f, "infeasible: {reason}"),
        }
    }
}
