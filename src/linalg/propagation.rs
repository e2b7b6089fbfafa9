//! Exact propagation of a linear system on a uniform time grid.

use nalgebra::{DMatrix, DVector};

use super::expm;
use super::product::{apply, product, view};
use crate::{Result, check};

/// States of $\dot x = A x$ at `0, dt, ..., steps dt` (tau) as columns, N x (steps + 1), by
/// $x(t + dt) = e^{A\\,dt} x(t)$: exact at every point.
///
/// # Errors
/// As [`expm()`]; a start of another length or not finite, a step that is not positive, states that
/// overflow, more than 1e7 steps or than fit in memory.
///
/// ```
/// use nalgebra::{dmatrix, dvector};
/// let rotation = dmatrix![0.0, 1.0; -1.0, 0.0];
/// let states = thalamo::linalg::propagate(&rotation, &dvector![0.0, 1.0], 0.1, 50)?;
/// assert!((states[(0, 50)] - 5.0_f64.sin()).abs() < 1e-14);
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn propagate(a: &DMatrix<f64>, start: &DVector<f64>, dt: f64, steps: usize) -> Result<DMatrix<f64>> {
    check::positive("dt", dt)?;
    let (n, step) = (a.nrows(), expm(&(a * dt))?);
    check::shape("state", start.shape(), (n, 1), "give one value per unit")?;
    check::finite("state", start.as_slice())?;
    check::samples("steps", steps)?;
    let mut states = check::zeros("steps", n, steps + 1)?;
    states.column_mut(0).copy_from(start);
    for k in 0..steps {
        let (past, future) = states.as_mut_slice().split_at_mut((k + 1) * n);
        apply(view(&step), &past[k * n..], &mut future[..n]);
    }
    check::no_overflow("state", states.as_slice())?;
    Ok(states)
}

/// $e^{A t}$ at `t = 0, dt, 2 dt, ...`.
pub(crate) fn powers(a: &DMatrix<f64>, dt: f64) -> Result<impl Iterator<Item = DMatrix<f64>>> {
    check::positive("dt", dt)?;
    let step = expm(&(a * dt))?;
    let identity = DMatrix::identity(a.nrows(), a.nrows());
    Ok(std::iter::successors(Some(identity), move |power| Some(product(view(&step), view(power)))))
}
