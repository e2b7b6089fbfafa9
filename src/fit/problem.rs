//! The motif in scaled units: time in T, values in root mean squares.

use super::options::{FitOptions, FitStart};
use super::poles::Bounds;
use crate::motif::Motif;
use crate::{Error, Result, check};

/// Everything the search needs to know; inner products are means over the samples.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    /// `weighted[p]` holds `(n/N)^p y_n` with y of unit root mean square.
    pub(crate) weighted: [Vec<f64>; 3],
    /// Root mean square of the motif.
    pub(crate) scale: f64,
    /// Duration T of the motif, in tau.
    pub(crate) duration: f64,
    /// Number of exponentials.
    pub(crate) modes: usize,
    /// Feasible poles, in 1/T.
    pub(crate) bounds: Bounds,
    /// Bound on the norm of the amplitudes, in units of `scale`.
    pub(crate) amplitude_bound: Option<f64>,
    /// The value at the start, in units of `scale`, where it is imposed: the sum of the amplitudes.
    pub(crate) start: Option<f64>,
}

/// Smallest imaginary part of a pair, in 1/T: below it, the two columns of a pair are one.
const OMEGA_FLOOR: f64 = 1e-3;

/// Smallest bound on the amplitudes in units of the motif: squares of smaller ones vanish.
const SMALLEST_BOUND: f64 = 1e-100;

impl Problem {
    pub(crate) fn new(motif: &Motif, options: &FitOptions) -> Result<Self> {
        options.validate()?;
        motif.single_output()?;
        let (dt, duration) = (motif.dt(), motif.duration());
        check::positive("motif duration", duration)?;
        let margin = options.margin.per_tau(1.0 / duration);
        let decay = options.decay_rate(dt, duration);
        check::number("fit decay limit", decay, margin.., "at least the margin")?;
        if options.modes > motif.len() {
            let (modes, samples) = (options.modes, motif.len());
            return Err(Error::MoreModesThanSamples { modes, samples });
        }
        let samples = motif.len() as f64;
        // Scaled by the largest value first: squares of huge values overflow.
        let peak = motif.values().iter().fold(0.0_f64, |m, y| m.max(y.abs()));
        let mean_square = motif.values().iter().map(|y| (y / peak) * (y / peak)).sum::<f64>() / samples;
        let root = mean_square.sqrt();
        let unit = options.scale.map_or(1.0, |scale| scale / peak / root);
        let amplitude_bound = options.amplitude_bound.map(|bound| bound * unit);
        if let Some(bound) = amplitude_bound {
            let what = "fit amplitude bound over the motif's root mean square";
            check::number(what, bound, SMALLEST_BOUND.., "at least 1e-100")?;
        }
        let y: Vec<f64> = motif.values().iter().map(|y| (y / peak) / root).collect();
        let start = start_value(options.start, &y);
        // Amplitudes of unit norm sum to the square root of K, or to more where there are pairs.
        if let (Some(bound), Some(start)) = (amplitude_bound, start)
            && start.abs() > (options.modes as f64).sqrt() * bound
        {
            return Err(Error::Infeasible {
                modes: options.modes,
                constraint: "amplitudes within their bound that sum to the motif's first sample",
                remedy: "raise the amplitude bound, or let the start be free",
            });
        }
        let times = |p: i32| y.iter().enumerate().map(|(n, y)| y * (n as f64 / samples).powi(p)).collect();
        let weighted = [times(0), times(1), times(2)];
        let separation = options.separation.per_tau(1.0 / duration) * duration;
        let bounds = Bounds {
            sigma_min: -decay * duration,
            sigma_max: -margin * duration,
            omega_min: (0.5 * separation).max(OMEGA_FLOOR),
            omega_max: options.frequency_rate(dt, duration) * duration,
            separation,
        };
        Ok(Self {
            weighted,
            scale: peak * root,
            duration,
            modes: options.modes,
            bounds,
            amplitude_bound,
            start,
        })
    }

    pub(crate) fn samples(&self) -> usize {
        self.weighted[0].len()
    }

    /// Standard deviation of the scaled motif about its mean.
    pub(crate) fn deviation(&self) -> f64 {
        let y = &self.weighted[0];
        let mean = y.iter().sum::<f64>() / y.len() as f64;
        (y.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / y.len() as f64).sqrt()
    }
}

/// A first sample further from the line through the next two than this many standard deviations stands
/// alone.
const ALONE: f64 = 0.1;

/// The value imposed at the start, for a motif of unit root mean square.
fn start_value(start: FitStart, y: &[f64]) -> Option<f64> {
    let target = || {
        let mean = y.iter().sum::<f64>() / y.len() as f64;
        let deviation = (y.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / y.len() as f64).sqrt();
        let expected = match y {
            [_, second, third, ..] => 2.0 * second - third,
            _ => return false,
        };
        (y[0] - expected).abs() <= ALONE * deviation
    };
    match start {
        FitStart::Zero => Some(0.0),
        FitStart::Target => Some(y[0]),
        FitStart::Free => None,
        FitStart::Auto => target().then_some(y[0]),
    }
}
