//! Shared by the tests of the fit: step motifs of the published kind, and the constraints spelt out.

use num_complex::Complex64;
use thalamo::fit::FitStart;
use thalamo::fit::{Fit, FitOptions};
use thalamo::motif::{Motif, StepOptions};

/// A step motif of the published kind.
pub(crate) fn step_motif(seed: u64) -> Motif {
    thalamo::motif::step_motif(&StepOptions::default(), seed, 0).unwrap()
}

/// Every promise of the options, to rounding; returns the first one that is broken.
pub(crate) fn broken_promise(found: &Fit, motif: &Motif, options: &FitOptions) -> Option<String> {
    let (eigenvalues, amplitudes) = (found.eigenvalues(), found.amplitudes());
    if eigenvalues.len() != options.modes || amplitudes.len() != options.modes {
        return Some(format!("{} eigenvalues", eigenvalues.len()));
    }
    if !eigenvalues.iter().chain(amplitudes).all(|z| z.re.is_finite() && z.im.is_finite()) {
        return Some("not finite".into());
    }
    let margin = options.margin.per_tau(1.0 / motif.duration());
    let separation = options.separation.per_tau(1.0 / motif.duration());
    let tolerance = 1e-10;
    let (fastest, decay) = (
        options.frequency_rate(motif.dt(), motif.duration()),
        options.decay_rate(motif.dt(), motif.duration()),
    );
    for lambda in eigenvalues {
        if lambda.re > -margin + tolerance * margin {
            return Some(format!("margin: {lambda}, {margin}"));
        }
        if lambda.re < -decay * (1.0 + tolerance) || lambda.im.abs() > fastest * (1.0 + tolerance) {
            return Some(format!("limits: {lambda}, {decay} {fastest}"));
        }
    }
    for (i, a) in eigenvalues.iter().enumerate() {
        for b in &eigenvalues[..i] {
            let slack = tolerance * separation + 1e-14 * a.norm();
            if (a - b).norm() < separation - slack {
                return Some(format!("separation: {a} {b}"));
            }
        }
    }
    if let Some(bound) = options.amplitude_bound
        && found.amplitude_norm() > bound * options.scale.unwrap_or(motif.rms()) * (1.0 + tolerance)
    {
        return Some(format!("bound: {}", found.amplitude_norm()));
    }
    let size: f64 = amplitudes.iter().map(|a| a.norm()).sum();
    if options.start == FitStart::Zero && found.evaluate(0.0).abs() > 1e-12 * size {
        return Some(format!("start: {}", found.evaluate(0.0)));
    }
    canonical(eigenvalues, amplitudes.as_slice()).then_some(()).map_or(Some("order".into()), |()| None)
}

fn canonical(eigenvalues: &[Complex64], amplitudes: &[Complex64]) -> bool {
    let reals = eigenvalues.iter().take_while(|l| l.im == 0.0).count();
    let (first, rest) = eigenvalues.split_at(reals);
    first.windows(2).all(|w| w[0].re >= w[1].re)
        && amplitudes[..reals].iter().all(|a| a.im == 0.0)
        && rest.len() % 2 == 0
        && rest.chunks(2).all(|w| w[0].im > 0.0 && w[1] == w[0].conj())
        && amplitudes[reals..].chunks(2).all(|w| w[1] == w[0].conj())
        && rest.chunks(2).zip(rest.chunks(2).skip(1)).all(|(a, b)| a[0].re >= b[0].re)
}
