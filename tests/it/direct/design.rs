//! Loops designed directly: confirmed by the slow path, the same for any unit and speed, watched and
//! cancelled.

use std::ops::ControlFlow;

use nalgebra::{DMatrix, DVector};
use thalamo::direct::{DirectCost, DirectLoop, DirectOptions, DirectOrigin, design, design_observed};
use thalamo::linalg::{expm, propagate};
use thalamo::motif::Motif;
use thalamo::optim::Termination;
use thalamo::{Complex64, Cortex, Error, LowRank, System};

use super::slow::{difference, slow};
use crate::support::*;

/// A cortex with several readouts, what is left after a preparation of two time constants, and a smooth
/// motif.
fn problem(units: usize, outputs: usize, samples: usize) -> (System, DMatrix<f64>, Motif) {
    let cortex = Cortex::random(units, 0.5, 5).unwrap();
    let readout = normal_matrix(units, outputs, &mut rng(6)) / (units as f64).sqrt();
    let system = System::new(cortex.matrix(), readout).unwrap();
    let left = expm(&((system.matrix() - DMatrix::identity(units, units)) * 2.0)).unwrap();
    let dt = 40.0 / samples as f64;
    let series = DMatrix::from_fn(samples, outputs, |n, o| {
        let t = n as f64 * dt;
        (0.35 * t + o as f64).sin() + 0.3 * (0.8 * t).cos()
    });
    (system, &left * left.transpose(), Motif::from_samples(dt, series).unwrap())
}

fn quick() -> DirectOptions {
    DirectOptions::default().with(|o| {
        (o.random_starts, o.first_iterations, o.continued, o.iterations) = (1, 15, 1, 50);
    })
}

/// What a report says, by paths of its own.
fn confirm(
    made: &DirectLoop,
    (system, covariance, motif): &(System, DMatrix<f64>, Motif),
    options: &DirectOptions,
) {
    let report = made.report();
    // Errors of weights are reported whether they count or not.
    let counted = options.clone().with(|o| o.weight_error = 1.0);
    let mut terms = slow(system, covariance, motif, &counted, made.weights(), made.start());
    terms.objective += (options.weight_error.powi(2) - 1.0) * terms.weight_errors;
    assert!(difference(&terms, &report.terms) < 1e-7, "{terms:?} {:?}", report.terms);
    let scale = (motif.samples().norm_squared() / motif.samples().len() as f64).sqrt();
    let expected = options.scale.unwrap_or(scale) * (terms.fit + terms.noise).sqrt();
    assert!((report.expected_error / expected - 1.0).abs() < 1e-6);
    // The readout is the sum of all modes.
    let closed = made.weights().closed(system).unwrap();
    let played = system.readout().transpose() * propagate(&closed, made.start(), 4.0, 10).unwrap();
    let amplitudes = report.amplitudes.as_ref().unwrap();
    for step in 0..=10 {
        let t = 4.0 * step as f64;
        for o in 0..system.outputs() {
            let modes = report.spectrum.iter().enumerate();
            let sum: Complex64 = modes.map(|(i, z)| amplitudes[(i, o)] * (z * t).exp()).sum();
            assert!((sum.re - played[(o, step)]).abs() < 1e-7 && sum.im.abs() < 1e-7);
        }
    }
    let norms = [made.weights().input(), made.weights().feedback()].map(|m| m.column(0).norm());
    assert!((norms[0] / norms[1] - 1.0).abs() < 1e-12);
    for start in &report.starts {
        assert!(start.objective < start.initial && start.evaluations > start.iterations, "{start:?}");
    }
    let best = report.starts.iter().map(|s| s.objective).fold(f64::INFINITY, f64::min);
    assert_eq!(report.starts[report.best].objective, best);
}

#[test]
fn any_rank_and_number_of_outputs() {
    for (outputs, rank) in [(1, 1), (2, 1), (3, 2)] {
        let problem = problem(18, outputs, 100);
        let options = quick().with(|o| o.rank = rank);
        let made = design(&problem.0, &problem.1, &problem.2, &options, 1).unwrap();
        confirm(&made, &problem, &options);
        let report = made.report();
        // Better than no loop at all, by far.
        let mut cost = DirectCost::new(&problem.0, &problem.1, &problem.2, &options).unwrap();
        let none = LowRank::new(DMatrix::zeros(18, rank), DMatrix::zeros(18, rank)).unwrap();
        let without = cost.evaluate(&none).unwrap().unwrap();
        assert!(report.terms.objective < 0.5 * without.objective, "{outputs}: {report:?}");
        assert!(report.spectrum.abscissa() < 0.0);
        assert!(report.starts.iter().any(|s| s.origin == DirectOrigin::Gradient));
        // Same seed, same bits.
        assert_eq!(made, design(&problem.0, &problem.1, &problem.2, &options, 1).unwrap());
    }
}

/// Every third sample of many inside, all of them in the report.
#[test]
fn many_samples_are_judged_in_full() {
    let problem = problem(14, 2, 301);
    let options = quick();
    let made = design(&problem.0, &problem.1, &problem.2, &options, 1).unwrap();
    confirm(&made, &problem, &options);
    let report = made.report();
    let inside = report.starts[report.best].objective;
    assert!(inside != report.terms.objective);
    assert!((inside / report.terms.objective - 1.0).abs() < 0.2, "{inside} {}", report.terms.objective);
}

/// The start of the readout where the target starts, at little cost.
#[test]
fn an_exact_start() {
    let problem = problem(16, 2, 80);
    let options = quick().with(|o| o.exact_start = true);
    let made = design(&problem.0, &problem.1, &problem.2, &options, 1).unwrap();
    confirm(&made, &problem, &options);
    let first = problem.0.readout().transpose() * made.start();
    assert!((first - problem.2.samples().row(0).transpose()).norm() < 1e-9);
}

#[test]
fn any_unit_and_speed() {
    let (system, covariance, motif) = problem(14, 1, 80);
    let made = design(&system, &covariance, &motif, &quick(), 1).unwrap();
    // Powers of two leave every digit.
    for (slower, unit) in [(16.0, 1.0), (1.0, 1024.0), (0.25, 0.125)] {
        let other = System::new(system.matrix() / slower, system.readout().clone()).unwrap();
        let scaled = Motif::from_samples(motif.dt() * slower, motif.samples() * unit).unwrap();
        let found = design(&other, &covariance, &scaled, &quick(), 1).unwrap();
        let root = f64::sqrt(slower);
        assert!((found.weights().input() * root - made.weights().input()).norm() < 1e-6, "{slower}, {unit}");
        assert!(distance(&(found.start() / unit), made.start()) < 1e-6);
        assert!(difference(&found.report().terms, &made.report().terms) < 1e-6);
        assert!((found.report().expected_error / unit / made.report().expected_error - 1.0).abs() < 1e-6);
    }
}

#[test]
fn watched_and_cancelled() {
    let (system, covariance, motif) = problem(14, 1, 80);
    let options = quick();
    let (mut values, mut evaluations) = (Vec::new(), Vec::new());
    let run = |most: usize, values: &mut Vec<f64>, evaluations: &mut Vec<usize>| {
        design_observed(&system, &covariance, &motif, &options, 1, &[], &mut |progress| {
            values.push(progress.value);
            evaluations.push(progress.evaluations);
            if values.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
        .unwrap()
    };
    let whole = run(usize::MAX, &mut values, &mut evaluations);
    assert!(values.is_sorted_by(|a, b| a >= b) && evaluations.is_sorted());
    let total: usize = whole.report().starts.iter().map(|s| s.evaluations).sum();
    assert_eq!(evaluations.last(), Some(&total));
    values.clear();
    let stopped = run(9, &mut values, &mut evaluations);
    assert_eq!(values.len(), 9);
    let report = stopped.report();
    assert_eq!((report.starts.len(), report.starts[0].status), (1, Termination::Cancelled));
    assert!((report.starts[0].objective - values[8]).abs() < 1e-12);
    confirm(&stopped, &(system.clone(), covariance.clone(), motif.clone()), &options);
}

/// A loop given as a start is never made worse.
#[test]
fn given_loops() {
    let (system, covariance, motif) = problem(14, 1, 80);
    let first = design(&system, &covariance, &motif, &quick(), 1).unwrap();
    let unbalanced = LowRank::new(first.weights().input() * 8.0, first.weights().feedback() / 8.0).unwrap();
    let options = quick().with(|o| (o.random_starts, o.iterations) = (0, 5));
    let again = |given: &[LowRank]| {
        design_observed(&system, &covariance, &motif, &options, 1, given, &mut |_| ControlFlow::Continue(()))
    };
    let made = again(&[unbalanced]).unwrap();
    assert_eq!(made.report().starts[1].origin, DirectOrigin::Given);
    assert!((made.report().starts[1].initial / first.report().terms.objective - 1.0).abs() < 1e-6);
    assert!(made.report().terms.objective < first.report().terms.objective);
    let wrong = LowRank::new(DMatrix::zeros(14, 2), DMatrix::zeros(14, 2)).unwrap();
    let message = "given loop U V^T: expected shape 14 x 1, given 14 x 2; give loops over the system of the design, of its \
                   rank at most";
    refused(again(&[wrong]), message);
}

/// A second loop is appended to a given one, along the gradient: together they begin where the first one
/// ended, and end lower.
#[test]
fn a_second_loop_on_the_first() {
    for (outputs, seed) in [(1, 1), (2, 2)] {
        let (system, covariance, motif) = problem(14, outputs, 80);
        let first = design(&system, &covariance, &motif, &quick(), seed).unwrap();
        let options = quick().with(|o| (o.rank, o.random_starts, o.iterations) = (2, 0, 40));
        let given = [first.weights().clone()];
        let go_on = &mut |_: &_| ControlFlow::Continue(());
        let second = design_observed(&system, &covariance, &motif, &options, seed, &given, go_on).unwrap();
        let begun = second.report().starts.iter().find(|s| s.origin == DirectOrigin::Given).unwrap();
        assert!(begun.initial < 1.01 * first.report().terms.objective, "{outputs}");
        assert_eq!(second.weights().rank(), 2);
        assert!(second.report().terms.objective < 0.95 * first.report().terms.objective, "{outputs}");
    }
}

/// Where the barrier acts on eigenvalues without a derivative, a loop has a value but no gradient: another
/// one is begun with.
#[test]
fn starts_without_a_gradient_are_skipped() {
    let (n, nothing) = (6, DMatrix::zeros(6, 6));
    let system = System::new(matrices::jordan(n, -0.5), DVector::from_element(n, 0.4)).unwrap();
    let motif = Motif::new(0.02, (0..50).map(|t| (0.1 * t as f64).sin()).collect()).unwrap();
    let none = LowRank::new(DMatrix::zeros(n, 1), DMatrix::zeros(n, 1)).unwrap();
    let run = |random: usize| {
        let options = quick().with(|o| o.random_starts = random);
        let mut watch = |_: &_| ControlFlow::Continue(());
        design_observed(&system, &nothing, &motif, &options, 1, std::slice::from_ref(&none), &mut watch)
    };
    for random in [0, 1] {
        let made = run(random).unwrap();
        let origins: Vec<_> = made.report().starts.iter().map(|s| s.origin).collect();
        assert_eq!(origins, [DirectOrigin::Random]);
    }
}

/// Neighbours of a loop, whose modes come in closed form, have the values and gradients of the general path.
#[test]
fn closed_forms_are_the_general_path() {
    let (system, covariance, motif) = problem(21, 2, 60);
    let (mut known, mut rng) = (None::<DirectCost>, rng(4));
    let options = DirectOptions::default();
    let new = || DirectCost::new(&system, &covariance, &motif, &options).unwrap();
    let mut u = normal_matrix(21, 1, &mut rng) * 0.1;
    let mut v = normal_matrix(21, 1, &mut rng) * 0.1;
    for _ in 0..40 {
        u += normal_matrix(21, 1, &mut rng) * 3e-3;
        v += normal_matrix(21, 1, &mut rng) * 3e-3;
        let weights = LowRank::new(u.clone(), v.clone()).unwrap();
        let near = known.get_or_insert_with(new);
        let mut fresh = new();
        let (a, b) = (near.evaluate(&weights).unwrap(), fresh.evaluate(&weights).unwrap());
        assert_eq!(fresh.closed_forms(), 0);
        let (Some(a), Some(b)) = (a, b) else { panic!("{a:?} {b:?}") };
        assert!(difference(&a, &b) < 1e-9, "{a:?} {b:?}");
        for (a, b) in [
            (near.gradient_input(), fresh.gradient_input()),
            (near.gradient_feedback(), fresh.gradient_feedback()),
        ] {
            assert!((a - b).norm() < 1e-7 * b.norm(), "{:e}", (a - b).norm() / b.norm());
        }
    }
    assert!(known.unwrap().closed_forms() > 20);
}

/// Identical eigenvalues, no eigenvectors, one unit, a cortex that grows: a loop or a typed error.
#[test]
fn extremes() {
    let n = 8;
    let readout = DVector::from_fn(n, |i, _| 0.3 + 0.1 * i as f64);
    let motif = Motif::new(0.5, (0..60).map(|t| (0.2 * t as f64).sin()).collect()).unwrap();
    let nothing = DMatrix::zeros(n, n);
    let jordan = matrices::jordan(n, -0.5);
    for a in [-0.5 * DMatrix::identity(n, n), jordan, DMatrix::zeros(n, n)] {
        let system = System::new(a, readout.clone()).unwrap();
        let made = design(&system, &nothing, &motif, &quick(), 1).unwrap();
        // Of equal eigenvalues a loop of rank one moves a single one.
        assert!(made.report().terms.fit < 0.95, "{:?}", made.report());
    }
    let growing = System::new(DMatrix::identity(n, n), readout.clone()).unwrap();
    let error = design(&growing, &nothing, &motif, &quick(), 1).unwrap_err();
    assert!(matches!(error, Error::Unstable { .. }), "{error}");
    let single = System::new(DMatrix::from_element(1, 1, -0.1), DVector::from_element(1, 1.0)).unwrap();
    assert!(design(&single, &DMatrix::zeros(1, 1), &motif, &quick(), 1).is_ok());
    let instant = Motif::new(0.5, vec![1.0]).unwrap();
    assert!(design(&single, &DMatrix::zeros(1, 1), &instant, &quick(), 1).is_ok());
    let system = System::new(-0.5 * DMatrix::identity(n, n), readout).unwrap();
    for unit in [1e-150, 1e150] {
        let motif = Motif::new(0.5, motif.values().iter().map(|y| y * unit).collect()).unwrap();
        assert!(design(&system, &nothing, &motif, &quick(), 1).is_ok());
    }
}
