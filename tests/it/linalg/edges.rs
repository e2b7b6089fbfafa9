//! Matrices at the edges of double precision: graded, triangular with huge entries, far from normal.

use crate::support::matrices::*;
use crate::support::{cases, match_spectra, matrix, number, reference};
use nalgebra::DMatrix;
use num_complex::Complex64;
use proptest::prelude::*;
use rand::RngExt;
use serde_json::Value;
use thalamo::Error;
use thalamo::linalg::{Eigen, eigenvalues, expm, lyapunov, lyapunov_schur, spectral_abscissa};

/// Names and contents of the cases of a file of references.
fn references(file: &str) -> Vec<(String, Value)> {
    let data = reference(&format!("linalg_edges/{file}"));
    let cases = data["cases"].as_array().unwrap().iter();
    cases.map(|case| (case["name"].as_str().unwrap().to_owned(), case.clone())).collect()
}

/// Powers of two over this many decades to either side, in random order: scaling by them is exact.
fn grading(n: usize, decades: f64, seed: u64) -> Vec<f64> {
    let mut rng = crate::support::rng(seed);
    (0..n).map(|_| (rng.random_range(-decades..decades) * 10_f64.log2()).round().exp2()).collect()
}

/// `D B D^-1`.
fn similar(b: &Matrix, d: &[f64]) -> Matrix {
    DMatrix::from_fn(b.nrows(), b.ncols(), |i, j| b[(i, j)] * d[i] / d[j])
}

fn largest_relative_error(found: &Matrix, exact: &Matrix) -> f64 {
    let pairs = found.iter().zip(exact).filter(|(_, exact)| **exact != 0.0);
    pairs.map(|(x, y)| ((x - y) / y).abs()).fold(0.0, f64::max)
}

#[test]
fn exponentials_agree_with_high_precision() {
    for (name, case) in references("expm") {
        let (a, exact) = (matrix(&case["a"]), matrix(&case["exponential"]));
        let found = expm(&a).unwrap();
        let error = (&found - &exact).norm() / exact.norm();
        // Rounding of the matrix alone moves these exponentials as far.
        let limit = match name.as_str() {
            "rotated_shear" => 1e-4,
            "moler_van_loan" => 1e-13,
            _ => 1e-14,
        };
        assert!(error < limit, "{name}: {error:e}");
        if name.contains("shear") && name != "rotated_shear" || name.contains("triangular") {
            assert!(largest_relative_error(&found, &exact) < 1e-14, "{name}");
        }
    }
}

#[test]
fn eigenvalues_of_graded_matrices_agree_with_high_precision() {
    for (name, case) in references("eigenvalues") {
        let a = matrix(&case["a"]);
        let pairs = case["eigenvalues"].as_array().unwrap().iter();
        let exact: Vec<_> = pairs.map(|z| Complex64::new(number(&z[0]), number(&z[1]))).collect();
        let eigen = Eigen::new(&a).unwrap();
        for found in [eigen.values(), &eigenvalues(&a).unwrap()] {
            let error = match_spectra(found, &exact).max_distance();
            assert!(error < 2e-14, "{name}: {error:e}");
        }
        let abscissa = exact.iter().map(|z| z.re).fold(f64::NEG_INFINITY, f64::max);
        assert!((spectral_abscissa(&a).unwrap() - abscissa).abs() < 2e-14, "{name}");
        assert!(eigen.condition() < 1e3 && eigen.residual() < 1e-14 && eigen.biorthogonality() < 1e-13);
        // Columns of unit length, and in the coordinates of the ungraded matrix R diag(lambda) L is A.
        assert!(eigen.right().column_iter().all(|r| (r.norm() - 1.0).abs() < 1e-14));
        let values = DMatrix::from_diagonal(&nalgebra::DVector::from_column_slice(eigen.values()));
        let made = (eigen.right() * values * eigen.left()).map(|z| z.re);
        let inverse: Vec<f64> = case["grading"].as_array().unwrap().iter().map(|d| 1.0 / number(d)).collect();
        let (made, plain) = (similar(&made, &inverse), similar(&a, &inverse));
        assert!((made - &plain).norm() < 1e-12 * plain.norm(), "{name}");
    }
}

#[test]
fn lyapunov_equations_agree_with_high_precision() {
    for (name, case) in references("lyapunov") {
        let [m, q, exact] = ["m", "q", "x"].map(|key| matrix(&case[key]));
        let error = |x: Matrix| (x - &exact).norm() / exact.norm();
        let (doubling, schur) = (error(lyapunov(&m, &q).unwrap()), error(lyapunov_schur(&m, &q).unwrap()));
        // Errors of the data are amplified by up to 1e15 where the basis is graded by 3^k.
        let limit = match name.as_str() {
            graded if graded.starts_with("graded") => 1e-14,
            steep if steep.ends_with("s3") => 1e-8,
            _ => 1e-11,
        };
        assert!(doubling < limit && schur < limit, "{name}: {doubling:e} {schur:e}");
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn a_grading_changes_no_eigenvalue(n in 2_usize..=40, decades in 4.0..6.0_f64, seed: u64) {
        let (b, d) = (cortex(n, 0.5, seed), grading(n, decades, seed ^ 1));
        let a = similar(&b, &d);
        let plain = Eigen::new(&b).unwrap();
        let limit = 1e-14 * n as f64 * plain.condition();
        let eigen = Eigen::new(&a).unwrap();
        for found in [eigen.values(), &eigenvalues(&a).unwrap()] {
            prop_assert!(match_spectra(found, plain.values()).max_distance() < limit);
        }
        // Which of two graded matrices is stable does not depend on the grading.
        let abscissa = plain.values().abscissa();
        prop_assert!((spectral_abscissa(&a).unwrap() - abscissa).abs() < limit);
        prop_assert!(eigen.condition() < 1e3 * plain.condition());
    }

    #[test]
    fn a_grading_changes_no_gramian(n in 2_usize..=30, decades in 4.0..6.0_f64, seed: u64) {
        let (b, d) = (with_abscissa(n, -0.2, seed), grading(n, decades, seed ^ 1));
        let q = gaussian(n, n, seed ^ 2);
        let q = &q * q.transpose();
        let scaled = |x: &Matrix| DMatrix::from_fn(n, n, |i, j| x[(i, j)] * d[i] * d[j]);
        let expected = lyapunov(&b, &q).unwrap();
        let back = |x: &Matrix| DMatrix::from_fn(n, n, |i, j| x[(i, j)] / d[i] / d[j]);
        for solve in [lyapunov, lyapunov_schur] {
            let found = back(&solve(&similar(&b, &d), &scaled(&q)).unwrap());
            prop_assert!((found - &expected).norm() < 1e-12 * expected.norm());
        }
    }

    /// `e^{-a + N} = e^-a (I + N + ... + N^(n-1) / (n-1)!)`, N strictly triangular.
    #[test]
    fn nilpotent_plus_diagonal(n in 2_usize..=12, rate in 0.1..3.0_f64, size in 0.0..12.0_f64, seed: u64) {
        // Entries of one sign: no sum below cancels.
        let draw = gaussian(n, n, seed).abs() * 10_f64.powf(size);
        let nilpotent = DMatrix::from_fn(n, n, |i, j| if j > i { draw[(i, j)] } else { 0.0 });
        let (mut term, mut series) = (identity(n), identity(n));
        for k in 1..n {
            term = &term * &nilpotent / k as f64;
            series += &term;
        }
        let exact = series * (-rate).exp();
        let a = nilpotent - identity(n) * rate;
        let found = expm(&a).unwrap();
        prop_assert!(largest_relative_error(&found, &exact) < 1e-12);
        prop_assert!(largest_relative_error(&expm(&a.transpose()).unwrap(), &found.transpose()) < 1e-13);
        prop_assert!((0..n).all(|i| found[(i, i)] == (-rate).exp()));
        // In another order of the units.
        let place = |i: usize| (5 * i + 3) % n;
        if (0..n).map(place).collect::<std::collections::HashSet<_>>().len() == n {
            let shuffled = |x: &Matrix| DMatrix::from_fn(n, n, |i, j| x[(place(i), place(j))]);
            let found = expm(&shuffled(&a)).unwrap();
            prop_assert!(largest_relative_error(&found, &shuffled(&exact)) < 1e-12);
        }
    }

    /// `T = V diag V^-1` with a unit triangular V of small integers: the exponential is known, and far from
    /// normal.
    #[test]
    fn far_from_normal(n in 2_usize..=8, seed: u64, upper: bool) {
        let mut rng = crate::support::rng(seed);
        let mut v = identity(n);
        (0..n).for_each(|j| (0..j).for_each(|i| v[(i, j)] = rng.random_range(-3..=3) as f64));
        // Integers, so that the inverse is exact.
        let inverse = v.clone().try_inverse().unwrap().map(f64::round);
        prop_assert_eq!(&v * &inverse, identity(n));
        let rates: Vec<f64> = (0..n).map(|i| -0.25 * (1 + i) as f64).collect();
        let with = |f: &dyn Fn(f64) -> f64| {
            &v * DMatrix::from_fn(n, n, |i, j| if i == j { f(rates[i]) } else { 0.0 }) * &inverse
        };
        let (a, exact) = (with(&|x| x), with(&f64::exp));
        let turned = |x: &Matrix| if upper { x.clone() } else { x.transpose() };
        let found = expm(&turned(&a)).unwrap();
        prop_assert!((found - turned(&exact)).norm() < 1e-14 * v.norm() * inverse.norm());
    }

    /// Two eigenvalues `gap` apart along nearly one eigenvector have a basis of condition `2 / gap`.
    #[test]
    fn defective_is_what_exceeds_the_limit(factor in 0.2..5.0_f64, n in 2_usize..=10, at in 0_usize..8) {
        prop_assume!((factor - 1.0).abs() > 0.01);
        let gap = 2e-10 * factor;
        let at = at.min(n - 2);
        let mut a = DMatrix::from_fn(n, n, |i, j| if i == j { -2.0 - i as f64 } else { 0.0 });
        (a[(at, at)], a[(at, at + 1)], a[(at + 1, at + 1)]) = (-1.0, 1.0, -1.0 + gap);
        match Eigen::new(&a) {
            Ok(eigen) => {
                prop_assert!(factor > 1.0 && (eigen.condition() * gap - 2.0).abs() < 1e-3);
            }
            Err(Error::Defective { condition, limit, residual }) => {
                prop_assert!(factor < 1.0 && limit == 1e10 && residual < 1e-14);
                prop_assert!((condition * gap - 2.0).abs() < 1e-3);
            }
            Err(error) => prop_assert!(false, "{error}"),
        }
    }
}

/// The verdict is the one on the balanced matrix: a coupling of 1e12 is a choice of units.
#[test]
fn a_grading_does_not_make_a_matrix_defective() {
    let shear = |coupling: f64, gap: f64| DMatrix::from_row_slice(2, 2, &[-1.0, coupling, 0.0, -1.0 + gap]);
    for coupling in [1.0, 1e6, 1e12] {
        assert!(Eigen::new(&shear(coupling, 1e-8)).unwrap().condition() < 1e9);
        assert!(matches!(Eigen::new(&shear(coupling, 1e-11)), Err(Error::Defective { .. })));
    }
}

/// A stable matrix whose eigenvalues the QR iteration alone misses by 0.3: it would be called unstable.
#[test]
fn stability_of_graded_systems_is_seen() {
    for seed in 0..20 {
        let b = with_abscissa(30, -1e-3, seed);
        let a = similar(&b, &grading(30, 6.0, seed));
        assert!((spectral_abscissa(&a).unwrap() + 1e-3).abs() < 1e-11);
        assert!(lyapunov(&a, &identity(30)).is_ok());
        let unstable = similar(&with_abscissa(30, 1e-3, seed), &grading(30, 6.0, seed));
        assert!(matches!(lyapunov(&unstable, &identity(30)), Err(Error::Unstable { .. })));
    }
}
