//! The best start of a given loop: a linear problem.

use nalgebra::{DMatrix, DVector};

use super::problem::Problem;
use crate::linalg::product::{apply, view};

/// Added to the diagonal, relative to its mean: directions that nothing sees stay at rest.
const RIDGE: f64 = 1e-11;

/// Pivot, relative to the largest, below which outputs at the start are no longer independent.
const DEPENDENT: f64 = 1e-12;

/// Memory for the solve.
#[derive(Debug)]
pub(super) struct StartState {
    /// K, and its factor afterwards.
    pub(super) matrix: DMatrix<f64>,
    /// The right-hand side, and s afterwards.
    pub(super) state: DVector<f64>,
    /// `K^-1 W`, and `W^T K^-1 W`.
    images: DMatrix<f64>,
    small: DMatrix<f64>,
    multipliers: DVector<f64>,
}

impl StartState {
    pub(super) fn new(units: usize, outputs: usize) -> Self {
        Self {
            matrix: DMatrix::zeros(units, units),
            state: DVector::zeros(units),
            images: DMatrix::zeros(units, outputs),
            small: DMatrix::zeros(outputs, outputs),
            multipliers: DVector::zeros(outputs),
        }
    }

    /// Solves `K s = r` for the s that minimises `s^T K s - 2 r^T s`, with $W^T s = y_0$ where that is asked
    /// for; K is read from the lower triangle. False where K is not positive definite.
    pub(super) fn solve(&mut self, problem: &Problem) -> bool {
        let n = self.matrix.nrows();
        let ridge = RIDGE * self.matrix.trace() / n as f64;
        (0..n).for_each(|i| self.matrix[(i, i)] += ridge);
        if !factorise(&mut self.matrix, 0.0, false) {
            return false;
        }
        substitute(&self.matrix, self.state.as_mut_slice());
        let Some(first) = &problem.first else { return true };
        self.images.copy_from(&problem.readout);
        for column in self.images.as_mut_slice().chunks_exact_mut(n) {
            substitute(&self.matrix, column);
        }
        let transposed = view(&problem.readout).transpose();
        apply(transposed, self.images.as_slice(), self.small.as_mut_slice());
        apply(transposed, self.state.as_slice(), self.multipliers.as_mut_slice());
        self.multipliers.iter_mut().zip(first).for_each(|(m, y)| *m = y - *m);
        let floor = DEPENDENT * self.small.diagonal().amax();
        factorise(&mut self.small, floor, true);
        substitute(&self.small, self.multipliers.as_mut_slice());
        self.state.gemv(1.0, &self.images, &self.multipliers, 1.0);
        true
    }
}

/// `L L^T` in place, in the lower triangle. A pivot at or below the floor is a dependent row, left out where
/// that is allowed: its entries become zero. False where one is not allowed.
fn factorise(matrix: &mut DMatrix<f64>, floor: f64, skip: bool) -> bool {
    let n = matrix.nrows();
    for j in 0..n {
        let (left, right) = matrix.as_mut_slice().split_at_mut((j + 1) * n);
        let column = &mut left[j * n + j..];
        let pivot = column[0];
        if !(pivot > floor && pivot.is_finite()) {
            if !skip {
                return false;
            }
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
    true
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
