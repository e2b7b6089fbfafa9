//! The kernels behind the factorisations: each against its definition, and against each other where both are
//! built.

use crate::support::cases;
use crate::support::match_spectra;
use crate::support::matrices::*;
use nalgebra::DMatrix;
use num_complex::Complex64;
use proptest::prelude::*;
use thalamo::Error;
use thalamo::linalg::kernel::pure::{PackedEigen, Schur};
use thalamo::linalg::kernel::{active, pure};

fn complex(a: &Matrix) -> DMatrix<Complex64> {
    a.map(Complex64::from)
}

/// `|A U - U T|`, `|U^H U - I|` and what lies below the diagonal of T.
fn check_schur(a: &Matrix, Schur { unitary, triangular }: &Schur) {
    let n = a.nrows();
    let limit = 1e-14 * n as f64;
    assert!((complex(a) * unitary - unitary * triangular).norm() <= limit * a.norm());
    assert!((unitary.adjoint() * unitary - DMatrix::<Complex64>::identity(n, n)).norm() <= limit);
    assert!((0..n).all(|j| (j + 1..n).all(|i| triangular[(i, j)] == Complex64::default())));
}

fn check_packed(a: &Matrix, (re, im, basis): &PackedEigen) {
    let basis = basis.as_ref().unwrap();
    let mut j = 0;
    while j < re.len() {
        let paired = im[j] != 0.0;
        let y = if paired { basis.column(j + 1).into_owned() } else { basis.column(j) * 0.0 };
        let (x, a) = (basis.column(j), a);
        let norm = x.norm().hypot(y.norm());
        assert!((a * x - x * re[j] + &y * im[j]).norm() <= 1e-13 * a.norm() * norm);
        assert!((a * &y - &y * re[j] - x * im[j]).norm() <= 1e-13 * a.norm() * norm);
        if paired {
            assert_eq!((re[j + 1], im[j + 1]), (re[j], -im[j]));
        }
        j += if paired { 2 } else { 1 };
    }
}

fn spectrum((re, im, _): &PackedEigen) -> Vec<Complex64> {
    re.iter().zip(im).map(|(&re, &im)| Complex64::new(re, im)).collect()
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn schur_forms_of_all_classes(n in 1_usize..=40, seed: u64) {
        let matrices = [
            cortex(n, 0.5, seed),
            low_rank(n, seed),
            cyclic(n),
            repeated_pairs(n, seed),
            jordan(n, -1.0),
            graded(n, seed),
            orthogonal(n, seed),
            Matrix::zeros(n, n),
        ];
        for a in &matrices {
            check_schur(a, &pure::schur(a).unwrap());
            check_schur(a, &active::schur(a).unwrap());
        }
    }

    #[test]
    fn kernels_agree(n in 1_usize..=60, seed: u64) {
        let a = cortex(n, 0.5, seed);
        let (one, other) = (pure::eigen(&a, true).unwrap(), active::eigen(&a, true).unwrap());
        check_packed(&a, &one);
        check_packed(&a, &other);
        let values = active::eigen(&a, false).unwrap();
        prop_assert!(values.2.is_none());
        let schur: Vec<_> = pure::schur(&a).unwrap().triangular.diagonal().iter().copied().collect();
        for found in [spectrum(&other), spectrum(&values), schur] {
            prop_assert!(match_spectra(&spectrum(&one), &found).max_distance() < 1e-9);
        }
        let well = &a - identity(n) * 2.0;
        for inverse in [pure::inverse(&well), active::inverse(&well)] {
            prop_assert!((inverse * &well - identity(n)).norm() < 1e-12);
        }
    }
}

#[test]
fn singular_matrices_have_no_finite_inverse() {
    for inverse in [pure::inverse, active::inverse] {
        assert!(inverse(&Matrix::zeros(3, 3)).iter().any(|x| !x.is_finite()));
    }
}

#[test]
fn iterations_end_on_numbers_that_never_converge() {
    let mut a = cortex(12, 0.5, 1);
    a[(3, 4)] = f64::NAN;
    assert_eq!(pure::schur(&a).unwrap_err(), Error::EigenNotConverged { size: 12 });
    assert_eq!(
        pure::eigen(&a, true).unwrap_err().to_string(),
        "eigendecomposition of a 12 x 12 matrix: expected convergence, given none; check the matrix for extreme scaling"
    );
}
