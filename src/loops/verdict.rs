//! Verdicts on a placement, with their reasons.

use std::fmt;

use crate::Error;

/// What makes a placement doubtful, with its numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Doubt {
    /// The eigenvalues may miss their targets.
    Accuracy {
        /// Predicted error (1/tau).
        predicted: f64,
        /// What it should stay below.
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

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Accuracy { predicted, limit } => {
                write!(f, "predicted eigenvalue error {predicted:.1e} exceeds {limit:.1e}")
            }
            Self::Stabilised { count } => write!(f, "{count} additional targets keep the rest stable"),
            Self::Basis { condition, limit } => {
                write!(f, "the eigenvectors of A have condition number {condition:.1e}, above {limit:.1e}")
            }
        }
    }
}

/// Will the placement succeed?
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Yes, for nearly every u.
    Feasible,
    /// For some u, or at a price.
    Doubtful {
        /// Why.
        reason: Doubt,
    },
    /// No.
    Infeasible {
        /// The error that the placement or the finished loop would be refused with.
        reason: Box<Error>,
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
