//! Products, inverses and norms over nalgebra's buffers with faer's kernels: no copies, one thread.
//!
//! | | factors | result |
//! |---|---|---|
//! | [`mul_into`], [`product`] | two matrices, each as it is or transposed | matrix |
//! | [`mul_lower_into`] | the same | lower triangle of a symmetric matrix |
//! | [`apply`], [`apply_transpose`], [`readout`], [`transposed_columns`] | matrix, columns | columns |
//! | [`mul_complex`], [`adjoint_mul`], [`mul_adjoint`] | two complex matrices | complex matrix |
//!
//! "Columns" are packed one after the other in a slice, and are not allocated.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::lu::partial_pivoting::{factor, inverse, solve};
use faer::linalg::matmul::matmul;
use faer::reborrow::ReborrowMut;
use faer::{Accum, MatMut, MatRef, Par};
use nalgebra::DMatrix;
use num_complex::Complex64;

/// Whether a factor of a product enters transposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    /// As stored.
    Plain,
    /// Transposed, without a copy.
    Transposed,
}

/// Column-major view of a matrix.
pub(crate) fn view(m: &DMatrix<f64>) -> MatRef<'_, f64> {
    MatRef::from_column_major_slice(m.as_slice(), m.nrows(), m.ncols())
}

/// Mutable column-major view of a matrix.
pub(crate) fn view_mut(m: &mut DMatrix<f64>) -> MatMut<'_, f64> {
    let (rows, columns) = m.shape();
    MatMut::from_column_major_slice_mut(m.as_mut_slice(), rows, columns)
}

fn view_op(m: &DMatrix<f64>, op: Op) -> MatRef<'_, f64> {
    match op {
        Op::Plain => view(m),
        Op::Transposed => view(m).transpose(),
    }
}

/// `dst = alpha op(a) op(b)`, or `dst += ...` with `Accum::Add`.
pub(crate) fn mul_into(
    dst: &mut DMatrix<f64>,
    accum: Accum,
    alpha: f64,
    (a, op_a): (&DMatrix<f64>, Op),
    (b, op_b): (&DMatrix<f64>, Op),
) {
    matmul(view_mut(dst), accum, view_op(a, op_a), view_op(b, op_b), alpha, Par::Seq);
}

/// `op(a) op(b)`.
pub(crate) fn product((a, op_a): (&DMatrix<f64>, Op), (b, op_b): (&DMatrix<f64>, Op)) -> DMatrix<f64> {
    let (rows, columns) = (view_op(a, op_a).nrows(), view_op(b, op_b).ncols());
    let mut out = DMatrix::zeros(rows, columns);
    mul_into(&mut out, Accum::Replace, 1.0, (a, op_a), (b, op_b));
    out
}

/// Lower triangle of `dst = alpha op(a) op(b)`, or `dst += ...`, for a product known to be symmetric.
/// Entries above the diagonal may be anything afterwards.
///
/// By blocks of rows up to the diagonal, which waste little and are products that faer does at full
/// speed; its own triangular product recurses to blocks too small for that. The rows left over come
/// first, where they are short.
pub(crate) fn mul_lower_into(
    dst: &mut DMatrix<f64>,
    accum: Accum,
    alpha: f64,
    (a, op_a): (&DMatrix<f64>, Op),
    (b, op_b): (&DMatrix<f64>, Op),
) {
    /// A multiple of the rows of every kernel, and half of the largest.
    const ROWS: usize = 24;
    let (a, b, n) = (view_op(a, op_a), view_op(b, op_b), dst.nrows());
    let mut dst = view_mut(dst);
    let (mut top, mut end) = (0, n % ROWS);
    while top < n {
        let block = dst.rb_mut().submatrix_mut(top, 0, end - top, end);
        let (rows, columns) = (a.subrows(top, end - top), b.subcols(0, end));
        matmul(block, accum, rows, columns, alpha, Par::Seq);
        (top, end) = (end, end + ROWS);
    }
}

/// `out = M x` for the columns of `x`.
pub(crate) fn apply(m: &DMatrix<f64>, x: &[f64], out: &mut [f64]) {
    mul_columns(view(m), x, out);
}

/// `out = M^T x` for the columns of `x`.
///
/// One after the other: faer's kernel for several packs the transposed matrix first, which takes longer
/// than reading it once per column.
pub(crate) fn apply_transpose(m: &DMatrix<f64>, x: &[f64], out: &mut [f64]) {
    let (rows, columns) = m.shape();
    for (x, out) in x.chunks_exact(rows.max(1)).zip(out.chunks_exact_mut(columns.max(1))) {
        mul_columns(view(m).transpose(), x, out);
    }
}

/// `out_n = c_n^T x` for columns `c_n` of the length of `x`.
pub(crate) fn readout(columns: &[f64], x: &[f64], out: &mut [f64]) {
    mul_columns(MatRef::from_column_major_slice(columns, x.len(), out.len()).transpose(), x, out);
}

/// `out = C^T x` for the first `count` columns of C and many columns of `x`.
pub(crate) fn transposed_columns(c: &DMatrix<f64>, count: usize, x: &[f64], out: &mut [f64]) {
    mul_columns(view(c).subcols(0, count).transpose(), x, out);
}

fn mul_columns(m: MatRef<'_, f64>, x: &[f64], out: &mut [f64]) {
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
    largest(m.column_iter().map(|c| c.iter().map(|x| x.abs()).sum()))
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
        let stack = MemStack::new(&mut self.memory);
        let (_, permutation) = factor::lu_in_place(
            view_mut(&mut self.factors),
            &mut self.forward,
            &mut self.backward,
            Par::Seq,
            stack,
            Default::default(),
        );
        let lu = view(&self.factors);
        inverse::inverse(view_mut(out), lu, lu, permutation, Par::Seq, MemStack::new(&mut self.memory));
    }

    /// `(m - shift I)^-1`; entries are infinite or NaN when there is none.
    pub(crate) fn invert_shifted_into(&mut self, m: &DMatrix<f64>, shift: f64, out: &mut DMatrix<f64>) {
        self.factors.as_mut_slice().copy_from_slice(m.as_slice());
        (0..m.nrows()).for_each(|i| self.factors[(i, i)] -= shift);
        self.invert_into(out);
    }

    /// Solves `matrix * x = rhs` in place of `rhs`.
    pub(crate) fn solve_in_place(&mut self, rhs: &mut DMatrix<f64>) {
        let stack = MemStack::new(&mut self.memory);
        let (_, permutation) = factor::lu_in_place(
            view_mut(&mut self.factors),
            &mut self.forward,
            &mut self.backward,
            Par::Seq,
            stack,
            Default::default(),
        );
        let lu = view(&self.factors);
        let stack = MemStack::new(&mut self.memory);
        solve::solve_in_place(lu, lu, permutation, view_mut(rhs), Par::Seq, stack);
    }
}

/// `a b`.
pub(crate) fn mul_complex(a: &DMatrix<Complex64>, b: &DMatrix<Complex64>) -> DMatrix<Complex64> {
    complex_product(a.nrows(), b.ncols(), view_complex(a), view_complex(b))
}

/// `a^H b`.
pub(crate) fn adjoint_mul(a: &DMatrix<Complex64>, b: &DMatrix<Complex64>) -> DMatrix<Complex64> {
    complex_product(a.ncols(), b.ncols(), view_complex(a).adjoint(), view_complex(b))
}

/// `a b^H`.
pub(crate) fn mul_adjoint(a: &DMatrix<Complex64>, b: &DMatrix<Complex64>) -> DMatrix<Complex64> {
    complex_product(a.nrows(), b.nrows(), view_complex(a), view_complex(b).adjoint())
}

fn view_complex(m: &DMatrix<Complex64>) -> MatRef<'_, Complex64> {
    MatRef::from_column_major_slice(m.as_slice(), m.nrows(), m.ncols())
}

fn complex_product<L, R>(
    rows: usize,
    columns: usize,
    a: MatRef<'_, L>,
    b: MatRef<'_, R>,
) -> DMatrix<Complex64>
where
    L: faer::traits::Conjugate<Canonical = Complex64>,
    R: faer::traits::Conjugate<Canonical = Complex64>,
{
    let mut out = DMatrix::zeros(rows, columns);
    let dst = MatMut::from_column_major_slice_mut(out.as_mut_slice(), rows, columns);
    matmul(dst, Accum::Replace, a, b, Complex64::new(1.0, 0.0), Par::Seq);
    out
}
