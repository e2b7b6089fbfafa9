//! The best start of a given loop: a linear problem.

use faer::Par;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use nalgebra::{DMatrix, DVector};

use crate::linalg::product::{apply, view, view_mut};

/// Added to the diagonal, relative to its mean: directions that nothing sees stay at rest.
const RIDGE: f64 = 1e-11;

/// Pivot, relative to the largest, below which outputs at the start are no longer independent.
const DEPENDENT: f64 = 1e-12;

/// Memory for the solve. In the basis P of the modes the problem is that of $P^T K P$, $P^T r$ and $P^T W$
/// for $P^{-1} s$.
pub(super) struct StartState {
    /// K, and its factor afterwards.
    pub(super) matrix: DMatrix<f64>,
    /// The right-hand side, and s afterwards.
    pub(super) state: DVector<f64>,
    /// `K^-1 W`, and `W^T K^-1 W`.
    images: DMatrix<f64>,
    small: DMatrix<f64>,
    multipliers: DVector<f64>,
    memory: MemBuffer,
}

impl std::fmt::Debug for StartState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StartState").field("state", &self.state).finish_non_exhaustive()
    }
}

/// What is to be added to the diagonal of K, whose trace this is.
pub(super) fn ridge(trace: f64, units: usize) -> f64 {
    RIDGE * trace / units as f64
}

impl StartState {
    pub(super) fn new(units: usize, outputs: usize) -> Self {
        Self {
            matrix: DMatrix::zeros(units, units),
            state: DVector::zeros(units),
            images: DMatrix::zeros(units, outputs),
            small: DMatrix::zeros(outputs, outputs),
            multipliers: DVector::zeros(outputs),
            memory: MemBuffer::new(llt::factor::cholesky_in_place_scratch::<f64>(
                units,
                Par::Seq,
                Default::default(),
            )),
        }
    }

    /// Solves `K s = r` for the s that minimises `s^T K s - 2 r^T s`, with $W^T s = y_0$ where that is asked
    /// for; K is read from the lower triangle. False where K is not positive definite.
    pub(super) fn solve(&mut self, readout: &DMatrix<f64>, first: Option<&DVector<f64>>) -> bool {
        let n = self.matrix.nrows();
        let stack = MemStack::new(&mut self.memory);
        let (regularization, parameters) = (Default::default(), Default::default());
        let lower = view_mut(&mut self.matrix);
        if llt::factor::cholesky_in_place(lower, regularization, Par::Seq, stack, parameters).is_err() {
            return false;
        }
        if (0..n).any(|i| !self.matrix[(i, i)].is_finite()) {
            return false;
        }
        substitute(&self.matrix, self.state.as_mut_slice());
        let Some(first) = first else { return true };
        self.images.copy_from(readout);
        for column in self.images.as_mut_slice().chunks_exact_mut(n) {
            substitute(&self.matrix, column);
        }
        let transposed = view(readout).transpose();
        apply(transposed, self.images.as_slice(), self.small.as_mut_slice());
        apply(transposed, self.state.as_slice(), self.multipliers.as_mut_slice());
        self.multipliers.iter_mut().zip(first).for_each(|(m, y)| *m = y - *m);
        let floor = DEPENDENT * self.small.diagonal().amax();
        factorise(&mut self.small, floor);
        substitute(&self.small, self.multipliers.as_mut_slice());
        self.state.gemv(1.0, &self.images, &self.multipliers, 1.0);
        true
    }
}

/// `L L^T` in place, in the lower triangle, of a small matrix. A pivot at or below the floor is a dependent
/// row, left out: its entries become zero.
fn factorise(matrix: &mut DMatrix<f64>, floor: f64) {
    let n = matrix.nrows();
    for j in 0..n {
        let (left, right) = matrix.as_mut_slice().split_at_mut((j + 1) * n);
        let column = &mut left[j * n + j..];
        let pivot = column[0];
        if !(pivot > floor && pivot.is_finite()) {
            column.fill(0.0);
            continue;
        }
        let scale = 1.0 / pivot.sqrt();
        column.iter_mut().for_each(|x| *x *= scale);
        for (k, target) in right.chunks_exact_mut(n).enumerate() {
            let (factor, from) = (column[k + 1], k + 1);
            for (to, x) in target[j + from..].iter_mut().zip(&column[from..]) {
                *to -= factor * x;
            }
        }
    }
}

/// Solves `L L^T x = x` in place; left-out rows give zeros.
fn substitute(factor: &DMatrix<f64>, x: &mut [f64]) {
    let n = x.len();
    for (j, column) in factor.as_slice().chunks_exact(n).enumerate() {
        x[j] = if column[j] > 0.0 { x[j] / column[j] } else { 0.0 };
        let known = x[j];
        x[j + 1..].iter_mut().zip(&column[j + 1..]).for_each(|(x, l)| *x -= l * known);
    }
    for (j, column) in factor.as_slice().chunks_exact(n).enumerate().rev() {
        let sum: f64 = x[j + 1..].iter().zip(&column[j + 1..]).map(|(x, l)| x * l).sum();
        x[j] = if column[j] > 0.0 { (x[j] - sum) / column[j] } else { 0.0 };
    }
}
