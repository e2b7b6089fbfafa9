//! Lyapunov equations against their residuals, reference values and independent solvers.

use crate::support::matrices::*;
use crate::support::{cases, reference};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use thalamo::Error;
use thalamo::linalg::{lyapunov, lyapunov_schur};

/// `(I (x) M + M (x) I) vec X = -vec Q`: the definition, by Gaussian elimination.
fn kronecker(m: &Matrix, q: &Matrix) -> Matrix {
    let n = m.nrows();
    let operator = identity(n).kronecker(m) + m.kronecker(&identity(n));
    let x = operator.lu().solve(&-DVector::from_column_slice(q.as_slice())).unwrap();
    DMatrix::from_column_slice(n, n, x.as_slice())
}

fn symmetric(n: usize, seed: u64) -> Matrix {
    let g = gaussian(n, n, seed);
    &g + g.transpose()
}

fn covariance(n: usize, seed: u64) -> Matrix {
    let g = gaussian(n, n.div_ceil(2), seed);
    &g * g.transpose()
}

fn matrix(value: &serde_json::Value) -> Matrix {
    let rows: Vec<Vec<f64>> = serde_json::from_value(value.clone()).unwrap();
    DMatrix::from_fn(rows.len(), rows[0].len(), |i, j| rows[i][j])
}

#[test]
fn preparation_reference_is_reproduced() {
    let data = reference("prep_cost");
    let [j, u, v, x, y] = ["J", "U", "V", "X", "Y"].map(|key| matrix(&data[key]));
    let w: Vec<f64> = serde_json::from_value(data["w"].clone()).unwrap();
    let (gain, beta) = (data["gain"].as_f64().unwrap(), data["beta"].as_f64().unwrap());
    let n = j.nrows();
    let m = (j - identity(n)) * gain + u * v.transpose();
    let slope = m.transpose() * DMatrix::from_vec(n, 1, w);
    let q_y = identity(n) + &slope * slope.transpose() * (beta * n as f64);

    assert!((lyapunov(&m, &identity(n)).unwrap() - &x).norm() < 1e-12 * x.norm());
    assert!((lyapunov(&m.transpose(), &q_y).unwrap() - &y).norm() < 1e-12 * y.norm());
    let schur = lyapunov_schur(&m, &identity(n)).unwrap();
    assert!((schur - &x).norm() < 1e-12 * x.norm());
}

/// Orders of many blocks, with and without rows left over.
#[test]
fn large_equations_are_solved() {
    for n in [240, 263] {
        let m = with_abscissa(n, -0.2, n as u64);
        for q in [identity(n), covariance(n, 1)] {
            assert!(lyapunov_residual(&m, &lyapunov(&m, &q).unwrap(), &q) < 1e-14);
        }
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn doubling_and_schur_agree_with_kronecker(n in 1_usize..=9, seed: u64, abscissa in -2.0..-0.01_f64) {
        let (m, q) = (with_abscissa(n, abscissa, seed), symmetric(n, seed ^ 3));
        let expected = kronecker(&m, &q);
        let scale = 1e-10 * expected.norm() / -abscissa;
        prop_assert!((lyapunov(&m, &q).unwrap() - &expected).norm() < scale);
        prop_assert!((lyapunov_schur(&m, &q).unwrap() - &expected).norm() < scale);
    }

    #[test]
    fn pairs_agree_with_schur(n in 2_usize..=60, seed: u64, exponent in -6.0..0.0_f64) {
        let abscissa = -10f64.powf(exponent);
        let m = with_abscissa(n, abscissa, seed);
        let (q_x, q_y) = (covariance(n, seed ^ 3), covariance(n, seed ^ 5));
        let (x, y) = (lyapunov(&m, &q_x).unwrap(), lyapunov(&m.transpose(), &q_y).unwrap());
        prop_assert_eq!(&x, &x.transpose());
        prop_assert_eq!(&y, &y.transpose());
        let residuals = (lyapunov_residual(&m, &x, &q_x), lyapunov_residual(&m.transpose(), &y, &q_y));
        prop_assert!(residuals.0 < 1e-13 && residuals.1 < 1e-13);
        // Both solvers see M through rounding, which the closeness to marginal stability amplifies.
        let tolerance = 1e-11 / -abscissa;
        let schur = lyapunov_schur(&m, &q_x).unwrap();
        prop_assert!((&x - &schur).norm() < tolerance * schur.norm());
        let schur = lyapunov_schur(&m.transpose(), &q_y).unwrap();
        prop_assert!((&y - &schur).norm() < tolerance * schur.norm());
        // Duality: tr(Q_y X) = tr(Q_x Y).
        let (a, b) = ((&q_y * &x).trace(), (&q_x * &y).trace());
        prop_assert!((a - b).abs() < tolerance * a.abs());
    }

    #[test]
    fn unstable_matrices_are_refused(n in 2_usize..=60, seed: u64, exponent in -9.0..0.0_f64) {
        let abscissa = 10f64.powf(exponent);
        let m = with_abscissa(n, abscissa, seed);
        let error = lyapunov(&m, &covariance(n, seed ^ 3)).unwrap_err();
        let Error::Unstable { abscissa: given, .. } = error else {
            return Err(TestCaseError::fail(format!("{error:?}")));
        };
        prop_assert!((given - abscissa).abs() < 1e-10);
        prop_assert!(error.to_string().starts_with("Lyapunov equation: expected every eigenvalue left of"));
    }

    #[test]
    fn low_rank_limits_are_solved(n in 2_usize..=60, seed: u64) {
        let m = low_rank(n, seed);
        let excess = thalamo::linalg::spectral_abscissa(&m).unwrap() + 0.1;
        let m = m - identity(n) * excess.max(0.0);
        let (x, schur) = (lyapunov(&m, &identity(n)).unwrap(), lyapunov_schur(&m, &identity(n)).unwrap());
        prop_assert!((schur - &x).norm() < 1e-11 * x.norm());
    }
}

#[test]
fn near_marginal_matrices_are_solved() {
    for exponent in [-8, -10] {
        let abscissa = -10f64.powi(exponent);
        let m = with_abscissa(40, abscissa, 11);
        let q = identity(40);
        let x = lyapunov(&m, &q).unwrap();
        assert!(lyapunov_residual(&m, &x, &q) < 1e-12);
        // The slowest mode dominates: X ~ r r^H / (2 |Re lambda|).
        assert!(x.norm() > 0.1 / -abscissa);
    }
}

#[test]
fn marginal_matrices_are_refused() {
    // A rotation beside a decay: trace negative, abscissa zero.
    let mut m = -identity(6);
    m.view_mut((0, 0), (2, 2)).copy_from(&DMatrix::from_row_slice(2, 2, &[0.0, 1.0, -1.0, 0.0]));
    let q = orthogonal(6, 5);
    let m = &q * m * q.transpose();
    assert!(matches!(lyapunov(&m, &identity(6)), Err(Error::Unstable { .. })));
    assert!(matches!(
        lyapunov(&Matrix::zeros(3, 3), &identity(3)),
        Err(Error::Unstable { abscissa: 0.0, .. })
    ));
}

#[test]
fn overflowing_solutions_are_refused() {
    let (m, q) = (identity(2) * -1e-200, identity(2) * 1e200);
    assert!(matches!(lyapunov(&m, &q), Err(Error::OutOfRange { .. })));
}

#[test]
fn strongly_non_normal_but_stable_is_solved() {
    // Transient growth by many orders: powers of the Cayley transform grow before they fall.
    let m = jordan(12, -0.5);
    let q = identity(12);
    let x = lyapunov(&m, &q).unwrap();
    assert!(lyapunov_residual(&m, &x, &q) < 1e-13);
    let expected = kronecker(&m, &q);
    assert!((&x - &expected).norm() < 1e-8 * expected.norm());
}

#[test]
fn extreme_non_normality_is_solved_or_reported() {
    // |X| grows from 1e10 to beyond 1e60: at some order double precision must give up, and say so.
    let mut refused = 0;
    for n in [20, 40, 80, 160] {
        let (m, q) = (jordan(n, -0.25), identity(n));
        match lyapunov(&m, &q) {
            Ok(x) => assert!(lyapunov_residual(&m, &x, &q) < 1e-10),
            Err(Error::Residual { residual, limit, .. }) => {
                assert!(residual > limit || residual.is_nan());
                refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!((1..4).contains(&refused));
}

#[test]
fn schur_needs_no_stability_but_no_opposite_eigenvalues() {
    let m = with_abscissa(30, 0.5, 4);
    let q = symmetric(30, 9);
    assert!(lyapunov_residual(&m, &lyapunov_schur(&m, &q).unwrap(), &q) < 1e-12);
    let m = DMatrix::from_diagonal(&DVector::from_vec(vec![-1.0, 1.0, 2.0]));
    let error = lyapunov_schur(&m, &identity(3)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Lyapunov equation: expected a regular problem, given one that is singular to working precision; \
         two eigenvalues of M sum to zero; move them to the left"
    );
}

#[test]
fn unfit_inputs_are_refused() {
    let (m, q) = (-identity(3), identity(3));
    let error = lyapunov(&-identity(4), &q).unwrap_err();
    assert!(error.to_string().starts_with("Q_x: expected shape 4 x 4, given 3 x 3; "), "{error}");
    let skewed = Matrix::from_fn(3, 3, |i, j| (i + 2 * j) as f64);
    let error = lyapunov(&m, &skewed).unwrap_err();
    assert!(error.to_string().starts_with("Q_x: expected a symmetric matrix (|Q - Q^T| = 0), given 3.46"));
    let mut broken = q.clone();
    broken[(0, 0)] = f64::NAN;
    assert!(matches!(lyapunov(&m, &broken), Err(Error::NotFinite { what: "Q_x", .. })));
    assert!(matches!(lyapunov(&broken, &q), Err(Error::NotFinite { .. })));
    assert!(matches!(lyapunov(&Matrix::zeros(0, 0), &q), Err(Error::Empty { .. })));
    assert!(matches!(lyapunov(&Matrix::zeros(2, 3), &q), Err(Error::Shape { .. })));
    assert!(matches!(lyapunov_schur(&m, &identity(2)), Err(Error::Shape { what: "Q", .. })));
}
