//! Amplitudes of 1e5 to 1e11 that cancel: values made of rounding, and what the status says of them.

use thalamo::Rate;
use thalamo::fit::{Fit, FitOptions, FitStart, FitStatus, fit};
use thalamo::motif::Motif;

/// A fit without separation or start at zero, whose amplitudes are limited by the bound at most.
fn loose(
    samples: usize,
    y: fn(f64) -> f64,
    modes: usize,
    bound: Option<f64>,
    margin: Rate,
    effort: usize,
) -> Fit {
    let values = (0..samples).map(|n| y(n as f64 / samples as f64)).collect();
    let options = FitOptions::published().with(|o| {
        (o.modes, o.amplitude_bound, o.separation) = (modes, bound, Rate::PerTau(0.0));
        (o.start, o.margin, o.effort) = (FitStart::Free, margin, effort);
    });
    fit(&Motif::new(0.1, values).unwrap(), &options).unwrap()
}

fn late(t: f64) -> f64 {
    (t - 0.8).max(0.0)
}

/// On the Gram path these sums of amplitudes of 1e10 seem to fit perfectly; the search ended on that.
#[test]
fn a_value_that_is_rounding_does_not_end_the_search() {
    let effort = 250;
    for (y, limit) in [(late as fn(f64) -> f64, 0.1), (|t: f64| t.powi(12), 0.05)] {
        let found = loose(3000, y, 8, None, Rate::Relative(1.0), effort);
        let report = found.report();
        assert!(report.evaluations >= effort, "{} evaluations", report.evaluations);
        assert!(report.normalised_rmse < limit, "{}", report.normalised_rmse);
    }
}

/// Promises of a step shrink with its damping too: with nothing left but that, no fit has converged.
#[test]
fn what_has_converged_is_stationary() {
    let found = [
        loose(60, late, 16, Some(1e12), Rate::PerTau(3.0), 250),
        loose(60, |t| t.powi(5), 3, Some(1e10), Rate::PerTau(1.0), 250),
        loose(
            400,
            |t| if t > 0.8 { (3.0 * (t - 0.8)).sin() } else { 0.0 },
            6,
            None,
            Rate::Relative(1.0),
            600,
        ),
    ];
    for found in found {
        let report = found.report();
        assert_eq!(report.status == FitStatus::Converged, report.stationarity <= 1e-6, "{report:?}");
        assert!(report.status != FitStatus::Converged && found.amplitude_norm() > 1e3, "{report:?}");
    }
}
