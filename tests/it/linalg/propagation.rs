//! Matrix exponential, exact propagation and exact noise covariance.

use crate::support::cases;
use crate::support::matrices::*;
use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;
use proptest::prelude::*;
use thalamo::Error;
use thalamo::linalg::{Eigen, expm, lyapunov, noise_covariance, noise_factor, propagate};

/// Taylor series of `e^{A / 2^s}` to the last digit, squared s times.
fn taylor(a: &Matrix) -> Matrix {
    let n = a.nrows();
    let squarings = (a.norm().log2().ceil() as i32 + 3).max(0);
    let a = a * 0.5_f64.powi(squarings);
    let (mut term, mut sum) = (identity(n), identity(n));
    for k in 1..25 {
        term = &term * &a / k as f64;
        sum += &term;
    }
    (0..squarings).fold(sum, |power, _| &power * &power)
}

/// Five-point Gauss-Legendre quadrature of `e^{As} e^{A^T s}` on `panels` equal parts of `[0, t]`.
fn covariance_by_quadrature(a: &Matrix, t: f64, panels: usize) -> Matrix {
    let nodes = [
        (0.0, 128.0 / 225.0),
        (0.538_469_310_105_683_1, 0.478_628_670_499_366_47),
        (-0.538_469_310_105_683_1, 0.478_628_670_499_366_47),
        (0.906_179_845_938_664, 0.236_926_885_056_189_08),
        (-0.906_179_845_938_664, 0.236_926_885_056_189_08),
    ];
    let h = t / panels as f64;
    let mut sum = Matrix::zeros(a.nrows(), a.nrows());
    for panel in 0..panels {
        for (node, weight) in nodes {
            let s = h * (panel as f64 + 0.5 + 0.5 * node);
            let e = taylor(&(a * s));
            sum += &e * e.transpose() * (0.5 * h * weight);
        }
    }
    sum
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn exponential_agrees_with_taylor(n in 1_usize..=60, seed: u64, exponent in -8.0..1.5_f64) {
        let a = cortex(n, 10f64.powf(exponent), seed);
        let expected = taylor(&a);
        prop_assert!((expm(&a).unwrap() - &expected).norm() < 1e-12 * (1.0 + a.norm()) * expected.norm());
    }

    #[test]
    fn exponential_agrees_with_eigenvectors(n in 2_usize..=60, seed: u64, t in 0.1..20.0_f64) {
        let a = cortex(n, 0.5, seed);
        let eigen = Eigen::new(&a).unwrap();
        let decay = DVector::from_iterator(n, eigen.values().iter().map(|z| (z * t).exp()));
        let expected = eigen.right() * DMatrix::from_diagonal(&decay) * eigen.left();
        let e = expm(&(&a * t)).unwrap().map(Complex64::from);
        let largest = decay.iter().map(|z| z.norm()).fold(0.0, f64::max);
        prop_assert!((e - expected).norm() < 1e-13 * n as f64 * eigen.condition() * largest);
    }

    #[test]
    fn covariance_agrees_with_quadrature(n in 1_usize..=12, seed: u64, t in 0.05..4.0_f64, gain in 0.2..2.0_f64) {
        let a = cortex(n, gain, seed);
        let q = noise_covariance(&a, t).unwrap();
        let expected = covariance_by_quadrature(&a, t, 24);
        prop_assert!((&q - &expected).norm() < 1e-10 * expected.norm());
        // A Q + Q A^T + I = e^{At} e^{A^T t}, whatever the stability.
        let e = expm(&(&a * t)).unwrap();
        let error = &a * &q + &q * a.transpose() + identity(n) - &e * e.transpose();
        prop_assert!(error.norm() < 1e-13 * (1.0 + 2.0 * a.norm() * q.norm() + e.norm_squared()));
    }

    #[test]
    fn covariance_grows_to_the_gramian(n in 2_usize..=40, seed: u64) {
        let m = with_abscissa(n, -0.2, seed);
        let gramian = lyapunov(&m, &identity(n)).unwrap();
        let q = noise_covariance(&m, 200.0).unwrap();
        prop_assert!((q - &gramian).norm() < 1e-12 * gramian.norm());
    }

    #[test]
    fn factors_reproduce_their_covariance(n in 1_usize..=60, rank in 1_usize..=60, seed: u64, scale in -12.0..12.0_f64) {
        let rank = rank.min(n);
        let g = gaussian(n, rank, seed) * 10f64.powf(scale);
        let q = &g * g.transpose();
        let f = noise_factor(&q).unwrap();
        prop_assert_eq!(f.shape(), (n, rank));
        prop_assert!((&f * f.transpose() - &q).norm() < 1e-13 * q.norm());
    }

    #[test]
    fn trajectories_are_exact(n in 2_usize..=40, seed: u64, dt in 0.01..0.5_f64) {
        let a = cortex(n, 0.5, seed);
        let start = gaussian(n, 1, seed ^ 3).column(0).into_owned();
        let states = propagate(&a, &start, dt, 64).unwrap();
        prop_assert_eq!(states.shape(), (n, 65));
        prop_assert_eq!(states.column(0), start.column(0));
        let expected = expm(&(&a * (64.0 * dt))).unwrap() * &start;
        prop_assert!((states.column(64) - &expected).norm() < 1e-12 * start.norm().max(expected.norm()));
        let q = noise_covariance(&a, dt).unwrap();
        let f = noise_factor(&q).unwrap();
        prop_assert!((&f * f.transpose() - &q).norm() < 1e-13 * q.norm());
    }
}

#[test]
fn exponential_of_special_matrices() {
    assert_eq!(expm(&Matrix::zeros(4, 4)).unwrap(), identity(4));
    // Nilpotent: the series ends.
    let e = expm(&jordan(3, 0.0)).unwrap();
    let exact = DMatrix::from_row_slice(3, 3, &[1.0, 1.0, 0.5, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
    assert!((e - exact).norm() < 1e-15);
    // A rotation by many turns stays a rotation.
    let turn = DMatrix::from_row_slice(2, 2, &[0.0, 100.0, -100.0, 0.0]);
    let e = expm(&turn).unwrap();
    assert!((e[(0, 0)] - 100f64.cos()).abs() < 1e-12 && (e[(0, 1)] - 100f64.sin()).abs() < 1e-12);
    // Extreme decay underflows to zero, and terminates.
    assert_eq!(expm(&(identity(3) * -1e300)).unwrap(), Matrix::zeros(3, 3));
    assert!((expm(&(identity(3) * 1e-300)).unwrap() - identity(3)).norm() == 0.0);
}

#[test]
fn unstable_covariance_is_exact() {
    let a = DMatrix::from_element(1, 1, 3.0);
    let exact = (6.0_f64 * 5.0).exp_m1() / 6.0;
    assert!((noise_covariance(&a, 5.0).unwrap()[(0, 0)] / exact - 1.0).abs() < 1e-13);
}

#[test]
fn overflow_and_unfit_inputs_are_refused() {
    let error = expm(&(identity(2) * 1e4)).unwrap_err();
    assert_eq!(error.to_string(), "1-norm of the exponent: expected a matrix with finite e^A, given 10000");
    assert!(matches!(expm(&(identity(2) * f64::MAX)), Err(Error::OutOfRange { .. })));
    assert!(matches!(expm(&Matrix::from_element(2, 2, f64::MAX)), Err(Error::OutOfRange { .. })));
    assert!(matches!(expm(&Matrix::zeros(0, 0)), Err(Error::Empty { .. })));
    assert!(matches!(expm(&Matrix::zeros(1, 2)), Err(Error::Shape { .. })));
    assert!(matches!(expm(&Matrix::from_element(2, 2, f64::NAN)), Err(Error::NotFinite { .. })));

    assert!(matches!(noise_covariance(&(identity(2) * 1e4), 1.0), Err(Error::OutOfRange { .. })));
    let error = noise_covariance(&identity(2), 0.0).unwrap_err();
    assert_eq!(error.to_string(), "dt: expected a finite number > 0, given 0");
    assert_eq!(propagate(&identity(2), &DVector::zeros(2), 0.0, 1).unwrap_err(), error);
    let error = propagate(&identity(2), &DVector::zeros(3), 0.1, 1).unwrap_err();
    assert_eq!(error.to_string(), "state: expected shape 2 x 1, given 3 x 1; give one value per unit");

    let indefinite = DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 2.0, 1.0]);
    let error = noise_factor(&indefinite).unwrap_err();
    assert_eq!(
        error.to_string(),
        "covariance: expected a positive semidefinite matrix (remainder after Cholesky at rounding level), given 3"
    );
    let hollow = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0]);
    assert!(matches!(noise_factor(&hollow), Err(Error::OutOfRange { given: 1.0, .. })));
    assert!(matches!(noise_factor(&jordan(2, 1.0)), Err(Error::OutOfRange { .. })));
    assert_eq!(noise_factor(&Matrix::zeros(3, 3)).unwrap().shape(), (3, 0));
}
