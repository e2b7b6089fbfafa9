//! Products of a matrix with the columns of one step. Arrays hold one column per trial, and have room
//! for more columns than are still running.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use nalgebra::DMatrix;

use super::{Real, plan::Interval};

/// `to = M from` (or `+=`) for the first columns.
pub(super) fn multiply<T: Real>(to: &mut [T], m: &DMatrix<T>, from: &[T], columns: usize, accum: Accum) {
    let (rows, inner) = m.shape();
    let to = MatMut::from_column_major_slice_mut(&mut to[..rows * columns], rows, columns);
    let from = MatRef::from_column_major_slice(&from[..inner * columns], inner, columns);
    let m = MatRef::from_column_major_slice(m.as_slice(), rows, inner);
    matmul(to, accum, m, from, T::one(), Par::Seq);
}

/// `to = M from`, with zeros in the columns whose module is off.
pub(super) fn masked<T: Real>(to: &mut [T], m: &DMatrix<T>, from: &[T], interval: &Interval) {
    multiply(to, m, from, interval.drives.len(), Accum::Replace);
    let rank = m.nrows();
    for (j, _) in interval.drives.iter().enumerate().filter(|(_, d)| !d.module) {
        to[j * rank..(j + 1) * rank].fill(T::zero());
    }
}

/// `to += scale a b^T`, summed over columns: `a` is n x columns, `to` is n x m.
pub(super) fn outer<T: Real>(to: &mut [T], scale: T, a: &[T], b: &[T], n: usize, columns: usize) {
    let m = to.len() / n.max(1);
    let to = MatMut::from_column_major_slice_mut(to, n, m);
    let a = MatRef::from_column_major_slice(&a[..n * columns], n, columns);
    let b = MatRef::from_column_major_slice(&b[..m * columns], m, columns);
    matmul(to, Accum::Add, a, b.transpose(), scale, Par::Seq);
}
