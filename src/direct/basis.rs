//! Eigenvectors of the closed loop in real numbers, with memory that is used again.

use faer::diag::DiagMut;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, evd_real, evd_scratch};
use faer::{Accum, Par};
use nalgebra::DMatrix;
use num_complex::Complex64;

use crate::linalg::product::{Lu, frobenius, mul_into, one_norm, view, view_mut};
use crate::linalg::tolerance;

/// Condition number of the eigenvectors up to which sums over them are trusted: they lose the square of it.
const CONDITION: f64 = 1e6;

/// Distance of two eigenvalues, in units of 1/T, below which a difference quotient is its limit: as good as
/// each other there.
pub(super) const EQUAL: f64 = 1.5e-8;

/// Largest relative error of difference quotients that is let pass.
const QUOTIENTS: f64 = 1e-7;

/// Largest distance of a closed form's $P^{-1} P$ from the identity.
const INVERSE: f64 = 1e-9;

/// A real eigenvalue or the upper member of a pair; its partner follows right after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) at: usize,
    pub(super) pair: bool,
}

/// $M = X \mathrm{diag}(\mu) X^{-1}$ with $X = P T$: a pair $x \pm i y$ is the columns x, y of P, and T is
/// one for a real eigenvalue and $(1, 1; i, -i)$ for a pair.
pub(super) struct Basis {
    pub(super) values: Vec<Complex64>,
    pub(super) heads: Vec<Head>,
    /// P and its inverse.
    pub(super) right: DMatrix<f64>,
    pub(super) left: DMatrix<f64>,
    re: Vec<f64>,
    im: Vec<f64>,
    image: DMatrix<f64>,
    lu: Lu,
    memory: MemBuffer,
}

impl std::fmt::Debug for Basis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Basis").field("values", &self.values).finish_non_exhaustive()
    }
}

impl Basis {
    pub(super) fn new(n: usize) -> Self {
        let (no, yes) = (ComputeEigenvectors::No, ComputeEigenvectors::Yes);
        let memory = evd_scratch::<f64>(n, no, yes, Par::Seq, Default::default());
        Self {
            values: vec![Complex64::ZERO; n],
            heads: Vec::with_capacity(n),
            right: DMatrix::zeros(n, n),
            left: DMatrix::zeros(n, n),
            re: vec![0.0; n],
            im: vec![0.0; n],
            image: DMatrix::zeros(n, n),
            lu: Lu::new(n),
            memory: MemBuffer::new(memory),
        }
    }

    /// Decomposes M by the QR iteration; false where the eigenvectors cannot be trusted.
    pub(super) fn decompose(&mut self, m: &DMatrix<f64>) -> bool {
        let n = m.nrows();
        if n == 1 {
            (self.re[0], self.im[0]) = (m[(0, 0)], 0.0);
            self.right.fill(1.0);
        } else {
            let solved = evd_real(
                view(m),
                DiagMut::from_slice_mut(&mut self.re),
                DiagMut::from_slice_mut(&mut self.im),
                None,
                Some(view_mut(&mut self.right)),
                Par::Seq,
                MemStack::new(&mut self.memory),
                Default::default(),
            );
            if solved.is_err() || self.re.iter().chain(&self.im).any(|x| !x.is_finite()) {
                return false;
            }
        }
        self.normalise();
        self.lu.matrix_mut().copy_from(&self.right);
        self.lu.invert_into(&mut self.left);
        self.is_trusted(m)
    }

    /// Whether eigenvalues and vectors are those of M, and the vectors far enough from dependent.
    pub(super) fn is_trusted(&mut self, m: &DMatrix<f64>) -> bool {
        let condition = one_norm(&self.right) * one_norm(&self.left);
        condition <= CONDITION && self.has_quotients() && self.is_accurate(m)
    }

    /// Whether difference quotients over eigenvalues, or their limits, keep enough digits: what rounding
    /// leaves of them grows with the condition numbers of both eigenvalues.
    fn has_quotients(&mut self) -> bool {
        for head in &self.heads {
            let width = if head.pair { 2 } else { 1 };
            let rows = (head.at..head.at + width).map(|i| self.left.row(i).norm_squared()).sum::<f64>();
            self.re[head.at] = rows.sqrt() / width as f64;
            if head.pair {
                self.re[head.at + 1] = self.re[head.at];
            }
        }
        let (values, sensitivities) = (&self.values, &self.re);
        self.heads.iter().all(|head| {
            let (value, own) = (values[head.at], sensitivities[head.at]);
            values.iter().zip(sensitivities).enumerate().all(|(k, (other, theirs))| {
                let gap = (value - other).norm();
                let error = if gap > EQUAL { f64::EPSILON / gap } else { gap };
                k == head.at || own * theirs * error <= QUOTIENTS
            })
        })
    }

    /// Whether the inverse of P is one.
    pub(super) fn is_inverse(&mut self) -> bool {
        mul_into(&mut self.image, Accum::Replace, 1.0, view(&self.left), view(&self.right));
        (0..self.image.nrows()).for_each(|i| self.image[(i, i)] -= 1.0);
        frobenius(&self.image) <= INVERSE
    }

    /// Gives eigenvectors unit length, their inverses the length that goes with it; false for one of none.
    pub(super) fn scale_to_unit(&mut self) -> bool {
        for head in &self.heads {
            let (j, width) = (head.at, if head.pair { 2 } else { 1 });
            let norm = self.right.columns(j, width).norm();
            if !(norm > 0.0 && norm.is_finite()) {
                return false;
            }
            self.right.columns_mut(j, width).scale_mut(1.0 / norm);
            self.left.rows_mut(j, width).scale_mut(norm);
        }
        true
    }

    /// Finds the pairs and gives every eigenvector unit length, the upper member of a pair first.
    fn normalise(&mut self) {
        let n = self.re.len();
        self.heads.clear();
        let mut at = 0;
        while at < n {
            let pair = self.im[at] != 0.0 && at + 1 < n;
            self.heads.push(Head { at, pair });
            let value = Complex64::new(self.re[at], if pair { self.im[at].abs() } else { 0.0 });
            self.values[at] = value;
            if !pair {
                let norm = self.right.column(at).norm();
                self.right.column_mut(at).scale_mut(1.0 / norm);
                at += 1;
                continue;
            }
            self.values[at + 1] = value.conj();
            let norm = self.right.column(at).norm().hypot(self.right.column(at + 1).norm());
            self.right.column_mut(at).scale_mut(1.0 / norm);
            self.right.column_mut(at + 1).scale_mut(self.im[at].signum() / norm);
            at += 2;
        }
    }

    /// Whether $M P = P B$ up to rounding.
    fn is_accurate(&mut self, m: &DMatrix<f64>) -> bool {
        mul_into(&mut self.image, Accum::Replace, 1.0, view(m), view(&self.right));
        for head in &self.heads {
            let (j, z) = (head.at, self.values[head.at]);
            self.image.column_mut(j).axpy(-z.re, &self.right.column(j), 1.0);
            if head.pair {
                self.image.column_mut(j).axpy(z.im, &self.right.column(j + 1), 1.0);
                self.image.column_mut(j + 1).axpy(-z.im, &self.right.column(j), 1.0);
                self.image.column_mut(j + 1).axpy(-z.re, &self.right.column(j + 1), 1.0);
            }
        }
        let limit = tolerance::eigen_residual(m.nrows()) * frobenius(m);
        frobenius(&self.image) <= limit
    }

    /// Index of the conjugate of every eigenvalue.
    pub(super) fn conjugate(&self, j: usize) -> usize {
        match self.values[j].im {
            im if im > 0.0 => j + 1,
            im if im < 0.0 => j - 1,
            _ => j,
        }
    }
}
