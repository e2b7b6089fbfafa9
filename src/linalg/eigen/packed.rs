//! Real packed form of a conjugate-closed eigenbasis.
//!
//! A real eigenvector is one real column `x`; a conjugate pair `x +- i y` is the two real columns `x, y`.
//! With B the block diagonal of `lambda` and `[[re, im], [-im, re]]`, `A P = P B` is the eigenvalue equation
//! in real numbers. Inverting the real P costs a quarter of inverting the complex R, and what is unpacked
//! from it is conjugate-symmetric to the last bit.

use crate::linalg::kernel::active as kernel;
use crate::linalg::product::{mul_into, product, view};
use crate::spectrum::{Spectrum, canonical};
use crate::{Error, Result};
use faer::Accum;
use nalgebra::DMatrix;
use num_complex::Complex64;

/// Spectrum in canonical order with its packed basis, unit 2-norm per complex eigenvector.
#[derive(Debug, Clone)]
pub(crate) struct Packed {
    pub(crate) values: Spectrum,
    pub(crate) basis: DMatrix<f64>,
    pub(crate) inverse: DMatrix<f64>,
    pub(crate) residual: f64,
    pub(crate) biorthogonality: f64,
}

/// One real eigenvalue or the upper member of a pair, and where its columns start.
struct Entry {
    value: Complex64,
    column: usize,
    flip: bool,
}

/// Real eigenvalues and pairs, each in canonical order, and the spectrum they are.
fn entries(re: &[f64], im: &[f64]) -> (Vec<Entry>, Vec<Entry>, Spectrum) {
    let (mut reals, mut pairs) = (Vec::new(), Vec::new());
    let mut column = 0;
    while column < re.len() {
        let lone = im[column] == 0.0 || column + 1 == re.len();
        let value = Complex64::new(re[column], if lone { 0.0 } else { im[column].abs() });
        let kind = if lone { &mut reals } else { &mut pairs };
        kind.push(Entry { value, column, flip: im[column] < 0.0 });
        column += if lone { 1 } else { 2 };
    }
    for kind in [&mut reals, &mut pairs] {
        kind.sort_by(|a: &Entry, b| canonical(&a.value, &b.value));
    }
    let upper = pairs.iter().map(|e| e.value).collect();
    let spectrum = Spectrum::from_halves(reals.iter().map(|e| e.value.re).collect(), upper);
    (reals, pairs, spectrum)
}

/// Eigenvalues as the kernels return them: real and imaginary parts, pairs side by side.
pub(crate) fn spectrum(re: &[f64], im: &[f64]) -> Spectrum {
    entries(re, im).2
}

impl Packed {
    /// Orders, normalises, inverts and verifies a kernel's output against `a`, whose Frobenius norm is
    /// `scale`.
    pub(crate) fn new(a: &DMatrix<f64>, scale: f64, re: &[f64], im: &[f64], raw: &DMatrix<f64>) -> Self {
        let n = a.nrows();
        let (reals, pairs, values) = entries(re, im);
        let mut basis = DMatrix::zeros(n, n);
        let mut to = 0;
        for e in &reals {
            let x = raw.column(e.column);
            basis.column_mut(to).copy_from(&(x / x.norm()));
            to += 1;
        }
        for e in &pairs {
            let (x, y) = (raw.column(e.column), raw.column(e.column + 1));
            let norm = x.norm().hypot(y.norm());
            basis.column_mut(to).copy_from(&(x / norm));
            basis.column_mut(to + 1).copy_from(&(y / if e.flip { -norm } else { norm }));
            to += 2;
        }
        let n_real = reals.len();
        let inverse = refined(&basis, kernel::inverse(&basis));
        let residual = residual(a, scale, &values, n_real, &basis);
        let biorthogonality = biorthogonality(n_real, &basis, &inverse);
        Self { values, basis, inverse, residual, biorthogonality }
    }

    /// Complex columns: right eigenvectors.
    pub(crate) fn right(&self) -> DMatrix<Complex64> {
        let n = self.basis.nrows();
        let mut right = DMatrix::zeros(n, n);
        for j in 0..self.values.reals() {
            right.column_mut(j).copy_from(&self.basis.column(j).map(Complex64::from));
        }
        for j in (self.values.reals()..n).step_by(2) {
            for i in 0..n {
                let r = Complex64::new(self.basis[(i, j)], self.basis[(i, j + 1)]);
                right[(i, j)] = r;
                right[(i, j + 1)] = r.conj();
            }
        }
        right
    }

    /// Complex rows: left eigenvectors, `(x' - i y') / 2` from the packed rows `x', y'` of the inverse.
    pub(crate) fn left(&self) -> DMatrix<Complex64> {
        let n = self.inverse.nrows();
        let mut left = DMatrix::zeros(n, n);
        for column in 0..n {
            for i in 0..self.values.reals() {
                left[(i, column)] = Complex64::from(self.inverse[(i, column)]);
            }
            for i in (self.values.reals()..n).step_by(2) {
                let l = Complex64::new(self.inverse[(i, column)], -self.inverse[(i + 1, column)]) * 0.5;
                left[(i, column)] = l;
                left[(i + 1, column)] = l.conj();
            }
        }
        left
    }
}

/// `|A R - R diag(lambda)|_F / |A|_F`, from the packed form.
fn residual(a: &DMatrix<f64>, scale: f64, values: &[Complex64], n_real: usize, basis: &DMatrix<f64>) -> f64 {
    let n = a.nrows();
    let mut error = product(view(a), view(basis));
    for (j, value) in values[..n_real].iter().enumerate() {
        error.column_mut(j).axpy(-value.re, &basis.column(j), 1.0);
    }
    for j in (n_real..n).step_by(2) {
        let (x, y) = (basis.column(j), basis.column(j + 1));
        error.column_mut(j).axpy(-values[j].re, &x, 1.0);
        error.column_mut(j).axpy(values[j].im, &y, 1.0);
        error.column_mut(j + 1).axpy(-values[j].im, &x, 1.0);
        error.column_mut(j + 1).axpy(-values[j].re, &y, 1.0);
    }
    // Both members of a pair contribute, the packed columns hold the error of one.
    let real: f64 = error.columns(0, n_real).norm_squared();
    let pairs: f64 = error.columns(n_real, n - n_real).norm_squared();
    let total = (real + 2.0 * pairs).sqrt();
    if scale > 0.0 { total / scale } else { total }
}

/// One Newton step `Z = (2I - Z P) Z` on the inverse Z of P, which brings `Z P - I` down to rounding.
///
/// The equivalent `Z (2I - P Z)` would square the condition number in that residual.
fn refined(basis: &DMatrix<f64>, inverse: DMatrix<f64>) -> DMatrix<f64> {
    let n = basis.nrows();
    let mut correction = DMatrix::identity(n, n);
    mul_into(&mut correction, Accum::Add, -1.0, view(&inverse), view(basis));
    let mut refined = inverse.clone();
    mul_into(&mut refined, Accum::Add, 1.0, view(&correction), view(&inverse));
    refined
}

/// `|L R - I|_F` from the packed form; unpacking weighs real rows against pair columns by two.
fn biorthogonality(n_real: usize, basis: &DMatrix<f64>, inverse: &DMatrix<f64>) -> f64 {
    let n = basis.nrows();
    let mut error = DMatrix::identity(n, n);
    mul_into(&mut error, Accum::Add, -1.0, view(inverse), view(basis));
    let rest = n - n_real;
    let same = error.view((0, 0), (n_real, n_real)).norm_squared()
        + error.view((n_real, n_real), (rest, rest)).norm_squared();
    let real_rows = error.view((0, n_real), (n_real, rest)).norm_squared();
    let pair_rows = error.view((n_real, 0), (rest, n_real)).norm_squared();
    (same + 2.0 * real_rows + 0.5 * pair_rows).sqrt()
}

/// Decomposition of `a`, of Frobenius norm `scale`, by the kernel.
pub(crate) fn decompose(a: &DMatrix<f64>, scale: f64) -> Result<Packed> {
    let not_converged = Error::EigenNotConverged { size: a.nrows() };
    match kernel::eigen(a, true)? {
        (re, im, Some(basis)) if basis.iter().chain(&re).chain(&im).all(|x| x.is_finite()) => {
            Ok(Packed::new(a, scale, &re, &im, &basis))
        }
        _ => Err(not_converged),
    }
}
