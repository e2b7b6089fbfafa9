//! Step motifs: piecewise constant series with random steps at random times.

use rand::RngExt;
use rand_distr::StandardNormal;

use super::{Motif, grid};
use crate::{Error, Result, check};

/// Stream kind of this generator.
const KIND: u64 = 1;

/// How step motifs are drawn; the defaults are the paper's. Durations are in tau and multiples of `dt`.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "io", serde(remote = "Self", default, deny_unknown_fields))]
#[non_exhaustive]
pub struct StepOptions {
    /// Sampling step, in tau, in (0, 1]. Default 0.1.
    pub dt: f64,
    /// Noise strength $\gamma > 0$ of the Ornstein-Uhlenbeck process. Default $3\sqrt2$: standard
    /// deviation 3.
    pub noise: f64,
    /// Time the process runs before its first sample is kept, in tau. Default 20.
    pub warm_up: f64,
    /// Length of the process, an upper bound on the sum of the intervals, in tau. Default 100.
    pub duration: f64,
    /// Shortest interval, in tau, at least two steps. Default 5.
    pub shortest: f64,
    /// Longest interval, in tau, less than `duration`. Default 50.
    pub longest: f64,
    /// Zeros appended to the last interval, in tau. Default 5.
    pub rest: f64,
}

crate::check::with!(StepOptions);

#[cfg(feature = "io")]
crate::check::checked_when_read!(StepOptions: |it| it.validate().map(|()| it));

impl Default for StepOptions {
    fn default() -> Self {
        Self {
            dt: 0.1,
            noise: 3.0 * std::f64::consts::SQRT_2,
            warm_up: 20.0,
            duration: 100.0,
            shortest: 5.0,
            longest: 50.0,
            rest: 5.0,
        }
    }
}

impl StepOptions {
    /// Checks every field against its documented range.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], or [`Error::OffGrid`] on a duration that is no multiple of `dt`.
    pub fn validate(&self) -> Result<()> {
        self.steps().map(|_| ())
    }

    /// `[warm_up, duration, shortest, longest, rest]` in steps, if every field is in its range.
    fn steps(&self) -> Result<[usize; 5]> {
        let &Self { dt, noise, warm_up, duration, shortest, longest, rest } = self;
        check::positive("step motif dt", dt)?;
        check::number("step motif dt", dt, ..=1.0, "a number in (0, 1]")?;
        check::positive("step motif noise", noise)?;
        let steps = [
            grid::steps("step motif warm_up", warm_up, dt)?,
            grid::steps("step motif duration", duration, dt)?,
            grid::steps("step motif shortest", shortest, dt)?,
            grid::steps("step motif longest", longest, dt)?,
            grid::steps("step motif rest", rest, dt)?,
        ];
        let [_, samples, least, most, _] = steps;
        let refused = |what, expected, given| Err(Error::OutOfRange { what, expected, given });
        if least < 2 {
            return refused("step motif shortest", "at least two steps dt", shortest);
        }
        if !(least..samples).contains(&most) {
            return refused("step motif longest", "at least shortest and less than duration", longest);
        }
        Ok(steps)
    }
}

/// Draws `count` step motifs with the paper's settings; motif `i` depends on `seed` and `i` only.
///
/// ```
/// let motifs = thalamo::motif::step_motifs(10, 1)?;
/// assert_eq!(motifs.len(), 10);
/// assert!(motifs.iter().all(|m| m.values()[0] == 0.0 && m.dt() == 0.1));
/// # Ok::<(), thalamo::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`] when `count` is zero or above 100000.
pub fn step_motifs(count: usize, seed: u64) -> Result<Vec<Motif>> {
    let options = StepOptions::default();
    grid::first(count, |index| step_motif(&options, seed, index))
}

/// Draws one step motif, number `index` of the seed.
///
/// An Ornstein-Uhlenbeck process
/// $$ z_{n+1} = z_n + dt \left( -z_n + \frac{\gamma}{\sqrt{dt}} \xi_n \right), \qquad \xi_n \sim N(0, 1), $$
/// runs for `warm_up` from zero, then for `duration`. Interval lengths are drawn uniformly between `shortest`
/// and `longest`, both included, as long as their sum stays below `duration`; the first that would reach it
/// is discarded, and so is the rest of the process. The motif is constant on each interval, at the mean of
/// $z$ over it; `rest` is appended as zeros, and the first sample is set to zero.
///
/// With the defaults the intervals sum to 500..=999 samples, so a motif has 550..=1049 samples (620 or more
/// in nine cases of ten). The process has variance $\gamma^2 / (2 - dt)$, and its mean over an interval of
/// $n$ samples
/// $$ \frac{\gamma^2}{(2 - dt) n^2} \left( n \frac{1 + \phi}{1 - \phi} - \frac{2 \phi (1 - \phi^n)}{(1 - \phi)^2}
/// \right), \qquad \phi = 1 - dt. $$
///
/// ```
/// use thalamo::motif::{StepOptions, step_motif};
///
/// let brief = StepOptions::default().with(|o| (o.duration, o.longest) = (40.0, 10.0));
/// let motif = step_motif(&brief, 1, 0)?;
/// assert!(motif.duration() < 45.0);
/// # Ok::<(), thalamo::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`] on an option outside its documented range, [`Error::OffGrid`] on a duration that is
/// no multiple of `dt`.
pub fn step_motif(options: &StepOptions, seed: u64, index: usize) -> Result<Motif> {
    let [warm_up, samples, shortest, longest, rest] = options.steps()?;
    let &StepOptions { dt, noise, .. } = options;
    let mut rng = grid::stream(seed, KIND, index);
    // At least one interval, since `longest < samples`.
    let (mut intervals, mut sum) = (Vec::new(), 0);
    loop {
        let length = rng.random_range(shortest..=longest);
        sum += length;
        if sum >= samples {
            break;
        }
        intervals.push(length);
    }
    let (mut z, mut process) = (0.0, Vec::with_capacity(samples));
    for step in 0..warm_up + samples {
        let xi: f64 = rng.sample(StandardNormal);
        z += dt * (-z + noise / dt.sqrt() * xi);
        if step >= warm_up {
            process.push(z);
        }
    }

    let mut values = Vec::with_capacity(samples + rest);
    for length in intervals {
        let start = values.len();
        let mean = process[start..start + length].iter().sum::<f64>() / length as f64;
        values.resize(start + length, mean);
    }
    values.resize(values.len() + rest, 0.0);
    values[0] = 0.0;
    Motif::new(dt, values)
}
