//! How fast a deviation dies.

use nalgebra::DMatrix;

use crate::linalg::Propagator;
use crate::{Result, check};

/// Root mean square deviation per unit, $\sqrt{\mathrm{tr}(e^{A t} e^{A^T t}) / N}$, at `t = 0, dt, ..., steps dt`
/// (tau) under $\dot{\delta x} = A\\, \delta x$ from $\delta x(0) \sim N(0, I)$.
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
/// A matrix that is not square, empty or not finite, a step that is not positive, more than 1e7 steps, or growth
/// beyond double precision.
pub fn rms_decay(system: &DMatrix<f64>, dt: f64, steps: usize) -> Result<Vec<f64>> {
    check::samples("steps", steps)?;
    let propagator = Propagator::new(system, dt)?;
    let n = system.nrows();
    let mut power = DMatrix::identity(n, n);
    let mut next = DMatrix::zeros(n, n);
    let mut decay = vec![1.0];
    for _ in 0..steps {
        propagator.transition().mul_to(&power, &mut next);
        std::mem::swap(&mut power, &mut next);
        decay.push(power.norm() / (n as f64).sqrt());
    }
    check::no_overflow("deviation", &decay)?;
    Ok(decay)
}
