//! How good the local minima are.

use crate::support::fits::{broken_promise, step_motif};
use num_complex::Complex64;
use thalamo::Rate;
use thalamo::fit::{Fit, FitOptions, FitStatus, fit, sweep};
use thalamo::motif::Motif;

#[test]
fn step_motifs_are_fitted_well_by_ten_modes() {
    let options = FitOptions::published();
    let mut sum = 0.0;
    for seed in 0..50 {
        let motif = step_motif(1000 + seed);
        let found = fit(&motif, &options).unwrap();
        assert_eq!(broken_promise(&found, &motif, &options), None);
        assert_eq!(found.report().status, FitStatus::Converged);
        assert!(found.report().stationarity < 1e-6, "{}", found.report().stationarity);
        let direct = motif.values().iter().zip(found.values(motif.len())).map(|(y, f)| (y - f) * (y - f));
        let rmse = (direct.sum::<f64>() / motif.len() as f64).sqrt();
        assert!((rmse - found.rmse()).abs() < 1e-10 * rmse);
        sum += found.normalised_rmse();
    }
    assert!(sum / 50.0 < 0.29, "{}", sum / 50.0);
}

#[test]
fn same_seed_same_bits() {
    let motif = step_motif(5);
    let options = FitOptions::published().with(|o| (o.seed, o.effort) = (9, 600));
    assert_eq!(fit(&motif, &options).unwrap(), fit(&motif, &options).unwrap());
}

#[test]
fn more_modes_never_fit_worse() {
    for seed in 20..23 {
        let motif = step_motif(seed);
        let modes: Vec<usize> = (2..=14).collect();
        let options = FitOptions::published().with(|o| o.effort = 300);
        let fits = sweep(&motif, &modes, &options).unwrap();
        for (a, b) in fits.iter().zip(&fits[2..]) {
            assert!(b.rmse() <= a.rmse() * (1.0 + 1e-9), "{} {} {}", b.modes(), a.rmse(), b.rmse());
        }
        for (found, &modes) in fits.iter().zip(&modes) {
            let options = options.clone().with(|o| o.modes = modes);
            assert_eq!(broken_promise(found, &motif, &options), None);
        }
    }
}

#[test]
fn a_sweep_keeps_the_order_asked() {
    let motif = step_motif(30);
    let fits = sweep(&motif, &[4, 2, 3], &FitOptions::published().with(|o| o.effort = 100)).unwrap();
    assert_eq!(fits.iter().map(Fit::modes).collect::<Vec<_>>(), [4, 2, 3]);
    assert!(fits[0].rmse() <= fits[1].rmse());
}

/// Root mean square of the best fit with given eigenvalues, zero start, no bound: plain normal equations.
fn oracle(motif: &Motif, poles: &[Complex64]) -> f64 {
    let samples = motif.len();
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for pole in poles {
        let term = |n: usize| (pole * (n as f64 * motif.dt())).exp();
        columns.push((0..samples).map(|n| term(n).re).collect());
        if pole.im > 0.0 {
            columns.push((0..samples).map(|n| term(n).im).collect());
        }
    }
    // Zero start: columns minus the first column, weighted by their start values.
    let first = columns[0].clone();
    let basis = nalgebra::DMatrix::from_fn(samples, columns.len() - 1, |n, k| {
        columns[k + 1][n] - columns[k + 1][0] / first[0] * first[n]
    });
    let y = nalgebra::DVector::from_column_slice(motif.values());
    let solution = basis.clone().svd(true, true).solve(&y, 1e-12).unwrap();
    (y - basis * solution).norm() / (samples as f64).sqrt()
}

#[test]
fn a_dense_grid_finds_nothing_better() {
    let y = |n: usize| match n {
        0 => 0.0,
        1..30 => 0.5,
        30..70 => -0.3,
        70..100 => 0.8,
        _ => 0.0,
    };
    let motif = Motif::new(0.5, (0..120).map(y).collect()).unwrap();
    let duration = motif.duration();
    let plain =
        FitOptions::published().with(|o| (o.amplitude_bound, o.separation) = (None, Rate::PerTau(0.0)));
    let sigmas: Vec<f64> = (0..10).map(|i| -(1.0 + 1.5 * i as f64) / duration).collect();
    let omegas: Vec<f64> = (1..80).map(|i| 0.5 * i as f64 / duration).collect();
    let found = |modes| fit(&motif, &plain.clone().with(|o| o.modes = modes)).unwrap().rmse();
    let (two, three) = (found(2), found(3));
    let (mut best_two, mut best_three) = (f64::INFINITY, f64::INFINITY);
    for &sigma in &sigmas {
        for &omega in &omegas {
            let pair = Complex64::new(sigma, omega);
            best_two = best_two.min(oracle(&motif, &[pair]));
            for &decay in &sigmas {
                best_three = best_three.min(oracle(&motif, &[Complex64::new(decay, 0.0), pair]));
            }
        }
    }
    assert!(two <= best_two * (1.0 + 1e-9), "{two} {best_two}");
    assert!(three <= best_three * (1.0 + 1e-9), "{three} {best_three}");
}
