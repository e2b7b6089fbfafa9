//! How fast a deviation dies.

use nalgebra::DMatrix;

use crate::linalg::{expm, powers, spectral_abscissa};
use crate::{Error, Result, check};

/// Relative accuracy of a decay time.
const TIME_ACCURACY: f64 = 1e-9;

/// Root mean square deviation per unit, $\sqrt{\mathrm{tr}(e^{A t} e^{A^T t}) / N}$, at
/// `t = 0, dt, ..., steps dt` (tau) under $\dot{\delta x} = A\\, \delta x$ from
/// $\delta x(0) \sim N(0, I)$.
///
/// ```
/// use nalgebra::dmatrix;
/// let decay = thalamo::certificate::rms_decay(&dmatrix![-1.0, 0.0; 0.0, -2.0], 0.5, 2)?;
/// assert_eq!(decay.len(), 3);
/// assert!((decay[2] - ((-2f64).exp() / 2.0 + (-4f64).exp() / 2.0).sqrt()).abs() < 1e-15);
/// # Ok::<(), thalamo::Error>(())
/// ```
///
/// # Errors
/// A matrix that is not square, empty or not finite, a step that is not positive, more than 1e7
/// steps, or growth beyond double precision.
pub fn rms_decay(system: &DMatrix<f64>, dt: f64, steps: usize) -> Result<Vec<f64>> {
    check::samples("steps", steps)?;
    let size = (system.nrows() as f64).sqrt();
    let decay: Vec<f64> = powers(system, dt)?.take(steps + 1).map(|power| power.norm() / size).collect();
    check::no_overflow("deviation", &decay)?;
    Ok(decay)
}

/// The time (tau) at which the root mean square deviation
/// $\sqrt{\mathrm{tr}(e^{A t} e^{A^T t}) / N}$ under a stable A has fallen to a fraction in (0, 1).
///
/// ```
/// let t = thalamo::certificate::decay_time(&nalgebra::dmatrix![-0.5, 0.0; 0.0, -0.5], 0.01)?;
/// assert!((t - 100f64.ln() / 0.5).abs() < 1e-6);
/// # Ok::<(), thalamo::Error>(())
/// ```
///
/// # Errors
/// A fraction outside (0, 1), a matrix that is not square or not finite, or one that is not stable.
pub fn decay_time(system: &DMatrix<f64>, fraction: f64) -> Result<f64> {
    if !(fraction > 0.0 && fraction < 1.0) {
        return Err(Error::OutOfRange { what: "fraction", expected: "a number in (0, 1)", given: fraction });
    }
    let abscissa = spectral_abscissa(system)?;
    if abscissa >= 0.0 {
        let remedy = "only stable systems decay";
        return Err(Error::Unstable { what: "system", abscissa, limit: 0.0, remedy });
    }
    let left = |t: f64| Ok::<_, Error>(expm(&(system * t))?.norm() / (system.nrows() as f64).sqrt());
    // The norm of entries near the largest number is infinite, and 1 / infinity would never grow.
    let (mut early, mut late) = (0.0, 1.0 / system.amax());
    while left(late)? > fraction {
        (early, late) = (late, 2.0 * late);
    }
    while late - early > TIME_ACCURACY * late {
        let middle = 0.5 * (early + late);
        if middle <= early || middle >= late {
            break;
        }
        if left(middle)? > fraction { early = middle } else { late = middle }
    }
    Ok(late)
}
