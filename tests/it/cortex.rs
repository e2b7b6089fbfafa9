//! The cortex: its system matrix, its random draws, and what it refuses.

use crate::support::*;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use thalamo::loops::{Placement, PlacementOptions};
use thalamo::preparation::{Preparation, PreparationOptions};
use thalamo::{Cortex, Error, System};

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn system_and_eigenvalues(kind in 0..KINDS, seed in 0u64..10_000, n in 1usize..=60, gain in 0.01f64..10.0) {
        let cortex = cortex_of_kind(kind, n, gain, seed);
        prop_assert_eq!(cortex.units(), n);
        let made_from = cortex.cortex().unwrap();
        prop_assert_eq!(made_from.gain(), gain);
        let expected = DMatrix::from_fn(n, n, |i, j| gain * (made_from.recurrent()[(i, j)] - f64::from(i == j)));
        prop_assert_eq!(cortex.matrix(), &expected);
        prop_assert_eq!(cortex.spectrum().unwrap(), cortex.eigen().unwrap().values());
        for z in cortex.spectrum().unwrap() {
            prop_assert!(backward_error(cortex.matrix(), *z) < 1e-13);
        }
    }

    #[test]
    fn draws_depend_on_the_seed_alone(seed in any::<u64>(), n in 1usize..=20) {
        let draw = |seed, gain| Cortex::random(n, gain, seed).unwrap();
        let cortex = draw(seed, 0.5);
        let (same, other) = (draw(seed, 0.7), draw(seed ^ 1, 0.5));
        prop_assert_eq!((cortex.recurrent(), cortex.readout()), (same.recurrent(), same.readout()));
        prop_assert_ne!(cortex.recurrent(), other.recurrent());
    }
}

/// J and w have mean 0 and variance 1/N: four standard errors of each estimate.
#[test]
fn random_statistics() {
    let (n, draws) = (50, 20);
    let (mut j, mut w) = (Vec::new(), Vec::new());
    for seed in 0..draws {
        let cortex = Cortex::random(n, 0.5, seed).unwrap();
        j.extend_from_slice(cortex.recurrent().as_slice());
        w.extend_from_slice(cortex.readout().as_slice());
    }
    for sample in [j, w] {
        let count = sample.len() as f64;
        let scaled: Vec<f64> = sample.iter().map(|x| x * (n as f64).sqrt()).collect();
        let mean = scaled.iter().sum::<f64>() / count;
        let variance = scaled.iter().map(|x| x * x).sum::<f64>() / count;
        let fourth = scaled.iter().map(|x| x.powi(4)).sum::<f64>() / count;
        assert!(mean.abs() < 4.0 / count.sqrt(), "{mean}");
        assert!((variance - 1.0).abs() < 4.0 * (2.0 / count).sqrt(), "{variance}");
        assert!((fourth - 3.0).abs() < 4.0 * (96.0 / count).sqrt(), "{fourth}");
    }
}

#[test]
fn refusals() {
    let (j, w) = (DMatrix::identity(3, 3) * 0.1, DVector::from_element(3, 1.0));
    let refuse = |j: &DMatrix<f64>, w: &DVector<f64>, gain: f64, message: &str| {
        refused(Cortex::new(j.clone(), w.clone(), gain), message)
    };
    let message = "readout W: expected at least one element, given none; give one row per unit";
    let error = refuse(&DMatrix::zeros(0, 0), &DVector::zeros(0), 0.5, message);
    assert!(matches!(error, Error::Empty { what: "readout W", .. }));
    let message = "connectivity J: expected shape 3 x 3, given 3 x 2; give J as N x N for the N rows of W";
    let error = refuse(&DMatrix::zeros(3, 2), &w, 0.5, message);
    assert!(matches!(error, Error::Shape { expected: (3, 3), given: (3, 2), .. }));
    let message = "connectivity J: expected shape 2 x 2, given 3 x 3; give J as N x N for the N rows of W";
    refuse(&j, &DVector::zeros(2), 0.5, message);
    let mut bad = j.clone();
    bad[(1, 2)] = f64::NAN;
    let message = "connectivity J: expected finite numbers, given NaN at index 7; remove or replace it";
    assert!(matches!(refuse(&bad, &w, 0.5, message), Error::NotFinite { index: 7, .. }));
    let bad = DVector::from_vec(vec![1.0, f64::INFINITY, 0.0]);
    let message = "readout W: expected finite numbers, given inf at index 1; remove or replace it";
    assert!(matches!(refuse(&j, &bad, 0.5, message), Error::NotFinite { index: 1, .. }));
    for (gain, shown) in [(0.0, "0"), (-0.5, "-0.5"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let message = format!("gain g: expected a finite number > 0, given {shown}");
        assert!(matches!(refuse(&j, &w, gain, &message), Error::OutOfRange { what: "gain g", .. }));
        refused(Cortex::random(3, gain, 1), &message);
    }
    for units in [0, 20_001, 1 << 53] {
        let message = format!("units N: expected 1 to 20000, given {units}");
        assert!(matches!(
            refused(Cortex::random(units, 0.5, 1), &message),
            Error::OutOfRange { what: "units N", .. }
        ));
    }
}

/// Matrices without independent eigenvectors, or whose Gramians do not exist, are systems all the same: what
/// needs neither works, and what needs them is refused.
#[test]
fn degenerate_systems() {
    let system = |j: DMatrix<f64>| {
        let units = j.nrows();
        System::from(Cortex::new(j, DVector::from_element(units, 1.0), 0.5).unwrap())
    };
    let place = |system: &System| {
        let targets = [thalamo::Complex64::new(-0.1, 0.0)];
        Placement::new(system, &targets, &PlacementOptions::published()).map(|_| ())
    };
    let jordan = system(DMatrix::from_fn(3, 3, |i, j| if j == i + 1 { 1.0 } else { 0.0 }));
    let error = place(&jordan).unwrap_err();
    assert!(matches!(error, Error::Defective { limit: 1e10, .. }), "{error}");
    assert!(error.to_string().ends_with("change a few entries of it slightly"));
    assert!((jordan.spectrum().unwrap().abscissa() + 0.5).abs() < 1e-4);
    let options = PreparationOptions::published().with(|o| o.rank = Some(2));
    let module = Preparation::optimise(&jordan, &options, 1).unwrap();
    assert!(module.report().abscissa < -0.5 && module.report().cost_per_unit.is_finite());

    // Eigenvalues that sum to zero are moved like any others; a copy that stays at zero is refused.
    place(&system(DMatrix::from_diagonal(&DVector::from_vec(vec![2.0, 0.0])))).unwrap();
    place(&system(DMatrix::from_row_slice(2, 2, &[1.0, 0.7, -0.7, 1.0]))).unwrap();
    let message = "A (copies of a repeated eigenvalue, of which a loop moves one): expected every eigenvalue left of \
                   -1.0e-3, given spectral abscissa 0.000e0; make that eigenvalue of J smaller, or its copies distinct";
    refused(place(&system(DMatrix::identity(4, 4))), message);
    // Equal eigenvalues with independent eigenvectors are fine.
    assert!(system(DMatrix::zeros(5, 5)).eigen().is_ok());
}

/// Several outputs are a system, and refused by name where only one is possible.
#[test]
fn several_outputs() {
    let j = Cortex::random(6, 0.5, 1).unwrap().recurrent().clone();
    let system = System::from(Cortex::new(j, DMatrix::identity(6, 2), 0.5).unwrap());
    assert_eq!((system.units(), system.outputs()), (6, 2));
    let message = "outputs D: expected 1, given 2; design and simulation of several outputs are not there yet, use \
                   one at a time";
    refused(system.single_readout(), message);
    refused(
        Preparation::optimise(&system, &PreparationOptions::published().with(|o| o.rank = Some(2)), 1),
        message,
    );
}

#[test]
fn extreme_scales() {
    let j = Cortex::random(6, 0.5, 1).unwrap().recurrent().clone();
    let w = DVector::from_element(6, 1.0);
    for gain in [1e-300, 1e-150, 1e150, 1e300] {
        let cortex = System::from(Cortex::new(j.clone(), w.clone(), gain).unwrap());
        assert!(cortex.spectrum().unwrap().iter().all(|z| z.is_finite() && z.norm() > 0.01 * gain));
    }
    // J and gain together overflow.
    let error = Cortex::new(&j * 1e300, w.clone(), 1e300).unwrap_err();
    assert!(matches!(error, Error::OutOfRange { .. }), "{error}");
    for scale in [1e-300, 1e300] {
        assert!(Cortex::new(j.clone(), &w * scale, 0.5).is_ok());
    }
    let one = Cortex::new(DMatrix::from_element(1, 1, 0.25), DVector::from_element(1, -3.0), 2.0).unwrap();
    assert_eq!(System::from(one).spectrum().unwrap()[..], [thalamo::Complex64::new(-1.5, 0.0)]);
}
