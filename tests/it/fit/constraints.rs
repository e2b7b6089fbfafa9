//! Every returned fit keeps its promises, on the hard cases above all.

use crate::support::cases;
use crate::support::fits::{broken_promise, step_motif};
use proptest::prelude::*;
use thalamo::fit::FitStart;
use thalamo::fit::{ActiveConstraint, FitOptions, FitStatus, fit};
use thalamo::motif::Motif;
use thalamo::{Error, Rate};

prop_compose! {
    fn hard_options()(
        modes in 1_usize..=16,
        margin in prop_oneof![Just(Rate::Relative(1.0)), Just(Rate::PerTau(0.0)), (1e-4_f64..5.0).prop_map(Rate::PerTau)],
        separation in prop_oneof![Just(0.0), Just(0.05), 1e-6_f64..20.0],
        amplitude_bound in prop_oneof![Just(None), Just(Some(3.0)), (-6.0_f64..2.0).prop_map(|e| Some(10_f64.powf(e)))],
        zero_start: bool,
        frequency_limit in prop_oneof![Just(None), (0.01_f64..50.0).prop_map(Some)],
        seed: u64,
    ) -> FitOptions {
        FitOptions::published().with(|o| {
            o.modes = modes;
            o.margin = margin;
            o.separation = Rate::PerTau(separation);
            o.amplitude_bound = amplitude_bound;
            o.start = if zero_start && modes > 1 { FitStart::Zero } else { FitStart::Free };
            o.frequency_limit = frequency_limit.map(Rate::PerTau);
            o.seed = seed;
            o.effort = 300;
        })
    }
}

/// Noise, steps, a constant, a ramp, a single impulse: 1 to 150 samples.
fn hard_series() -> impl Strategy<Value = Vec<f64>> {
    let noise = prop::collection::vec(-1.0_f64..1.0, 1..150);
    let constant = (1_usize..150).prop_map(|n| vec![1.0; n]);
    let ramp = (2_usize..150).prop_map(|n| (0..n).map(|i| i as f64).collect());
    let impulse = (1_usize..150).prop_map(|n| (0..n).map(|i| if i == n / 2 { 1.0 } else { 0.0 }).collect());
    let steps = (8_usize..150).prop_map(|n| (0..n).map(|i| [0.3, -1.0, 0.0, 0.7][4 * i / n]).collect());
    prop_oneof![noise, constant, ramp, impulse, steps]
        .prop_filter("not all zero", |y: &Vec<f64>| y.iter().any(|v| *v != 0.0))
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn constraints_hold_on_hard_cases(
        y in hard_series(),
        options in hard_options(),
        dt in prop_oneof![Just(0.1), (-3.0_f64..2.0).prop_map(|e| 10_f64.powf(e))],
    ) {
        let motif = Motif::new(dt, y).unwrap();
        let refused = |error: &Error| matches!(error, Error::MoreModesThanSamples { .. });
        match fit(&motif, &options) {
            Ok(found) => {
                prop_assert!(options.modes <= motif.len());
                prop_assert_eq!(broken_promise(&found, &motif, &options), None);
                prop_assert!(found.rmse().is_finite() && found.report().stationarity.is_finite());
            }
            Err(error) if refused(&error) => prop_assert!(options.modes > motif.len()),
            // A margin beyond the fastest decay that the default limit allows cannot happen here.
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn units_of_time_and_value_do_not_matter(exponent in -60_i32..60, tempo in -20_i32..20) {
        // Powers of two scale without rounding.
        let (size, pace) = (2.0_f64.powi(exponent), 2.0_f64.powi(tempo));
        let y: Vec<f64> = (0..80).map(|n| (0.2 * n as f64).sin() + if n > 40 { 0.5 } else { 0.0 }).collect();
        let options = FitOptions::published().with(|o| (o.modes, o.effort) = (4, 200));
        let plain = fit(&Motif::new(0.125, y.clone()).unwrap(), &options).unwrap();
        let scaled_motif = Motif::new(0.125 * pace, y.iter().map(|v| v * size).collect()).unwrap();
        let scaled_options = options.with(|o| {
            o.separation = o.separation.times(1.0 / pace);
            o.amplitude_bound = Some(3.0 * size);
        });
        let scaled = fit(&scaled_motif, &scaled_options).unwrap();
        prop_assert_eq!(broken_promise(&scaled, &scaled_motif, &scaled_options), None);
        prop_assert!((scaled.rmse() / size - plain.rmse()).abs() < 1e-9 * plain.rmse());
        for (a, b) in scaled.eigenvalues().iter().zip(plain.eigenvalues()) {
            prop_assert!((a * pace - b).norm() < 1e-6 * b.norm(), "{} {}", a * pace, b);
        }
    }
}

#[test]
fn extreme_magnitudes_survive() {
    for size in [1e-300, 1e-150, 1e150, 1e300] {
        for dt in [1e-9, 1e9] {
            let y: Vec<f64> = (0..60).map(|n| size * (0.3 * n as f64).sin()).collect();
            let motif = Motif::new(dt, y).unwrap();
            let options = FitOptions::published().with(|o| {
                o.modes = 4;
                o.amplitude_bound = None;
                o.separation = Rate::PerTau(1e-3 / dt);
                o.effort = 200;
            });
            let found = fit(&motif, &options).unwrap();
            assert!(found.normalised_rmse() < 0.1, "{size} {dt} {}", found.normalised_rmse());
            assert_eq!(broken_promise(&found, &motif, &options), None);
        }
    }
}

#[test]
fn active_constraints_are_met_with_equality() {
    let motif = step_motif(11);
    let options = FitOptions::published().with(|o| o.amplitude_bound = Some(0.3));
    let found = fit(&motif, &options).unwrap();
    assert_eq!(found.report().status, FitStatus::Converged);
    assert!(found.report().stationarity < 1e-6, "{}", found.report().stationarity);
    let margin = options.margin.per_tau(1.0 / motif.duration());
    let mut bounded = false;
    for &constraint in &found.report().active {
        match constraint {
            ActiveConstraint::Margin { index } => {
                assert!((found.eigenvalues()[index].re + margin).abs() < 1e-8);
            }
            ActiveConstraint::Separation { first, second } => {
                let gap = (found.eigenvalues()[first] - found.eigenvalues()[second]).norm();
                assert!((gap - options.separation.number()).abs() < 1e-8);
            }
            ActiveConstraint::AmplitudeBound { multiplier } => {
                assert!(multiplier > 0.0);
                assert!((found.amplitude_norm() - 0.3).abs() < 1e-10);
                bounded = true;
            }
            _ => {}
        }
    }
    assert!(bounded);
    assert!(found.report().active.contains(&ActiveConstraint::Start));
}

#[test]
fn a_separation_beyond_all_frequencies_leaves_real_eigenvalues() {
    let motif = step_motif(12);
    let options = FitOptions::published().with(|o| {
        o.modes = 4;
        o.separation = Rate::PerTau(100.0);
        o.effort = 200;
    });
    let found = fit(&motif, &options).unwrap();
    assert!(found.eigenvalues().iter().all(|lambda| lambda.im == 0.0));
    assert_eq!(broken_promise(&found, &motif, &options), None);
}

#[test]
fn no_room_is_an_error() {
    let motif = step_motif(13);
    let options = FitOptions::published().with(|o| {
        o.separation = Rate::PerTau(5.0);
        o.frequency_limit = Some(Rate::PerTau(1.0));
        o.decay_limit = Some(Rate::PerTau(2.0));
    });
    let error = fit(&motif, &options).unwrap_err();
    assert!(matches!(error, Error::Infeasible { modes: 10, .. }));
    assert_eq!(
        error.to_string(),
        "constraints: expected a non-empty feasible set, given 10 modes with the separation inside the frequency and \
         decay limits; lower the separation, raise the limits, or use fewer modes"
    );
}
