//! Polishes a fit that the search found: the same evaluation, without the rounding of the Gram path, from an
//! orthogonal factorisation of the T x K basis.
//!
//! The Gram path squares the condition number of the basis; here `Phi Z = U S V^T` keeps it, and residuals
//! are formed sample by sample. Used for the final polish and for every reported number.

use nalgebra::{DMatrix, DVector};

use super::amplitudes::{allowed, free_bound};
use super::derivatives::{Evaluation, exchange, weights};
use crate::fit::poles::{Poles, Unit};
use crate::fit::problem::Problem;
use crate::linalg::product::view;

/// Singular values below this multiple of the largest one carry no information.
const RANK: f64 = 1e-15;

/// Basis functions at the samples, T x K, scaled by `1/sqrt(T)` (inner products are means).
pub(crate) fn basis(poles: &Poles, samples: usize) -> DMatrix<f64> {
    let mut phi = DMatrix::zeros(samples, poles.modes());
    let weight = 1.0 / (samples as f64).sqrt();
    for Unit { at, pair, pole } in poles.iter() {
        for n in 0..samples {
            let t = n as f64 / samples as f64;
            let size = weight * (pole.re * t).exp();
            if pair {
                let (sin, cos) = (pole.im * t).sin_cos();
                phi[(n, at)] = 2.0 * size * cos;
                phi[(n, at + 1)] = -2.0 * size * sin;
            } else {
                phi[(n, at)] = size;
            }
        }
    }
    phi
}

/// `A = U diag(s) V^T`; not a number where A is not.
fn svd(a: &DMatrix<f64>) -> (DMatrix<f64>, DVector<f64>, DMatrix<f64>) {
    let (rows, columns, rank) = (a.nrows(), a.ncols(), a.nrows().min(a.ncols()));
    let found = if a.iter().all(|x| x.is_finite()) { view(a).thin_svd().ok() } else { None };
    let entry = |of: fn(&faer::linalg::solvers::Svd<f64>, usize, usize) -> f64| {
        let found = found.as_ref();
        move |i, j| found.map_or(f64::NAN, |svd| of(svd, i, j))
    };
    (
        DMatrix::from_fn(rows, rank, entry(|svd, i, j| svd.U()[(i, j)])),
        DVector::from_fn(rank, entry(|svd, i, _| svd.S().column_vector()[i])),
        DMatrix::from_fn(columns, rank, entry(|svd, i, j| svd.V()[(i, j)])),
    )
}

/// Minimiser of `|z - S w|`, `norm(w) <= bound`, for a diagonal S, and the multiplier of the bound.
fn diagonal_solve(s: &DVector<f64>, z: &DVector<f64>, bound: Option<f64>) -> (DVector<f64>, f64) {
    let cut = RANK * s.max();
    let at = |mu: f64| s.zip_map(z, |s, z| if s > cut { s * z / (s * s + mu) } else { 0.0 });
    let mut mu = 0.0;
    let mut w = at(mu);
    let Some(bound) = bound else { return (w, mu) };
    for _ in 0..100 {
        let size = w.norm();
        if size <= bound * (1.0 + 1e-15) {
            break;
        }
        let slope = s.zip_map(&w, |s, w| if s > cut { w * w / (s * s + mu) } else { 0.0 }).sum();
        let next = mu + (size * size / slope) * (size - bound) / bound;
        if next == mu {
            break;
        }
        mu = next;
        w = at(mu);
    }
    let size = w.norm();
    if size > bound {
        w *= bound / size;
    }
    (w, mu)
}

/// Value, amplitudes, gradient and Hessians at a set of poles.
pub(crate) fn evaluate(problem: &Problem, poles: &Poles) -> Evaluation {
    let samples = problem.samples();
    let phi = basis(poles, samples);
    let y = DVector::from_column_slice(&problem.weighted[0]) / (samples as f64).sqrt();
    let (least, z) = allowed(poles, problem.start);
    let (u, s, v) = svd(&(&phi * &z));
    let bound = free_bound(problem.amplitude_bound, &least);
    let (w, mu) = diagonal_solve(&s, &u.tr_mul(&(&y - &phi * &least)), bound);
    let amplitudes = least + &z * (&v * &w);
    let residual = &y - &phi * &amplitudes;

    let times = |matrix: &DMatrix<f64>| {
        DMatrix::from_fn(samples, matrix.ncols(), |i, j| matrix[(i, j)] * (i as f64 / samples as f64))
    };
    let phi_1 = times(&phi);
    let (s1, s2) = (phi_1.tr_mul(&residual), times(&phi_1).tr_mul(&residual));
    let weights = weights(poles, &amplitudes);
    let jacobian = phi_1 * &weights;

    // Gauss-Newton: J^T (I - A M^-1 A^T) J as a sum of squares, plus the tangent-space term of the norm
    // bound.
    let inside = u.tr_mul(&jacobian);
    let outside = &jacobian - &u * &inside;
    let mut gauss_newton = outside.tr_mul(&outside);
    let cut = RANK * s.max();
    for (k, &s) in s.iter().enumerate() {
        let share = if s > cut { mu / (s * s + mu) } else { 1.0 };
        gauss_newton += inside.row(k).transpose() * inside.row(k) * share;
    }
    // E Z V: the exact part of f_{theta c} in singular coordinates.
    let exchanged = exchange(poles, &s1) * &z * &v;
    let mut hessian = &gauss_newton - exchange(poles, &weights.tr_mul(&s2));
    let mut tangent_gn = DVector::zeros(poles.modes());
    let mut tangent = tangent_gn.clone();
    let mut size = 0.0;
    for k in (0..s.len()).filter(|&k| s[k] > cut) {
        let pivot = s[k] * s[k] + mu;
        let x = inside.row(k).transpose() * s[k]; // column k of J^T A V
        let e = exchanged.column(k);
        let cross = &x * e.transpose() / pivot;
        hessian += &cross + cross.transpose() - e * e.transpose() / pivot;
        if mu > 0.0 {
            tangent_gn += &x * (w[k] / pivot);
            tangent += (&x - e) * (w[k] / pivot);
            size += w[k] * w[k] / pivot;
        }
    }
    if size > 0.0 {
        gauss_newton += &tangent_gn * tangent_gn.transpose() / size;
        hessian += &tangent * tangent.transpose() / size;
    }
    Evaluation {
        value: 0.5 * residual.norm_squared(),
        amplitudes,
        multiplier: mu,
        gradient: -weights.tr_mul(&s1),
        hessian,
        gauss_newton,
    }
}
