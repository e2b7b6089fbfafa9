//! The error a motif of a network is expected to be played with.

use nalgebra::DMatrix;

use super::initial::InitialNoise;
use super::process::accumulated_noise;
use super::readout::MotifReadout;
use super::sensitivity::{Approach, LoopWeights, WeightNoise};
use crate::play::{Simulator, Start};
use crate::{Result, check};

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

/// Expected error of a motif, with its parts; all are root mean squares over the motif's samples in units of the
/// readout.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ExpectedError {
    /// RMSE of the fit: what the ideal start without noise gives.
    pub fit: f64,
    /// Deviation from the fit that the preparation leaves, without noise.
    pub transition: f64,
    /// RMSE without noise. Fit and transition are correlated, so that its square is not the sum of theirs.
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
        let parts = [
            self.at_preparation,
            self.at_motif,
            self.process,
            self.input_weights,
            self.feedback_weights,
            self.recurrent_weights,
        ];
        parts.iter().map(|x| x * x).sum::<f64>().sqrt()
    }

    /// $\sqrt{\mathrm E[\mathrm{RMSE}^2]}$: noise-free error and noise together. By Jensen's inequality the mean
    /// of the RMSE itself is at most this.
    pub fn rmse(&self) -> f64 {
        self.deterministic.hypot(self.noise())
    }
}

/// Expected error of a motif that is prepared from a given start and played under noise,
///
/// $$ \mathrm E[\mathrm{RMSE}^2] = \frac{1}{n} \sum_k \Big( (\bar y_k - y^*_k)^2 + \mathrm{Var}\\, y_k \Big), $$
///
/// with $\bar y$ the noise-free readout and $y^*$ the target. Exact for noise in the state and white noise. For
/// the weights the variance is that of the first order, which is short of the mean-square deviation by terms of
/// fourth order in their standard deviations. Not counted is the mean shift of the readout, of second order: it
/// enters through $2 (\bar y_k - y^*_k)$, hence not at all without noise-free error. With step motifs fitted by ten
/// exponentials at N = 99 it came to less than 3 % of what the weights add to the mean square, with a poor fit
/// (RMSE 0.7, N = 24) to 10 %. The biases b, the ideal start and the preparation's own U, V are not perturbed.
///
/// # Errors
/// An unknown motif, a start as in [`Start::state`], noise out of range as in [`MotifReadout::initial_variance`],
/// [`MotifReadout::process_variance`] and [`WeightSensitivity::variance`](super::WeightSensitivity::variance).
///
/// ```
/// use thalamo::analysis::noise::{InitialNoise, NoiseModel, expected_rmse};
/// use thalamo::play::{Simulator, Start};
/// use thalamo::{Cortex, Network, NetworkOptions, motif, preparation::PreparationOptions};
/// let options = NetworkOptions {
///     preparation: PreparationOptions { rank: 20, ..Default::default() },
///     ..Default::default()
/// };
/// let network = Network::build(Cortex::random(50, 0.5, 1)?, &motif::oscillating_motifs(1, 1)?, &options, 1)?;
/// let simulator = Simulator::new(&network, 10.0)?;
/// let noise = NoiseModel { at_preparation: InitialNoise::Independent(1.0), process: 0.01, ..Default::default() };
/// let error = expected_rmse(&simulator, 0, &Start::Rest, &noise)?;
/// assert!(error.at_preparation > 0.0 && error.process > 0.0 && error.rmse() > error.deterministic);
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn expected_rmse(
    simulator: &Simulator<'_>,
    motif: usize,
    start: &Start,
    noise: &NoiseModel,
) -> Result<ExpectedError> {
    let network = simulator.network();
    let (system, learned) = (network.system(), network.motif(motif)?);
    let start = start.state(system.units())?;
    noise.weights.check()?;
    let (preparation, duration) = (network.preparation().system(), simulator.transition());
    let ideal = learned.motif_loop().initial_state();
    let readout = MotifReadout::of_motif(network, motif)?;

    let prepared = simulator.prepare(motif, &DMatrix::from_column_slice(start.len(), 1, start.as_slice()))?;
    let deviation = prepared.column(0) - ideal;
    let (mut transition, mut deterministic) = (0.0, 0.0);
    for (row, target) in readout.rows.column_iter().zip(learned.motif().values()) {
        transition += row.dot(&deviation).powi(2);
        deterministic += (row.dot(&prepared.column(0)) - target).powi(2);
    }
    let samples = readout.samples() as f64;

    let at_preparation = readout.initial_variance(&noise.at_preparation.after(preparation, duration)?)?;
    let at_motif = readout.initial_variance(&noise.at_motif)?;
    let handed_over = readout.initial_variance(&accumulated_noise(preparation, duration, noise.process)?)?;
    let process = readout.process_variance(noise.process)?;
    let [mut u, mut v, mut j] = [0.0; 3];
    if !noise.weights.is_zero() {
        let weights = LoopWeights::of(system, learned.motif_loop());
        let approach =
            Approach::Preparation { system: preparation, fixed_point: ideal, start: &start, duration };
        let sensitivity = readout.weight_sensitivity(&weights, &approach)?;
        let part = |only: WeightNoise| sensitivity.variance(&only).map(|variance| variance.rms());
        let WeightNoise { input, feedback, recurrent } = noise.weights;
        u = part(WeightNoise { input, ..Default::default() })?;
        v = part(WeightNoise { feedback, ..Default::default() })?;
        j = part(WeightNoise { recurrent, ..Default::default() })?;
    }
    let error = ExpectedError {
        fit: learned.fit().rmse(),
        transition: (transition / samples).sqrt(),
        deterministic: (deterministic / samples).sqrt(),
        at_preparation: at_preparation.rms(),
        at_motif: at_motif.rms(),
        process: (handed_over.mean() + process.mean()).sqrt(),
        input_weights: u,
        feedback_weights: v,
        recurrent_weights: j,
    };
    // Every part enters it.
    check::no_overflow("expected error", &[error.rmse()])?;
    Ok(error)
}
