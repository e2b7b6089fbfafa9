//! What hostile input once broke: absurd sizes, and numbers whose squares, sums or products overflow.

use nalgebra::{DMatrix, DVector, dmatrix};
use thalamo::fit::{Fit, FitOptions, fit};
use thalamo::linalg::{lyapunov, lyapunov_schur, noise_factor, propagate};
use thalamo::motif::{Motif, oscillating_motifs, step_motifs};
use thalamo::network::NoiseTolerance;
use thalamo::preparation::{Preparation, PreparationOptions};
use thalamo::spectrum::Spectrum;
use thalamo::{Complex64, Cortex, Error, LowRank, Network, NetworkOptions, System};
use thalamo::{
    analysis::propagator_norms,
    certificate::{certify, rms_decay},
};

const MANY: [usize; 4] = [usize::MAX, usize::MAX - 1, usize::MAX / 8, 1 << 40];

#[test]
fn sizes_that_no_memory_holds_are_refused() {
    let a = dmatrix![-1.0, 0.5; 0.0, -2.0];
    let network = small_network(NoiseTolerance::default()).unwrap();
    for given in MANY {
        let refused = |error: Option<Error>| {
            assert!(
                matches!(error, Some(Error::OutOfRange { given: found, .. }) if found == given as f64),
                "{error:?}"
            );
        };
        refused(propagate(&a, &DVector::zeros(2), 0.1, given).err());
        refused(rms_decay(&a, 0.1, given).err());
        refused(propagator_norms(&a, 0.1, given).err());
        refused(step_motifs(given, 1).err());
        refused(oscillating_motifs(given, 1).err());
        refused(FitOptions::published().with(|o| o.random_starts = given).validate().err());
        // A library of one motif has but one history of every depth: their number is no limit.
        refused(certify(&network, 10.0, given).err());
        refused(small_network(NoiseTolerance::default().with(|o| o.rounds = given)).err());
    }
    certify(&network, 10.0, 100).unwrap();
}

fn small_network(noise: NoiseTolerance) -> thalamo::Result<Network> {
    let preparation = PreparationOptions::published().with(|o| o.rank = Some(10));
    let mut options = NetworkOptions::published().with(|o| (o.preparation, o.noise) = (preparation, noise));
    (options.fit.modes, options.fit.effort) = (4, 50);
    Network::build(System::from(Cortex::random(20, 0.5, 1)?), &oscillating_motifs(1, 1)?, &options, 1)
}

#[test]
fn squares_that_overflow_are_taken_by_scale() {
    for scale in [1e300, 1e-300] {
        let motif = Motif::new(0.1, vec![scale, -scale, 3.0 * scale, 5.0 * scale]).unwrap();
        let near = |found: f64, expected: f64| assert!((found / (expected * scale) - 1.0).abs() < 1e-14);
        near(motif.mean(), 2.0);
        near(motif.rms(), 3.0);
        near(motif.standard_deviation(), 5_f64.sqrt());
    }
    assert_eq!(Motif::new(0.1, vec![f64::MAX; 3]).unwrap().rms(), f64::MAX);
}

/// M and Q far past where products of three of their numbers overflow or vanish.
#[test]
fn lyapunov_equations_of_any_magnitude() {
    let (m, q) = (dmatrix![-1.0, 2.0; 0.5, -3.0], dmatrix![1.0, 0.3; 0.3, 2.0]);
    let expected = lyapunov(&m, &q).unwrap();
    for (a, b) in
        [(1e-157, 1.0), (1e150, 1e-150), (1e-120, 1e120), (1.0, 1e290), (1e200, 1e200), (1.0, 1e-290)]
    {
        for solve in [lyapunov, lyapunov_schur] {
            let x = solve(&(&m * a), &(&q * b)).unwrap() * a / b;
            assert!((&x - &expected).norm() < 1e-13 * expected.norm(), "{a:e}, {b:e}: {x}");
        }
    }
    assert!(matches!(lyapunov(&(&m * 1e-157), &(&q * 1e200)), Err(Error::OutOfRange { .. })));
}

#[test]
fn factors_of_covariances_of_any_magnitude() {
    let q = dmatrix![4.0, 2.0; 2.0, 5.0];
    for scale in [1e300, 1e-300, 1e160, 1e-160] {
        let f = noise_factor(&(&q * scale)).unwrap() / scale.sqrt();
        assert!((&f * f.transpose() - &q).norm() < 1e-14, "{scale:e}");
    }
    // Too small to square, and not symmetric all the same.
    assert!(noise_factor(&(dmatrix![4.0, 2.0; -2.0, 5.0] * 1e-200)).is_err());
}

#[test]
fn results_that_overflow_are_refused() {
    let growing = |start| propagate(&dmatrix![700.0], &start, 1.0, 3);
    let start = DVector::from_element(1, 1e10);
    assert!(matches!(growing(start), Err(Error::OutOfRange { .. })));
    assert!(matches!(growing(DVector::from_element(1, f64::NAN)), Err(Error::NotFinite { .. })));
    assert!(matches!(rms_decay(&dmatrix![700.0], 1.0, 3), Err(Error::OutOfRange { .. })));

    let huge = Complex64::new(-1.5e308, 1.5e308);
    assert!(matches!(Spectrum::new(&[huge, huge.conj()], 1e-9), Err(Error::OutOfRange { .. })));
    let (pole, large) = (Complex64::new(-1.0, 1.0), Complex64::new(f64::MAX, f64::MAX));
    assert!(Fit::new(&[pole, pole.conj()], &[large, large.conj()], 0.1).is_err());

    let cortex = System::from(Cortex::random(3, 0.5, 1).unwrap());
    let u = DMatrix::identity(3, 3);
    let module = Preparation::new(&cortex, LowRank::new(u.clone(), -3.0 * u).unwrap(), 0.05).unwrap();
    assert!(matches!(module.bias(&DVector::from_element(3, f64::MAX)), Err(Error::OutOfRange { .. })));
}

/// Squares of a bound that is nothing beside the motif vanish: it used to be exceeded in silence.
#[test]
fn amplitude_bounds_beside_huge_motifs_are_refused() {
    let motif = Motif::new(0.5, (0..20).map(|n| 1e200 * (0.3 * f64::from(n)).sin()).collect()).unwrap();
    let options = FitOptions::published().with(|o| (o.modes, o.effort) = (2, 20));
    assert!(matches!(fit(&motif, &options), Err(Error::OutOfRange { .. })));
    let found = fit(&motif, &options.with(|o| o.amplitude_bound = Some(1e201))).unwrap();
    assert!(found.amplitude_norm() <= 1e201 * (1.0 + 1e-9));
}
