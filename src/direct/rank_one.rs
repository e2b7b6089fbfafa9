//! Eigenvectors of a loop of rank one in closed form, from the eigenvalues nearby of the loop before.
//!
//! With $A = R \Lambda L$, a = L u, b = R^T v and $d = a \odot b$ the eigenvalues are the roots of
//! $f(\mu) = 1 - \sum_j d_j / (\mu - \lambda_j)$; with $C_{ij} = 1 / (\mu_i - \lambda_j)$ and
//! $n = (C \odot C) d$ eigenvectors are $X = R\, \mathrm{diag}(a) C^T$ and
//! $X^{-1} = \mathrm{diag}(1/n)\, C\, \mathrm{diag}(b) L$. What comes out is checked; where a pair has become
//! two real eigenvalues, or a root is too close to a pole, it is left to the general decomposition.

use std::sync::Arc;

use faer::Accum;
use nalgebra::DMatrix;
use num_complex::Complex64;

use super::basis::{Basis, Head};
use super::packed::{Sides, Table, list_down, list_up, pack};
use crate::linalg::Eigen;
use crate::linalg::product::{apply, mul_into, view};

/// Sweeps after which the search for the roots gives up, and the relative size of a step after which the next
/// one would be below rounding: convergence is cubic.
const SWEEPS: usize = 10;
const CONVERGED: f64 = 1e-8;

/// Eigenvectors of A T in real numbers.
#[derive(Debug)]
pub(super) struct OpenBasis {
    values: Vec<Complex64>,
    heads: Vec<Head>,
    right: DMatrix<f64>,
    left: DMatrix<f64>,
}

impl OpenBasis {
    pub(super) fn new(eigen: &Eigen, duration: f64) -> Self {
        let (n, spectrum) = (eigen.values().len(), eigen.values());
        let reals = (0..spectrum.reals()).map(|at| Head { at, pair: false });
        let pairs = (spectrum.reals()..n).step_by(2).map(|at| Head { at, pair: true });
        let heads: Vec<Head> = reals.chain(pairs).collect();
        let (mut right, mut left) = (DMatrix::zeros(n, n), DMatrix::zeros(n, n));
        for head in &heads {
            let j = head.at;
            let factor = if head.pair { 2.0 } else { 1.0 };
            for i in 0..n {
                right[(i, j)] = eigen.right()[(i, j)].re;
                left[(j, i)] = factor * eigen.left()[(j, i)].re;
                if head.pair {
                    right[(i, j + 1)] = eigen.right()[(i, j)].im;
                    left[(j + 1, i)] = -factor * eigen.left()[(j, i)].im;
                }
            }
        }
        Self { values: spectrum.iter().map(|z| z * duration).collect(), heads, right, left }
    }
}

/// The last roots and memory for the next.
#[derive(Debug)]
pub(super) struct RankOne {
    open: Arc<OpenBasis>,
    roots: Vec<Complex64>,
    heads: Vec<Head>,
    known: bool,
    input: Vec<Complex64>,
    feedback: Vec<Complex64>,
    strengths: Vec<Complex64>,
    steps: Vec<Complex64>,
    /// C, a row for each head of the roots, and what is made of it.
    inverse: Table,
    scaled: Table,
    numbers: Vec<f64>,
    real: DMatrix<f64>,
}

impl RankOne {
    pub(super) fn new(open: Arc<OpenBasis>) -> Self {
        let n = open.values.len();
        let list = || vec![Complex64::ZERO; n];
        Self {
            roots: list(),
            heads: Vec::with_capacity(n),
            known: false,
            input: list(),
            feedback: list(),
            strengths: list(),
            steps: list(),
            inverse: vec![Complex64::ZERO; n * n],
            scaled: vec![Complex64::ZERO; n * n],
            numbers: vec![0.0; n],
            real: DMatrix::zeros(n, n),
            open,
        }
    }

    /// Begins the next search at these eigenvalues.
    pub(super) fn remember(&mut self, basis: &Basis) {
        self.roots.copy_from_slice(&basis.values);
        self.heads.clear();
        self.heads.extend_from_slice(&basis.heads);
        self.known = true;
    }

    /// The decomposition of $M = A + u v^T$, both in units of 1/T; false where it has to be found otherwise.
    pub(super) fn decompose(&mut self, basis: &mut Basis, m: &DMatrix<f64>, u: &[f64], v: &[f64]) -> bool {
        if !self.known {
            return false;
        }
        let open = &self.open;
        apply(view(&open.left), u, &mut self.numbers);
        list_up(&self.numbers, &open.heads, &mut self.input);
        apply(view(&open.right).transpose(), v, &mut self.numbers);
        list_down(&self.numbers, &open.heads, &mut self.feedback);
        for ((d, a), b) in self.strengths.iter_mut().zip(&self.input).zip(&self.feedback) {
            *d = a * b;
        }
        self.find_roots() && self.fill(basis) && basis.is_inverse() && basis.is_trusted(m)
    }

    /// Ehrlich and Aberth's iteration for all roots at once.
    fn find_roots(&mut self) -> bool {
        let open = &self.open;
        let scale = open.values.iter().map(|z| z.norm()).fold(1.0, f64::max);
        for _ in 0..SWEEPS {
            let mut largest = 0.0_f64;
            for head in &self.heads {
                let root = self.roots[head.at];
                let (mut f, mut slope, mut poles) = (Complex64::ONE, Complex64::ZERO, Complex64::ZERO);
                for (pole, d) in open.values.iter().zip(&self.strengths) {
                    let c = inverse(root - pole);
                    let dc = d * c;
                    f -= dc;
                    slope += dc * c;
                    poles += c;
                }
                for (k, other) in self.roots.iter().enumerate() {
                    if k != head.at {
                        poles -= inverse(root - other);
                    }
                }
                let step = f / (poles * f + slope);
                largest = largest.max(step.norm());
                self.steps[head.at] = if head.pair { step } else { Complex64::from(step.re) };
                if !step.is_finite() {
                    return false;
                }
            }
            for head in &self.heads {
                let root = self.roots[head.at] - self.steps[head.at];
                self.roots[head.at] = root;
                if head.pair {
                    self.roots[head.at + 1] = root.conj();
                    if root.im <= 0.0 {
                        return false;
                    }
                }
            }
            if largest < CONVERGED * scale {
                return true;
            }
        }
        false
    }

    /// Eigenvectors of unit length from the roots.
    fn fill(&mut self, basis: &mut Basis) -> bool {
        let open = &self.open;
        let n = open.values.len();
        basis.values.copy_from_slice(&self.roots);
        basis.heads.clear();
        basis.heads.extend_from_slice(&self.heads);
        for (row, head) in self.heads.iter().enumerate() {
            for k in 0..n {
                let c = inverse(self.roots[head.at] - open.values[k]);
                self.inverse[row * n + k] = c;
                self.scaled[row * n + k] = c * self.input[k];
            }
        }
        pack(&self.scaled, &self.heads, &open.heads, Sides::Mixed, &mut self.real);
        mul_into(&mut basis.right, Accum::Replace, 1.0, view(&open.right), view(&self.real).transpose());
        for row in 0..self.heads.len() {
            let own = &self.inverse[row * n..(row + 1) * n];
            let norm: Complex64 = own.iter().zip(&self.strengths).map(|(c, d)| c * c * d).sum();
            let norm = inverse(norm);
            let scaled = self.scaled[row * n..(row + 1) * n].iter_mut();
            scaled.zip(own).zip(&self.feedback).for_each(|((to, c), b)| *to = c * b * norm);
        }
        pack(&self.scaled, &self.heads, &open.heads, Sides::Crossed, &mut self.real);
        mul_into(&mut basis.left, Accum::Replace, 1.0, view(&self.real), view(&open.left));
        basis.scale_to_unit()
    }
}

fn inverse(z: Complex64) -> Complex64 {
    let factor = 1.0 / z.norm_sqr();
    Complex64::new(z.re * factor, -z.im * factor)
}
