//! Lyapunov equations of graded systems.

use super::scaling::{unit_scale, unscaled};
use crate::linalg::balance::{Balanced, balance};
use crate::{Result, check};
use nalgebra::DMatrix;

/// X from the equation in balanced coordinates: `B X' + X' B^T + D^-1 Q D^-1 = 0`, `X = D X' D`.
pub(super) fn in_balance(
    m: &DMatrix<f64>,
    q: &DMatrix<f64>,
    solve: impl Fn(&DMatrix<f64>, &DMatrix<f64>) -> Result<DMatrix<f64>>,
) -> Result<DMatrix<f64>> {
    let Balanced { matrix, scaling: Some(d) } = balance(m) else { return solve(m, q) };
    let n = m.nrows();
    // Symmetric to the last bit: rounding errors of Q would not all shrink alike.
    let scaled = DMatrix::from_fn(n, n, |i, j| 0.5 * (q[(i, j)] + q[(j, i)]) / d[i] / d[j]);
    let (a, b) = (unit_scale(&matrix), unit_scale(&scaled));
    let x = unscaled(solve(&(matrix * a), &(scaled * b))?, a, b)?;
    let x = DMatrix::from_fn(n, n, |i, j| x[(i, j)] * d[i] * d[j]);
    check::no_overflow("solution of a Lyapunov equation", x.as_slice())?;
    Ok(x)
}
