//! How much the real parts of eigenvalues scatter with relative errors of the loop's weights.

use nalgebra::DVector;
use num_complex::Complex64;

use super::reverse::Reverse;
use crate::direct::basis::{Basis, Head};
use crate::linalg::Eigen;
use crate::low_rank::LowRank;

/// The first-order variance of $\mathrm{Re} \mu_i$ per squared relative error of every weight of U and V,
///
/// $$ \sum_{nk} u_{nk}^2 \mathrm{Re}(\Xi_{in} b_{ik})^2 + v_{nk}^2 \mathrm{Re}(X_{ni} a_{ik})^2,
///    \qquad \Xi = X^{-1},\ a = \Xi U,\ b = X^T V, $$
///
/// for the eigenvalues of a head; a and b packed as $P^{-1} U$ and $P^T V$.
pub(super) fn variance(basis: &Basis, head: Head, uv: [&[f64]; 2], driven: &[f64], felt: &[f64]) -> f64 {
    let n = basis.values.len();
    let mut total = 0.0;
    for at in (0..driven.len()).step_by(n) {
        let mode = Mode::new(head, &driven[at..at + n], &felt[at..at + n]);
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
    head: Head,
    uv: [&[f64]; 2],
    driven: &[f64],
    felt: &[f64],
    factor: f64,
    out: &mut Reverse,
) {
    let n = basis.values.len();
    for at in (0..driven.len()).step_by(n) {
        let mode = Mode::new(head, &driven[at..at + n], &felt[at..at + n]);
        for i in 0..n {
            let (u, v) = (uv[0][at + i], uv[1][at + i]);
            let (input, feedback) = (mode.of_input(basis, i), mode.of_feedback(basis, i));
            out.by_input[at + i] += 2.0 * factor * u * input * input;
            out.by_feedback[at + i] += 2.0 * factor * v * feedback * feedback;
            let input = 2.0 * factor * mode.share * u * u * input;
            let feedback = 2.0 * factor * mode.share * v * v * feedback;
            for (part, j) in (head.at..head.at + mode.width).enumerate() {
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
    at: usize,
    width: usize,
    /// Of a product of a row of $X^{-1}$ and a column of X, half the sum over both real parts.
    share: f64,
    driven: [f64; 2],
    felt: [f64; 2],
}

impl Mode {
    fn new(head: Head, driven: &[f64], felt: &[f64]) -> Self {
        let second = |list: &[f64]| if head.pair { list[head.at + 1] } else { 0.0 };
        Self {
            at: head.at,
            width: if head.pair { 2 } else { 1 },
            share: if head.pair { 0.5 } else { 1.0 },
            driven: [driven[head.at], second(driven)],
            felt: [felt[head.at], second(felt)],
        }
    }

    /// $\mathrm{Re}(\Xi_{in} b_i)$.
    fn of_input(&self, basis: &Basis, n: usize) -> f64 {
        let part = |k: usize| basis.left[(self.at + k, n)] * self.felt[k];
        self.share * (0..self.width).map(part).sum::<f64>()
    }

    /// $\mathrm{Re}(X_{ni} a_i)$.
    fn of_feedback(&self, basis: &Basis, n: usize) -> f64 {
        let part = |k: usize| basis.right[(n, self.at + k)] * self.driven[k];
        self.share * (0..self.width).map(part).sum::<f64>()
    }
}
