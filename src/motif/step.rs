//! Step motifs: piecewise constant series with random steps at random times.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
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
    /// Noise strength $\gamma > 0$ of the Ornstein-Uhlenbeck process. Default $3\sqrt2$: standard deviation 3.
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
        Plan::new(self).map(|_| ())
    }
}

/// Draws `count` step motifs with the paper's settings; motif `i` depends on `seed` and `i` only.
///
/// Same as [`step_motif`] with default options at the indices `0..count`.
///
/// ```
/// let motifs = thalamo::motif::step_motifs(10, 1)?;
/// assert_eq!(motifs.len(), 10);
/// assert!(motifs.iter().all(|m| m.values()[0] == 0.0 && m.dt() == 0.1));
/// # Ok::<(), thalamo::Error>(())
/// ```
///
/// # Errors
/// [`Error::Count`] when `count` is zero or above 100000.
pub fn step_motifs(count: usize, seed: u64) -> Result<Vec<Motif>> {
    grid::count(count)?;
    let options = StepOptions::default();
    (0..count).map(|index| step_motif(&options, seed, index)).collect()
}

/// Draws one step motif, number `index` of the seed.
///
/// An Ornstein-Uhlenbeck process
/// $$ z_{n+1} = z_n + dt \left( -z_n + \frac{\gamma}{\sqrt{dt}} \xi_n \right), \qquad \xi_n \sim N(0, 1), $$
/// runs for `warm_up` from zero, then for `duration`. Interval lengths are drawn uniformly between `shortest` and
/// `longest`, both included, as long as their sum stays below `duration`; the first that would reach it is
/// discarded, and so is the rest of the process. The motif is constant on each interval, at the mean of $z$ over it;
/// `rest` is appended as zeros, and the first sample is set to zero.
///
/// With the defaults the intervals sum to 500..=999 samples, so a motif has 550..=1049 samples (620 or more in nine
/// cases of ten). The process has variance $\gamma^2 / (2 - dt)$, and its mean over an interval of $n$ samples
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
/// [`Error::OutOfRange`] on an option outside its documented range, [`Error::OffGrid`] on a duration that is no
/// multiple of `dt`.
pub fn step_motif(options: &StepOptions, seed: u64, index: usize) -> Result<Motif> {
    let plan = Plan::new(options)?;
    let mut rng = grid::stream(seed, KIND, index);
    let intervals = plan.intervals(&mut rng);
    let process = plan.process(&mut rng);

    let mut values = Vec::with_capacity(plan.samples + plan.rest);
    for length in intervals {
        let start = values.len();
        let mean = process[start..start + length].iter().sum::<f64>() / length as f64;
        values.resize(start + length, mean);
    }
    values.resize(values.len() + plan.rest, 0.0);
    values[0] = 0.0;
    Motif::new(options.dt, values)
}

/// The options in steps, validated.
struct Plan {
    dt: f64,
    noise: f64,
    warm_up: usize,
    samples: usize,
    shortest: usize,
    longest: usize,
    rest: usize,
}

impl Plan {
    fn new(options: &StepOptions) -> Result<Self> {
        let &StepOptions { dt, noise, warm_up, duration, shortest, longest, rest } = options;
        check::positive("step motif dt", dt)?;
        if dt > 1.0 {
            return Err(Error::OutOfRange {
                what: "step motif dt",
                expected: "a number in (0, 1]",
                given: dt,
            });
        }
        check::positive("step motif noise", noise)?;
        let plan = Self {
            dt,
            noise,
            warm_up: grid::steps("step motif warm_up", warm_up, dt)?,
            samples: grid::steps("step motif duration", duration, dt)?,
            shortest: grid::steps("step motif shortest", shortest, dt)?,
            longest: grid::steps("step motif longest", longest, dt)?,
            rest: grid::steps("step motif rest", rest, dt)?,
        };
        if plan.shortest < 2 {
            let expected = "at least two steps dt";
            return Err(Error::OutOfRange { what: "step motif shortest", expected, given: shortest });
        }
        if plan.longest < plan.shortest || plan.longest >= plan.samples {
            let expected = "at least shortest and less than duration";
            return Err(Error::OutOfRange { what: "step motif longest", expected, given: longest });
        }
        Ok(plan)
    }

    /// Interval lengths, in samples: at least one, since `longest < samples`.
    fn intervals(&self, rng: &mut ChaCha8Rng) -> Vec<usize> {
        let mut sum = 0;
        std::iter::from_fn(|| {
            let length = rng.random_range(self.shortest..=self.longest);
            sum += length;
            (sum < self.samples).then_some(length)
        })
        .collect()
    }

    /// The Ornstein-Uhlenbeck process after its warm-up.
    fn process(&self, rng: &mut ChaCha8Rng) -> Vec<f64> {
        let mut z = 0.0;
        let mut step = || {
            let xi: f64 = rng.sample(StandardNormal);
            z += self.dt * (-z + self.noise / self.dt.sqrt() * xi);
            z
        };
        for _ in 0..self.warm_up {
            step();
        }
        (0..self.samples).map(|_| step()).collect()
    }
}
