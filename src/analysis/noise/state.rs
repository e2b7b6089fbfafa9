//! Noise in the state: where a motif starts from, and white noise while it plays.

use nalgebra::DMatrix;

use super::readout::{MotifReadout, ReadoutVariance};
use crate::linalg::noise_factor;
use crate::{Result, check};

/// Gaussian deviation of a state, of mean zero.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum InitialNoise {
    /// No deviation.
    #[default]
    None,
    /// Every unit on its own, $\Sigma_0 = s^2 I$, with this standard deviation s >= 0.
    Independent(f64),
    /// A covariance $\Sigma_0$ (N x N), symmetric and positive semidefinite.
    Covariance(DMatrix<f64>),
}

impl InitialNoise {
    /// F with `F F^T` the covariance (N x rank); without columns where there is no noise.
    pub(super) fn factor(&self, units: usize) -> Result<DMatrix<f64>> {
        match self {
            Self::None => Ok(DMatrix::zeros(units, 0)),
            Self::Independent(std) => {
                check::non_negative("initial noise", *std)?;
                let rank = if *std > 0.0 { units } else { 0 };
                Ok(DMatrix::identity(units, rank) * *std)
            }
            Self::Covariance(covariance) => {
                let remedy = "give the covariance as N x N";
                check::shape("initial covariance", covariance.shape(), (units, units), remedy)?;
                noise_factor(covariance)
            }
        }
    }
}

impl MotifReadout {
    /// Variance of the readout when the motif starts from $x(0) + \delta x$,
    /// $\delta x \sim N(0, \Sigma_0)$:
    ///
    /// $$ \mathrm{Var}\\, y_k = r_k^T \Sigma_0 r_k. $$
    ///
    /// Exact, $O(n N \\, \mathrm{rank}\\, \Sigma_0)$; exists for every A.
    ///
    /// # Errors
    /// A standard deviation that is negative or not finite; a covariance that is not N x N, finite,
    /// symmetric and positive semidefinite; a variance that overflows.
    pub fn initial_variance(&self, noise: &InitialNoise) -> Result<ReadoutVariance> {
        self.factor_variance(&noise.factor(self.units())?)
    }

    /// Variance of the readout under white noise of intensity s >= 0 (per sqrt(tau)) from the
    /// motif's start on,
    ///
    /// $$ \mathrm{Var}\\, y_k = s^2 \sum_{j<k} r_j^T Q r_j,
    ///    \qquad Q = \int_0^{dt} e^{A r} e^{A^T r}\\, dr, $$
    ///
    /// the exact discrete covariance that [`play::Noise`](crate::play::Noise) draws from.
    /// $O(n N^2)$; exists for every A.
    ///
    /// # Errors
    /// An intensity that is negative or not finite; a variance that overflows.
    pub fn process_variance(&self, intensity: f64) -> Result<ReadoutVariance> {
        check::non_negative("process noise", intensity)?;
        let of_step = self.factor_variance(self.phase.flow.noise(0)?)?;
        let before = |sum: &mut f64, value: f64| {
            let before = intensity * intensity * *sum;
            *sum += value;
            Some(before)
        };
        ReadoutVariance::new(of_step.values.into_iter().scan(0.0, before).collect())
    }
}
