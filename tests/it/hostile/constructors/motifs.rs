//! Target series and fits.

use thalamo::Rate;
use thalamo::fit::FitStart;
use thalamo::fit::{Fit, FitOptions, fit, sweep};
use thalamo::motif::{
    Motif, OscillationOptions, StepOptions, oscillating_motif, oscillating_motifs, step_motif, step_motifs,
};

use super::{Input, Tally, assert_finite, assert_size};

fn series(motif: &Motif) {
    assert_finite("motif", motif.values());
    assert!(motif.values().iter().any(|y| *y != 0.0) && motif.dt() > 0.0);
    assert_eq!(motif.len(), motif.values().len());
    assert_finite("mean", [&motif.mean()]);
    assert_size("rms", motif.rms());
    assert_size("standard deviation", motif.standard_deviation());
    let largest = motif.values().iter().fold(0.0_f64, |m, y| m.max(y.abs()));
    assert!(motif.mean().abs() <= largest * (1.0 + 1e-12) && motif.rms() <= largest * (1.0 + 1e-12));
    assert_eq!(motif.times().len(), motif.len());
}

pub(crate) fn motifs(input: &mut Input<'_>, tally: &mut Tally) {
    let len = input.size(0, 30);
    let (dt, values) = (input.positive(), input.numbers(len));
    if let Some(motif) = tally.judge(Motif::new(dt, values)) {
        series(&motif);
    }
    let mut duration = |usual: f64| if input.one_in(12) { input.hostile() } else { usual };
    let step = StepOptions::default().with(|o| {
        o.dt = duration(0.1);
        o.noise = duration(4.0);
        o.warm_up = duration(2.0);
        o.duration = duration(20.0);
        o.shortest = duration(2.0);
        o.longest = duration(10.0);
        o.rest = duration(1.0);
    });
    let mut oscillation = OscillationOptions::default().with(|o| {
        o.dt = duration(0.1);
        o.duration = duration(10.0);
        o.amplitude = duration(0.8);
        o.harmonics = 4;
    });
    oscillation.harmonics = input.count(60);
    let (seed, index) = (input.seed(), input.count(9));
    if let Some(motif) = tally.judge(step_motif(&step, seed, index)) {
        series(&motif);
        assert_eq!(motif.values()[0], 0.0);
    }
    if let Some(motif) = tally.judge(oscillating_motif(&oscillation, seed, index)) {
        series(&motif);
    }
    let count = input.count(2);
    for made in [step_motifs(count, seed), oscillating_motifs(count, seed)] {
        if let Some(made) = tally.judge(made) {
            assert_eq!(made.len(), count);
            made.iter().for_each(series);
        }
    }
}

pub(crate) fn given_fits(input: &mut Input<'_>, tally: &mut Tally) {
    let eigenvalues = input.spectrum(6);
    let (amplitudes, dt) = (input.amplitudes(&eigenvalues), input.positive());
    if let Some(fit) = tally.judge(Fit::new(&eigenvalues, &amplitudes, dt)) {
        check(&fit);
        assert_eq!(fit.values(5).len(), 5);
        assert!(fit.modes() == eigenvalues.len() && fit.dt() == dt);
    }
}

/// What every fit promises.
fn check(fit: &Fit) {
    let numbers = || fit.eigenvalues().iter().chain(fit.amplitudes());
    assert_finite("fit", numbers().flat_map(|z| [&z.re, &z.im]));
    assert_eq!(fit.amplitudes().len(), fit.modes());
    assert_size("amplitude norm", fit.amplitude_norm());
    assert_size("RMSE", fit.rmse());
    for (lambda, alpha) in fit.eigenvalues().iter().zip(fit.amplitudes()) {
        let partner = fit.eigenvalues().iter().zip(fit.amplitudes());
        let has = partner.clone().any(|(l, a)| *l == lambda.conj() && *a == alpha.conj());
        assert!(has, "{lambda} with {alpha} has no conjugate");
    }
}

fn options(input: &mut Input<'_>) -> FitOptions {
    let defaults = FitOptions::published();
    FitOptions::published().with(|o| {
        o.modes = if input.one_in(8) { input.count(6) } else { input.size(1, 6) };
        o.margin = if input.one_in(4) { Rate::PerTau(input.positive()) } else { Rate::Relative(1.0) };
        o.separation = Rate::PerTau(if input.one_in(4) { input.positive() } else { 0.05 });
        o.amplitude_bound = if input.one_in(4) { Some(input.positive()) } else { defaults.amplitude_bound };
        o.start = if input.one_in(4) { FitStart::Free } else { FitStart::Zero };
        o.frequency_limit = input.one_in(4).then(|| thalamo::Rate::PerTau(input.positive()));
        o.decay_limit = input.one_in(4).then(|| Rate::PerTau(input.positive()));
        o.random_starts = if input.one_in(8) { input.count(3) } else { 0 };
        o.effort = input.size(0, 60);
        o.seed = input.seed();
    })
}

pub(crate) fn fits(input: &mut Input<'_>, tally: &mut Tally) {
    let len = input.size(1, 40);
    let (dt, values) = (input.positive(), input.numbers(len));
    let Some(motif) = tally.judge(Motif::new(dt, values)) else { return };
    let options = options(input);
    tally.judge(options.validate());
    if let Some(found) = tally.judge(fit(&motif, &options)) {
        check(&found);
        assert_eq!(found.modes(), options.modes);
        assert_eq!(found.values(motif.len()).len(), motif.len());
        assert_finite("values", &found.values(motif.len()));
        let margin = options.margin.per_tau(1.0 / motif.duration());
        let slowest = found.eigenvalues().iter().map(|z| z.re).fold(f64::NEG_INFINITY, f64::max);
        assert!(slowest <= -margin * (1.0 - 1e-6) + 1e-300, "Re {slowest:e} with a margin of {margin:e}");
        if let Some(bound) = options.amplitude_bound {
            // In units of the motif: its own numbers.
            assert!(
                found.amplitude_norm() <= bound * (1.0 + 1e-6),
                "{} over {bound}: {options:?} {motif:?} {found:?}",
                found.amplitude_norm()
            );
        }
    }
    if input.one_in(8) {
        let modes: Vec<usize> = (0..input.size(0, 2)).map(|_| input.size(0, 4)).collect();
        if let Some(found) = tally.judge(sweep(&motif, &modes, &options)) {
            found.iter().for_each(check);
            assert!(found.iter().map(Fit::modes).eq(modes));
        }
    }
}
