//! The derivative of the barrier by the closed loop.

use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;

use super::basis::Basis;
use super::terms::excess;
use crate::linalg::Eigen;

/// Distance of eigenvalues, in units of 1/T, below which they are not told apart.
const APART: f64 = 1e-6;

/// Smallest product of a left and a right eigenvector of unit length: below it the eigenvalue has no
/// derivative.
const SMALLEST: f64 = 1e-7;

/// $2 \sum_i \max(0, \mathrm{Re} \mu_i + 1) \mathrm{Re}\, l_i r_i^T$; `None` where one of these eigenvalues
/// has no derivative.
///
/// Of a matrix without a basis of eigenvectors those of M and of its transpose, as long as the eigenvalues on
/// the barrier are simple.
pub(super) fn barrier(closed: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let n = closed.nrows();
    let mut out = DMatrix::zeros(n, n);
    let mut add = |value: Complex64, factor: f64, left: &DVector<Complex64>, right: &DVector<Complex64>| {
        let factor = 2.0 * factor * excess(value.re);
        for ((a, b), to) in (0..n).flat_map(|b| (0..n).map(move |a| (a, b))).zip(out.iter_mut()) {
            *to += factor * (left[a] * right[b]).re;
        }
    };
    if let Ok(eigen) = Eigen::new(closed) {
        for (i, value) in eigen.values().iter().enumerate().filter(|(_, z)| excess(z.re) > 0.0) {
            add(*value, 1.0, &eigen.left().row(i).transpose(), &eigen.right().column(i).into_owned());
        }
        return Some(out);
    }
    let (mut own, mut dual) = (Basis::new(n), Basis::new(n));
    // What they return is whether all vectors are independent; these are not.
    own.decompose(closed);
    dual.decompose(&closed.transpose());
    if own.heads().is_empty() || dual.heads().is_empty() {
        return None;
    }
    for head in own.heads().filter(|&head| excess(own.values[head].re) > 0.0) {
        let value = own.values[head];
        let distance = |k: usize| (own.values[k] - value).norm();
        if (0..n).any(|k| k != head && distance(k) < APART) {
            return None;
        }
        let far = |other: &usize| (dual.values[*other] - value).norm();
        let partner = dual.heads().min_by(|a, b| far(a).total_cmp(&far(b)))?;
        let (left, right) = (vector(&dual, partner), vector(&own, head));
        let product = left.dot(&right);
        let known = far(&partner) <= APART && product.norm() > SMALLEST;
        if !known {
            return None;
        }
        add(value, own.count(head), &(left / product), &right);
    }
    Some(out)
}

fn vector(basis: &Basis, head: usize) -> DVector<Complex64> {
    let (pair, second) = (head >= basis.layout.reals, head + basis.layout.pairs);
    DVector::from_fn(basis.right.nrows(), |i, _| {
        Complex64::new(basis.right[(i, head)], if pair { basis.right[(i, second)] } else { 0.0 })
    })
}
