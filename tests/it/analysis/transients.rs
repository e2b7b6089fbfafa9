//! Transients and pseudospectra against closed forms, grids and each other.

use crate::support::cases;
use crate::support::matrices::{cortex, gaussian, identity, jordan, orthogonal, with_abscissa};
use nalgebra::{DMatrix, SVD};
use proptest::prelude::*;
use thalamo::analysis::{
    kreiss_bound, numerical_abscissa, propagator_norms, pseudospectral_abscissa, transient_growth,
};
use thalamo::linalg::{eigenvalues, expm, spectral_abscissa};
use thalamo::{Complex64, Error};

type Matrix = DMatrix<f64>;

fn norm(a: &Matrix) -> f64 {
    a.singular_values().max()
}

fn smallest(a: &Matrix, z: Complex64) -> f64 {
    let n = a.nrows();
    let shifted = a.map(Complex64::from) - DMatrix::from_diagonal_element(n, n, z);
    SVD::try_new(shifted, false, false, f64::EPSILON, 10_000).unwrap().singular_values.min()
}

/// `Q D Q^T` with blocks `[re im; -im re]`.
fn normal(n: usize, seed: u64) -> Matrix {
    let entries = gaussian(n, 2, seed);
    let blocks = DMatrix::from_fn(n, n, |i, j| {
        let (first, paired) = (i / 2 * 2, i / 2 * 2 + 1 < n);
        match (i / 2 == j / 2, i == j) {
            (true, true) => -entries[(if paired { first } else { i }, 0)].abs() - 0.1,
            (true, false) => entries[(first, 1)] * if i < j { 1.0 } else { -1.0 },
            _ => 0.0,
        }
    });
    let q = orthogonal(n, seed ^ 3);
    &q * blocks * q.transpose()
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn numerical_abscissa_is_the_initial_slope(n in 2usize..60, gain in 0.2..2.0_f64, seed: u64) {
        let a = cortex(n, gain, seed);
        let (omega, size) = (numerical_abscissa(&a).unwrap(), norm(&a));
        prop_assert!(omega >= spectral_abscissa(&a).unwrap() - 1e-12 * size);
        let h = 1e-5 / size;
        let slope = (norm(&expm(&(&a * h)).unwrap()) - 1.0) / h;
        prop_assert!((slope - omega).abs() < 2e-5 * size, "{slope} {omega}");
    }

    #[test]
    fn the_largest_transient_beats_a_fine_grid(n in 2usize..60, gain in 0.3..2.0_f64, seed: u64) {
        let a = cortex(n, gain, seed);
        let found = transient_growth(&a, 20.0).unwrap();
        let fine = propagator_norms(&a, found.searched / 1500.0, 1500).unwrap();
        let largest = fine.iter().copied().fold(0.0, f64::max);
        prop_assert!(found.growth >= largest * (1.0 - 1e-10), "{found:?} {largest}");
        prop_assert!(largest <= found.upper_bound * (1.0 + 1e-10) && found.growth <= found.upper_bound * (1.0 + 1e-10));
        let there = norm(&expm(&(&a * found.time)).unwrap());
        prop_assert!((there / found.growth - 1.0).abs() < 1e-10);
        prop_assert!(found.growth <= (numerical_abscissa(&a).unwrap().max(0.0) * found.time).exp() * (1.0 + 1e-10));
        if found.global {
            let later = propagator_norms(&a, found.searched / 10.0, 60).unwrap();
            prop_assert!(later.iter().all(|&x| x <= found.upper_bound * (1.0 + 1e-10)));
        }
    }

    #[test]
    fn normal_matrices_have_no_transient(n in 2usize..60, seed: u64, epsilon in 1e-6..1.0_f64) {
        let a = normal(n, seed);
        let alpha = spectral_abscissa(&a).unwrap();
        prop_assert!((numerical_abscissa(&a).unwrap() - alpha).abs() < 1e-12);
        let found = transient_growth(&a, 10.0).unwrap();
        prop_assert!(found.global && found.time == 0.0 && found.growth == 1.0);
        let pseudo = pseudospectral_abscissa(&a, epsilon).unwrap();
        prop_assert!((pseudo.abscissa - alpha - epsilon).abs() < 1e-11, "{pseudo:?} {alpha}");
    }
}

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn pseudospectral_abscissa_grows_with_the_level(n in 2usize..60, gain in 0.3..2.0_f64, seed: u64) {
        let a = cortex(n, gain, seed);
        let alpha = spectral_abscissa(&a).unwrap();
        let omega = numerical_abscissa(&a).unwrap();
        let mut last = alpha;
        for epsilon in [1e-6, 1e-3, 0.03, 0.3, 3.0] {
            let found = pseudospectral_abscissa(&a, epsilon).unwrap();
            prop_assert!(found.abscissa >= alpha + epsilon * (1.0 - 1e-6) - 1e-12, "{found:?}");
            prop_assert!(found.abscissa <= omega + epsilon + 1e-11, "{found:?}");
            prop_assert!(found.abscissa > last);
            prop_assert!((smallest(&a, found.point) / epsilon - 1.0).abs() < 1e-5, "{found:?}");
            prop_assert!((found.singular_value / epsilon - 1.0).abs() < 1e-5, "{found:?}");
            last = found.abscissa;
        }
    }

    #[test]
    fn pseudospectral_abscissa_against_a_grid(n in 1usize..=8, gain in 0.3..3.0_f64, level in -3.0..0.0_f64, seed: u64) {
        let a = cortex(n, gain, seed);
        let epsilon = 10_f64.powf(level);
        let found = pseudospectral_abscissa(&a, epsilon).unwrap();
        let reach = norm(&a) + epsilon;
        let rightmost = |left: f64, right: f64, points: usize| {
            let mut best = f64::NEG_INFINITY;
            for i in 0..=points {
                let x = left + (right - left) * i as f64 / points as f64;
                for j in 0..=400 {
                    let y = reach * f64::from(j) / 400.0;
                    if x > best && smallest(&a, Complex64::new(x, y)) <= epsilon {
                        best = x;
                    }
                }
            }
            best
        };
        // Nothing to the right, on lines a little or far beyond.
        prop_assert!(rightmost(found.abscissa + 1e-7 * reach, reach, 40) == f64::NEG_INFINITY);
        // Something a little to the left, on a grid around the point.
        let near = (0..=40).flat_map(|i| (0..=40).map(move |j| (i, j))).any(|(i, j)| {
            let step = 1e-4 * epsilon;
            let z = found.point + Complex64::new(-step * f64::from(i), step * f64::from(j - 20));
            smallest(&a, z) <= epsilon * (1.0 + 1e-8)
        });
        prop_assert!(near);
    }

    #[test]
    fn kreiss_bounds_the_transient(n in 2usize..14, seed: u64, abscissa in -0.3..-0.01_f64) {
        let a = with_abscissa(n, abscissa, seed);
        let found = transient_growth(&a, 2000.0).unwrap();
        let kreiss = kreiss_bound(&a).unwrap();
        prop_assert!(found.global);
        prop_assert!(kreiss.bound >= 1.0 && kreiss.bound <= found.growth * (1.0 + 1e-8), "{kreiss:?} {found:?}");
        prop_assert!(found.growth <= std::f64::consts::E * n as f64 * kreiss.bound);
        if let Some(at) = kreiss.attained {
            prop_assert!((at.point.re / smallest(&a, at.point) / kreiss.bound - 1.0).abs() < 1e-5);
        }
    }
}

#[test]
fn jordan_blocks() {
    for n in [1, 2, 3, 8, 20] {
        // The numerical range is a disc of this radius, and so are the pseudospectra.
        let radius = (std::f64::consts::PI / (n as f64 + 1.0)).cos();
        let omega = numerical_abscissa(&jordan(n, -0.4)).unwrap();
        assert!((omega + 0.4 - radius).abs() < 1e-13, "{n}: {omega}");
        for epsilon in [1e-3, 0.1] {
            let a = jordan(n, -0.4);
            let found = pseudospectral_abscissa(&a, epsilon).unwrap();
            let r = found.abscissa + 0.4;
            assert!((smallest(&a, Complex64::new(found.abscissa, 0.0)) / epsilon - 1.0).abs() < 1e-6);
            let turned = Complex64::from_polar(r * (1.0 + 1e-6), 1.0) - 0.4;
            assert!(smallest(&a, turned) > epsilon, "{n}: {found:?}");
        }
    }
    let found = pseudospectral_abscissa(&jordan(2, 0.5), 0.25).unwrap();
    assert!((found.abscissa - 0.5 - (0.25_f64 + 0.0625).sqrt()).abs() < 1e-12);
    // |exp(J t)| of a 2 x 2 block: exp(-0.1 t + asinh(t / 2)).
    let found = transient_growth(&jordan(2, -0.1), 1000.0).unwrap();
    let time = 96_f64.sqrt();
    assert!((found.growth - (-0.1 * time + (0.5 * time).asinh()).exp()).abs() < 1e-12);
    assert!((found.time - time).abs() < 1e-5 && found.global);
}

#[test]
fn unstable_and_empty_dynamics() {
    let a = DMatrix::from_row_slice(2, 2, &[0.1, 2.0, 0.0, -0.5]);
    let found = transient_growth(&a, 30.0).unwrap();
    assert!(!found.global && (found.time - 30.0).abs() < 1e-9, "{found:?}");
    assert!((found.growth / norm(&expm(&(&a * 30.0)).unwrap()) - 1.0).abs() < 1e-10);
    let kreiss = kreiss_bound(&a).unwrap();
    assert!(kreiss.bound == f64::INFINITY && kreiss.attained.is_none());
    let zero = Matrix::zeros(3, 3);
    assert_eq!(transient_growth(&zero, 5.0).unwrap().growth, 1.0);
    assert_eq!(kreiss_bound(&zero).unwrap().bound, 1.0);
    assert!((pseudospectral_abscissa(&zero, 0.2).unwrap().abscissa - 0.2).abs() < 1e-14);
    assert_eq!(propagator_norms(&zero, 1.0, 0).unwrap(), [1.0]);
}

#[test]
fn scales() {
    let a = with_abscissa(6, -0.1, 5);
    let plain = pseudospectral_abscissa(&a, 0.05).unwrap();
    for factor in [1e-200, 1e200] {
        let found = pseudospectral_abscissa(&(&a * factor), 0.05 * factor).unwrap();
        assert!((found.abscissa / factor - plain.abscissa).abs() < 1e-10);
    }
}

/// Two rightmost points far apart: a search that only follows the rightmost eigenvalue stays in the wrong
/// bulge.
#[test]
fn crosses_to_another_bulge() {
    let mut a = Matrix::zeros(4, 4);
    a[(0, 0)] = -0.1;
    a.view_mut((1, 1), (3, 3)).copy_from(&jordan(3, -0.5));
    let expected = pseudospectral_abscissa(&jordan(3, -0.5), 0.2).unwrap().abscissa;
    let found = pseudospectral_abscissa(&a, 0.2).unwrap();
    assert!(expected > 0.1 && (found.abscissa - expected).abs() < 1e-10, "{found:?} {expected}");
    assert!(eigenvalues(&a).unwrap()[0].re > -0.2);
}

#[test]
fn bad_input() {
    let good = -identity(3);
    let wide = Matrix::zeros(2, 3);
    type Call = Box<dyn Fn(&Matrix) -> Error>;
    let calls: Vec<Call> = vec![
        Box::new(|a| numerical_abscissa(a).unwrap_err()),
        Box::new(|a| transient_growth(a, 1.0).unwrap_err()),
        Box::new(|a| pseudospectral_abscissa(a, 0.1).unwrap_err()),
        Box::new(|a| kreiss_bound(a).unwrap_err()),
    ];
    for call in calls {
        let error = call(&wide);
        assert!(matches!(error, Error::Shape { given: (2, 3), .. }));
        assert_eq!(
            error.to_string(),
            "matrix: expected shape 2 x 2, given 2 x 3; only square matrices have eigenvalues"
        );
        let error = call(&Matrix::zeros(0, 0));
        assert!(matches!(error, Error::Empty { .. }));
        assert_eq!(
            error.to_string(),
            "matrix: expected at least one element, given none; give it at least one row and column"
        );
        let error = call(&DMatrix::from_row_slice(2, 2, &[0.0, f64::NAN, 1.0, 2.0]));
        assert!(matches!(error, Error::NotFinite { index: 2, .. }));
        assert_eq!(
            error.to_string(),
            "matrix: expected finite numbers, given NaN at index 2; remove or replace it"
        );
    }
    let message = |horizon| {
        let error = transient_growth(&good, horizon).unwrap_err();
        assert!(matches!(error, Error::OutOfRange { what: "horizon", .. }));
        error.to_string()
    };
    assert_eq!(message(0.0), "horizon: expected a finite number > 0, given 0");
    assert_eq!(message(1e7), "horizon: expected a time of at most 2e5 over the 2-norm of A, given 10000000");
    let error = transient_growth(&identity(2), 1e4).unwrap_err();
    assert!(matches!(error, Error::OutOfRange { what: "horizon", .. }));
    assert_eq!(error.to_string(), "horizon: expected times within which e^(A t) stays finite, given inf");
    let message = |epsilon| {
        let error = pseudospectral_abscissa(&good, epsilon).unwrap_err();
        assert!(matches!(error, Error::OutOfRange { what: "epsilon", .. }));
        error.to_string()
    };
    assert_eq!(message(-1.0), "epsilon: expected a finite number > 0, given -1");
    assert_eq!(
        message(1e-13),
        "epsilon: expected at least 1e-12 of the largest entry of A, given 0.0000000000001"
    );
    let error = propagator_norms(&good, -1.0, 3).unwrap_err();
    assert!(matches!(error, Error::OutOfRange { what: "dt", .. }));
    assert_eq!(error.to_string(), "dt: expected a finite number > 0, given -1");
}
