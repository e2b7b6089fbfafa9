//! Simulation: exact propagation, the layout of a run, noise with the right covariance, refusals.

use crate::support::*;
use nalgebra::{DMatrix, DVector};
use std::sync::{Arc, OnceLock};
use thalamo::linalg::{expm, lyapunov, noise_covariance};
use thalamo::play::{Keep, Noise, Sequence, Simulator, Start};
use thalamo::{Cortex, Error, Network, System};

/// Three motifs on 40 units, made once for all tests.
fn network() -> &'static Network {
    static NETWORK: OnceLock<Network> = OnceLock::new();
    NETWORK.get_or_init(|| small_network(3, 7))
}

fn state(seed: u64) -> DVector<f64> {
    normal_vector(network().system().units(), &mut rng(seed))
}

fn play(motifs: &[usize]) -> Sequence {
    Sequence::new(motifs).unwrap()
}

/// One step of the classical Runge-Kutta method for `x' = A x + b`.
fn rk4(a: &DMatrix<f64>, b: &DVector<f64>, x: &DVector<f64>, h: f64) -> DVector<f64> {
    let f = |x: &DVector<f64>| a * x + b;
    let k1 = f(x);
    let k2 = f(&(x + &k1 * (0.5 * h)));
    let k3 = f(&(x + &k2 * (0.5 * h)));
    let k4 = f(&(x + &k3 * h));
    x + (k1 + (k2 + k3) * 2.0 + k4) * (h / 6.0)
}

#[test]
fn states_follow_the_equations() {
    let network = network();
    let simulator = Simulator::new(network, 3.0).unwrap();
    let sequence = [2, 0];
    let run = simulator.run(&play(&sequence), &Start::State(state(1)), None, Keep::States).unwrap();
    let states = run.states.as_ref().unwrap();
    let (mut x, substeps) = (state(1), 20);
    let mut worst = 0.0_f64;
    for (n, phase) in run.phases().iter().enumerate() {
        worst = worst.max(distance(&states.column(n).into_owned(), &x));
        let segment = run.segments.iter().find(|s| n < s.end).unwrap();
        let learned = &network.motifs()[segment.motif];
        let (a, b) = match phase {
            None => (network.preparation().system(), learned.bias().clone()),
            Some(motif) => (network.motifs()[*motif].system(), DVector::zeros(40)),
        };
        for _ in 0..substeps {
            x = rk4(a, &b, &x, 0.1 / f64::from(substeps));
        }
    }
    assert!(worst < 1e-6, "{worst:e}");
    assert!(distance(&run.end_state, &x) < 1e-6);
}

/// Single times by one exponential each.
#[test]
fn states_at_single_times() {
    let network = network();
    let simulator = Simulator::new(network, 4.0).unwrap();
    let run = simulator.run(&play(&[1]), &Start::State(state(2)), None, Keep::States).unwrap();
    let states = run.states.as_ref().unwrap();
    let made = network.motifs()[1].placed().unwrap().1;
    let after = |n: usize| {
        let deviation = state(2) - made.initial_state();
        made.initial_state() + expm(&(network.preparation().system() * (0.1 * n as f64))).unwrap() * deviation
    };
    for n in [0, 1, 7, 39, 40] {
        assert!(distance(&states.column(n).into_owned(), &after(n)) < 1e-11, "{n}");
    }
    for n in [1, 50, 299] {
        let expected = expm(&(made.system() * (0.1 * n as f64))).unwrap() * after(40);
        assert!((states.column(40 + n) - &expected).norm() < 1e-9 * after(40).norm(), "{n}");
    }
}

#[test]
fn layout_of_a_run() {
    let network = network();
    for (transition, steps) in [(0.0, 0), (0.1, 1), (2.5, 25)] {
        // An Arc is shared, not copied.
        let shared = Arc::new(network.clone());
        let simulator = Simulator::new(Arc::clone(&shared), transition).unwrap();
        assert!(std::ptr::eq(simulator.network(), &*shared));
        assert_eq!(simulator.transition(), steps as f64 * 0.1);
        let run = simulator.run(&play(&[1, 1, 0]), &Start::Rest, None, Keep::States).unwrap();
        let samples = 3 * (steps + 300);
        assert_eq!((run.readout.len(), run.target.len(), run.dt), (samples, samples, 0.1));
        assert_eq!(run.states.as_ref().unwrap().shape(), (40, samples));
        let times = run.times();
        assert!(times.len() == samples && times[0] == 0.0 && times[3] == 3.0 * 0.1);
        for (place, (segment, motif)) in run.segments.iter().zip([1, 1, 0]).enumerate() {
            let begin = place * (steps + 300);
            assert_eq!(segment.motif, motif);
            assert_eq!(
                (segment.preparation, segment.start, segment.end),
                (begin, begin + steps, begin + steps + 300)
            );
            assert!(run.target[begin..segment.start].iter().all(|y| y.is_nan()));
            assert_eq!(run.target[segment.start..segment.end], *network.motifs()[motif].motif().values());
            assert!(run.phases()[begin..segment.start].iter().all(|p| p.is_none()));
            assert!(run.phases()[segment.start..segment.end].iter().all(|p| *p == Some(motif)));
            let values = network.motifs()[motif].motif().values();
            let squares =
                run.readout[segment.start..segment.end].iter().zip(values).map(|(y, v)| (y - v).powi(2));
            let error = (squares.sum::<f64>() / values.len() as f64).sqrt();
            assert!((run.rmse()[place] / error - 1.0).abs() < 1e-12);
        }
        assert_eq!((run.segments.len(), run.rmse().len()), (3, 3));
        // Readout = w^T states, and nothing else changes without states.
        for (y, x) in run.readout.iter().zip(run.states.as_ref().unwrap().column_iter()) {
            assert!(
                (y - network.system().single_readout().unwrap().dot(&x)).abs() < 1e-13 * (1.0 + x.norm())
            );
        }
        let bare = simulator.run(&play(&[1, 1, 0]), &Start::Rest, None, Keep::Readout).unwrap();
        assert!(bare.states.is_none());
        // The same numbers in another order of additions.
        let near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12 * (1.0 + b.abs());
        assert_eq!(bare.readout.len(), run.readout.len());
        assert!(bare.readout.iter().zip(&run.readout).all(near));
        assert!(bare.end_state.iter().zip(&run.end_state).all(near));
    }
}

#[test]
fn a_run_can_be_continued() {
    let simulator = Simulator::new(network(), 3.0).unwrap();
    let whole = simulator.run(&play(&[0, 2, 1]), &Start::State(state(3)), None, Keep::States).unwrap();
    let first = simulator.run(&play(&[0]), &Start::State(state(3)), None, Keep::States).unwrap();
    let second =
        simulator.run(&play(&[2, 1]), &Start::State(first.end_state.clone()), None, Keep::States).unwrap();
    assert_eq!([first.readout.as_slice(), &second.readout].concat(), whole.readout);
    assert_eq!(second.end_state, whole.end_state);
    assert_eq!(first.rmse()[0], whole.rmse()[0]);
}

#[test]
fn phases_in_batches() {
    for transition in [0.0, 3.0] {
        let simulator = Simulator::new(network(), transition).unwrap();
        let starts = DMatrix::from_columns(&[state(4), state(5), DVector::zeros(40)]);
        for motif in 0..3 {
            let prepared = simulator.prepare(motif, &starts).unwrap();
            let readout = simulator.play(motif, &prepared).unwrap();
            let finished = simulator.finish(motif, &prepared).unwrap();
            assert_eq!((readout.shape(), finished.shape()), ((300, 3), (40, 3)));
            for trial in 0..3 {
                let start = Start::State(starts.column(trial).into_owned());
                let run = simulator.run(&play(&[motif]), &start, None, Keep::States).unwrap();
                let begin = run.segments[0].start;
                let states = run.states.as_ref().unwrap();
                let size = states.column(begin).norm() + network().motifs()[motif].initial_state().norm();
                assert!((prepared.column(trial) - states.column(begin)).norm() < 1e-11 * size);
                let played = DVector::from_column_slice(&run.readout[begin..]);
                assert!(
                    (readout.column(trial) - &played).amax() < 1e-9 * size,
                    "motif {motif} trial {trial}"
                );
                assert!((finished.column(trial) - run.end_state).norm() < 1e-9 * size);
            }
        }
        let none = DMatrix::zeros(40, 0);
        assert_eq!(simulator.prepare(0, &none).unwrap().shape(), (40, 0));
        assert_eq!(simulator.play(0, &none).unwrap().shape(), (300, 0));
        assert_eq!(simulator.finish(0, &none).unwrap().shape(), (40, 0));
    }
}

#[test]
fn starts() {
    let simulator = Simulator::new(network(), 0.0).unwrap();
    let begin = |start: &Start| {
        simulator.run(&play(&[0]), start, None, Keep::States).unwrap().states.unwrap().column(0).into_owned()
    };
    assert_eq!(begin(&Start::Rest), DVector::zeros(40));
    assert_eq!(begin(&Start::State(state(6))), state(6));
    let random = Start::Random { std: 2.0, seed: 1 };
    assert_eq!(begin(&random), random.state(40).unwrap());
    assert_eq!(begin(&random), begin(&random));
    assert_ne!(begin(&random), begin(&Start::Random { std: 2.0, seed: 2 }));
    assert_eq!(begin(&Start::Random { std: 0.0, seed: 1 }), DVector::zeros(40));
    let many = Start::Random { std: 2.0, seed: 3 }.state(10_000).unwrap();
    let variance = many.norm_squared() / 1e4;
    assert!((variance - 4.0).abs() < 4.0 * 4.0 * (2.0 / 1e4_f64).sqrt(), "{variance}");
    // A motif from its own start without preparation is its fit.
    let learned = &network().motifs()[0];
    let start = Start::State(learned.initial_state().clone());
    let run = simulator.run(&play(&[0]), &start, None, Keep::Readout).unwrap();
    let fit = learned.placed().unwrap().0.values(300);
    assert!(run.readout.iter().zip(&fit).all(|(y, f)| (y - f).abs() < 1e-9));
}

#[test]
fn noise_is_a_function_of_its_seed() {
    let simulator = Simulator::new(network(), 1.0).unwrap();
    let run = |noise| simulator.run(&play(&[0, 1]), &Start::Rest, noise, Keep::States).unwrap();
    let noise = |initial, process, seed| Some(Noise { initial, process, seed });
    assert_eq!(run(noise(0.3, 0.1, 5)).readout, run(noise(0.3, 0.1, 5)).readout);
    assert_ne!(run(noise(0.3, 0.1, 5)).readout, run(noise(0.3, 0.1, 6)).readout);
    assert_eq!(run(noise(0.0, 0.0, 5)).readout, run(None).readout);
    // Process noise enters after the first sample; its strength is a factor.
    let deviation = |s| run(noise(0.0, s, 5)).states.as_ref().unwrap() - run(None).states.as_ref().unwrap();
    assert_eq!(deviation(0.1).column(0).norm(), 0.0);
    assert!(deviation(0.1).column(1).norm() > 0.0);
    assert!((deviation(0.2) - deviation(0.1) * 2.0).norm() < 1e-9 * deviation(0.2).norm());
}

/// Mean squares of several quantities over trials against their expectation: five standard errors each.
fn check_variances(samples: &DMatrix<f64>, expected: &[f64]) {
    let trials = samples.ncols() as f64;
    for (row, expected) in samples.row_iter().zip(expected) {
        let mean = row.sum() / trials;
        let square = row.norm_squared() / trials;
        assert!(mean.abs() < 5.0 * (expected / trials).sqrt(), "mean {mean}");
        // The square of a normal deviate has twice its squared mean as variance.
        assert!((square / expected - 1.0).abs() < 5.0 * (2.0 / trials).sqrt(), "{square} {expected}");
    }
}

/// Covariances by random projections: every direction's variance is a test of the whole matrix.
#[test]
fn process_noise_has_the_exact_covariance() {
    let (network, trials, s) = (network(), 4000, 0.3);
    let simulator = Simulator::new(network, 1.0).unwrap();
    let learned = &network.motifs()[0];
    let (prep, motif) = (network.preparation().system(), learned.system());
    let directions = normal_matrix(40, 6, &mut rng(8));
    let start = Start::State(state(9));
    let quiet = simulator.run(&play(&[0]), &start, None, Keep::States).unwrap();
    // After one step, at the end of preparation, and at the end of a motif.
    let one = noise_covariance(prep, 0.1).unwrap() * (s * s);
    let prepared = noise_covariance(prep, 1.0).unwrap() * (s * s);
    let carried = expm(&(motif * 30.0)).unwrap();
    let end = &carried * &prepared * carried.transpose() + noise_covariance(motif, 30.0).unwrap() * (s * s);
    let mut samples = vec![DMatrix::zeros(6, trials); 3];
    for trial in 0..trials {
        let noise = Noise { initial: 0.0, process: s, seed: trial as u64 };
        let run = simulator.run(&play(&[0]), &start, Some(noise), Keep::States).unwrap();
        let deviation = run.states.as_ref().unwrap() - quiet.states.as_ref().unwrap();
        let last = &run.end_state - &quiet.end_state;
        for (samples, x) in
            samples.iter_mut().zip([deviation.column(1), deviation.column(10), last.column(0)])
        {
            samples.set_column(trial, &directions.tr_mul(&x));
        }
    }
    for (samples, covariance) in samples.iter().zip([one, prepared, end]) {
        let expected: Vec<f64> =
            directions.column_iter().map(|d| (d.transpose() * &covariance * d)[0]).collect();
        check_variances(samples, &expected);
    }
}

/// A long preparation forgets its start: the stationary covariance solves a Lyapunov equation.
#[test]
fn long_preparation_is_stationary() {
    let (network, trials, s) = (network(), 1500, 0.2);
    let simulator = Simulator::new(network, 60.0).unwrap();
    let prep = network.preparation().system();
    let stationary = lyapunov(prep, &DMatrix::identity(40, 40)).unwrap() * (s * s);
    let centre = network.motifs()[1].initial_state();
    let directions = normal_matrix(40, 6, &mut rng(10));
    let mut samples = DMatrix::zeros(6, trials);
    for trial in 0..trials {
        let noise = Noise { initial: 1.0, process: s, seed: 1000 + trial as u64 };
        let run = simulator.run(&play(&[1]), &Start::Rest, Some(noise), Keep::States).unwrap();
        let prepared = run.states.as_ref().unwrap().column(run.segments[0].start) - centre;
        samples.set_column(trial, &directions.tr_mul(&prepared));
    }
    let expected: Vec<f64> = directions.column_iter().map(|d| (d.transpose() * &stationary * d)[0]).collect();
    check_variances(&samples, &expected);
}

#[test]
fn initial_noise_has_its_standard_deviation() {
    let simulator = Simulator::new(network(), 0.1).unwrap();
    let trials = 300;
    let mut samples = DMatrix::zeros(1, 40 * trials);
    for trial in 0..trials {
        let noise = Noise { initial: 0.7, process: 0.0, seed: trial as u64 };
        let run = simulator.run(&play(&[0]), &Start::State(state(1)), Some(noise), Keep::States).unwrap();
        let deviation = run.states.as_ref().unwrap().column(0) - state(1);
        samples.columns_mut(40 * trial, 40).copy_from(&deviation.transpose());
        // Once, and before the first preparation only.
        let prep = expm(&(network().preparation().system() * 0.1)).unwrap();
        let quiet = simulator.run(&play(&[0]), &Start::State(state(1)), None, Keep::States).unwrap();
        let next = run.states.as_ref().unwrap().column(1) - quiet.states.as_ref().unwrap().column(1);
        assert!((next - prep * &deviation).norm() < 1e-12);
    }
    check_variances(&samples, &[0.49]);
}

#[test]
fn refusals() {
    let network = network();
    let simulator = Simulator::new(network, 1.0).unwrap();
    let new = |transition| Simulator::new(network, transition).map(|_| ());
    let message = "transition: expected a multiple of dt = 0.1, given 0.25; round it to the grid";
    let error = refused(new(0.25), message);
    assert_eq!(error, Error::OffGrid { what: "transition", given: 0.25, dt: 0.1 });
    for (given, shown) in [(-1.0, "-1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let message = format!("transition: expected a finite number >= 0, given {shown}");
        assert!(matches!(refused(new(given), &message), Error::OutOfRange { what: "transition", .. }));
    }
    for given in [1e7, 1e18, 1e300] {
        let message = format!("transition: expected 0 to 1e7 steps dt, given {given}");
        assert!(matches!(refused(new(given), &message), Error::OutOfRange { what: "transition", .. }));
    }
    // Rounding of decimal fractions is no offence.
    assert!((1..200).all(|k| Simulator::new(network, f64::from(k) * 0.1).is_ok()));

    let untaught =
        Network::design(System::from(Cortex::random(30, 0.5, 1).unwrap()), &short_options(), 1).unwrap();
    let message = "library of motifs: expected at least one element, given none; learn a motif first";
    let error = refused(Simulator::new(&untaught, 1.0).map(|_| ()), message);
    assert!(matches!(error, Error::Empty { what: "library of motifs", .. }));
    let message = "sequence: expected at least one element, given none; name at least one motif";
    assert!(matches!(refused(Sequence::new(&[]), message), Error::Empty { what: "sequence", .. }));

    let run =
        |motifs: &[usize], start: Start, noise| simulator.run(&play(motifs), &start, noise, Keep::States);
    for unknown in [3, usize::MAX] {
        let message = format!("motif: expected an index below 3, given {unknown}");
        let error = refused(run(&[0, unknown], Start::Rest, None), &message);
        assert_eq!(error, Error::UnknownIndex { what: "motif", index: unknown, len: 3 });
        let states = DMatrix::zeros(40, 1);
        refused(simulator.prepare(unknown, &states), &message);
        refused(simulator.play(unknown, &states), &message);
        refused(simulator.finish(unknown, &states), &message);
    }
    let message = "start: expected shape 40 x 1, given 39 x 1; give one entry per unit";
    let error = refused(run(&[0], Start::State(DVector::zeros(39)), None), message);
    assert!(matches!(error, Error::Shape { what: "start", .. }));
    let mut bad = DVector::zeros(40);
    bad[17] = f64::NAN;
    let message = "start: expected finite numbers, given NaN at index 17; remove or replace it";
    assert!(matches!(
        refused(run(&[0], Start::State(bad), None), message),
        Error::NotFinite { index: 17, .. }
    ));
    for (std, shown) in [(-1.0, "-1"), (f64::NAN, "NaN")] {
        let message =
            format!("standard deviation of the start: expected a finite number >= 0, given {shown}");
        refused(run(&[0], Start::Random { std, seed: 1 }, None), &message);
    }
    let noise = |initial, process| Some(Noise { initial, process, seed: 1 });
    let message = "initial noise: expected a finite number >= 0, given -0.1";
    assert!(matches!(refused(run(&[0], Start::Rest, noise(-0.1, 0.0)), message), Error::OutOfRange { .. }));
    let message = "process noise: expected a finite number >= 0, given inf";
    refused(run(&[0], Start::Rest, noise(0.0, f64::INFINITY)), message);

    let message = "states: expected shape 40 x 2, given 41 x 2; give one column per trial, one row per unit";
    let states = DMatrix::zeros(41, 2);
    assert!(matches!(refused(simulator.prepare(0, &states), message), Error::Shape { what: "states", .. }));
    refused(simulator.play(0, &states), message);
    refused(simulator.finish(0, &states), message);
    let mut states = DMatrix::zeros(40, 2);
    states[(1, 1)] = f64::INFINITY;
    let message = "states: expected finite numbers, given inf at index 41; remove or replace it";
    assert!(matches!(refused(simulator.prepare(0, &states), message), Error::NotFinite { index: 41, .. }));
    refused(simulator.play(0, &states), message);
    refused(simulator.finish(0, &states), message);
}

/// The longest transition accepted still ends where it must.
#[test]
fn a_very_long_transition() {
    let simulator = Simulator::new(network(), 9e5).unwrap();
    let prepared = simulator.prepare(0, &DMatrix::from_columns(&[state(1)])).unwrap();
    let centre = network().motifs()[0].initial_state();
    assert!((prepared.column(0) - centre).norm() < 1e-9 * centre.norm());
}
