//! A matrix times a few columns, without allocation: the products of the robustness cost.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use nalgebra::DMatrix;

/// `out = M x` for the columns of `x`, both packed one after the other.
pub(crate) fn apply(matrix: &DMatrix<f64>, x: &[f64], out: &mut [f64]) {
    let (rows, cols) = matrix.shape();
    let columns = x.len() / cols.max(1);
    let m = MatRef::from_column_major_slice(matrix.as_slice(), rows, cols);
    product(m, MatRef::from_column_major_slice(x, cols, columns), out, rows);
}

/// `out = M^T x`, likewise.
pub(crate) fn apply_transpose(matrix: &DMatrix<f64>, x: &[f64], out: &mut [f64]) {
    let (rows, cols) = matrix.shape();
    let columns = x.len() / rows.max(1);
    let m = MatRef::from_column_major_slice(matrix.as_slice(), rows, cols).transpose();
    product(m, MatRef::from_column_major_slice(x, rows, columns), out, cols);
}

fn product(m: MatRef<'_, f64>, x: MatRef<'_, f64>, out: &mut [f64], rows: usize) {
    let out = MatMut::from_column_major_slice_mut(out, rows, x.ncols());
    matmul(out, Accum::Replace, m, x, 1.0, Par::Seq);
}
