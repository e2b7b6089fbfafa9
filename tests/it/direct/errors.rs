//! Errors of weights in the direct design: reference values, the slow path, differences, what must not change
//! them, and what they promise.

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use serde_json::Value;
use thalamo::direct::{DirectCost, DirectModule, DirectOptions, DirectTerms, design};
use thalamo::linalg::propagate;
use thalamo::motif::Motif;
use thalamo::{Cortex, Error, LowRank, System};

use super::case::{Case, HARD, case};
use super::slow::difference;
use crate::support::*;

/// The case with errors of the loop's weights, the barrier with and without standard deviations.
fn erroneous(kind: usize, n: usize, outputs: usize, rank: usize, seed: u64) -> Case {
    let mut case = case(kind, n, outputs, rank.min(n), seed);
    case.options = std::mem::take(&mut case.options).with(|o| {
        o.weight_error = 0.3;
        (o.deviations, o.barrier_error) = (if seed.is_multiple_of(2) { 0.0 } else { 1.5 }, 0.2);
    });
    case
}

proptest! {
    #![proptest_config(cases(40))]

    /// At the best start: the slow path's parts, its differences, and no better start nearby.
    #[test]
    fn values_are_the_slow_path_s_and_gradients_differences(
        kind in 0usize..HARD, n in 2usize..12, outputs in 1usize..4, rank in 1usize..3, seed in 0u64..10_000,
    ) {
        let case = erroneous(kind, n, outputs, rank, seed);
        let mut cost = case.cost();
        let terms = cost.evaluate(&case.weights).unwrap();
        // No value without eigenvectors that can be told apart, and only then.
        prop_assert_eq!(terms.is_some(), cost.propagations() == 0);
        prop_assert!(terms.is_some() || [1, 2, 4].contains(&kind));
        let Some(terms) = terms else { return Ok(()) };
        let start = cost.start();
        // Equal eigenvalues that the loop moves a little are close to each other.
        let (of_values, of_gradients) = if [1, 2].contains(&kind) { (1e-6, 1e-4) } else { (1e-7, 5e-6) };
        let expected = case.slow(&start);
        prop_assert!(difference(&terms, &expected) < of_values, "{terms:?} {expected:?}");
        let error = case.gradient_error(&cost, &start, seed);
        prop_assert!(error < of_gradients, "{error:e}");
        let mut rng = rng(seed);
        for _ in 0..3 {
            let other = &start + normal_vector(n, &mut rng) * 1e-2;
            prop_assert!(case.slow(&other).objective >= terms.objective * (1.0 - 1e-9));
        }
    }

    /// Two eigenvalues of the closed loop close together: digits, or no value.
    #[test]
    fn nearly_equal_eigenvalues(digits in 1i32..10, n in 3usize..9, rank in 1usize..3, seed in 0u64..10_000) {
        let mut case = erroneous(0, n, 1, rank, seed);
        let mut rng = rng(seed);
        let basis = DMatrix::identity(n, n) + normal_matrix(n, n, &mut rng) * (0.3 / (n as f64).sqrt());
        let mut values = DVector::from_fn(n, |i, _| -0.2 - 0.1 * i as f64);
        values[1] = values[0] + 0.1f64.powi(digits) / case.motif.duration();
        let closed = &basis * DMatrix::from_diagonal(&values) * basis.clone().try_inverse().unwrap();
        let matrix = closed - case.weights.input() * case.weights.feedback().transpose();
        case.system = System::new(matrix, case.system.readout().clone()).unwrap();
        let mut cost = case.cost();
        let Some(terms) = cost.evaluate(&case.weights).unwrap() else {
            prop_assert!(digits > 2);
            return Ok(());
        };
        prop_assert!(digits < 6);
        let start = cost.start();
        prop_assert!(difference(&terms, &case.slow(&start)) < 1e-6, "{terms:?} {:?}", case.slow(&start));
        if digits < 3 {
            let error = case.gradient_error(&cost, &start, seed);
            prop_assert!(error < 5e-5, "{error:e}");
        }
    }
}

fn reference_case(case: &Value) -> (DirectCost, LowRank, f64) {
    let system = System::new(matrix(&case["A"]), matrix(&case["W"])).unwrap();
    let motif = Motif::from_samples(number(&case["dt"]), matrix(&case["y"])).unwrap();
    let (weights, duration) =
        (|u: &str, v: &str| LowRank::new(matrix(&case[u]), matrix(&case[v])).unwrap(), motif.duration());
    let duration_of_preparation = number(&case["T_prep"]);
    let number = |key: &str| number(&case["par"][key]);
    let own = weights("U", "V");
    let options = DirectOptions::default().with(|o| {
        (o.rank, o.scale) = (own.rank(), Some(1.0));
        (o.relative_noise, o.absolute_noise, o.end) = (number("sr"), number("s0"), number("kappa"));
        (o.size, o.barrier) = (number("gamma") / duration, number("bar") / (duration * duration));
        (o.weight_error, o.module_error, o.input_error) = (number("ew"), number("ep"), number("eb"));
        (o.deviations, o.barrier_error) = (number("k"), number("em"));
    });
    let module = DirectModule::new(&system, &weights("U_prep", "V_prep"), duration_of_preparation).unwrap();
    let covariance = matrix(&case["S"]);
    (DirectCost::new(&system, (&covariance, &module), &motif, &options).unwrap(), own, duration)
}

/// See `tests/data/weight_errors/make_reference.py`.
#[test]
fn reference_values() {
    for case in reference("weight_errors/reference").as_array().unwrap() {
        let (mut cost, weights, duration) = reference_case(case);
        for key in ["at_s", "at_best"] {
            let expected = &case[key];
            let start = vector(&expected["start"]);
            let terms = if key == "at_s" {
                cost.evaluate_from(&weights, &start).unwrap().unwrap()
            } else {
                cost.evaluate(&weights).unwrap().unwrap()
            };
            assert!(distance(&cost.start(), &start) < 1e-7);
            let close = |given: f64, expected: f64| {
                assert!((given / expected - 1.0).abs() < 1e-9, "{key}: {given} for {expected}, {terms:?}");
            };
            let of = |part: &str| number(&expected[part]);
            close(terms.objective, of("value"));
            close(terms.fit, of("fit"));
            close(terms.weight_errors, of("weights"));
            let errors = ["ep", "eb"].map(|key| number(&case["par"][key]).powi(2));
            close(terms.module_errors, errors[0] * of("module") + errors[1] * of("input"));
            close(terms.barrier, of("barrier") * duration * duration);
            let gradients = [(cost.gradient_input(), "grad_U"), (cost.gradient_feedback(), "grad_V")];
            for (given, key) in gradients {
                let expected = matrix(&expected[key]);
                let error = (given - &expected).norm() / expected.norm();
                assert!(error < 1e-7, "{key}: {error:e}");
            }
        }
    }
}

/// The definition itself: every weight a little larger and smaller, one after the other.
#[test]
fn the_readout_moves_as_told() {
    let case = erroneous(0, 5, 2, 2, 9);
    let (mut cost, start) = (case.cost(), normal_vector(5, &mut rng(3)));
    let terms = cost.evaluate_from(&case.weights, &start).unwrap().unwrap();
    let scale = (case.motif.samples().norm_squared() / case.motif.samples().len() as f64).sqrt();
    let (steps, h) = (600, 1e-4);
    let play = |weights: &LowRank| {
        let closed = weights.closed(&case.system).unwrap();
        let states = propagate(&closed, &start, case.motif.duration() / steps as f64, steps).unwrap();
        case.system.readout().transpose() * states / scale
    };
    let simpson = |q: usize| [2.0, 4.0][q % 2] / 3.0 / steps as f64;
    let mut total = 0.0;
    let (u, v) = (case.weights.input(), case.weights.feedback());
    let half = u.len();
    for at in 0..2 * half {
        let moved = |sign: f64| {
            let (mut u, mut v) = (u.clone(), v.clone());
            let list = if at < half { &mut u } else { &mut v };
            list[at % half] *= 1.0 + sign * h;
            play(&LowRank::new(u, v).unwrap())
        };
        let change = (moved(1.0) - moved(-1.0)) / (2.0 * h);
        total += (0..=steps).map(|q| simpson(q) * change.column(q).norm_squared()).sum::<f64>();
        total -= (change.column(0).norm_squared() + change.column(steps).norm_squared()) * simpson(0) / 2.0;
    }
    assert!((total / terms.weight_errors - 1.0).abs() < 1e-6, "{total} {}", terms.weight_errors);
}

/// How $u v^T$ is split, which way outputs are turned, which units are used.
#[test]
fn what_does_not_matter() {
    let mut case = erroneous(0, 11, 3, 2, 7);
    case.options = std::mem::take(&mut case.options).with(|o| o.size = 1e-300);
    let evaluate = |case: &Case| -> (DirectTerms, [DMatrix<f64>; 2]) {
        let mut cost = case.cost();
        let terms = cost.evaluate(&case.weights).unwrap().unwrap();
        (terms, [cost.gradient_input().clone(), cost.gradient_feedback().clone()])
    };
    let (terms, gradients) = evaluate(&case);
    let same = |other: &Case, (by_u, by_v): (f64, f64)| {
        let (mut found, moved) = evaluate(other);
        found.size = terms.size;
        assert!(difference(&found, &terms) < 1e-9, "{found:?} {terms:?}");
        for ((moved, factor), own) in moved.into_iter().zip([by_u, by_v]).zip(&gradients) {
            assert!((moved * factor - own).norm() < 1e-8 * own.norm());
        }
    };
    let with = |change: &dyn Fn(&mut Case)| {
        let mut other = case.clone();
        change(&mut other);
        other
    };
    let (u, v) = (case.weights.input(), case.weights.feedback());
    same(&with(&|c| c.weights = LowRank::new(u * 4.0, v * 0.25).unwrap()), (4.0, 0.25));
    let turn = matrices::orthogonal(3, 5);
    let rms = (case.motif.samples().norm_squared() / case.motif.samples().len() as f64).sqrt();
    let turned = with(&|c| {
        c.system = System::new(c.system.matrix().clone(), c.system.readout() * &turn).unwrap();
        c.motif = Motif::from_samples(c.motif.dt(), c.motif.samples() * &turn).unwrap();
        c.options.scale = Some(rms);
    });
    same(&turned, (1.0, 1.0));
    let slower = with(&|c| {
        c.system = System::new(c.system.matrix() / 9.0, c.system.readout().clone()).unwrap();
        c.motif = Motif::from_samples(c.motif.dt() * 9.0, c.motif.samples() * 1e3).unwrap();
        c.weights = LowRank::new(u / 3.0, v / 3.0).unwrap();
    });
    same(&slower, (1.0 / 3.0, 1.0 / 3.0));
}

/// Designs for errors are less sensitive, and at 3 % first order says what is measured.
#[test]
fn robust_designs_keep_what_they_promise() {
    let system = System::from(Cortex::random(24, 0.5, 5).unwrap());
    let nothing = DMatrix::zeros(24, 24);
    let budget = |options: DirectOptions| {
        options.with(|o| (o.random_starts, o.first_iterations, o.iterations) = (1, 20, 60))
    };
    let (mut predicted, mut measured, mut rng) = (0.0, 0.0, rng(1));
    for phase in [0.0, 1.0, 2.0] {
        let series =
            (0..80).map(|n| (0.17 * n as f64 + phase).sin() + 0.3 * (0.4 * n as f64).cos()).collect();
        let motif = Motif::new(0.5, series).unwrap();
        let made = design(&system, &nothing, &motif, &budget(DirectOptions::robust()), 1).unwrap();
        let plain = design(&system, &nothing, &motif, &budget(DirectOptions::default()), 1).unwrap();
        let (report, other) = (made.report(), plain.report());
        assert!(report.terms.expected_error_at(0.03) < other.terms.expected_error_at(0.03));
        assert!(report.tolerated_error().unwrap() > 0.01, "{:?}", report.tolerated_error());
        let play = |weights: &LowRank| {
            let closed = weights.closed(&system).unwrap();
            system.readout().transpose() * propagate(&closed, made.start(), 0.5, 79).unwrap()
        };
        let nominal = play(made.weights());
        let scale = (motif.samples().norm_squared() / 80.0).sqrt();
        predicted += (0.03 * scale).powi(2) * report.terms.weight_errors;
        for _ in 0..50 {
            let mut wrong = |m: &DMatrix<f64>| {
                let errors = normal_matrix(m.nrows(), m.ncols(), &mut rng) * 0.03;
                m.component_mul(&errors.add_scalar(1.0))
            };
            let weights =
                LowRank::new(wrong(made.weights().input()), wrong(made.weights().feedback())).unwrap();
            measured += (play(&weights) - &nominal).norm_squared() / 80.0 / 50.0;
        }
    }
    let ratio = (measured / predicted).sqrt();
    assert!((ratio - 1.0).abs() < 0.15, "{ratio}");
}

/// Identical eigenvalues, no eigenvectors, one unit: a loop, or an error that says why.
#[test]
fn extremes() {
    let n = 8;
    let readout = DVector::from_fn(n, |i, _| 0.3 + 0.1 * i as f64);
    let motif = Motif::new(0.5, (0..60).map(|t| (0.2 * t as f64).sin()).collect()).unwrap();
    let options = DirectOptions::robust().with(|o| (o.random_starts, o.iterations) = (1, 30));
    let run = |a: DMatrix<f64>, readout: DVector<f64>| {
        let system = System::new(a, readout).unwrap();
        let nothing = DMatrix::zeros(system.units(), system.units());
        design(&system, &nothing, &motif, &options, 1)
    };
    let equal = run(-0.5 * DMatrix::identity(n, n), readout.clone()).unwrap();
    assert!(equal.report().terms.fit < 0.95, "{:?}", equal.report());
    let single = run(DMatrix::from_element(1, 1, -0.1), DVector::from_element(1, 1.0));
    assert!(single.unwrap().report().tolerated_error().unwrap() > 0.0);
    match run(matrices::jordan(n, -0.5), readout) {
        Ok(made) => assert!(made.report().terms.fit < 1.0),
        Err(error) => assert!(matches!(error, Error::Empty { .. }), "{error}"),
    }
}
