//! Eigenvectors of a loop of rank one in closed form, from the eigenvalues nearby of the loop before.
//!
//! With $A = R \Lambda L$, a = L u, b = R^T v and $d = a \odot b$ the eigenvalues are the roots of
//! $f(\mu) = 1 - \sum_j d_j / (\mu - \lambda_j)$; with $C_{ij} = 1 / (\mu_i - \lambda_j)$ and
//! $n = (C \odot C) d$ eigenvectors are $X = R\, \mathrm{diag}(a) C^T$ and
//! $X^{-1} = \mathrm{diag}(1/n)\, C\, \mathrm{diag}(b) L$. What comes out is checked; where a root is not
//! found or too close to a pole, it is left to the general decomposition.

use std::sync::Arc;

use faer::Accum;
use nalgebra::DMatrix;
use num_complex::Complex64;
use pulp::{Arch, Simd, WithSimd};

use super::basis::Basis;
use super::lanes::Lanes;
use super::packed::{Sides, pack};
use super::roots::Roots;
use super::table::Table;
use crate::linalg::Eigen;
use crate::linalg::product::{apply, mul_into, view};
use crate::modal::vector::Layout;

/// Far from every root: what pads the poles.
const FAR: f64 = 1e200;

/// Eigenvectors of A T in real numbers.
#[derive(Debug)]
pub(super) struct OpenBasis {
    /// Poles in one row, padded far away.
    poles: Table,
    layout: Layout,
    right: DMatrix<f64>,
    left: DMatrix<f64>,
}

impl OpenBasis {
    pub(super) fn new(eigen: &Eigen, duration: f64) -> Self {
        let (n, spectrum) = (eigen.values().len(), eigen.values());
        let layout = Layout::of(spectrum);
        let Layout { reals, pairs } = layout;
        let (mut right, mut left) = (DMatrix::zeros(n, n), DMatrix::zeros(n, n));
        let mut poles = Table::new(1, n);
        poles.row_mut(0).0[n..].fill(FAR);
        for head in 0..reals + pairs {
            let (pair, second) = (head >= reals, head + pairs);
            let (j, factor) = if pair { (2 * head - reals, 2.0) } else { (head, 1.0) };
            poles.set(0, head, spectrum[j] * duration);
            for i in 0..n {
                right[(i, head)] = eigen.right()[(i, j)].re;
                left[(head, i)] = factor * eigen.left()[(j, i)].re;
                if pair {
                    right[(i, second)] = eigen.right()[(i, j)].im;
                    left[(second, i)] = -factor * eigen.left()[(j, i)].im;
                }
            }
        }
        poles.complete(0, layout);
        Self { poles, layout, right, left }
    }
}

/// The last roots and memory for the next.
#[derive(Debug)]
pub(super) struct RankOne {
    open: Arc<OpenBasis>,
    roots: Roots,
    known: bool,
    input: Table,
    feedback: Table,
    strengths: Table,
    /// $C\, \mathrm{diag}(a)$ and $C\, \mathrm{diag}(b)$, a row for each head of the roots.
    images: Table,
    duals: Table,
    /// n, and lengths of eigenvectors.
    norms: Vec<Complex64>,
    numbers: Vec<f64>,
    real: DMatrix<f64>,
}

impl RankOne {
    pub(super) fn new(open: Arc<OpenBasis>) -> Self {
        let n = open.right.nrows();
        Self {
            roots: Roots::new(n),
            known: false,
            input: Table::new(1, n),
            feedback: Table::new(1, n),
            strengths: Table::new(1, n),
            images: Table::new(n, n),
            duals: Table::new(n, n),
            norms: vec![Complex64::ZERO; n],
            numbers: vec![0.0; n],
            real: DMatrix::zeros(n, n),
            open,
        }
    }

    /// Begins the next search at these eigenvalues.
    pub(super) fn remember(&mut self, basis: &Basis) {
        self.roots.set(&basis.values, basis.layout);
        self.known = true;
    }

    /// The decomposition of $M = A + u v^T$, both in units of 1/T; false where it has to be found otherwise.
    pub(super) fn decompose(&mut self, basis: &mut Basis, m: &DMatrix<f64>, u: &[f64], v: &[f64]) -> bool {
        if !self.known {
            return false;
        }
        let open = &self.open;
        apply(view(&open.left), u, &mut self.numbers);
        self.input.list_up(0, &self.numbers, open.layout);
        apply(view(&open.right).transpose(), v, &mut self.numbers);
        self.feedback.list_down(0, &self.numbers, open.layout);
        for k in 0..m.nrows() {
            self.strengths.set(0, k, self.input.at(0, k) * self.feedback.at(0, k));
        }
        self.roots.find(&open.poles, &self.strengths, open.layout) && self.fill(basis) && basis.is_trusted(m)
    }

    /// Eigenvectors of unit length from the roots.
    fn fill(&mut self, basis: &mut Basis) -> bool {
        let (open, layout) = (&self.open, self.roots.layout());
        self.roots.copy_to(&mut basis.values);
        basis.layout = layout;
        Arch::new().dispatch(Cauchy {
            roots: &self.roots,
            poles: &open.poles,
            input: &self.input,
            feedback: &self.feedback,
            images: &mut self.images,
            duals: &mut self.duals,
            norms: &mut self.norms,
        });
        pack(&self.images, layout, open.layout, Sides::Mixed, &mut self.real);
        mul_into(&mut basis.right, Accum::Replace, 1.0, view(&open.right), view(&self.real));
        if !basis.scale_to_unit(&mut self.numbers) {
            return false;
        }
        for i in basis.heads() {
            let factor = self.norms[i].inv() * self.numbers[i];
            let (re, im) = self.duals.row_mut(i);
            for (re, im) in re.iter_mut().zip(im) {
                (*re, *im) = (*re * factor.re - *im * factor.im, *re * factor.im + *im * factor.re);
            }
        }
        pack(&self.duals, layout, open.layout, Sides::Crossed, &mut self.real);
        mul_into(&mut basis.left, Accum::Replace, 1.0, view(&self.real).transpose(), view(&open.left));
        true
    }
}

/// The tables of C with a and b, and $n = \sum_j C_{ij}^2 a_j b_j$.
struct Cauchy<'a> {
    roots: &'a Roots,
    poles: &'a Table,
    input: &'a Table,
    feedback: &'a Table,
    images: &'a mut Table,
    duals: &'a mut Table,
    norms: &'a mut [Complex64],
}

impl WithSimd for Cauchy<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let lanes = Lanes(simd);
        let registers = lanes.registers(self.poles.stride());
        let (poles, a, b) = (self.poles.row(0), self.input.row(0), self.feedback.row(0));
        for i in 0..self.roots.len() {
            let root = lanes.splat(self.roots.parts(i));
            let (mut images, mut duals) = (self.images.row_mut(i), self.duals.row_mut(i));
            let mut norm = lanes.zero();
            for at in 0..registers {
                let c = lanes.inverse(lanes.sub(root, lanes.load(poles, at)));
                let (ca, cb) = (lanes.mul(c, lanes.load(a, at)), lanes.mul(c, lanes.load(b, at)));
                norm = lanes.mul_add(ca, cb, norm);
                lanes.store(&mut images, at, ca);
                lanes.store(&mut duals, at, cb);
            }
            let (re, im) = lanes.sum(norm);
            self.norms[i] = Complex64::new(re, im);
        }
    }
}
