//! A preparatory module whose errors count.

use nalgebra::DMatrix;

use crate::linalg::expm;
use crate::linalg::product::{Lu, product, view};
use crate::low_rank::LowRank;
use crate::system::System;
use crate::{Error, Result, check};

/// A preparatory module $U V^T$ and how long it prepares, for the errors of its weights and of its input.
///
/// Preparation for T_p of $\dot x = A_p x + b$ with $A_p = A + U V^T$, $P = e^{A_p T_p}$ and $b = -A_p x_f$
/// ends at $s = (I - P) x_f$. An error $dA_p$ of the module moves that, to first order and with the state
/// near $x_f$, by $B\, dA_p\, x_f$, one of the input by $B\, db$, where $B = -A_p^{-1} (I - P)$. An input
/// that is compensated, switched from one constant vector to another on the way, counts as the one it ends
/// with: the states are the same at the end, and what an earlier error leaves is damped by P.
///
/// ```
/// use nalgebra::DMatrix;
/// use thalamo::direct::{DirectCost, DirectModule, DirectOptions};
/// use thalamo::{Cortex, LowRank, System, motif::Motif};
/// let system = System::from(Cortex::random(12, 0.5, 1)?);
/// let part = |phase: f64| DMatrix::from_fn(12, 3, |i, j| (i as f64 + phase * j as f64).sin() * 0.2);
/// let module = DirectModule::new(&system, &LowRank::new(part(1.0), -part(1.0))?, 5.0)?;
/// let motif = Motif::new(0.5, (0..40).map(|n| (0.3 * n as f64).sin()).collect())?;
/// let options = DirectOptions::robust().with(|o| (o.module_error, o.input_error) = (0.02, 0.02));
/// let nothing = DMatrix::zeros(12, 12);
/// let mut cost = DirectCost::new(&system, (&nothing, &module), &motif, &options)?;
/// let u = DMatrix::from_fn(12, 1, |i, _| (i as f64).sin() * 0.1);
/// let terms = cost.evaluate(&LowRank::new(u.clone(), -u)?)?.expect("no eigenvalue is far right");
/// assert!(terms.module_errors > 0.0 && terms.weight_errors > 0.0);
/// assert!(terms.expected_error_at(0.02) > terms.expected_error());
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct DirectModule {
    pub(super) input: DMatrix<f64>,
    pub(super) feedback: DMatrix<f64>,
    /// B and B U side by side, and $(I - P)^{-1}$, that times A_p and times $V^T$ from the left below it:
    /// what errors are carried by, and what makes $x_f$, b and $V^T x_f$ of s.
    pub(super) shift: DMatrix<f64>,
    pub(super) fixed: DMatrix<f64>,
}

impl DirectModule {
    /// The module of a system, with the duration of preparation T_p (tau).
    ///
    /// # Errors
    /// A module of another number of units, a duration that is not positive, a module whose preparation does
    /// not forget: $I - P$ or $A_p$ singular.
    pub fn new(system: &System, weights: &LowRank, duration: f64) -> Result<Self> {
        check::positive("duration of preparation", duration)?;
        let closed = weights.closed(system)?;
        let n = system.units();
        let left = DMatrix::identity(n, n) - expm(&(&closed * duration))?;
        let inverse = |m: &DMatrix<f64>| {
            let (mut lu, mut out) = (Lu::new(n), DMatrix::zeros(n, n));
            lu.matrix_mut().copy_from(m);
            lu.invert_into(&mut out);
            let singular = Error::Singular {
                what: "fixed point of a preparatory module",
                remedy: "use a module without eigenvalue zero",
            };
            if out.iter().all(|x| x.is_finite()) { Ok(out) } else { Err(singular) }
        };
        let own = inverse(&left)?;
        let carry = -product(view(&inverse(&closed)?), view(&left));
        let rank = weights.rank();
        let (mut shift, mut fixed) = (DMatrix::zeros(n, n + rank), DMatrix::zeros(2 * n + rank, n));
        shift.columns_mut(0, n).copy_from(&carry);
        shift.columns_mut(n, rank).copy_from(&(&carry * weights.input()));
        fixed.rows_mut(0, n).copy_from(&own);
        fixed.rows_mut(n, n).copy_from(&product(view(&closed), view(&own)));
        fixed.rows_mut(2 * n, rank).copy_from(&(weights.feedback().transpose() * &own));
        Ok(Self { input: weights.input().clone(), feedback: weights.feedback().clone(), shift, fixed })
    }
}

/// What preparation leaves of a deviation, $S$ (N x N, in units of $c^2$), and the module whose errors count.
///
/// Made from S alone, or from S and a module.
#[derive(Debug, Clone, Copy)]
pub struct Prepared<'a> {
    pub(in crate::direct) covariance: &'a DMatrix<f64>,
    pub(in crate::direct) module: Option<&'a DirectModule>,
}

impl<'a> From<&'a DMatrix<f64>> for Prepared<'a> {
    fn from(covariance: &'a DMatrix<f64>) -> Self {
        Self { covariance, module: None }
    }
}

impl<'a> From<(&'a DMatrix<f64>, &'a DirectModule)> for Prepared<'a> {
    fn from((covariance, module): (&'a DMatrix<f64>, &'a DirectModule)) -> Self {
        Self { covariance, module: Some(module) }
    }
}
