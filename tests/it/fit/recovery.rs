//! Known exponentials come back; smooth motifs are met.

use crate::support::cases;
use num_complex::Complex64;
use proptest::prelude::*;
use thalamo::Rate;
use thalamo::fit::FitStart;
use thalamo::fit::{Fit, FitOptions, FitOrigin, FitStatus, fit};
use thalamo::motif::Motif;

/// Poles (upper half plane) at least 0.15 apart with amplitudes, slow enough to leave a trace over 60 tau.
fn mixtures() -> impl Strategy<Value = Vec<(Complex64, Complex64)>> {
    let unit = (-0.3_f64..-0.02, 0.15_f64..3.0, 0.2_f64..0.9, 0.0_f64..std::f64::consts::TAU, any::<bool>());
    (prop::collection::vec(unit, 5), 2_usize..5, any::<bool>()).prop_map(|(units, count, want_real)| {
        let mut chosen: Vec<(Complex64, Complex64)> = Vec::new();
        let mut has_real = false;
        for (re, im, size, phase, real) in units {
            // One real eigenvalue at most: sums of real decays are ill-conditioned beyond 1e-8 in the data
            // itself.
            let real = (real || want_real) && !has_real;
            let pole = Complex64::new(re, if real { 0.0 } else { im });
            if chosen.iter().all(|(other, _)| (other - pole).norm() > 0.15) && chosen.len() < count {
                let alpha = Complex64::from_polar(size, phase);
                chosen.push((pole, if real { Complex64::new(size, 0.0) } else { alpha }));
                has_real |= real;
            }
        }
        chosen
    })
}

fn closed(units: &[(Complex64, Complex64)]) -> (Vec<Complex64>, Vec<Complex64>) {
    units
        .iter()
        .flat_map(|&(l, a)| if l.im > 0.0 { vec![(l, a), (l.conj(), a.conj())] } else { vec![(l, a)] })
        .unzip()
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn eigenvalues_of_noise_free_sums_are_recovered(units in mixtures(), dt in 0.05_f64..0.2) {
        let (eigenvalues, amplitudes) = closed(&units);
        let truth = Fit::new(&eigenvalues, &amplitudes, dt).unwrap();
        let motif = Motif::new(dt, truth.values((60.0 / dt) as usize)).unwrap();
        let options = FitOptions::published().with(|o| (o.modes, o.start) = (truth.modes(), FitStart::Free));
        let found = fit(&motif, &options).unwrap();
        prop_assert_eq!(found.modes(), truth.modes());
        prop_assert!(found.normalised_rmse() < 1e-10, "{} {:?}", found.normalised_rmse(), found.report().origin);
        // Canonical order may swap two nearly equal real parts: compare as sets.
        for (lambda, alpha) in truth.eigenvalues().iter().zip(truth.amplitudes()) {
            let near = |i: &usize| (found.eigenvalues()[*i] - lambda).norm();
            let i = (0..found.modes()).min_by(|a, b| near(a).total_cmp(&near(b))).unwrap();
            prop_assert!(near(&i) < 1e-8, "{} {}", lambda, found.eigenvalues()[i]);
            prop_assert!((found.amplitudes()[i] - alpha).norm() < 1e-7);
        }
    }

    #[test]
    fn smooth_motifs_are_met(
        levels in prop::collection::vec(-1.0_f64..1.0, 8),
    ) {
        let samples = 1000;
        let y = |n: usize| {
            let phase = std::f64::consts::TAU * n as f64 / samples as f64;
            (1..=4)
                .map(|k| {
                    let (c, s) = (levels[2 * k - 2], levels[2 * k - 1]);
                    let angle = k as f64 * phase;
                    0.4 * (c * (angle.cos() - 1.0) + s * angle.sin())
                })
                .sum::<f64>()
        };
        let motif = Motif::new(0.1, (0..samples).map(y).collect()).unwrap();
        let options = FitOptions::published().with(|o| (o.modes, o.margin) = (9, Rate::PerTau(0.0)));
        let found = fit(&motif, &options).unwrap();
        prop_assert!(found.rmse() < 1e-5, "{} {:?}", found.rmse(), found.report().origin);
    }
}

#[test]
fn the_zero_start_is_kept_when_recovering() {
    let poles = [Complex64::new(-0.05, 0.9), Complex64::new(-0.2, 0.0), Complex64::new(-0.1, 2.2)];
    let alphas = [Complex64::new(0.4, -0.3), Complex64::new(-0.5, 0.0), Complex64::new(-0.15, 0.6)];
    let (eigenvalues, amplitudes) = closed(&poles.into_iter().zip(alphas).collect::<Vec<_>>());
    let truth = Fit::new(&eigenvalues, &amplitudes, 0.1).unwrap();
    let motif = Motif::new(0.1, truth.values(700)).unwrap();
    let found = fit(&motif, &FitOptions::published().with(|o| o.modes = 5)).unwrap();
    for (a, b) in found.eigenvalues().iter().zip(truth.eigenvalues()) {
        assert!((a - b).norm() < 1e-9, "{a} {b}");
    }
    assert!(found.evaluate(0.0).abs() < 1e-14);
    assert_eq!(found.report().status, FitStatus::Converged);
    assert_ne!(found.report().origin, FitOrigin::Given);
}

#[test]
fn values_match_pointwise_evaluation() {
    let (eigenvalues, amplitudes) = closed(&[
        (Complex64::new(-0.02, 1.3), Complex64::new(0.7, -0.2)),
        (Complex64::new(-3.0, 0.0), Complex64::new(1.1, 0.0)),
    ]);
    let given = Fit::new(&eigenvalues, &amplitudes, 0.1).unwrap();
    for (n, y) in given.values(2000).into_iter().enumerate() {
        assert!((y - given.evaluate(n as f64 * 0.1)).abs() < 1e-13);
    }
}
