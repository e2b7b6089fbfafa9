//! Loops with an optimised input: they play their exponentials, survive noise as C says, and refuse nonsense.

use crate::support::*;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use thalamo::linalg::{eigenvalues, expm, propagate, spectral_abscissa};
use thalamo::loops::{
    Horizon, LoopDesign, LoopOptions, LoopStart, MotifLoop, Placement, PlacementOptions, RobustnessCost,
};
use thalamo::optim::{LbfgsOptions, Minimum, Objective, Termination};
use thalamo::{Complex64, Cortex, Error, System};

fn z(re: f64, im: f64) -> Complex64 {
    Complex64::new(re, im)
}

fn case(kind: usize, seed: u64, n: usize, k: usize, gain: f64) -> (System, Vec<Complex64>, Vec<Complex64>) {
    let k = k.min(n).min(2 + n / 6);
    let reals = k % 2 + 2 * usize::from(k > 4);
    let (values, amplitudes) = exponentials(reals, (k - reals) / 2, 0.06, &mut rng(seed ^ 0x100b));
    (cortex_of_kind(kind, n, gain, seed), values, amplitudes)
}

fn quick(starts: usize) -> LoopOptions {
    let optimiser = LoopOptions::default().optimiser.with(|o| o.max_iterations = 40);
    LoopOptions::default().with(|o| (o.starts, o.optimiser) = (starts, optimiser))
}

fn is_normal(cortex: &System) -> bool {
    let (a, t) = (cortex.matrix(), cortex.matrix().transpose());
    (a * &t - &t * a).norm() < 1e-12 * a.norm_squared()
}

/// Refusals that a hard cortex may rightly earn.
fn hard(cortex: &System, error: Error) -> TestCaseError {
    match error {
        Error::IllConditionedPlacement { .. }
        | Error::PlacementInaccurate { .. }
        | Error::Residual { what: "motif played by its loop", .. } => {
            TestCaseError::reject("eigenvalues too tight for so many targets")
        }
        Error::Unstable { .. } if spectral_abscissa(cortex.matrix()).unwrap() > -1e-3 => {
            TestCaseError::reject("a marginal cortex beyond what the targets reach")
        }
        // All eigenvalues on one line: by symmetry a residue may vanish, and its root falls on the pole.
        Error::Singular { what, .. } if what.starts_with("Gramians") && is_normal(cortex) => {
            TestCaseError::reject("a residue vanishes")
        }
        other => TestCaseError::fail(other.to_string()),
    }
}

/// Largest error of the readout over the motif's samples from `expm` of the closed loop, over the largest
/// value of the motif; and what rounding of `A + u v^T` may do to it, to first order.
fn playback_error(cortex: &System, made: &MotifLoop, duration: f64) -> (f64, f64) {
    let steps = 300;
    let dt = duration / f64::from(steps);
    let states = propagate(made.system(), made.initial_state(), dt, steps as usize).unwrap();
    let (mut worst, mut largest) = (0.0_f64, 0.0_f64);
    for (step, state) in states.column_iter().enumerate() {
        let t = step as f64 * dt;
        let expected: Complex64 =
            made.eigenvalues().iter().zip(made.amplitudes()).map(|(l, a)| a * (l * t).exp()).sum();
        worst = worst.max((cortex.readout().dot(&state) - expected.re).abs());
        largest = largest.max(expected.norm());
    }
    let terms = made.report().terms;
    let rounding = (terms.activity * terms.noise_gain).sqrt() * made.system().norm() / largest;
    (worst / largest, 1e-14 * rounding)
}

proptest! {
    #![proptest_config(cases(80))]

    #[test]
    fn loops_play_their_exponentials(
        kind in 0..KINDS, seed in 0u64..10_000, n in 2usize..=60, k in 1usize..10, gain in 0.2f64..1.0,
        infinite in any::<bool>(),
    ) {
        let (cortex, values, amplitudes) = case(kind, seed, n, k, gain);
        let horizon = if infinite { Horizon::Infinite } else { Horizon::Motif };
        let options = quick(3).with(|o| (o.horizon, o.scale) = (horizon, Some(1.0)));
        let made = LoopDesign::new(&cortex, &values, &amplitudes, 40.0, &options)
            .and_then(|design| design.optimise(seed));
        let made = made.map_err(|error| hard(&cortex, error))?;
        let report = made.report();

        prop_assert!((made.input().norm() - 1.0).abs() < 1e-14);
        let product = cortex.matrix() + made.input() * made.feedback().transpose();
        prop_assert_eq!(made.system(), &product);
        prop_assert!(spectral_abscissa(made.system()).unwrap() < 0.0);
        let (error, rounding) = playback_error(&cortex, &made, 40.0);
        prop_assert!(error < 1e-10 + rounding.max(100.0 * report.playback_error), "{error:e} {rounding:e}");
        prop_assert!(report.playback_error <= 1e-6);

        prop_assert_eq!(report.starts.len(), 3);
        prop_assert!(report.starts.iter().all(|s| s.evaluations > 0 && s.cost.is_finite()));
        prop_assert!(report.starts.iter().all(|s| s.cost <= s.initial_cost));
        prop_assert!(report.starts.iter().any(|s| s.cost < s.initial_cost) || n == 1);
        prop_assert!(report.starts.iter().all(|s| report.starts[report.best].cost <= s.cost));
        // The optimiser's cost has the noise floor in it, the report's has not.
        let floor = (n as f64 * 40.0 + report.terms.activity) / report.terms.activity;
        prop_assert!((report.starts[report.best].cost / (made.noise_cost() * floor.sqrt()) - 1.0).abs() < 1e-6);

        prop_assert_eq!(made.eigenvalues().len(), values.len());
        let all = eigenvalues(made.system()).unwrap();
        prop_assert!(report.distance >= farthest(made.eigenvalues(), &all) && report.distance < 1e-6 * 3.0);
        let abscissa = all.abscissa();
        prop_assert_eq!(report.abscissa, abscissa);
        prop_assert!(report.rest_abscissa <= abscissa && (n == values.len()) == report.rest_abscissa.is_infinite());
        prop_assert!(report.condition >= 1.0);
    }

    /// The objective with a floor is `ln(sqrt((E + N T f^2) G / N) / T)`, and its gradient the difference
    /// quotient.
    #[test]
    fn noise_floor(
        kind in 0..KINDS, seed in 0u64..10_000, n in 2usize..=60, k in 1usize..10, gain in 0.2f64..1.0,
        floor in prop_oneof![Just(0.0), Just(1.0), 0.01f64..10.0],
    ) {
        let (cortex, values, amplitudes) = case(kind, seed, n, k, gain);
        let placement = Placement::new(&cortex, &values, &PlacementOptions::published())
            .map_err(|error| hard(&cortex, error))?;
        let mut rng = rng(seed + 2);
        let (u, direction) = (normal_vector(n, &mut rng), normal_vector(n, &mut rng));
        for horizon in [Horizon::Motif, Horizon::Infinite] {
            let plain = RobustnessCost::new(&placement, &amplitudes, 40.0, horizon)
                .map_err(|error| hard(&cortex, error))?;
            let mut cost = plain.with_noise_floor(floor).unwrap();
            let terms = cost.terms(u.as_slice()).unwrap();
            let value = cost.evaluate(u.as_slice(), &mut vec![0.0; n]);
            let activity = terms.activity + n as f64 * 40.0 * floor * floor;
            let expected = ((activity * terms.noise_gain / n as f64).sqrt() / 40.0).ln();
            prop_assert!((value - expected).abs() < 1e-12 * (1.0 + expected.abs()), "{value} {expected}");
            let best = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8]
                .map(|h| gradient_error(&mut cost, u.as_slice(), direction.as_slice(), h))
                .into_iter()
                .fold(f64::INFINITY, f64::min);
            prop_assert!(best < 1e-4, "{best:e}");
        }
    }
}

#[test]
fn same_bits_with_any_number_of_threads() {
    let (cortex, values, amplitudes) = case(0, 3, 30, 7, 0.5);
    let options = quick(6).with(|o| o.finalists = 6);
    let design = LoopDesign::new(&cortex, &values, &amplitudes, 40.0, &options).unwrap();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| design.optimise(7).unwrap())
    };
    let one = with(1);
    assert!(one == with(2) && one == with(5), "the same bits");
    assert_ne!(one.input(), design.optimise(8).unwrap().input());
    // The starts one by one are the starts all at once.
    let minima: Vec<_> = (0..6).map(|start| design.minimise(7, start).unwrap()).collect();
    assert!(design.finish(&minima).unwrap() == one, "starts in step and starts alone");
    let best = &minima[one.report().best];
    assert!(minima.iter().all(|m| best.value <= m.value));
}

/// Twenty modes on a hundred units: cond(Q) = 6e6, C near 1e3, and rounding that a reader of the motif may
/// accept.
#[test]
fn playback_is_as_accurate_as_asked() {
    let pole = |k: u32| z(-0.01, std::f64::consts::TAU * f64::from(k) / 100.0);
    let values: Vec<Complex64> = (1..=10).map(pole).flat_map(|v| [v, v.conj()]).collect();
    let amplitudes: Vec<Complex64> = (1..=10).flat_map(|k| [z(0.1 * (-1_f64).powi(k), 0.0); 2]).collect();
    let mut refused = 0;
    for seed in 1..=3 {
        let cortex = System::from(Cortex::random(100, 0.5, seed).unwrap());
        let made = |playback_tolerance| {
            let options = quick(2).with(|o| o.playback_tolerance = playback_tolerance);
            LoopDesign::new(&cortex, &values, &amplitudes, 100.0, &options).unwrap().optimise(1)
        };
        let lenient = made(1e-2).unwrap().report().clone();
        assert!(lenient.playback_error > 1e-9 && lenient.playback_error <= 1e-2 && lenient.distance < 1e-7);
        match made(1e-6) {
            Ok(strict) => assert!(strict.report() == &lenient && lenient.playback_error <= 1e-6),
            Err(Error::Residual { residual, limit, .. }) => {
                assert!((residual, limit) == (lenient.playback_error, 1e-6) && residual > limit);
                refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(refused > 0);
}

/// Finalists end where they would alone, the others on their way there; the costs they are chosen by are
/// true.
#[test]
fn races_follow_the_better_half() {
    let (cortex, values, amplitudes) = case(0, 3, 30, 7, 0.5);
    for (starts, finalists) in [(70, 3), (13, 4), (5, 1), (4, 4), (2, 7)] {
        let options = quick(starts).with(|o| (o.finalists, o.scale) = (finalists, Some(1.0)));
        let design = LoopDesign::new(&cortex, &values, &amplitudes, 40.0, &options).unwrap();
        let report = design.optimise(7).unwrap().report().clone();
        assert_eq!(report.starts.len(), starts);
        let mut followed = 0;
        for (start, raced) in report.starts.iter().enumerate() {
            let alone = design.minimise(7, start).unwrap();
            assert_eq!(raced.initial_cost, alone.initial_value.exp());
            if raced.status == Termination::GaveWay {
                assert!(
                    raced.evaluations >= 20
                        && raced.evaluations < alone.evaluations
                        && raced.cost >= alone.value.exp()
                );
                // Races have at most 64 starts.
                let race = report.starts.chunks(64).nth(start / 64).unwrap();
                let later: Vec<_> = race.iter().filter(|s| s.evaluations > raced.evaluations).collect();
                assert!(!later.is_empty() && later.iter().all(|s| s.cost <= raced.cost));
            } else {
                let Minimum { initial_value, value, evaluations, status, .. } = alone;
                let (initial_cost, cost) = (initial_value.exp(), value.exp());
                assert_eq!(raced, &LoopStart { initial_cost, cost, evaluations, status });
                followed += 1;
            }
            assert!(raced.cost >= report.starts[report.best].cost);
        }
        // Seventy starts are two races; starts that end early may be more than the finalists.
        assert!(
            followed >= finalists.min(starts) && (starts <= finalists || followed < starts),
            "{followed}"
        );
    }
}

#[test]
fn an_input_of_ones_own() {
    let (cortex, values, amplitudes) = case(0, 5, 25, 6, 0.5);
    let design = LoopDesign::new(&cortex, &values, &amplitudes, 40.0, &quick(1)).unwrap();
    let u = normal_vector(25, &mut rng(1));
    let made = design.with_input(u.as_slice()).unwrap();
    assert!(distance(&made.input().column(0).into_owned(), &u.normalize()) < 1e-15);
    assert_eq!((made.report().starts.len(), made.report().best), (1, 0));
    assert!(playback_error(&cortex, &made, 40.0).0 < 1e-9);
    // Its length does not matter, however extreme.
    for scale in [1e-300, 1e-160, 1e-20, 1e20, 1e160, 1e300] {
        let other = design.with_input((&u * scale).as_slice()).unwrap();
        assert!((other.input() - made.input()).norm() < 1e-14, "{scale:e}");
        assert!((other.noise_cost() / made.noise_cost() - 1.0).abs() < 1e-11, "{scale:e}");
        assert!(distance(other.initial_state(), made.initial_state()) < 1e-10, "{scale:e}");
    }
    // An optimised loop is no worse.
    let terms = design.optimise(1).unwrap().report().terms;
    assert!(terms.noise_gain < made.report().terms.noise_gain);
}

/// C means: initial noise of standard deviation sqrt(E / (N T)) deflects the readout by C, root mean square.
#[test]
fn monte_carlo_of_the_cost() {
    let (n, duration, trials) = (20, 30.0, 20_000);
    let (cortex, values, amplitudes) = case(0, 11, n, 5, 0.5);
    let made =
        LoopDesign::new(&cortex, &values, &amplitudes, duration, &quick(2)).unwrap().optimise(1).unwrap();
    let std = (made.report().terms.activity / (n as f64 * duration)).sqrt();
    // Readout deviations at the midpoints of 300 intervals: w^T e^{A t}.
    let intervals = 300;
    let step = duration / f64::from(intervals);
    let (advance, mut row) = (expm(&(made.system() * step)).unwrap(), cortex.readout().transpose());
    row *= expm(&(made.system() * (0.5 * step))).unwrap();
    let mut rows = DMatrix::zeros(intervals as usize, n);
    for mut out in rows.row_iter_mut() {
        out.copy_from(&row);
        row = &row * &advance;
    }
    let mut rng = rng(17);
    let squares: Vec<f64> = (0..trials)
        .map(|_| (&rows * normal_vector(n, &mut rng)).norm_squared() * std * std / f64::from(intervals))
        .collect();
    let mean = squares.iter().sum::<f64>() / f64::from(trials);
    let variance = squares.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / f64::from(trials - 1);
    // Four standard errors (1 in 16,000), and the midpoint rule's own error.
    let bound = 4.0 * (variance / f64::from(trials)).sqrt() + 1e-3 * mean;
    let cost = made.noise_cost();
    assert!((mean - cost * cost).abs() < bound, "{mean} {} {bound}", cost * cost);
    assert!(bound < 0.06 * mean);
}

fn refuse(
    cortex: &System,
    values: &[Complex64],
    amplitudes: &[Complex64],
    duration: f64,
    options: &LoopOptions,
    message: &str,
) -> Error {
    refused(LoopDesign::new(cortex, values, amplitudes, duration, options), message)
}

#[test]
fn refusals_of_the_design() {
    let cortex = System::from(Cortex::random(10, 0.5, 1).unwrap());
    let (values, amplitudes) = ([z(-0.1, 0.3), z(-0.1, -0.3)], [z(0.2, 0.1), z(0.2, -0.1)]);
    let plain = LoopOptions::default();

    for starts in [0, 1 << 53] {
        let options = plain.clone().with(|o| o.starts = starts);
        let message = format!("starts: expected 1 to 10000, given {starts}");
        let error = refuse(&cortex, &values, &amplitudes, 30.0, &options, &message);
        assert!(matches!(error, Error::OutOfRange { what: "starts", .. }));
    }
    for (playback_tolerance, shown) in [(0.0, "0"), (f64::NAN, "NaN")] {
        let options = plain.clone().with(|o| o.playback_tolerance = playback_tolerance);
        let message = format!("playback tolerance: expected a finite number > 0, given {shown}");
        refuse(&cortex, &values, &amplitudes, 30.0, &options, &message);
    }
    let options = plain.clone().with(|o| o.finalists = 0);
    let message = "finalists: expected at least one, given 0";
    let error = refuse(&cortex, &values, &amplitudes, 30.0, &options, message);
    assert!(matches!(error, Error::OutOfRange { what: "finalists", given: 0.0, .. }));
    let message = "amplitudes: expected shape 2 x 1, given 1 x 1; give one amplitude per eigenvalue";
    assert!(matches!(refuse(&cortex, &values, &amplitudes[..1], 30.0, &plain, message), Error::Shape { .. }));
    let message = "amplitudes: expected numbers closed under conjugation, given 0.2+0.1i at index 0 without its \
                   conjugate; add the conjugate";
    let error = refuse(&cortex, &values, &[z(0.2, 0.1); 2], 30.0, &plain, message);
    assert!(matches!(error, Error::NotConjugate { what: "amplitudes", index: 0, .. }));
    let message = "amplitudes: expected finite numbers, given NaN at index 0; remove or replace it";
    refuse(&cortex, &values, &[z(f64::NAN, 0.0), z(0.1, 0.0)], 30.0, &plain, message);
    let error = refuse(
        &cortex,
        &values,
        &[z(0.0, 0.0); 2],
        30.0,
        &plain,
        "largest amplitude: expected a number > 0, given 0",
    );
    assert!(matches!(error, Error::OutOfRange { .. }));
    let message = "amplitudes: expected numbers closed under conjugation, given 1+0.5i at index 0 without its \
                   conjugate; add the conjugate";
    refuse(&cortex, &[z(-0.1, 0.0)], &[z(1.0, 0.5)], 30.0, &plain, message);
    let message = "eigenvalues: expected numbers closed under conjugation, given -0.1+0.3i at index 0 without its \
                   conjugate; add the conjugate";
    refuse(&cortex, &values[..1], &amplitudes[..1], 30.0, &plain, message);
    for duration in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let message = format!("duration: expected a finite number > 0, given {duration}");
        let error = refuse(&cortex, &values, &amplitudes, duration, &plain, &message);
        assert!(matches!(error, Error::OutOfRange { what: "duration", .. }));
    }
    for (noise_floor, given) in [(-1.0, "-1"), (f64::NAN, "NaN")] {
        let options = plain.clone().with(|o| o.noise_floor = noise_floor);
        let message = format!("noise floor: expected a finite number >= 0, given {given}");
        refuse(&cortex, &values, &amplitudes, 30.0, &options, &message);
    }
    refuse(
        &cortex,
        &[],
        &[],
        30.0,
        &plain,
        "targets: expected at least one element, given none; give the eigenvalues to place",
    );

    // A growing exponential: fine over the motif's own time, infinite noise for ever.
    let growing = [z(0.02, 0.3), z(0.02, -0.3)];
    assert!(LoopDesign::new(&cortex, &growing, &amplitudes, 30.0, &plain).is_ok());
    let options = plain.clone().with(|o| o.horizon = Horizon::Infinite);
    let message = "loop: expected every eigenvalue left of 0.0e0, given spectral abscissa 2.000e-2; use the horizon of \
                   the motif, or eigenvalues that decay";
    let error = refuse(&cortex, &growing, &amplitudes, 30.0, &options, message);
    assert!(matches!(error, Error::Unstable { limit: 0.0, .. }));
    // Undamped: two eigenvalues sum to zero.
    let undamped = [z(0.0, 0.3), z(0.0, -0.3)];
    let message = "Gramians of the loop (two of its eigenvalues sum to zero): expected a regular problem, given one that \
                   is singular to working precision; use eigenvalues with a margin to the imaginary axis";
    assert!(matches!(refuse(&cortex, &undamped, &amplitudes, 30.0, &plain, message), Error::Singular { .. }));
}

#[test]
fn refusals_after_the_design() {
    let cortex = System::from(Cortex::random(10, 0.5, 1).unwrap());
    let (values, amplitudes) = ([z(-0.1, 0.3), z(-0.1, -0.3)], [z(0.2, 0.1), z(0.2, -0.1)]);
    let design = LoopDesign::new(&cortex, &values, &amplitudes, 30.0, &quick(1)).unwrap();
    let message = "minima: expected at least one element, given none; minimise from at least one start";
    assert!(matches!(refused(design.finish(&[]), message), Error::Empty { what: "minima", .. }));
    let mut minimum = design.minimise(1, 0).unwrap();
    minimum.point.pop();
    let message = "input weights u: expected shape 10 x 1, given 9 x 1; give one weight per unit";
    assert!(matches!(refused(design.finish(&[minimum]), message), Error::Shape { .. }));
    refused(design.with_input(&[1.0; 9]), message);
    let mut u = [1.0; 10];
    u[2] = f64::NAN;
    let message = "input weights u: expected finite numbers, given NaN at index 2; remove or replace it";
    assert!(matches!(refused(design.with_input(&u), message), Error::NotFinite { .. }));
    let message = "robustness cost (u has no component along some eigenvector of A): expected a regular problem, given \
                   one that is singular to working precision; choose another u, a random one for instance";
    assert!(matches!(refused(design.with_input(&[0.0; 10]), message), Error::Singular { .. }));
    // A bad option of the optimiser is refused with the design.
    let optimiser = LbfgsOptions::default().with(|o| o.memory = 0);
    let options = quick(1).with(|o| o.optimiser = optimiser);
    refuse(&cortex, &values, &amplitudes, 30.0, &options, "L-BFGS memory: expected 1 to 10000, given 0");
}

#[test]
fn refusals_of_the_cost() {
    let cortex = System::from(Cortex::random(10, 0.5, 1).unwrap());
    let (values, amplitudes) = ([z(-0.1, 0.3), z(-0.1, -0.3)], [z(0.2, 0.1), z(0.2, -0.1)]);
    let placement = Placement::new(&cortex, &values, &PlacementOptions::published()).unwrap();
    let cost = |amplitudes: &[Complex64]| {
        RobustnessCost::new(&placement, amplitudes, 30.0, Horizon::Motif).map(|_| ())
    };
    let message = "amplitudes: expected shape 2 x 1, given 1 x 1; give one amplitude per eigenvalue";
    assert!(matches!(refused(cost(&[z(1.0, 0.0)]), message), Error::Shape { .. }));
    let one_sided = cost(&[z(0.2, 0.1), z(0.2, 0.1)]);
    assert!(matches!(one_sided, Err(Error::NotConjugate { what: "amplitudes", index: 0, .. })));

    let mut cost = RobustnessCost::new(&placement, &amplitudes, 30.0, Horizon::Motif).unwrap();
    assert_eq!(cost.evaluate(&[1.0; 9], &mut [0.0; 9]), f64::INFINITY);
    assert_eq!(cost.evaluate(&[1.0; 10], &mut [0.0; 11]), f64::INFINITY);
    assert_eq!(cost.evaluate(&[0.0; 10], &mut [0.0; 10]), f64::INFINITY);
    assert_eq!(cost.evaluate(&[f64::NAN; 10], &mut [0.0; 10]), f64::INFINITY);
    for floor in [-1.0, f64::INFINITY] {
        let message = format!("noise floor: expected a finite number >= 0, given {floor}");
        refused(cost.clone().with_noise_floor(floor).map(|_| ()), &message);
    }
}

/// The smallest and the fullest loops, and extreme scales: a loop or a typed error.
#[test]
fn extremes() {
    let made = |n: usize, gain: f64, values: &[Complex64], alpha: f64, duration: f64| {
        let cortex = System::from(Cortex::random(n, gain, 3).unwrap());
        let amplitudes: Vec<_> =
            values.iter().map(|v| z(alpha, alpha * v.im.signum() * f64::from(v.im != 0.0))).collect();
        let design = LoopDesign::new(&cortex, values, &amplitudes, duration, &quick(2))?;
        let made = design.optimise(1)?;
        Ok::<_, Error>(playback_error(&cortex, &made, duration.min(1e6 / gain)))
    };
    let plays = |result: Result<(f64, f64), Error>| match result {
        Ok((error, rounding)) => assert!(error < 1e-10 + rounding, "{error:e} {rounding:e}"),
        Err(error) => assert!(!error.to_string().contains("NaN"), "{error}"),
    };
    // N = K = 1, and K = N.
    assert!(made(1, 0.5, &[z(-0.1, 0.0)], 1.0, 20.0).unwrap().0 < 1e-10);
    let full = [z(-0.1, 0.2), z(-0.1, -0.2), z(-0.3, 0.0), z(-0.05, 0.0)];
    assert!(made(4, 0.5, &full, 1.0, 20.0).unwrap().0 < 1e-9);
    for gain in [1e-300, 1e-100, 1e-10, 1e10, 1e100, 1e300] {
        // The loop's own time scale, and the motif's.
        let (slow, scaled) = ([z(-0.1, 0.0)], [z(-0.1 * gain, 0.0)]);
        plays(made(5, gain, &slow, 1.0, 20.0));
        plays(made(5, gain, &scaled, 1.0, 20.0 / gain));
        plays(made(5, gain, &full, 1.0, 20.0));
    }
    for scale in [1e-300, 1e-150, 1e150, 1e300] {
        plays(made(6, 0.5, &full, scale, 20.0));
        plays(made(6, 0.5, &full, 1.0, scale));
        let values: Vec<_> = full.iter().map(|v| v * scale).collect();
        plays(made(6, 0.5, &values, 1.0, 20.0));
    }
}

/// A readout that sees nothing cannot play.
#[test]
fn zero_readout() {
    let cortex = System::from(
        Cortex::new(Cortex::random(5, 0.5, 1).unwrap().recurrent().clone(), DVector::zeros(5), 0.5).unwrap(),
    );
    let design = LoopDesign::new(&cortex, &[z(-0.1, 0.0)], &[z(1.0, 0.0)], 20.0, &quick(1)).unwrap();
    let message =
        "objective at the start: expected a finite value: start inside the objective's domain, given inf";
    assert!(matches!(refused(design.optimise(1), message), Error::OutOfRange { .. }));
}
