//! The design of one motif's loop: u and v that play it, with u chosen so that the readout survives noise.

use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::motif_loop::{LoopReport, LoopStart, MotifLoop};
use super::near_unit::near_unit;
use super::placement::{CONJUGATE, Placement, PlacementOptions};
use super::robustness::{CostTerms, Horizon, RobustnessCost};
use crate::linalg::{eigenvalues, expm};
use crate::low_rank::LowRank;
use crate::optim::{LbfgsOptions, Minimum, Termination, minimise};
use crate::spectrum::Spectrum;
use crate::system::System;
use crate::{Error, Result, check};

/// Largest accepted distance between a target and the closed loop's spectrum, relative to the system's rate
/// plus the largest modulus of the targets.
const PLACEMENT_TOLERANCE: f64 = 1e-6;

/// More random starts of one loop than this are taken for a mistake.
const MAX_STARTS: usize = 10_000;

/// Times, in equal parts of the duration, at which the motif is checked.
const PLAYBACK_TIMES: usize = 8;

/// How a loop is designed.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "io", serde(remote = "Self", default, deny_unknown_fields))]
#[non_exhaustive]
pub struct LoopOptions {
    /// Eigenvalue placement.
    pub placement: PlacementOptions,
    /// Time over which the noise is counted.
    pub horizon: Horizon,
    /// Standard deviation of each unit's noise beside the part proportional to the activity, in units of the
    /// scale: what remains of other motifs after preparation does not shrink with this motif's own activity.
    /// Zero gives the published cost.
    pub noise_floor: f64,
    /// What states are measured by, in the unit of the motif. Default `None`: the root mean square of the
    /// exponentials that the loop plays. A network sets it to its own.
    pub scale: Option<f64>,
    /// Random starts of the optimisation of u, the best of which is kept. Local minima differ by 5 to 30 %.
    pub starts: usize,
    /// Starts that are followed to the end. After 20, 40, 80 ... evaluations each, the better half goes
    /// on until so many are left: where a descent ends shows early. As many as starts follows all.
    pub finalists: usize,
    /// Largest accepted error of the motif that the finished loop plays, relative to the sum of its
    /// amplitudes. Rounding passes 1e-6 where C is about 1e3: such a loop plays its motif in a world without
    /// noise only.
    pub playback_tolerance: f64,
    /// The optimiser. Its value is ln (C/s) with the scale s: a `value_tolerance` of 1e-4 is a relative
    /// change of 1e-4 in C.
    pub optimiser: LbfgsOptions,
}

crate::check::with!(LoopOptions);

#[cfg(feature = "io")]
crate::check::checked_when_read!(LoopOptions: |it| it.validate().map(|()| it));

impl Default for LoopOptions {
    fn default() -> Self {
        Self {
            placement: PlacementOptions::default(),
            horizon: Horizon::Motif,
            noise_floor: 1.0,
            scale: None,
            starts: 32,
            finalists: 4,
            playback_tolerance: 1e-6,
            optimiser: LbfgsOptions {
                max_iterations: 400,
                gradient_tolerance: 1e-5,
                value_tolerance: 1e-5,
                first_step: 0.3,
                // The valleys of C are long: what fewer pairs save on a step is lost on evaluations.
                memory: 40,
            },
        }
    }
}

impl LoopOptions {
    /// Checks every option, also those of placement and optimiser.
    ///
    /// # Errors
    /// Starts outside 1..=10000, no finalists, a negative noise floor, a playback tolerance that is not
    /// positive, options of placement or optimiser out of range.
    pub fn validate(&self) -> Result<()> {
        check::positive("playback tolerance", self.playback_tolerance)?;
        if self.finalists == 0 {
            return Err(Error::OutOfRange { what: "finalists", expected: "at least one", given: 0.0 });
        }
        if !(1..=MAX_STARTS).contains(&self.starts) {
            return Err(Error::OutOfRange {
                what: "starts",
                expected: "1 to 10000",
                given: self.starts as f64,
            });
        }
        check::non_negative("noise floor", self.noise_floor)?;
        self.scale.map_or(Ok(()), |scale| check::positive("scale of a loop", scale))?;
        self.placement.validate()?;
        self.optimiser.validate()
    }
}

/// The design of one loop: placement made, u still open.
///
/// [`LoopDesign::optimise`] does it all. The steps are public so that many loops can share a machine's cores:
/// all starts of all motifs are independent.
///
/// ```
/// use thalamo::{Complex64, Cortex, System, loops::{LoopDesign, LoopOptions}};
/// let cortex = System::from(Cortex::random(40, 0.5, 2)?);
/// let modes = [Complex64::new(-0.05, 0.3), Complex64::new(-0.05, -0.3), Complex64::new(-0.1, 0.0)];
/// let amplitudes = [Complex64::new(0.2, 0.3), Complex64::new(0.2, -0.3), Complex64::new(-0.4, 0.0)];
/// let design = LoopDesign::new(&cortex, &modes, &amplitudes, 60.0, &LoopOptions::default())?;
/// let motif_loop = design.optimise(1)?;
/// let report = motif_loop.report();
/// assert!(report.distance < 1e-9 && report.abscissa < 0.0);
/// assert!(report.terms.cost < report.starts[report.best].initial_cost);
/// // The readout starts at the sum of the amplitudes.
/// assert!(cortex.readout().dot(motif_loop.initial_state()).abs() < 1e-9);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LoopDesign {
    pub(super) placement: Placement,
    /// K x D.
    amplitudes: DMatrix<Complex64>,
    duration: f64,
    pub(super) cost: RobustnessCost,
    /// The unit that the cost measures states and readouts in.
    scale: f64,
    pub(super) options: LoopOptions,
}

impl LoopDesign {
    /// Places the eigenvalues of `sum_k amplitudes_k exp(eigenvalues_k t)`, played for `duration` (tau).
    ///
    /// # Errors
    /// As [`Placement::new`] and [`RobustnessCost::new`]; options out of range, see
    /// [`LoopOptions::validate`].
    pub fn new(
        system: &System,
        eigenvalues: &[Complex64],
        amplitudes: &[Complex64],
        duration: f64,
        options: &LoopOptions,
    ) -> Result<Self> {
        options.validate()?;
        let (targets, amplitudes) = Spectrum::with_amplitudes(eigenvalues, amplitudes, CONJUGATE)?;
        let placement = Placement::new(system, &targets, &options.placement)?;
        let scale = options.scale.unwrap_or_else(|| played_rms(&targets, &amplitudes, duration));
        // In units of the scale: the optimiser then sees the same numbers for a motif in any unit.
        let relative: Vec<Complex64> = amplitudes.iter().map(|alpha| alpha / scale).collect();
        let cost = RobustnessCost::new(&placement, &relative, duration, options.horizon)?
            .with_noise_floor(options.noise_floor)?;
        let amplitudes = DMatrix::from_vec(targets.len(), 1, amplitudes);
        Ok(Self { placement, amplitudes, duration, cost, scale, options: options.clone() })
    }

    /// The random u, entries from N(0, 1), of one start: a function of seed and index alone.
    pub fn random_input(&self, seed: u64, start: usize) -> Vec<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(start as u64);
        (0..self.placement.system().units()).map(|_| StandardNormal.sample(&mut rng)).collect()
    }

    /// Minimises ln (C/s), with the scale s, from one random start.
    ///
    /// # Errors
    /// An infinite cost at the start, or options of the optimiser out of range.
    pub fn minimise(&self, seed: u64, start: usize) -> Result<Minimum> {
        let mut cost = self.cost.clone();
        minimise(&mut cost, &self.random_input(seed, start), &self.options.optimiser)
    }

    /// All starts, spread over threads, and the best of them as a loop. Starts race: see
    /// [`LoopOptions::finalists`].
    ///
    /// # Errors
    /// As [`LoopDesign::minimise`] and [`LoopDesign::finish`].
    pub fn optimise(&self, seed: u64) -> Result<MotifLoop> {
        self.finish(&self.race(seed, true, &|_| ())?)
    }

    /// The loop of the best minimum: unit norm u, its v, the initial state, all verified.
    ///
    /// # Errors
    /// No minima, eigenvalues that did not arrive at their targets ([`Error::PlacementInaccurate`]), a loop
    /// so ill-conditioned that rounding spoils the motif ([`Error::Residual`]), or an unstable one.
    pub fn finish(&self, minima: &[Minimum]) -> Result<MotifLoop> {
        let best = (0..minima.len())
            .min_by(|&a, &b| minima[a].value.total_cmp(&minima[b].value))
            .ok_or(Error::Empty { what: "minima", remedy: "minimise from at least one start" })?;
        let start = |minimum| LoopStart::of(minimum, self.scale);
        self.assemble(&minima[best].point, minima.iter().map(start).collect(), best)
    }

    /// The loop for a u of one's own, not optimised; its report has this one start.
    ///
    /// # Errors
    /// u of the wrong length, not finite, zero, or orthogonal to an eigenvector of A, and as
    /// [`LoopDesign::finish`].
    pub fn with_input(&self, u: &[f64]) -> Result<MotifLoop> {
        let cost = self.cost.clone().terms(u)?.cost * self.scale;
        let start =
            LoopStart { initial_cost: cost, cost, evaluations: 1, status: Termination::IterationLimit };
        self.assemble(u, vec![start], 0)
    }

    fn assemble(&self, u: &[f64], starts: Vec<LoopStart>, best: usize) -> Result<MotifLoop> {
        let input = (DVector::from_column_slice(u) * near_unit(u)).normalize();
        let (weights, initial_state, terms) = self.derived(input.as_slice())?;
        self.verified(weights, initial_state, terms, starts, best)
    }

    /// What follows from u: the loop with its v, the initial state, and the robustness.
    pub(super) fn derived(&self, u: &[f64]) -> Result<(LowRank, DVector<f64>, CostTerms)> {
        let input = DVector::from_column_slice(u);
        let feedback = self.placement.feedback(&input)?;
        let mut cost = self.cost.clone();
        let CostTerms { activity, noise_gain, cost: value, cancellation } = cost.terms(u)?;
        let activity = activity * self.scale * self.scale;
        let terms = CostTerms { activity, noise_gain, cost: value * self.scale, cancellation };
        let [input, feedback] = [input, feedback].map(|x| DMatrix::from_columns(&[x]));
        Ok((LowRank::new(input, feedback)?, cost.initial_state() * self.scale, terms))
    }

    /// The loop of given weights and initial state, if it does what this design asks for.
    pub(super) fn verified(
        &self,
        weights: LowRank,
        initial_state: DVector<f64>,
        terms: CostTerms,
        starts: Vec<LoopStart>,
        best: usize,
    ) -> Result<MotifLoop> {
        let system = weights.closed(self.placement.system())?;
        let targets = self.placement.targets();
        let spectrum = eigenvalues(&system)?;
        let (achieved, rest) = spectrum.nearest_to(targets);
        let distance = targets.iter().zip(&achieved).map(|(t, z)| (t - z).norm()).fold(0.0, f64::max);
        let largest = targets.iter().map(|t| t.norm()).fold(0.0, f64::max);
        let scale = self.placement.system().rate() + largest;
        if distance.is_nan() || distance > PLACEMENT_TOLERANCE * scale {
            return Err(Error::PlacementInaccurate { distance, tolerance: PLACEMENT_TOLERANCE * scale });
        }
        let report = LoopReport {
            playback_error: self.playback_error(&system, &initial_state)?,
            condition: self.placement.condition(),
            abscissa: spectrum.abscissa(),
            distance,
            rest_abscissa: rest.iter().map(|z| z.re).fold(f64::NEG_INFINITY, f64::max),
            terms,
            starts,
            best,
        };
        if report.rest_abscissa >= 0.0 {
            return Err(Error::Unstable {
                what: "loop A + u v^T",
                abscissa: report.rest_abscissa,
                limit: 0.0,
                remedy: "use another seed for u, fewer modes, or a larger rest margin",
            });
        }
        Ok(MotifLoop {
            eigenvalues: targets.clone(),
            amplitudes: self.amplitudes.clone(),
            stabilising: self.placement.stabilising().clone(),
            weights,
            initial_state,
            system,
            report,
        })
    }

    /// Plays the loop by the matrix exponential and compares the readout with the exponentials.
    fn playback_error(&self, system: &DMatrix<f64>, start: &DVector<f64>) -> Result<f64> {
        let step = self.duration / PLAYBACK_TIMES as f64;
        let propagator = expm(&(system * step))?;
        let size: f64 = self.amplitudes.iter().map(|a| a.norm()).sum();
        let (targets, readout) = (self.placement.targets(), self.placement.system().single_readout()?);
        let (mut state, mut error) = (start.clone(), 0.0_f64);
        for n in 0..=PLAYBACK_TIMES {
            let t = n as f64 * step;
            let terms = targets.iter().zip(&self.amplitudes).map(|(z, a)| (a * (z * t).exp()).re);
            error = error.max((readout.dot(&state) - terms.sum::<f64>()).abs());
            state = &propagator * state;
        }
        let relative = if size > 0.0 { error / size } else { error };
        if relative.is_finite() && relative <= self.options.playback_tolerance {
            return Ok(relative);
        }
        Err(Error::Residual {
            what: "motif played by its loop",
            residual: relative,
            limit: self.options.playback_tolerance,
            remedy: "set the eigenvalues farther apart, use fewer modes, or accept it by a larger playback tolerance",
        })
    }
}

/// Samples over which the size of the exponentials is taken.
const RMS_SAMPLES: usize = 256;

/// Root mean square of `sum_k alpha_k exp(lambda_k t)` over a duration; 1 for exponentials that are zero.
fn played_rms(eigenvalues: &[Complex64], amplitudes: &[Complex64], duration: f64) -> f64 {
    let value = |n: usize| {
        let t = n as f64 * duration / RMS_SAMPLES as f64;
        eigenvalues.iter().zip(amplitudes).map(|(z, a)| (a * (z * t).exp()).re).sum::<f64>()
    };
    let size = check::root_mean_square((0..RMS_SAMPLES).map(value));
    if size > 0.0 && size.is_finite() { size } else { 1.0 }
}
