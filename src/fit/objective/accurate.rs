//! Polishes a fit that the search found: the same evaluation, without the rounding of the Gram path, from an orthogonal factorisation of the T x K basis.
//!
//! The Gram path squares the condition number of the basis; here `Phi Z = Q R`, `R = U S V^T` keep it, and residuals
//! are formed sample by sample. Used for the final polish and for every reported number.

use nalgebra::{DMatrix, DVector};

use super::amplitudes::NullSpace;
use super::derivatives::{Evaluation, add_curvature, add_exchange, apply_weights};
use super::svd;
use crate::fit::cholesky;
use crate::fit::poles::Poles;
use crate::fit::problem::Problem;

/// Singular values below this multiple of the largest one carry no information.
const RANK: f64 = 1e-15;

/// Basis functions at the samples, T x K, scaled by `1/sqrt(T)` (inner products are means).
pub(crate) fn basis(spectrum: &Poles, samples: usize) -> DMatrix<f64> {
    let mut phi = DMatrix::zeros(samples, spectrum.modes());
    let weight = 1.0 / (samples as f64).sqrt();
    for unit in 0..spectrum.units() {
        let at = spectrum.offset(unit);
        let pole = spectrum.pole(unit);
        for n in 0..samples {
            let t = n as f64 / samples as f64;
            let size = weight * (pole.re * t).exp();
            if unit < spectrum.pairs {
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

/// Minimiser of `|z - S w|`, `norm(w) <= bound`, for a diagonal S, and the multiplier of the bound.
fn diagonal_solve(s: &[f64], z: &[f64], bound: Option<f64>) -> (Vec<f64>, f64) {
    let cut = RANK * s.iter().fold(0.0_f64, |m, &x| m.max(x));
    let at = |mu: f64| -> Vec<f64> {
        s.iter().zip(z).map(|(&s, z)| if s > cut { s * z / (s * s + mu) } else { 0.0 }).collect()
    };
    let mut mu = 0.0;
    let mut w = at(mu);
    if let Some(bound) = bound {
        for _ in 0..100 {
            let size = cholesky::norm(&w);
            if size <= bound * (1.0 + 1e-15) {
                break;
            }
            let slope: f64 =
                s.iter().zip(&w).filter(|(s, _)| **s > cut).map(|(s, w)| w * w / (s * s + mu)).sum();
            let next = mu + (size * size / slope) * (size - bound) / bound;
            if next == mu {
                break;
            }
            mu = next;
            w = at(mu);
        }
        let size = cholesky::norm(&w);
        if size > bound {
            w.iter_mut().for_each(|x| *x *= bound / size);
        }
    }
    (w, mu)
}

/// Value, amplitudes, gradient and Hessians at a spectrum.
pub(crate) fn evaluate(problem: &Problem, spectrum: &Poles, out: &mut Evaluation) {
    let (n, samples) = (spectrum.modes(), problem.samples());
    let phi = basis(spectrum, samples);
    let weight = 1.0 / (samples as f64).sqrt();
    let y = DVector::from_iterator(samples, problem.weighted[0].iter().map(|y| weight * y));
    let mut null_space = NullSpace::default();
    null_space.prepare(spectrum, problem.zero_start);
    let drop = null_space.dropped;
    let m = n - drop;
    // A = Phi Z, padded with zero rows where there are fewer samples than columns.
    let mut reflected = vec![0.0; samples * n];
    for (i, row) in reflected.chunks_exact_mut(n).enumerate() {
        for (j, x) in row.iter_mut().enumerate() {
            *x = phi[(i, j)];
        }
        null_space.reflect(row);
    }
    let height = samples.max(m);
    let a = DMatrix::from_fn(height, m, |i, j| if i < samples { reflected[i * n + j + drop] } else { 0.0 });
    let factorisation = a.qr();
    let (q, r) = (factorisation.q(), factorisation.r());
    let (u, s, v) = svd::jacobi(&r);
    let q = q.rows(0, samples) * u; // left singular vectors of A
    let projected = q.tr_mul(&y);
    let (w, mu) = diagonal_solve(&s, projected.as_slice(), problem.amplitude_bound);
    let reduced = &v * DVector::from_column_slice(&w);
    out.amplitudes.clear();
    out.amplitudes.resize(drop, 0.0);
    out.amplitudes.extend_from_slice(reduced.as_slice());
    null_space.reflect(&mut out.amplitudes);
    out.multiplier = mu;
    let residual = &y - &phi * DVector::from_column_slice(&out.amplitudes);
    out.value = 0.5 * residual.norm_squared();

    // s_p = Phi^T t^p r.
    let mut weighted = phi.clone();
    let times = |matrix: &mut DMatrix<f64>| {
        for (i, mut row) in matrix.row_iter_mut().enumerate() {
            row *= i as f64 / samples as f64;
        }
    };
    times(&mut weighted);
    let s1 = weighted.tr_mul(&residual);
    // J = t Phi W.
    let mut jacobian = DMatrix::zeros(samples, n);
    let (mut row, mut image) = (vec![0.0; n], vec![0.0; n]);
    for i in 0..samples {
        for j in 0..n {
            row[j] = weighted[(i, j)];
        }
        apply_weights(spectrum, &out.amplitudes, &row, &mut image);
        for j in 0..n {
            jacobian[(i, j)] = image[j];
        }
    }
    times(&mut weighted);
    let s2 = weighted.tr_mul(&residual);
    out.gradient.resize(n, 0.0);
    apply_weights(spectrum, &out.amplitudes, s1.as_slice(), &mut out.gradient);
    out.gradient.iter_mut().for_each(|g| *g = -*g);

    // Gauss-Newton: J^T (I - A M^-1 A^T) J as a sum of squares, plus the tangent-space term of the norm bound.
    let inside = q.tr_mul(&jacobian); // m x n
    let outside = &jacobian - &q * &inside;
    let mut gauss_newton = outside.tr_mul(&outside);
    let cut = RANK * s.iter().fold(0.0_f64, |m, &x| m.max(x));
    let kept: Vec<usize> = (0..m).filter(|&k| s[k] > cut).collect();
    for (k, &s) in s.iter().enumerate() {
        let share = if s > cut { mu / (s * s + mu) } else { 1.0 };
        gauss_newton += inside.row(k).transpose() * inside.row(k) * share;
    }
    // E Z V: the exact part of f_{theta c} in singular coordinates.
    let mut exchange = vec![0.0; n * n];
    add_exchange(spectrum, s1.as_slice(), 1.0, &mut exchange);
    null_space.reflect_rows(&mut exchange, n);
    let exchange = DMatrix::from_fn(n, m, |i, j| exchange[i * n + j + drop]) * &v;
    let mut hessian = gauss_newton.clone();
    let mut tangent_gn = DVector::zeros(n);
    let mut tangent = DVector::zeros(n);
    let mut size = 0.0;
    for &k in &kept {
        let pivot = s[k] * s[k] + mu;
        let x = inside.row(k).transpose() * s[k]; // column k of J^T A V
        let e = exchange.column(k);
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
    out.gauss_newton.clear();
    out.gauss_newton.extend_from_slice(gauss_newton.as_slice());
    out.hessian.clear();
    out.hessian.extend_from_slice(hessian.as_slice());
    add_curvature(spectrum, &out.amplitudes, s2.as_slice(), &mut out.hessian);
}
