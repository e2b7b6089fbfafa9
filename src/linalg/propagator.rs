//! Exact propagation of a linear system on a uniform time grid.

use super::{expm, product};
use crate::{Result, check};
use nalgebra::{DMatrix, DVector};

/// $$x(t + dt) = e^{A\\,dt}\\,x(t)$$ for `x' = A x`, exact at every point of a grid of step dt (in tau).
///
/// ```
/// use nalgebra::{DMatrix, DVector};
/// use thalamo::linalg::Propagator;
///
/// let rotation = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, -1.0, 0.0]);
/// let propagator = Propagator::new(&rotation, 0.1)?;
/// let states = propagator.trajectory(&DVector::from_vec(vec![0.0, 1.0]), 50)?;
/// assert!((states[(0, 50)] - 5.0_f64.sin()).abs() < 1e-14);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Propagator {
    transition: DMatrix<f64>,
}

impl Propagator {
    /// Prepares the transition over `dt` of `x' = a x`, a `N x N`.
    ///
    /// # Errors
    ///
    /// As [`expm()`], and [`Error::OutOfRange`](crate::Error::OutOfRange) for a step that is not
    /// positive.
    pub fn new(a: &DMatrix<f64>, dt: f64) -> Result<Self> {
        check::positive("dt", dt)?;
        Ok(Self { transition: expm(&(a * dt))? })
    }

    /// `e^{A dt}`, `N x N`.
    #[must_use]
    pub fn transition(&self) -> &DMatrix<f64> {
        &self.transition
    }

    /// States at `0, dt, ..., steps dt` as columns, `N x (steps + 1)`.
    ///
    /// # Errors
    ///
    /// A start of another length or not finite; [`Error::OutOfRange`](crate::Error::OutOfRange) when a
    /// state overflows; [`Error::Count`](crate::Error::Count) for more than 1e7 steps, or more than fit
    /// in memory.
    pub fn trajectory(&self, start: &DVector<f64>, steps: usize) -> Result<DMatrix<f64>> {
        let n = self.transition.nrows();
        check::shape("state", start.shape(), (n, 1), "give one value per unit")?;
        check::finite("state", start.as_slice())?;
        check::samples("steps", steps)?;
        let mut states = check::zeros("steps", n, steps + 1)?;
        states.column_mut(0).copy_from(start);
        for k in 0..steps {
            let (past, future) = states.as_mut_slice().split_at_mut((k + 1) * n);
            product::apply(product::view(&self.transition), &past[k * n..], &mut future[..n]);
        }
        check::no_overflow("state", states.as_slice())?;
        Ok(states)
    }
}
