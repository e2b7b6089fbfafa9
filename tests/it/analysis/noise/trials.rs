//! Against Monte Carlo runs.

use super::played::Played;
use super::{Matrix, Vector, gathered, left_of, network, readout_of, stationary_variance};
use crate::support::*;
use thalamo::analysis::noise::*;
use thalamo::play::{Keep, Noise, Sequence, Simulator, Start, Trajectory};

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

fn sum(a: &ReadoutVariance, b: &ReadoutVariance) -> Vec<f64> {
    a.values.iter().zip(&b.values).map(|(a, b)| a + b).collect()
}

#[test]
fn initial_noise_is_what_trials_show() {
    for (units, seed) in [(12, 1), (24, 2)] {
        let network = network(units, seed);
        let simulator = Simulator::new(&network, 2.0).unwrap();
        let motif = readout_of(&network);
        let preparation = network.preparation().system();
        let quiet =
            runs(&simulator, Noise { initial: 0.0, process: 0.0, seed: 0 }, &Start::Rest, 1).remove(0);

        let before = runs(&simulator, Noise { initial: 0.7, process: 0.0, seed: 1000 }, &Start::Rest, 8000);
        let expected = motif.initial_variance(&left_of(0.7, preparation, 2.0)).unwrap();
        check_deviations("initial noise before preparation", &before, &quiet, &expected.values);

        // At the motif's start, with a covariance of low rank.
        let mut rng = rng(seed);
        let factor = normal_matrix(units, 3, &mut rng);
        let draws = &factor * normal_matrix(3, 8000, &mut rng);
        let played = simulator.play(0, &draws).unwrap();
        let runs: Vec<Vec<f64>> = played.column_iter().map(|y| y.iter().copied().collect()).collect();
        let covariance = InitialNoise::Covariance(&factor * factor.transpose());
        let expected = motif.initial_variance(&covariance).unwrap();
        check_deviations("initial noise of given covariance", &runs, &[0.0; 120], &expected.values);
    }
}

#[test]
fn process_noise_is_what_trials_show() {
    for (units, seed) in [(12, 3), (24, 4)] {
        let network = network(units, seed);
        let simulator = Simulator::new(&network, 3.0).unwrap();
        let motif = readout_of(&network);
        let quiet =
            runs(&simulator, Noise { initial: 0.0, process: 0.0, seed: 0 }, &Start::Rest, 1).remove(0);
        let noisy = runs(&simulator, Noise { initial: 0.0, process: 0.2, seed: 5000 }, &Start::Rest, 8000);
        let before = gathered(network.preparation().system(), 3.0, 0.2);
        let before = motif.initial_variance(&before).unwrap();
        let during = motif.process_variance(0.2).unwrap();
        assert_eq!(during.values[0], 0.0);
        check_deviations("process noise", &noisy, &quiet, &sum(&before, &during));
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
    let fixed = w.dot(network.motifs()[0].motif_loop().initial_state());
    let squares: Vec<f64> =
        runs(&simulator, noise, &Start::Rest, 6000).iter().map(|run| (run[0] - fixed).powi(2)).collect();
    check_interval("stationary variance", &squares, expected);
}

#[test]
fn weight_noise_is_what_trials_show() {
    for (units, seed) in [(12, 6), (24, 7)] {
        let network = network(units, seed);
        let played = Played::of(&network, 3.0, normal_vector(units, &mut rng(seed)));
        let (sensitivity, quiet) = (played.sensitivity(), played.quiet());
        let s = 1e-4;
        for noise in [
            WeightNoise { input: s, ..Default::default() },
            WeightNoise { feedback: s, ..Default::default() },
            WeightNoise { recurrent: s, ..Default::default() },
            WeightNoise { input: s, feedback: 2.0 * s, recurrent: 0.5 * s },
        ] {
            let mut rng = rng(100 + seed);
            let runs: Vec<Vec<f64>> =
                (0..5000).map(|_| played.play_scaled(&played.draw(&noise, &mut rng), 1.0)).collect();
            let expected = sensitivity.variance(&noise).unwrap();
            let squares: Vec<f64> =
                runs.iter().map(|run| mean_square(run.iter().zip(&quiet).map(|(y, q)| y - q))).collect();
            check_interval(&format!("{noise:?}"), &squares, expected.mean());
        }
    }
}

#[test]
fn first_order_error_falls_with_the_square_of_the_noise() {
    // The same draws at every size, each with both signs, so that terms of odd order cancel: what is left of
    // the mean square over s^2 beyond its limit is of order s^2.
    let network = network(16, 8);
    let played = Played::of(&network, 3.0, normal_vector(16, &mut rng(8)));
    let quiet = played.quiet();
    let unit = WeightNoise { input: 1.0, feedback: 1.0, recurrent: 1.0 };
    let mut rng = rng(9);
    let draws: Vec<_> = (0..400).map(|_| played.draw(&unit, &mut rng)).collect();
    let scaled = |s: f64| {
        let one = |draw: &(Vector, Vector, Matrix), s: f64| {
            mean_square(played.play_scaled(draw, s).iter().zip(&quiet).map(|(y, q)| y - q))
        };
        draws.iter().map(|d| one(d, s) + one(d, -s)).sum::<f64>() / (2.0 * draws.len() as f64 * s * s)
    };
    let limit = scaled(1e-6);
    let error = |s: f64| (scaled(s) - limit).abs() / limit;
    let errors = [error(5e-4), error(1e-3), error(2e-3)];
    println!("relative second-order error at 5e-4, 1e-3, 2e-3: {errors:?}");
    for pair in errors.windows(2) {
        assert!((3.3..5.0).contains(&(pair[1] / pair[0])), "{errors:?}");
    }
}

#[test]
fn expected_error_is_what_trials_show() {
    let network = network(20, 10);
    let simulator = Simulator::new(&network, 4.0).unwrap();
    let target = network.motifs()[0].motif().values();
    let start = Start::Random { std: 1.0, seed: 11 };
    let error_of = |y: &[f64]| mean_square(y.iter().zip(target).map(|(y, t)| y - t));

    // State and process noise, by the simulator.
    let model =
        NoiseModel { at_preparation: InitialNoise::Independent(0.5), process: 0.1, ..Default::default() };
    let expected = expected_rmse(&simulator, 0, &start, &model).unwrap();
    println!("{expected:?}");
    assert!(expected.deterministic > 1e-3 && expected.at_preparation > 1e-3 && expected.process > 1e-3);
    let noisy = runs(&simulator, Noise { initial: 0.5, process: 0.1, seed: 9000 }, &start, 8000);
    let squares: Vec<f64> = noisy.iter().map(|y| error_of(y)).collect();
    check_interval("expected RMSE^2, state and process noise", &squares, expected.rmse().powi(2));

    // Weights drawn anew in each trial, for preparation and motif, and noise in the state between them.
    let s = 2e-3;
    let weights = WeightNoise { input: s, feedback: s, recurrent: s };
    let model = NoiseModel { at_motif: InitialNoise::Independent(0.03), weights, ..Default::default() };
    let expected = expected_rmse(&simulator, 0, &start, &model).unwrap();
    println!("{expected:?}");
    let played = Played::of(&network, 4.0, start.state(20).unwrap());
    let mut rng = rng(12);
    let squares: Vec<f64> = (0..8000)
        .map(|_| {
            let mut y = played.play_scaled(&played.draw(&weights, &mut rng), 1.0);
            let shift = simulator.play(0, &(normal_matrix(20, 1, &mut rng) * 0.03)).unwrap();
            y.iter_mut().zip(shift.iter()).for_each(|(y, s)| *y += s);
            error_of(&y)
        })
        .collect();
    check_interval("expected RMSE^2, state and weight noise", &squares, expected.rmse().powi(2));
}

/// Trials drawn block by block: the same distribution as the closed form's, streams of their own, any thread
/// count.
#[test]
fn trials_together_are_what_is_expected() {
    for (units, seed) in [(12, 3), (24, 4)] {
        let network = network(units, seed);
        let simulator = Simulator::new(&network, 3.0).unwrap();
        let motif = readout_of(&network);
        let preparation = network.preparation().system();
        let (sequence, start) = (Sequence::new(&[0]).unwrap(), Start::Rest);
        let quiet = runs(&simulator, Noise { initial: 0.0, process: 0.0, seed: 0 }, &start, 1).remove(0);
        let noise = Noise { initial: 0.3, process: 0.2, seed: 42 };
        let trials = |noise, count, keep| simulator.trials(&sequence, &start, noise, count, keep).unwrap();
        let drawn = trials(noise, 8000, Keep::Readout);
        let played = |trial: &Trajectory| trial.readout[trial.readout.len() - quiet.len()..].to_vec();
        let together: Vec<Vec<f64>> = drawn.iter().map(played).collect();
        let initial = motif.initial_variance(&left_of(0.3, preparation, 3.0)).unwrap();
        let before = motif.initial_variance(&gathered(preparation, 3.0, 0.2)).unwrap();
        let process = sum(&before, &motif.process_variance(0.2).unwrap());
        let expected: Vec<f64> = initial.values.iter().zip(process).map(|(a, b)| a + b).collect();
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
        for noise in [Noise { process: 0.0, ..noise }, Noise { initial: 0.0, process: 0.0, seed: 0 }] {
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
