//! Lyapunov equations, matrix exponentials, step covariances.

use nalgebra::DMatrix;
use thalamo::linalg::{expm, lyapunov, lyapunov_schur, noise_covariance, noise_factor, propagate};

use super::{Input, Tally, assert_finite};

/// Largest residual that a solution may be returned with.
const RESIDUAL: f64 = 1e-9;

/// Below this, numbers lose digits.
const SUBNORMAL: f64 = 1e-290;

/// `|M X + X M^T + Q| / (2 |M| |X| + |Q|)`, all scaled to unit size first.
fn residual(m: &DMatrix<f64>, x: &DMatrix<f64>, q: &DMatrix<f64>) -> f64 {
    let (scale_m, scale_x) = (m.amax().max(f64::MIN_POSITIVE), x.amax().max(f64::MIN_POSITIVE));
    let (m, x) = (m / scale_m, x / scale_x);
    // Q over the product of both scales, the larger first.
    let q = q / scale_m.max(scale_x) / scale_m.min(scale_x);
    let error = &m * &x + &x * m.transpose() + &q;
    error.norm() / (2.0 * m.norm() * x.norm() + q.norm()).max(f64::MIN_POSITIVE)
}

fn solves(what: &str, m: &DMatrix<f64>, x: &DMatrix<f64>, q: &DMatrix<f64>) {
    assert_finite(what, x.iter());
    // Subnormal numbers have no digits to be accurate in.
    if x.amax() > SUBNORMAL {
        let found = residual(m, x, q);
        assert!(found <= RESIDUAL, "{what}: residual {found:e} of M = {m:e}, Q = {q:e}, X = {x:e}");
    }
}

pub(crate) fn lyapunov_equations(input: &mut Input<'_>, tally: &mut Tally) {
    let m = input.system(8);
    let n = m.nrows();
    let symmetric = |input: &mut Input<'_>| {
        let n = if input.one_in(16) { input.size(0, 8) } else { n };
        let q = input.matrix(n, n);
        if input.one_in(8) { q } else { 0.5 * &q + 0.5 * q.transpose() }
    };
    let q = symmetric(input);
    if let Some(x) = tally.judge(lyapunov(&m, &q)) {
        solves("lyapunov", &m, &x, &q);
    }
    if let Some(x) = tally.judge(lyapunov_schur(&m, &q)) {
        solves("lyapunov_schur", &m, &x, &q);
    }
}

pub(crate) fn exponentials(input: &mut Input<'_>, tally: &mut Tally) {
    let a = input.system(6);
    if let Some(e) = tally.judge(expm(&a)) {
        assert_finite("expm", e.iter());
        if a.amax() <= 2.0 {
            let back = expm(&-&a).expect("small numbers");
            let size = e.norm() * back.norm();
            let error = (&e * &back - DMatrix::identity(a.nrows(), a.nrows())).norm();
            assert!(error <= 1e-12 * size, "expm of {a}: {error:e}");
        }
    }
    let dt = input.positive();
    let start = input.near_length(a.nrows());
    let steps = input.count(40);
    if let Some(states) = tally.judge(propagate(&a, &start, dt, steps)) {
        assert_eq!(states.shape(), (a.nrows(), steps + 1));
        assert_finite("trajectory", states.iter());
        assert_eq!(states.column(0), start);
    }
}

pub(crate) fn step_covariances(input: &mut Input<'_>, tally: &mut Tally) {
    let (a, dt) = (input.system(6), input.positive());
    if let Some(covariance) = tally.judge(noise_covariance(&a, dt)) {
        assert_finite("noise covariance", covariance.iter());
        assert_eq!(covariance, covariance.transpose());
        assert!(covariance.diagonal().iter().all(|x| *x >= 0.0), "negative variances in {covariance}");
        if let Some(factor) = tally.judge(noise_factor(&covariance)) {
            assert_finite("factor of a covariance", factor.iter());
        }
    }
    let n = input.size(0, 6);
    let mut q = input.matrix(n, n);
    if !input.one_in(4) {
        q = &q * q.transpose();
    }
    if let Some(factor) = tally.judge(noise_factor(&q)) {
        assert_finite("noise factor", factor.iter());
        let scale = q.amax().max(f64::MIN_POSITIVE);
        let root = &factor / scale.sqrt();
        let error = (&root * root.transpose() - &q / scale).amax();
        assert!(error <= 1e-9, "factor of {q} off by {error:e}");
    }
}
