//! White noise throughout a run.

use nalgebra::{DMatrix, DVector};

use super::initial::InitialNoise;
use super::readout::{MotifReadout, ReadoutVariance};
use crate::linalg::{lyapunov, noise_covariance, noise_factor};
use crate::{Result, check};

/// Variance of the readout of $dx = A x\\, dt + s\\, dW$ in the long run,
///
/// $$ \mathrm{Var}\\, y = s^2 w^T X w, \qquad A X + X A^T + I = 0, $$
///
/// for A (N x N, 1/tau), w (N) and the intensity s >= 0 (per sqrt(tau)). Exists when A is stable.
///
/// # Errors
/// A matrix that is not square, empty or not finite; a readout of another length or not finite; an intensity out of
/// range; [`Error::Unstable`](crate::Error::Unstable) with the spectral abscissa.
///
/// ```
/// use nalgebra::{DMatrix, DVector};
/// // The Ornstein-Uhlenbeck process: s^2 / (2 a).
/// let (a, w) = (DMatrix::from_element(1, 1, -0.5), DVector::from_element(1, 1.0));
/// let variance = thalamo::analysis::noise::stationary_variance(&a, &w, 3.0)?;
/// assert!((variance - 9.0).abs() < 1e-14);
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn stationary_variance(system: &DMatrix<f64>, readout: &DVector<f64>, intensity: f64) -> Result<f64> {
    check::non_negative("process noise", intensity)?;
    check::shape("readout w", readout.shape(), (system.nrows(), 1), "give one weight per unit")?;
    check::finite("readout w", readout.as_slice())?;
    let gramian = lyapunov(system, &DMatrix::identity(system.nrows(), system.ncols()))?;
    let variance = intensity * (intensity * readout.dot(&(gramian * readout)));
    check::no_overflow("stationary variance", &[variance])?;
    Ok(variance)
}

/// Covariance that white noise of intensity s >= 0 (per sqrt(tau)) gathers in `duration` T >= 0 (tau) from a
/// known state,
///
/// $$ \Sigma = s^2 \int_0^T e^{A r} e^{A^T r}\\, dr, $$
///
/// N x N; exists for every A (N x N, 1/tau). What preparation hands over to a motif.
///
/// # Errors
/// A system that is no finite square matrix; an intensity or a duration out of range; a result that overflows.
///
/// ```
/// use nalgebra::DMatrix;
/// use thalamo::analysis::noise::{InitialNoise, accumulated_noise};
/// let a = DMatrix::from_element(1, 1, -0.5);
/// let InitialNoise::Covariance(sigma) = accumulated_noise(&a, 5.0, 2.0)? else { unreachable!() };
/// assert!((sigma[(0, 0)] - 4.0 * (1.0 - (-5_f64).exp())).abs() < 1e-14);
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn accumulated_noise(system: &DMatrix<f64>, duration: f64, intensity: f64) -> Result<InitialNoise> {
    check::non_negative("duration of preparation", duration)?;
    check::non_negative("process noise", intensity)?;
    // A duration of zero still has the system checked.
    let covariance = noise_covariance(system, if duration > 0.0 { duration } else { 1.0 })?;
    if duration > 0.0 && intensity > 0.0 {
        let covariance = covariance * intensity * intensity;
        check::no_overflow("accumulated noise", covariance.as_slice())?;
        Ok(InitialNoise::Covariance(covariance))
    } else {
        Ok(InitialNoise::None)
    }
}

impl MotifReadout {
    /// Variance of the readout under white noise of intensity s >= 0 (per sqrt(tau)) from the motif's start on,
    ///
    /// $$ \mathrm{Var}\\, y_k = s^2 \sum_{j<k} r_j^T Q r_j, \qquad Q = \int_0^{dt} e^{A r} e^{A^T r}\\, dr, $$
    ///
    /// the exact discrete covariance that [`play::Noise`](crate::play::Noise) draws from. The noise of a
    /// preparation before the motif adds the [`initial_variance`](Self::initial_variance) of what it leaves behind,
    /// [`accumulated_noise`]. $O(n N^2)$; exists for every A.
    ///
    /// # Errors
    /// An intensity that is negative or not finite; a variance that overflows
    /// ([`Error::OutOfRange`](crate::Error::OutOfRange)).
    pub fn process_variance(&self, intensity: f64) -> Result<ReadoutVariance> {
        check::non_negative("process noise", intensity)?;
        let factor = noise_factor(&noise_covariance(&self.system, self.dt)?)?;
        let mut values = self.factor_variance(&factor);
        let mut sum = 0.0;
        for value in &mut values {
            let before = intensity * intensity * sum;
            sum += *value;
            *value = before;
        }
        ReadoutVariance::new(values)
    }
}
