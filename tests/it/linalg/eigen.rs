//! Eigendecompositions: structure, accuracy on hard classes, refusals.

use crate::support::cases;
use crate::support::match_spectra;
use crate::support::matrices::*;
use nalgebra::DMatrix;
use num_complex::Complex64;
use proptest::prelude::*;
use thalamo::Error;
use thalamo::linalg::tolerance::eigen_residual;
use thalamo::linalg::{Eigen, eigenvalues, spectral_abscissa};

/// Everything an `Eigen` promises, recomputed from its parts in complex arithmetic.
fn check(a: &Matrix) -> Eigen {
    let n = a.nrows();
    let eigen = Eigen::new(a).unwrap();
    let (values, right, left) = (eigen.values(), eigen.right(), eigen.left());
    assert_eq!((values.len(), right.shape(), left.shape()), (n, (n, n), (n, n)));

    let real = eigen.values().reals();
    assert!(values[..real].windows(2).all(|w| w[0].re >= w[1].re));
    assert!(values[..real].iter().all(|z| z.im == 0.0));
    assert!(right.columns(0, real).iter().all(|z| z.im == 0.0));
    assert!(left.rows(0, real).iter().all(|z| z.im == 0.0));
    let mut previous = f64::INFINITY;
    for j in (real..n).step_by(2) {
        assert!(values[j].im > 0.0 && values[j].re <= previous);
        assert_eq!(values[j + 1], values[j].conj());
        assert_eq!(right.column(j + 1), right.column(j).map(|z| z.conj()));
        assert_eq!(left.row(j + 1), left.row(j).map(|z| z.conj()));
        previous = values[j].re;
    }
    assert!(right.column_iter().all(|r| (r.norm() - 1.0).abs() < 1e-14));

    let diagonal = DMatrix::from_diagonal(&nalgebra::DVector::from_column_slice(values));
    let scale = a.amax();
    let scaled = a.map(|x| Complex64::from(x / scale));
    let residual = (&scaled * right - right * (diagonal / Complex64::from(scale))).norm() / scaled.norm();
    let identity = DMatrix::<Complex64>::identity(n, n);
    let biorthogonality = (left * right - identity).norm();
    assert!(residual < 2e-14 * n as f64, "residual {residual:e}");
    assert!((residual - eigen.residual()).abs() < 1e-14 * n as f64);
    assert!(biorthogonality < 1e-14 * n as f64 * eigen.condition(), "|LR - I| {biorthogonality:e}");
    assert!((biorthogonality - eigen.biorthogonality()).abs() < 1e-15 * n as f64 * eigen.condition());

    let alone = eigenvalues(a).unwrap();
    assert_eq!(alone.len(), n);
    eigen
}

/// The spectrum of `eigen` is `expected`, to the accuracy its condition allows.
fn check_spectrum(a: &Matrix, eigen: &Eigen, expected: &[Complex64]) {
    let matching = match_spectra(eigen.values(), expected);
    assert!(matching.max_distance() < 1e-14 * a.norm() * eigen.condition());
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn cortex_is_decomposed(n in 1_usize..=60, gain in 0.1..2.0_f64, seed: u64) {
        let a = cortex(n, gain, seed);
        let eigen = check(&a);
        let trace: Complex64 = eigen.values().iter().sum();
        prop_assert_eq!(trace.im, 0.0);
        prop_assert!((trace.re - a.trace()).abs() < 1e-13 * n as f64 * a.norm());
        let alone = eigenvalues(&a).unwrap();
        check_spectrum(&a, &eigen, &alone);
        let abscissa = eigen.values().iter().map(|z| z.re).fold(f64::NEG_INFINITY, f64::max);
        prop_assert!((spectral_abscissa(&a).unwrap() - abscissa).abs() < 1e-14 * a.norm() * eigen.condition());
    }

    #[test]
    fn low_rank_is_decomposed(n in 2_usize..=60, seed: u64) {
        let a = low_rank(n, seed);
        let eigen = check(&a);
        let still = eigen.values().iter().filter(|z| (*z + 1.0).norm() < 1e-10).count();
        prop_assert!(still >= n - 1 - n / 4);
    }

    #[test]
    fn repeated_pairs_are_decomposed(n in 2_usize..=60, seed: u64) {
        let a = repeated_pairs(n, seed);
        let eigen = check(&a);
        let pair = Complex64::new(-0.5, 2.0);
        prop_assert_eq!(eigen.values().reals(), n % 2);
        prop_assert!(eigen.values()[n % 2..].iter().step_by(2).all(|z| (z - pair).norm() < 1e-11));
    }

    #[test]
    fn graded_is_decomposed(n in 2_usize..=60, seed: u64) {
        check(&graded(n, seed));
    }

    #[test]
    fn scale_does_not_matter(n in 2_usize..=20, seed: u64, exponent in -300..300_i32) {
        let a = cortex(n, 1.0, seed);
        let factor = 2f64.powi(exponent);
        let (plain, scaled) = (check(&a), check(&(&a * factor)));
        for (x, y) in plain.values().iter().zip(scaled.values()) {
            prop_assert_eq!(x * factor, *y);
        }
    }

    #[test]
    fn jordan_blocks_are_reported(n in 4_usize..=60, seed: u64, rotate: bool) {
        let q = if rotate { orthogonal(n, seed) } else { identity(n) };
        let error = Eigen::new(&(&q * jordan(n, -1.0) * q.transpose())).unwrap_err();
        let Error::Defective { condition, limit, residual } = error else {
            return Err(TestCaseError::fail(format!("{error:?}")));
        };
        prop_assert!(condition > limit && residual <= eigen_residual(n));
        let message = error.to_string();
        prop_assert!(message.starts_with("eigendecomposition: expected independent eigenvectors, given condition"));
        // The eigenvalues alone are available, at the accuracy a defective matrix allows.
        prop_assert!(eigenvalues(&jordan(n, -1.0)).unwrap().iter().all(|z| (z + 1.0).norm() < 1e-10));
    }
}

#[test]
fn double_jordan_block_is_reported() {
    let error = Eigen::new(&jordan(2, 0.5)).unwrap_err();
    assert!(matches!(error, Error::Defective { condition, .. } if condition > 1e14));
}

/// Multiplicity 36 to 44 of one eigenvalue: choosing its eigenvectors one by one gives a basis beyond the
/// limit.
#[test]
fn a_large_eigenspace_gets_a_good_basis() {
    for (n, seed) in [(58, 15954652869842659625), (51, 17946241721166126692)] {
        assert!(check(&low_rank(n, seed)).condition() < 1e5);
    }
}

#[test]
fn cyclic_permutations_have_the_roots_of_unity() {
    for n in [2, 3, 4, 8, 31, 60, 128] {
        let a = cyclic(n);
        let eigen = check(&a);
        let angle = |k: usize| 2.0 * std::f64::consts::PI * k as f64 / n as f64;
        let roots: Vec<_> = (0..n).map(|k| Complex64::from_polar(1.0, angle(k))).collect();
        check_spectrum(&a, &eigen, &roots);
        assert!(eigen.condition() < 2.0 * n as f64);
    }
}

#[test]
fn trivial_matrices_are_decomposed() {
    for a in [identity(1), identity(7), Matrix::from_element(1, 1, -3.5)] {
        let eigen = check(&a);
        assert!(eigen.values().iter().all(|z| *z == Complex64::from(a[(0, 0)])));
    }
    let zero = Eigen::new(&Matrix::zeros(5, 5)).unwrap();
    assert!(zero.values().iter().all(|z| z.norm() == 0.0) && zero.residual() == 0.0);
}

#[test]
fn a_large_cortex_keeps_its_accuracy() {
    let eigen = check(&cortex(300, 0.5, 3));
    assert!(eigen.residual() < 1e-13 && eigen.biorthogonality() < 1e-11);
}

#[test]
fn unfit_matrices_are_refused() {
    let rectangular = Matrix::zeros(2, 3);
    let error = Eigen::new(&rectangular).unwrap_err();
    assert!(matches!(error, Error::Shape { expected: (2, 2), given: (2, 3), .. }));
    assert_eq!(
        error.to_string(),
        "matrix: expected shape 2 x 2, given 2 x 3; only square matrices have eigenvalues"
    );
    assert_eq!(eigenvalues(&rectangular).unwrap_err(), error);

    let error = Eigen::new(&Matrix::zeros(0, 0)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "matrix: expected at least one element, given none; give it at least one row and column"
    );
    assert!(matches!(error, Error::Empty { .. }));

    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut a = identity(3);
        a[(1, 2)] = value;
        let error = Eigen::new(&a).unwrap_err();
        assert!(matches!(error, Error::NotFinite { what: "matrix", index: 7, .. }));
        assert!(error.to_string().starts_with("matrix: expected finite numbers, given"));
        assert!(matches!(spectral_abscissa(&a), Err(Error::NotFinite { .. })));
    }
}
