//! The error a motif of a network is expected to be played with.

use nalgebra::DMatrix;

use super::readout::MotifReadout;
use super::state::InitialNoise;
use super::sweep::Path;
use super::weights::{LoopWeights, WeightNoise};
use crate::check::{self, root_mean_square};
use crate::play::{Phase, Simulator, Start, carry, readouts};
use crate::{Cortex, Result};

/// Everything that may disturb a motif played after one preparation; by default nothing does.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NoiseModel {
    /// Deviation of the state when the preparation begins.
    pub at_preparation: InitialNoise,
    /// Deviation of the state when the motif begins.
    pub at_motif: InitialNoise,
    /// Intensity s >= 0 of white noise during preparation and motif (activity per sqrt(tau)).
    pub process: f64,
    /// Perturbations of the weights.
    pub weights: WeightNoise,
}

/// Expected error of a motif, with its parts; all are root mean squares over the motif's samples in
/// units of the readout.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ExpectedError {
    /// RMSE of the fit: what the ideal start without noise gives.
    pub fit: f64,
    /// Deviation from the fit that the preparation leaves, without noise.
    pub transition: f64,
    /// RMSE without noise. Fit and transition are correlated, so that its square is not the sum of
    /// theirs.
    pub deterministic: f64,
    /// Deviation due to noise in the state at the beginning of the preparation.
    pub at_preparation: f64,
    /// Deviation due to noise in the state at the beginning of the motif.
    pub at_motif: f64,
    /// Deviation due to white noise during preparation and motif.
    pub process: f64,
    /// Deviation due to perturbed u.
    pub input_weights: f64,
    /// Deviation due to perturbed v.
    pub feedback_weights: f64,
    /// Deviation due to perturbed J, in preparation and motif.
    pub recurrent_weights: f64,
}

impl ExpectedError {
    /// Deviation due to all noise together: the parts are independent, their squares add.
    pub fn noise(&self) -> f64 {
        let state = [self.at_preparation, self.at_motif, self.process];
        let weights = [self.input_weights, self.feedback_weights, self.recurrent_weights];
        state.iter().chain(&weights).map(|x| x * x).sum::<f64>().sqrt()
    }

    /// $\sqrt{\mathrm E[\mathrm{RMSE}^2]}$: noise-free error and noise together. By Jensen's
    /// inequality the mean of the RMSE itself is at most this.
    pub fn rmse(&self) -> f64 {
        self.deterministic.hypot(self.noise())
    }
}

/// Expected error of a motif that is prepared from a given start and played under noise,
///
/// $$ \mathrm E[\mathrm{RMSE}^2] = \frac{1}{n} \sum_k \Big( (\bar y_k - y^*_k)^2 + \mathrm{Var}\\, y_k \Big), $$
///
/// with $\bar y$ the noise-free readout and $y^*$ the target. Exact for noise in the state and
/// white noise. For the weights the variance is of first order: short of the mean-square deviation by
/// terms of fourth order in their standard deviations, and without the mean shift of the readout, of
/// second order, which enters through $2 (\bar y_k - y^*_k)$ and came to less than 3 % of what the
/// weights add with ten exponentials per step motif (N = 99), to 10 % with a poor fit (RMSE 0.7,
/// N = 24). The biases b, the ideal start and the preparation's own U, V are not perturbed.
///
/// # Errors
/// An unknown motif, a start as in [`Start::state`], noise out of range as in
/// [`MotifReadout::initial_variance`], [`MotifReadout::process_variance`] and
/// [`WeightSensitivity::variance`](super::WeightSensitivity::variance).
///
/// ```
/// use thalamo::analysis::noise::{InitialNoise, NoiseModel, expected_rmse};
/// use thalamo::play::{Simulator, Start};
/// use thalamo::{Cortex, Network, NetworkOptions, motif};
/// let options = NetworkOptions::default().with(|o| o.preparation.rank = Some(20));
/// let network = Network::build(Cortex::random(50, 0.5, 1)?, &motif::oscillating_motifs(1, 1)?, &options, 1)?;
/// let simulator = Simulator::new(&network, 10.0)?;
/// let noise = NoiseModel { at_preparation: InitialNoise::Independent(1.0), process: 0.01, ..Default::default() };
/// let error = expected_rmse(&simulator, 0, &Start::Rest, &noise)?;
/// assert!(error.at_preparation > 0.0 && error.process > 0.0 && error.rmse() > error.deterministic);
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn expected_rmse(
    simulator: &Simulator,
    motif: usize,
    start: &Start,
    noise: &NoiseModel,
) -> Result<ExpectedError> {
    let (network, phases) = (simulator.network(), simulator.phases(motif)?);
    let learned = network.motif(motif)?;
    let units = network.system().units();
    let start = start.state(units)?;
    noise.weights.check()?;
    check::non_negative("process noise", noise.process)?;
    let readout = MotifReadout::of(&phases.playing[0])?;

    let prepared = simulator.prepare(motif, &DMatrix::from_columns(std::slice::from_ref(&start)))?;
    let ideal = learned.motif_loop().initial_state();
    let left = DMatrix::from_columns(&[prepared.column(0) - ideal]);
    let left = readouts(std::slice::from_ref(&readout.phase), left)?;
    let played = simulator.play(motif, &prepared)?;
    let errors = played.iter().zip(learned.motif().values()).map(|(y, target)| y - target);

    let approach: Vec<_> = phases.approach.iter().map(Phase::of_deviations).collect();
    let at_preparation = carry(&approach, noise.at_preparation.factor(units)?)?;
    let mut process = readout.process_variance(noise.process)?.mean();
    for (index, phase) in approach.iter().enumerate() {
        let left = carry(&approach[index + 1..], phase.flow.gathered_noise()? * noise.process)?;
        process += readout.factor_variance(&left)?.mean();
    }
    let [mut u, mut v, mut j] = [0.0; 3];
    if !noise.weights.is_zero() {
        let own = learned.motif_loop().weights();
        let [input, feedback] = [own.input(), own.feedback()].map(|x| x.column(0).into_owned());
        // The entries of A itself are perturbed where it is not made from a J.
        let gain = network.system().cortex().map_or(1.0, Cortex::gain);
        let weights = LoopWeights { input: &input, feedback: &feedback, gain };
        let path = Path::through(&phases.approach, start)?;
        let squares = readout.squared_sensitivities(&weights, &path)?;
        let part = |only: WeightNoise| squares.variance(&only).map(|variance| variance.rms());
        let WeightNoise { input, feedback, recurrent } = noise.weights;
        u = part(WeightNoise { input, ..Default::default() })?;
        v = part(WeightNoise { feedback, ..Default::default() })?;
        j = part(WeightNoise { recurrent, ..Default::default() })?;
    }
    let error = ExpectedError {
        fit: learned.fit().rmse(),
        transition: root_mean_square(left.iter().copied()),
        deterministic: root_mean_square(errors),
        at_preparation: readout.factor_variance(&at_preparation)?.rms(),
        at_motif: readout.initial_variance(&noise.at_motif)?.rms(),
        process: process.sqrt(),
        input_weights: u,
        feedback_weights: v,
        recurrent_weights: j,
    };
    // Every part enters it.
    check::no_overflow("expected error", &[error.rmse()])?;
    Ok(error)
}
