//! Products, inverses and norms over nalgebra's buffers with faer's kernels: no copies, one thread.
//!
//! Factors are views: [`view`] of a matrix as it is, `view(m).transpose()`, `view(m).adjoint()`.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::lu::partial_pivoting::{factor, inverse, solve};
use faer::linalg::matmul::matmul;
use faer::perm::PermRef;
use faer::reborrow::ReborrowMut;
use faer::traits::{ComplexField, Conjugate};
use faer::{Accum, MatMut, MatRef, Par};
use nalgebra::DMatrix;

use crate::{Error, Result};

/// Column-major view of a matrix.
pub(crate) fn view<T>(m: &DMatrix<T>) -> MatRef<'_, T> {
    MatRef::from_column_major_slice(m.as_slice(), m.nrows(), m.ncols())
}

/// Mutable column-major view of a matrix.
pub(crate) fn view_mut<T>(m: &mut DMatrix<T>) -> MatMut<'_, T> {
    let (rows, columns) = m.shape();
    MatMut::from_column_major_slice_mut(m.as_mut_slice(), rows, columns)
}

/// `dst = alpha a b`, or `dst += ...` with `Accum::Add`.
pub(crate) fn mul_into(
    dst: &mut DMatrix<f64>,
    accum: Accum,
    alpha: f64,
    a: MatRef<'_, f64>,
    b: MatRef<'_, f64>,
) {
    matmul(view_mut(dst), accum, a, b, alpha, Par::Seq);
}

/// `a b`, of real or complex matrices.
pub(crate) fn product<T, A, B>(a: MatRef<'_, A>, b: MatRef<'_, B>) -> DMatrix<T>
where
    T: ComplexField + nalgebra::ComplexField,
    A: Conjugate<Canonical = T>,
    B: Conjugate<Canonical = T>,
{
    let mut out = DMatrix::zeros(a.nrows(), b.ncols());
    matmul(view_mut(&mut out), Accum::Replace, a, b, T::one(), Par::Seq);
    out
}

/// Lower triangle of `dst = alpha a b`, or `dst += ...`, for a product known to be symmetric.
/// Entries above the diagonal may be anything afterwards.
///
/// By blocks of rows up to the diagonal, which waste little and are products that faer does at full
/// speed; its own triangular product recurses to blocks too small for that. The rows left over come
/// first, where they are short.
pub(crate) fn mul_lower_into(
    dst: &mut DMatrix<f64>,
    accum: Accum,
    alpha: f64,
    a: MatRef<'_, f64>,
    b: MatRef<'_, f64>,
) {
    /// A multiple of the rows of every kernel, and half of the largest.
    const ROWS: usize = 24;
    let n = dst.nrows();
    let mut dst = view_mut(dst);
    let (mut top, mut end) = (0, n % ROWS);
    while top < n {
        let block = dst.rb_mut().submatrix_mut(top, 0, end - top, end);
        matmul(block, accum, a.subrows(top, end - top), b.subcols(0, end), alpha, Par::Seq);
        (top, end) = (end, end + ROWS);
    }
}

/// `out = M x` for columns x packed one after the other.
pub(crate) fn apply(m: MatRef<'_, f64>, x: &[f64], out: &mut [f64]) {
    let columns = x.len() / m.ncols().max(1);
    let out = MatMut::from_column_major_slice_mut(out, m.nrows(), columns);
    matmul(out, Accum::Replace, m, MatRef::from_column_major_slice(x, m.ncols(), columns), 1.0, Par::Seq);
}

/// Copies the lower triangle onto the upper one, in tiles that stay in cache.
pub(crate) fn mirror_lower(m: &mut DMatrix<f64>) {
    const TILE: usize = 16;
    let n = m.nrows();
    let data = m.as_mut_slice();
    for left in (0..n).step_by(TILE) {
        let width = TILE.min(n - left);
        for j in left..left + width {
            for i in j + 1..left + width {
                data[i * n + j] = data[j * n + i];
            }
        }
        let (columns, rest) = data.split_at_mut((left + width) * n);
        let columns = &columns[left * n..];
        for (i, target) in (left + width..n).zip(rest.chunks_exact_mut(n)) {
            for (to, column) in target[left..left + width].iter_mut().zip(columns.chunks_exact(n)) {
                *to = column[i];
            }
        }
    }
}

/// $\max |M x| / |x|$.
pub(crate) fn two_norm(m: &DMatrix<f64>) -> Result<f64> {
    let values = view(m).singular_values().map_err(|_| Error::EigenNotConverged { size: m.nrows() })?;
    Ok(values.into_iter().fold(0.0, f64::max))
}

/// Frobenius norm, safe against overflow.
pub(crate) fn frobenius(m: &DMatrix<f64>) -> f64 {
    let plain = m.norm();
    if plain.is_finite() && plain > f64::MIN_POSITIVE.sqrt() {
        return plain;
    }
    let largest = m.amax();
    if largest == 0.0 || !largest.is_finite() { largest } else { m.map(|x| x / largest).norm() * largest }
}

/// Largest absolute column sum.
pub(crate) fn one_norm(m: &DMatrix<f64>) -> f64 {
    /// Sums side by side, which the compiler turns into vector instructions.
    const LANES: usize = 8;
    let sum = |column: &[f64]| {
        let (body, rest) = column.as_chunks::<LANES>();
        let mut lanes = [0.0; LANES];
        body.iter().for_each(|x| (0..LANES).for_each(|l| lanes[l] += x[l].abs()));
        lanes.iter().sum::<f64>() + rest.iter().map(|x| x.abs()).sum::<f64>()
    };
    largest(m.as_slice().chunks_exact(m.nrows().max(1)).map(sum))
}

/// The largest of non-negative numbers, NaN if one of them is: `f64::max` would drop it.
pub(crate) fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a })
}

/// LU factors of a square matrix with their memory, to be refilled without allocation.
pub(crate) struct Lu {
    factors: DMatrix<f64>,
    forward: Vec<usize>,
    backward: Vec<usize>,
    memory: MemBuffer,
}

impl std::fmt::Debug for Lu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lu").field("factors", &self.factors).finish_non_exhaustive()
    }
}

impl Lu {
    /// Memory for matrices of order `n`, and right-hand sides of as many columns.
    pub(crate) fn new(n: usize) -> Self {
        let requirement = factor::lu_in_place_scratch::<usize, f64>(n, n, Par::Seq, Default::default())
            .or(inverse::inverse_scratch::<usize, f64>(n, Par::Seq))
            .or(solve::solve_in_place_scratch::<usize, f64>(n, n, Par::Seq));
        Self {
            factors: DMatrix::zeros(n, n),
            forward: vec![0; n],
            backward: vec![0; n],
            memory: MemBuffer::new(requirement),
        }
    }

    /// The matrix to factorise: fill it, then call [`Lu::invert_into`] or [`Lu::solve_in_place`], which
    /// destroy it.
    pub(crate) fn matrix_mut(&mut self) -> &mut DMatrix<f64> {
        &mut self.factors
    }

    /// Inverse of the matrix; entries are infinite or NaN when it is singular.
    pub(crate) fn invert_into(&mut self, out: &mut DMatrix<f64>) {
        let (lu, permutation, stack) = self.factorise();
        inverse::inverse(view_mut(out), lu, lu, permutation, Par::Seq, stack);
    }

    /// `(m - shift I)^-1`; entries are infinite or NaN when there is none.
    pub(crate) fn invert_shifted_into(&mut self, m: &DMatrix<f64>, shift: f64, out: &mut DMatrix<f64>) {
        self.factors.as_mut_slice().copy_from_slice(m.as_slice());
        (0..m.nrows()).for_each(|i| self.factors[(i, i)] -= shift);
        self.invert_into(out);
    }

    /// Solves `matrix * x = rhs` in place of `rhs`.
    pub(crate) fn solve_in_place(&mut self, rhs: &mut DMatrix<f64>) {
        let (lu, permutation, stack) = self.factorise();
        solve::solve_in_place(lu, lu, permutation, view_mut(rhs), Par::Seq, stack);
    }

    /// Both factors in one matrix, the rows' permutation, and memory for what follows.
    fn factorise(&mut self) -> (MatRef<'_, f64>, PermRef<'_, usize>, &mut MemStack) {
        let (lu, stack) = (view_mut(&mut self.factors), MemStack::new(&mut self.memory));
        let (_, permutation) = factor::lu_in_place(
            lu,
            &mut self.forward,
            &mut self.backward,
            Par::Seq,
            stack,
            Default::default(),
        );
        (view(&self.factors), permutation, MemStack::new(&mut self.memory))
    }
}
