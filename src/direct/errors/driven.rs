//! Errors of the loop's weights by propagation: two driven systems for every column and output.

use nalgebra::{DMatrix, DVector};

use crate::Result;
use crate::linalg::expm;

/// $\int_0^1 \mathrm E |dy|^2 dt$ per squared relative error of every weight of U and V, to first order, on a
/// grid of steps of this length with these weights of the integral.
///
/// $du_n$ moves an output by $du_n f_n$ with $\dot f = M^T f + w v^T x$, $dv_n$ by $dv_n g_n$ with
/// $\dot g = M g + s u^T h$, where $\dot x = M x$ from s and $\dot h = M^T h$ from w; f and g begin at zero.
pub(in crate::direct) fn driven(
    closed: &DMatrix<f64>,
    (length, weights): (f64, &[f64]),
    readout: &DMatrix<f64>,
    start: &DVector<f64>,
    [u, v]: [&[f64]; 2],
) -> Result<f64> {
    let n = closed.nrows();
    let transposed = closed.transpose();
    let mut total = 0.0;
    for (u, v) in u.chunks_exact(n).zip(v.chunks_exact(n)) {
        let (u, v) = (DVector::from_column_slice(u), DVector::from_column_slice(v));
        for w in readout.column_iter() {
            let w = w.into_owned();
            total += squares(closed, &transposed, (&w, &v), start, &u, (length, weights))?;
            total += squares(&transposed, closed, (start, &u), &w, &v, (length, weights))?;
        }
    }
    Ok(total)
}

/// The integral of $|\mathrm{diag}(c) f|^2$ with $\dot f = R f + a b^T x$ and $\dot x = L x$.
fn squares(
    first: &DMatrix<f64>,
    second: &DMatrix<f64>,
    (a, b): (&DVector<f64>, &DVector<f64>),
    start: &DVector<f64>,
    c: &DVector<f64>,
    (length, weights): (f64, &[f64]),
) -> Result<f64> {
    let n = first.nrows();
    // Units in which the coupling is as large as the rest: the exponential then keeps every digit of it.
    let size = a.norm() * b.norm();
    if size == 0.0 {
        return Ok(0.0);
    }
    let mut block = DMatrix::zeros(2 * n, 2 * n);
    block.view_mut((0, 0), (n, n)).copy_from(first);
    block.view_mut((n, n), (n, n)).copy_from(second);
    block.view_mut((n, 0), (n, n)).copy_from(&(a * b.transpose() / size));
    let step = expm(&(block * length))?;
    let mut state = DVector::zeros(2 * n);
    state.rows_mut(0, n).copy_from(start);
    let mut next = state.clone();
    let mut total = 0.0;
    for weight in weights {
        total += weight * state.rows(n, n).component_mul(c).norm_squared();
        next.gemv(1.0, &step, &state, 0.0);
        std::mem::swap(&mut state, &mut next);
    }
    Ok(total * size * size)
}
