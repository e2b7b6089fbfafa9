//! Noise in the state from which a motif, or its preparation, starts.

use nalgebra::DMatrix;

use super::readout::{MotifReadout, ReadoutVariance};
use crate::linalg::{expm, noise_factor};
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
    /// F with `F F^T` the covariance (N x rank), or nothing without noise.
    pub(super) fn factor(&self, units: usize) -> Result<Option<DMatrix<f64>>> {
        match self {
            Self::None => Ok(None),
            Self::Independent(std) => {
                check::non_negative("initial noise", *std)?;
                Ok((*std > 0.0).then(|| DMatrix::identity(units, units) * *std))
            }
            Self::Covariance(covariance) => {
                let remedy = "give the covariance as N x N";
                check::shape("initial covariance", covariance.shape(), (units, units), remedy)?;
                let factor = noise_factor(covariance)?;
                Ok((factor.ncols() > 0).then_some(factor))
            }
        }
    }

    /// What preparation leaves of it: $e^{A T} \Sigma_0 e^{A^T T}$, for the system A (N x N, 1/tau) of the
    /// preparation and its duration T >= 0 (tau).
    ///
    /// # Errors
    /// A system that is no finite square matrix; noise as in [`MotifReadout::initial_variance`]; a duration that is
    /// negative; a result that overflows.
    ///
    /// ```
    /// use nalgebra::DMatrix;
    /// use thalamo::analysis::noise::InitialNoise;
    /// let left = InitialNoise::Independent(1.0).after(&DMatrix::from_element(1, 1, -1.0), 5.0)?;
    /// let InitialNoise::Covariance(covariance) = left else { unreachable!() };
    /// assert!((covariance[(0, 0)] - (-10_f64).exp()).abs() < 1e-18);
    /// # Ok::<(), thalamo::Error>(())
    /// ```
    pub fn after(&self, system: &DMatrix<f64>, duration: f64) -> Result<Self> {
        check::non_negative("duration of preparation", duration)?;
        let carry = expm(&(system * duration))?;
        Ok(match self.factor(system.nrows())? {
            None => Self::None,
            Some(factor) => {
                let left = carry * factor;
                let covariance = &left * left.transpose();
                check::no_overflow("what preparation leaves of noise", covariance.as_slice())?;
                Self::Covariance(covariance)
            }
        })
    }
}

impl MotifReadout {
    /// Variance of the readout when the motif starts from $x(0) + \delta x$, $\delta x \sim N(0, \Sigma_0)$:
    ///
    /// $$ \mathrm{Var}\\, y_k = r_k^T \Sigma_0 r_k, \qquad \text{mean over the motif } = \mathrm{tr}(G \Sigma_0), $$
    ///
    /// G the [`readout_gramian`](super::readout_gramian). Noise that enters before the preparation is taken
    /// through it by [`InitialNoise::after`]. Exact, $O(n N \\, \mathrm{rank}\\, \Sigma_0)$; exists for every A.
    ///
    /// # Errors
    /// A standard deviation that is negative or not finite; a covariance that is not N x N, finite, symmetric and
    /// positive semidefinite; a variance that overflows ([`Error::OutOfRange`](crate::Error::OutOfRange)).
    pub fn initial_variance(&self, noise: &InitialNoise) -> Result<ReadoutVariance> {
        let values = match noise {
            InitialNoise::Independent(std) => {
                check::non_negative("initial noise", *std)?;
                self.rows.column_iter().map(|r| std * std * r.norm_squared()).collect()
            }
            _ => match noise.factor(self.units())? {
                Some(factor) => self.factor_variance(&factor),
                None => vec![0.0; self.samples()],
            },
        };
        ReadoutVariance::new(values)
    }
}
