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
///
/// One vector after the other: faer's kernel for several packs the transposed matrix first, which takes longer than
/// reading it once per vector.
pub(crate) fn apply_transpose(matrix: &DMatrix<f64>, x: &[f64], out: &mut [f64]) {
    let (rows, cols) = matrix.shape();
    let m = MatRef::from_column_major_slice(matrix.as_slice(), rows, cols).transpose();
    for (x, out) in x.chunks_exact(rows.max(1)).zip(out.chunks_exact_mut(cols.max(1))) {
        product(m, MatRef::from_column_major_slice(x, rows, 1), out, cols);
    }
}

fn product(m: MatRef<'_, f64>, x: MatRef<'_, f64>, out: &mut [f64], rows: usize) {
    let out = MatMut::from_column_major_slice_mut(out, rows, x.ncols());
    matmul(out, Accum::Replace, m, x, 1.0, Par::Seq);
}

/// `out_n = c_n^T x` for packed columns `c_n` of the length of `x`.
pub(crate) fn readout(columns: &[f64], x: &[f64], out: &mut [f64]) {
    let m = MatRef::from_column_major_slice(columns, x.len(), out.len()).transpose();
    let samples = out.len();
    product(m, MatRef::from_column_major_slice(x, x.len(), 1), out, samples);
}

/// `out = C^T x` for the first `count` columns of C and many columns of `x`, packed.
pub(crate) fn transposed_columns(c: &DMatrix<f64>, count: usize, x: &[f64], out: &mut [f64]) {
    let rows = c.nrows();
    let m = MatRef::from_column_major_slice(&c.as_slice()[..rows * count], rows, count).transpose();
    product(m, MatRef::from_column_major_slice(x, rows, x.len() / rows.max(1)), out, count);
}
