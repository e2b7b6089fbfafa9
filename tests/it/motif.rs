//! Motifs and their generators: structure, statistics, reproducibility, refusals.

use thalamo::Error;
use thalamo::motif::{
    Motif, OscillationOptions, StepOptions, oscillating_motif, oscillating_motifs, step_motif, step_motifs,
};

/// Lengths of the runs of equal values, the zeroed first sample counted with the run it was taken from.
fn runs(motif: &Motif) -> Vec<usize> {
    let mut lengths: Vec<usize> = motif.values()[1..].chunk_by(|a, b| a == b).map(<[f64]>::len).collect();
    lengths[0] += 1;
    lengths
}

fn refusal(result: Result<Motif, Error>) -> (Error, String) {
    let error = result.expect_err("a refusal");
    let message = error.to_string();
    (error, message)
}

#[test]
fn helpers_match_hand_values() {
    let motif = Motif::new(0.5, vec![1.0, -1.0, 3.0, 5.0]).unwrap();
    assert_eq!((motif.dt(), motif.len(), motif.duration()), (0.5, 4, 2.0));
    assert_eq!(motif.times().collect::<Vec<_>>(), [0.0, 0.5, 1.0, 1.5]);
    assert_eq!(motif.mean(), 2.0);
    assert_eq!(motif.rms(), 3.0);
    assert!((motif.standard_deviation() - 5.0_f64.sqrt()).abs() < 1e-15);
}

#[test]
fn series_refuses_bad_samples() {
    let (error, message) = refusal(Motif::new(0.1, vec![]));
    assert!(matches!(error, Error::Empty { what: "motif", .. }), "{message}");
    assert_eq!(message, "motif: expected at least one element, given none; give at least one sample");

    let (error, message) = refusal(Motif::new(0.1, vec![1.0, f64::NAN]));
    assert!(matches!(error, Error::NotFinite { index: 1, .. }), "{message}");
    assert_eq!(message, "motif: expected finite numbers, given NaN at index 1; remove or replace it");

    let (error, message) = refusal(Motif::new(0.1, vec![0.0, -0.0]));
    assert_eq!(error, Error::ZeroMotif { samples: 2 });
    assert!(message.contains("given 2 zeros"), "{message}");

    for dt in [0.0, -1.0, f64::INFINITY, f64::NAN] {
        let (error, message) = refusal(Motif::new(dt, vec![1.0]));
        assert!(matches!(error, Error::OutOfRange { what: "motif dt", .. }), "{message}");
        assert_eq!(message, format!("motif dt: expected a finite number > 0, given {dt}"));
    }
}

#[test]
fn step_motifs_have_the_published_structure() {
    let motifs = step_motifs(2000, 3).unwrap();
    for motif in &motifs {
        let values = motif.values();
        assert_eq!((motif.dt(), values[0]), (0.1, 0.0));
        assert!((550..=1049).contains(&motif.len()), "{} samples", motif.len());
        let (steps, rest) = values.split_at(motif.len() - 50);
        assert!(rest.iter().all(|&y| y == 0.0) && steps[1..].iter().all(|&y| y != 0.0));
        let mut lengths = runs(motif);
        assert_eq!(lengths.pop(), Some(50));
        assert!(lengths.iter().all(|n| (50..=500).contains(n)), "{lengths:?}");
        // the interval that was discarded, at most 500 long, would have reached 1000
        assert!((500..1000).contains(&steps.len()), "{lengths:?}");
    }
    let at_least_620 = motifs.iter().filter(|m| m.len() >= 620).count();
    assert!(at_least_620 >= 1800, "{at_least_620}"); // "about 620 to 1050 samples"
}

#[test]
fn interval_lengths_are_uniform_with_both_ends() {
    // the first interval is never discarded, hence not biased by the rule about the sum
    let count = 10_000;
    let lengths: Vec<f64> = step_motifs(count, 4).unwrap().iter().map(|m| runs(m)[0] as f64).collect();
    let (mean, variance) = (275.0, (451.0 * 451.0 - 1.0) / 12.0);
    let sample_mean = lengths.iter().sum::<f64>() / count as f64;
    let bound = 5.0 * f64::sqrt(variance / count as f64);
    assert!((sample_mean - mean).abs() < bound, "{sample_mean} is not {mean} +- {bound}");
    let squares: f64 = lengths.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / count as f64;
    // the kurtosis of a uniform variable is 9/5
    let bound = 5.0 * variance * f64::sqrt(0.8 / count as f64);
    assert!((squares - variance).abs() < bound, "{squares} is not {variance} +- {bound}");
    // an end is missed with probability (450/451)^10000 = 2e-10
    assert_eq!(lengths.iter().copied().fold(f64::MAX, f64::min), 50.0);
    assert_eq!(lengths.iter().copied().fold(0.0, f64::max), 500.0);
}

/// Standard deviation of the mean of `n` successive samples of the stationary process (its closed form).
fn deviation_of_mean(noise: f64, dt: f64, n: usize) -> f64 {
    let (phi, n) = (1.0 - dt, n as f64);
    let variance = noise * noise / (2.0 - dt);
    let sum = n * (1.0 + phi) / (1.0 - phi) - 2.0 * phi * (1.0 - phi.powf(n)) / (1.0 - phi).powi(2);
    (variance * sum).sqrt() / n
}

#[test]
fn closed_form_of_the_interval_mean_matches_the_double_sum() {
    let (noise, dt, n) = (1.7, 0.3_f64, 37_usize);
    let mut sum = 0.0;
    for i in 0..n {
        for j in 0..n {
            sum += noise * noise / (2.0 - dt) * (1.0 - dt).powi(i.abs_diff(j) as i32);
        }
    }
    assert!((deviation_of_mean(noise, dt, n) - sum.sqrt() / n as f64).abs() < 1e-14);
}

#[test]
fn step_levels_have_the_variance_of_an_interval_mean() {
    // standardised by the length of its interval, each first level is N(0, 1), and so is each last one
    let count = 10_000;
    let motifs = step_motifs(count, 5).unwrap();
    for last in [false, true] {
        let (mut sum, mut squares) = (0.0, 0.0);
        for motif in &motifs {
            let lengths = runs(motif);
            let length = if last { lengths[lengths.len() - 2] } else { lengths[0] };
            let level = motif.values()[if last { motif.len() - 51 } else { 1 }];
            let score = level / deviation_of_mean(3.0 * 2.0_f64.sqrt(), 0.1, length);
            sum += score;
            squares += score * score;
        }
        let n = count as f64;
        assert!((sum / n).abs() < 5.0 / n.sqrt(), "mean {}", sum / n);
        // chi-squared with n degrees of freedom has variance 2 n
        assert!((squares / n - 1.0).abs() < 5.0 * (2.0 / n).sqrt(), "variance {}", squares / n);
    }
}

#[test]
fn warm_up_reaches_stationarity_and_its_absence_shows() {
    // intervals of 2 samples right at the start: without warm-up the process begins near zero
    let score = |warm_up: f64| {
        let options = StepOptions::default().with(|o| {
            o.warm_up = warm_up;
            o.duration = 1.0;
            o.shortest = 0.2;
            o.longest = 0.2;
        });
        let n = 4000;
        let squares = |i| step_motif(&options, 6, i).unwrap().values()[1].powi(2);
        let variance = (0..n).map(squares).sum::<f64>() / n as f64;
        variance / deviation_of_mean(options.noise, options.dt, 2).powi(2)
    };
    let bound = 5.0 * f64::sqrt(2.0 / 4000.0);
    assert!((score(20.0) - 1.0).abs() < bound, "{}", score(20.0));
    assert!(score(0.0) < 0.5, "{}", score(0.0));
}

#[test]
fn step_options_scale_the_series() {
    let default = StepOptions::default();
    let doubled = default.clone().with(|o| o.noise = 2.0 * default.noise);
    let (one, two) = (step_motif(&default, 7, 0).unwrap(), step_motif(&doubled, 7, 0).unwrap());
    for (a, b) in one.values().iter().zip(two.values()) {
        assert!((2.0 * a - b).abs() < 1e-12);
    }
    let coarse = default.with(|o| (o.dt, o.rest) = (0.5, 0.0));
    let motif = step_motif(&coarse, 7, 0).unwrap();
    assert_eq!(motif.dt(), 0.5);
    assert!((50.0..100.0).contains(&motif.duration()));
    assert_ne!(motif.values()[motif.len() - 1], 0.0);
}

#[test]
fn oscillating_motifs_are_smooth_and_have_the_documented_amplitude() {
    let motifs = oscillating_motifs(4000, 8).unwrap();
    let mut variances = 0.0;
    for motif in &motifs {
        assert_eq!((motif.dt(), motif.len(), motif.values()[0]), (0.1, 1000, 0.0));
        variances += motif.standard_deviation().powi(2);
        // |y'| <= 2 pi 4 / T sum (|a| + |b|) <= 2 pi 4 / T sqrt(16 std^2): no step is larger than that
        let slope = std::f64::consts::TAU * 4.0 / 100.0 * 4.0 * motif.standard_deviation();
        assert!(motif.values().windows(2).all(|w| (w[1] - w[0]).abs() <= 0.1 * slope * (1.0 + 1e-9)));
    }
    // 8 squared normal coefficients per motif, amplitude^2 / 4 each: chi-squared with 8 n degrees of freedom
    let n = motifs.len() as f64;
    let ratio = variances / n / 0.64;
    assert!((ratio - 1.0).abs() < 5.0 * (2.0 / (8.0 * n)).sqrt(), "{ratio}");
}

#[test]
fn oscillating_motifs_hold_the_asked_harmonics_and_no_other() {
    let options = OscillationOptions::default().with(|o| (o.harmonics, o.amplitude) = (3, 2.0));
    let motif = oscillating_motif(&options, 9, 1).unwrap();
    let n = motif.len();
    for k in 1..n / 2 {
        let (mut re, mut im) = (0.0, 0.0);
        for (i, y) in motif.values().iter().enumerate() {
            let (sin, cos) = (std::f64::consts::TAU * (k * i % n) as f64 / n as f64).sin_cos();
            re += y * cos;
            im += y * sin;
        }
        let magnitude = re.hypot(im) / n as f64;
        assert_eq!(magnitude > 1e-10, k <= 3, "harmonic {k}: {magnitude:e}");
    }
}

#[test]
fn amplitudes_of_both_kinds_are_comparable() {
    let spread = |motifs: Vec<Motif>| {
        let n = motifs.len() as f64;
        (motifs.iter().map(|m| m.standard_deviation().powi(2)).sum::<f64>() / n).sqrt()
    };
    let (steps, smooth) =
        (spread(step_motifs(2000, 1).unwrap()), spread(oscillating_motifs(2000, 1).unwrap()));
    assert!((0.75..1.33).contains(&(steps / smooth)), "{steps} and {smooth}");
}

#[test]
fn a_seed_fixes_every_bit_and_the_count_changes_none() {
    for generate in [step_motifs, oscillating_motifs] {
        let many = generate(12, 42).unwrap();
        assert_eq!(many, generate(12, 42).unwrap());
        assert_eq!(many[..5], generate(5, 42).unwrap()[..]);
        assert_ne!(many[0], generate(1, 43).unwrap()[0]);
        for (i, motif) in many.iter().enumerate() {
            assert!(!many[..i].contains(motif));
        }
    }
    let options = StepOptions::default();
    assert_eq!(step_motif(&options, 42, 11).unwrap(), step_motifs(12, 42).unwrap()[11]);
    let options = OscillationOptions::default();
    assert_eq!(oscillating_motif(&options, 42, 11).unwrap(), oscillating_motifs(12, 42).unwrap()[11]);
}

#[test]
fn counts_of_zero_are_refused() {
    for generate in [step_motifs, oscillating_motifs] {
        let error = generate(0, 1).unwrap_err();
        assert!(matches!(error, Error::OutOfRange { what: "motif count", given: 0.0, .. }));
        assert_eq!(error.to_string(), "motif count: expected 1 to 100000, given 0");
    }
}

#[test]
fn step_options_out_of_range_are_refused() {
    let base = StepOptions::default;
    let cases = [
        (base().with(|o| o.dt = 0.0), "step motif dt: expected a finite number > 0, given 0"),
        (base().with(|o| o.dt = 2.0), "step motif dt: expected a number in (0, 1], given 2"),
        (base().with(|o| o.noise = f64::NAN), "step motif noise: expected a finite number > 0, given NaN"),
        (base().with(|o| o.noise = -1.0), "step motif noise: expected a finite number > 0, given -1"),
        (base().with(|o| o.warm_up = -0.1), "step motif warm_up: expected 0 to 1e7 steps dt, given -1"),
        (
            base().with(|o| o.duration = f64::INFINITY),
            "step motif duration: expected 0 to 1e7 steps dt, given inf",
        ),
        (base().with(|o| o.rest = 1e9), "step motif rest: expected 0 to 1e7 steps dt, given 10000000000"),
        (base().with(|o| o.shortest = 0.1), "step motif shortest: expected at least two steps dt, given 0.1"),
        (
            base().with(|o| o.longest = 4.0),
            "step motif longest: expected at least shortest and less than duration, given 4",
        ),
        (
            base().with(|o| o.longest = 100.0),
            "step motif longest: expected at least shortest and less than duration, given 100",
        ),
    ];
    for (options, expected) in cases {
        let (error, message) = refusal(step_motif(&options, 1, 0));
        assert!(matches!(error, Error::OutOfRange { .. }), "{message}");
        assert_eq!(message, expected);
    }
    let (error, message) = refusal(step_motif(&base().with(|o| o.rest = 5.04), 1, 0));
    assert_eq!(error, Error::OffGrid { what: "step motif rest", given: 5.04, dt: 0.1 });
    assert_eq!(message, "step motif rest: expected a multiple of dt = 0.1, given 5.04; round it to the grid");
}

#[test]
fn oscillation_options_out_of_range_are_refused() {
    let base = OscillationOptions::default;
    for (options, expected) in [
        (base().with(|o| o.dt = -1.0), "oscillating motif dt: expected a finite number > 0, given -1"),
        (
            base().with(|o| o.duration = 0.0),
            "oscillating motif duration: expected a finite number > 0, given 0",
        ),
        (
            base().with(|o| o.amplitude = f64::INFINITY),
            "oscillating motif amplitude: expected a finite number > 0, given inf",
        ),
    ] {
        let (error, message) = refusal(oscillating_motif(&options, 1, 0));
        assert!(matches!(error, Error::OutOfRange { .. }), "{message}");
        assert_eq!(message, expected);
    }
    for harmonics in [0, 500, 1 << 53] {
        let (error, message) = refusal(oscillating_motif(&base().with(|o| o.harmonics = harmonics), 1, 0));
        assert!(matches!(error, Error::OutOfRange { .. }), "{message}");
        let range = "at least 1 and below half the number of samples";
        assert_eq!(message, format!("oscillating motif harmonics: expected {range}, given {harmonics}"));
    }
    let off_grid = base().with(|o| o.duration = 10.03);
    let (error, _) = refusal(oscillating_motif(&off_grid, 1, 0));
    assert_eq!(error, Error::OffGrid { what: "oscillating motif duration", given: 10.03, dt: 0.1 });
}

/// Several readouts: the shape is there, and what cannot take it yet says so.
#[test]
fn several_readouts() {
    let samples = thalamo::nalgebra::DMatrix::from_fn(50, 2, |t, d| ((t + 3 * d) as f64 * 0.2).sin());
    let motif = Motif::from_samples(0.1, samples.clone()).unwrap();
    assert_eq!((motif.len(), motif.outputs(), motif.samples()), (50, 2, &samples));
    let error = thalamo::fit::fit(&motif, &thalamo::fit::FitOptions::published()).unwrap_err();
    assert_eq!(error, thalamo::Error::Outputs { given: 2 });
}
