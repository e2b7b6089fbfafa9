//! How much the real parts of eigenvalues scatter with relative errors of the loop's weights.

use nalgebra::DVector;
use num_complex::Complex64;

use super::reverse::Reverse;
use crate::direct::basis::Basis;
use crate::linalg::Eigen;
use crate::low_rank::LowRank;

/// The first-order variance of $\mathrm{Re} \mu_i$ per squared relative error of every weight of U and V,
///
/// $$ \sum_{nk} u_{nk}^2 \mathrm{Re}(\Xi_{in} b_{ik})^2 + v_{nk}^2 \mathrm{Re}(X_{ni} a_{ik})^2,
///    \qquad \Xi = X^{-1},\ a = \Xi U,\ b = X^T V, $$
///
/// for the eigenvalues of a head; a and b packed as $P^{-1} U$ and $P^T V$.
pub(super) fn variance(basis: &Basis, head: usize, uv: [&[f64]; 2], driven: &[f64], felt: &[f64]) -> f64 {
    let n = basis.values.len();
    let mut total = 0.0;
    for at in (0..driven.len()).step_by(n) {
        let mode = Mode::new(basis, head, &driven[at..at + n], &felt[at..at + n]);
        for i in 0..n {
            total += (uv[0][at + i] * mode.of_input(basis, i)).powi(2);
            total += (uv[1][at + i] * mode.of_feedback(basis, i)).powi(2);
        }
    }
    total
}

/// The square roots of the same for all eigenvalues of a decomposition.
pub(in crate::direct) fn deviations(eigen: &Eigen, weights: &LowRank) -> DVector<f64> {
    let (left, right) = (eigen.left(), eigen.right());
    let complex = |m: &nalgebra::DMatrix<f64>| m.map(Complex64::from);
    let driven = left * complex(weights.input());
    let felt = right.transpose() * complex(weights.feedback());
    DVector::from_fn(left.nrows(), |i, _| {
        let mut total = 0.0;
        for (k, (u, v)) in weights.input().column_iter().zip(weights.feedback().column_iter()).enumerate() {
            let (driven, felt) = (driven[(i, k)], felt[(i, k)]);
            total += u.iter().zip(left.row(i).iter()).map(|(u, l)| (u * (l * felt).re).powi(2)).sum::<f64>();
            total +=
                v.iter().zip(right.column(i).iter()).map(|(v, r)| (v * (r * driven).re).powi(2)).sum::<f64>();
        }
        total.sqrt()
    })
}

/// Adds a factor times the derivative of the variance of one of these eigenvalues.
pub(super) fn differentiate(
    basis: &Basis,
    head: usize,
    uv: [&[f64]; 2],
    driven: &[f64],
    felt: &[f64],
    factor: f64,
    out: &mut Reverse,
) {
    let n = basis.values.len();
    for at in (0..driven.len()).step_by(n) {
        let mode = Mode::new(basis, head, &driven[at..at + n], &felt[at..at + n]);
        for i in 0..n {
            let (u, v) = (uv[0][at + i], uv[1][at + i]);
            let (input, feedback) = (mode.of_input(basis, i), mode.of_feedback(basis, i));
            out.by_input[at + i] += 2.0 * factor * u * input * input;
            out.by_feedback[at + i] += 2.0 * factor * v * feedback * feedback;
            let input = 2.0 * factor * mode.share * u * u * input;
            let feedback = 2.0 * factor * mode.share * v * v * feedback;
            for (part, j) in mode.parts.clone().enumerate() {
                out.left[(j, i)] += input * mode.felt[part];
                out.felt[at + j] += input * basis.left[(j, i)];
                out.right[(i, j)] += feedback * mode.driven[part];
                out.driven[at + j] += feedback * basis.right[(i, j)];
            }
        }
    }
}

/// The parts of a and b of a real eigenvalue or a pair.
struct Mode {
    /// Where these are.
    parts: std::iter::StepBy<std::ops::Range<usize>>,
    /// Of a product of a row of $X^{-1}$ and a column of X, half the sum over both real parts.
    share: f64,
    driven: [f64; 2],
    felt: [f64; 2],
}

impl Mode {
    fn new(basis: &Basis, head: usize, driven: &[f64], felt: &[f64]) -> Self {
        let other = basis.conjugate(head);
        let (width, step) = if other == head { (1, 1) } else { (other - head + 1, other - head) };
        let both = |list: &[f64]| [list[head], list[other]];
        Self {
            parts: (head..head + width).step_by(step),
            share: 1.0 / basis.count(head),
            driven: both(driven),
            felt: both(felt),
        }
    }

    /// $\mathrm{Re}(\Xi_{in} b_i)$.
    fn of_input(&self, basis: &Basis, n: usize) -> f64 {
        let parts = self.parts.clone().zip(self.felt);
        self.share * parts.map(|(i, felt)| basis.left[(i, n)] * felt).sum::<f64>()
    }

    /// $\mathrm{Re}(X_{ni} a_i)$.
    fn of_feedback(&self, basis: &Basis, n: usize) -> f64 {
        let parts = self.parts.clone().zip(self.driven);
        self.share * parts.map(|(i, driven)| basis.right[(n, i)] * driven).sum::<f64>()
    }
}
