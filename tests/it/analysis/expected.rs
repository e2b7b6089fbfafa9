//! Expected errors under noise: against Monte Carlo runs, against a slow independent recursion, and in
//! special cases.
//!
//! Every Monte Carlo check computes the 99 % confidence interval of a mean from the sample variance of
//! independent trials (2.576 standard errors; thousands of trials, so that the mean is nearly normal),
//! demands that it contain the expected value, and, as a control of its power, that it exclude one that is
//! 10 % too large or too small. A correct formula leaves one such interval with probability 1 %. Seeds are
//! fixed, so that the outcome never changes.

use nalgebra::{DMatrix, DVector};
use thalamo::analysis::expected_rmse;
use thalamo::linalg::{expm, lyapunov, noise_covariance};
use thalamo::motif::Motif;
use thalamo::play::{Keep, Noise, Sequence, Simulator, Start, Trajectory};
use thalamo::{Cortex, Error, Network, NetworkOptions, System};

type Matrix = DMatrix<f64>;
type Vector = DVector<f64>;

const DT: f64 = 0.1;

const QUIET: Noise = Noise { initial: 0.0, process: 0.0, seed: 0 };

/// A small network with one motif of four exponentials, fitted to an RMSE of less than 1e-3.
fn network(units: usize, seed: u64) -> Network {
    let wave = |t: f64| (-0.08 * t).exp() * (0.9 * t).sin() + 0.5 * (-0.1 * t).exp() * (0.4 * t).sin();
    let motif = Motif::new(DT, (0..120).map(|k| wave(k as f64 * DT)).collect()).unwrap();
    let mut options = NetworkOptions::published().with(|o| o.preparation.rank = Some(units / 2));
    options.fit.modes = 4;
    Network::build(System::from(Cortex::random(units, 0.5, seed).unwrap()), &[motif], &options, seed).unwrap()
}

/// Variance of the first motif's readout at each sample, after one preparation: the covariance of the state,
/// step by step.
fn variances(network: &Network, duration: f64, noise: Noise) -> Vec<f64> {
    let (units, s) = (network.system().units(), noise.process);
    let step = |system: &Matrix, covariance: Matrix, t: f64| {
        let carry = expm(&(system * t)).unwrap();
        &carry * covariance * carry.transpose() + noise_covariance(system, t).unwrap() * (s * s)
    };
    let start = Matrix::identity(units, units) * noise.initial.powi(2);
    let mut covariance = step(network.preparation().system(), start, duration);
    let (learned, w) = (&network.motifs()[0], network.system().single_readout().unwrap());
    let mut variances = Vec::new();
    for _ in 0..learned.motif().len() {
        variances.push(w.dot(&(&covariance * &w)));
        covariance = step(learned.system(), covariance, DT);
    }
    variances
}

/// Variance of the readout under white noise in the long run: `s^2 w^T X w`, `A X + X A^T + I = 0`.
fn stationary_variance(system: &Matrix, readout: &Vector, intensity: f64) -> f64 {
    let n = readout.len();
    let gramian = lyapunov(system, &Matrix::identity(n, n)).unwrap();
    intensity.powi(2) * readout.dot(&(gramian * readout))
}

/// Checks the 99 % confidence interval of the mean of independent trials, and its power; see the top of the
/// file.
fn check_interval(what: &str, trials: &[f64], expected: f64) {
    let n = trials.len() as f64;
    let mean = trials.iter().sum::<f64>() / n;
    let variance = trials.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let half = 2.576 * (variance / n).sqrt();
    println!(
        "{what}: expected {expected:.6e}, {} trials {mean:.6e} +- {:.1} % ({:+.2} half widths)",
        trials.len(),
        100.0 * half / mean,
        (expected - mean) / half
    );
    let contains = |x: f64| (x - mean).abs() <= half;
    assert!(contains(expected), "{what}: {expected} not in {mean} +- {half}");
    assert!(!contains(0.9 * expected) && !contains(1.1 * expected), "{what}: +- {half} has no power");
}

fn mean_square(x: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = x.len() as f64;
    x.map(|x| x * x).sum::<f64>() / n
}

/// Readouts of single motifs under simulated noise, one per seed.
fn runs(simulator: &Simulator, noise: Noise, start: &Start, trials: u64) -> Vec<Vec<f64>> {
    let sequence = Sequence::new(&[0]).unwrap();
    let run = |seed| {
        let run = simulator.run(&sequence, start, Some(Noise { seed, ..noise }), Keep::Readout).unwrap();
        run.readout[run.segments[0].start..].to_vec()
    };
    (0..trials).map(|i| run(noise.seed + i)).collect()
}

/// The mean over the motif, and the variance at some samples, of deviations from the noise-free readout.
fn check_deviations(what: &str, runs: &[Vec<f64>], quiet: &[f64], expected: &[f64]) {
    let deviations: Vec<Vec<f64>> =
        runs.iter().map(|run| run.iter().zip(quiet).map(|(y, q)| y - q).collect()).collect();
    let squares: Vec<f64> = deviations.iter().map(|d| mean_square(d.iter().copied())).collect();
    check_interval(what, &squares, expected.iter().sum::<f64>() / expected.len() as f64);
    for k in [1, 40, 119] {
        let at: Vec<f64> = deviations.iter().map(|d| d[k] * d[k]).collect();
        check_interval(&format!("{what}, sample {k}"), &at, expected[k]);
    }
}

#[test]
fn without_noise_the_expected_error_is_the_error() {
    let network = network(16, 13);
    let simulator = Simulator::new(&network, 4.0).unwrap();
    for start in [Start::Rest, Start::Random { std: 2.0, seed: 1 }] {
        let expected = expected_rmse(&simulator, 0, &start, QUIET).unwrap();
        let run = simulator.run(&Sequence::new(&[0]).unwrap(), &start, None, Keep::Readout).unwrap();
        assert!((expected.rmse() / run.rmse()[0] - 1.0).abs() < 1e-9);
        assert_eq!((expected.noise(), expected.rmse()), (0.0, expected.deterministic));
        assert!(expected.deterministic <= expected.fit + expected.transition + 1e-9);
    }
    // A perfect start leaves the fit's error.
    let ideal = network.motifs()[0].initial_state().clone();
    let expected = expected_rmse(&simulator, 0, &Start::State(ideal), QUIET).unwrap();
    assert!(expected.transition < 1e-12 && (expected.deterministic - expected.fit).abs() < 1e-9);
}

#[test]
fn parts_of_the_expected_error_are_those_of_the_recursion() {
    for (units, seed, duration) in [(12, 1, 0.5), (16, 14, 4.0), (24, 2, 30.0)] {
        let network = network(units, seed);
        let simulator = Simulator::new(&network, duration).unwrap();
        let of = |initial, process| {
            let noise = Noise { initial, process, seed: 0 };
            let expected = expected_rmse(&simulator, 0, &Start::Rest, noise).unwrap();
            let slow = variances(&network, duration, noise);
            let slow = slow.iter().sum::<f64>() / slow.len() as f64;
            assert!((expected.noise().powi(2) / slow - 1.0).abs() < 1e-10, "{expected:?}, {slow}");
            let squares = expected.deterministic.powi(2) + slow;
            assert!((expected.rmse().powi(2) / squares - 1.0).abs() < 1e-10);
            expected
        };
        let (initial, process, both) = (of(0.5, 0.0), of(0.0, 0.1), of(0.5, 0.1));
        assert_eq!((initial.process, process.initial), (0.0, 0.0));
        assert_eq!((both.initial, both.process), (initial.initial, process.process));
    }
}

#[test]
fn expected_error_is_what_trials_show() {
    let network = network(20, 10);
    let simulator = Simulator::new(&network, 4.0).unwrap();
    let target = network.motifs()[0].motif().values();
    let start = Start::Random { std: 1.0, seed: 11 };
    let noise = Noise { initial: 0.5, process: 0.1, seed: 9000 };
    let expected = expected_rmse(&simulator, 0, &start, noise).unwrap();
    assert!(expected.deterministic > 1e-3 && expected.initial > 1e-3 && expected.process > 1e-3);
    let noisy = runs(&simulator, noise, &start, 8000);
    let squares: Vec<f64> =
        noisy.iter().map(|y| mean_square(y.iter().zip(target).map(|(y, t)| y - t))).collect();
    check_interval("expected RMSE^2", &squares, expected.rmse().powi(2));
}

#[test]
fn noise_is_what_trials_show() {
    for (units, seed, initial, process) in
        [(12, 1, 0.7, 0.0), (24, 2, 0.7, 0.0), (12, 3, 0.0, 0.2), (24, 4, 0.0, 0.2)]
    {
        let network = network(units, seed);
        let simulator = Simulator::new(&network, 2.0).unwrap();
        let quiet = runs(&simulator, QUIET, &Start::Rest, 1).remove(0);
        let noise = Noise { initial, process, seed: 5000 };
        let noisy = runs(&simulator, noise, &Start::Rest, 8000);
        check_deviations(&format!("{noise:?}"), &noisy, &quiet, &variances(&network, 2.0, noise));
    }
}

#[test]
fn stationary_variance_is_what_a_long_run_shows() {
    // Samples of independent runs long after the start.
    let network = network(16, 5);
    let simulator = Simulator::new(&network, 200.0).unwrap();
    let noise = Noise { initial: 0.0, process: 0.3, seed: 77 };
    let w = &network.system().single_readout().unwrap();
    let expected = stationary_variance(network.preparation().system(), w, 0.3);
    let fixed = w.dot(network.motifs()[0].initial_state());
    let squares: Vec<f64> =
        runs(&simulator, noise, &Start::Rest, 6000).iter().map(|run| (run[0] - fixed).powi(2)).collect();
    check_interval("stationary variance", &squares, expected);
}

#[test]
fn unfit_arguments_are_refused() {
    let network = network(12, 1);
    let simulator = Simulator::new(&network, 2.0).unwrap();
    let refused = |motif, start: &Start, initial, process| {
        let noise = Noise { initial, process, seed: 0 };
        expected_rmse(&simulator, motif, start, noise).unwrap_err()
    };
    let error = refused(1, &Start::Rest, 0.0, 0.0);
    assert!(matches!(error, Error::UnknownIndex { .. }));
    assert_eq!(error.to_string(), "motif: expected an index below 1, given 1");
    let error = refused(0, &Start::State(Vector::zeros(3)), 0.0, 0.0);
    assert!(matches!(error, Error::Shape { .. }));
    assert_eq!(error.to_string(), "start: expected shape 12 x 1, given 3 x 1; give one entry per unit");
    let error = refused(0, &Start::Rest, -1.0, 0.0);
    assert_eq!(error.to_string(), "initial noise: expected a finite number >= 0, given -1");
    let error = refused(0, &Start::Rest, 0.0, f64::INFINITY);
    assert_eq!(error.to_string(), "process noise: expected a finite number >= 0, given inf");
    let error = refused(0, &Start::Rest, 1e200, 0.0);
    assert!(matches!(error, Error::OutOfRange { what: "expected error", .. }), "{error:?}");
}

/// Trials drawn block by block: the same distribution as the closed form's, streams of their own, any thread
/// count.
#[test]
fn trials_together_are_what_is_expected() {
    for (units, seed) in [(12, 3), (24, 4)] {
        let network = network(units, seed);
        let simulator = Simulator::new(&network, 3.0).unwrap();
        let (sequence, start) = (Sequence::new(&[0]).unwrap(), Start::Rest);
        let quiet = runs(&simulator, QUIET, &start, 1).remove(0);
        let noise = Noise { initial: 0.3, process: 0.2, seed: 42 };
        let trials = |noise, count, keep| simulator.trials(&sequence, &start, noise, count, keep).unwrap();
        let drawn = trials(noise, 8000, Keep::Readout);
        let played = |trial: &Trajectory| trial.readout[trial.readout.len() - quiet.len()..].to_vec();
        let together: Vec<Vec<f64>> = drawn.iter().map(played).collect();
        let expected = variances(&network, 3.0, noise);
        check_deviations("trials together", &together, &quiet, &expected);

        // Neighbouring samples, across blocks as well: increments have the variance that steps one by one
        // give.
        let stepped = runs(&simulator, noise, &start, 8000);
        let increments = |run: &Vec<f64>, k: usize| {
            let d = |i: usize| run[i] - quiet[i];
            (d(k + 1) - d(k)).powi(2)
        };
        for k in [0, 60, 97, 98, 118] {
            let of = |runs: &[Vec<f64>]| runs.iter().map(|r| increments(r, k)).sum::<f64>() / 8000.0;
            let ratio = of(&together) / of(&stepped);
            assert!((ratio - 1.0).abs() < 0.1, "increment after sample {k}: {ratio}");
        }

        // A trial does not depend on how many there are, and a quiet one is the run without noise.
        let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
        for (few, all) in trials(noise, 3, Keep::Readout).iter().zip(&drawn) {
            assert!(near(&few.readout, &all.readout));
        }
        // Without process noise, whether states are kept changes nothing: same start, same end, same numbers.
        for noise in [Noise { process: 0.0, ..noise }, QUIET] {
            let (with, without) = (trials(noise, 3, Keep::States), trials(noise, 3, Keep::Readout));
            for (with, without) in with.iter().zip(&without) {
                assert!(near(&with.readout, &without.readout) && with.segments == without.segments);
                assert!(near(with.end_state.as_slice(), without.end_state.as_slice()));
            }
            let run = simulator.run(&sequence, &start, Some(noise), Keep::States).unwrap();
            assert_eq!((&run.readout, &run.states), (&with[0].readout, &with[0].states));
        }
        let refused = simulator.trials(&sequence, &start, noise, 0, Keep::Readout).unwrap_err().to_string();
        assert_eq!(refused, "trials: expected 1 to 10000000, given 0");
    }
}
