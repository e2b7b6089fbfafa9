//! The error a motif of a network is expected to be played with, in closed form: no trials.

use nalgebra::{DMatrix, DVectorView};

use crate::Result;
use crate::check::{self, root_mean_square};
use crate::linalg::product::{product, view};
use crate::play::{Noise, Phase, Simulator, Start, carry, readouts};

/// Expected error of a motif, with its parts; all are root mean squares over the motif's samples in units of
/// the readout.
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
    pub initial: f64,
    /// Deviation due to white noise during preparation and motif.
    pub process: f64,
}

impl ExpectedError {
    /// Deviation due to all noise together: the parts are independent, their squares add.
    pub fn noise(&self) -> f64 {
        self.initial.hypot(self.process)
    }

    /// $\sqrt{\mathrm E[\mathrm{RMSE}^2]}$: noise-free error and noise together. By Jensen's inequality the
    /// mean of the RMSE itself is at most this.
    pub fn rmse(&self) -> f64 {
        self.deterministic.hypot(self.noise())
    }
}

/// Expected error of a motif that is prepared from a given start and played under noise,
///
/// $$ \mathrm E[\mathrm{RMSE}^2] = \frac{1}{n} \sum_k \Big( (\bar y_k - y^*_k)^2 + \mathrm{Var}\\, y_k \Big), $$
///
/// with $\bar y$ the noise-free readout and $y^*$ the target: the mean over the trials that
/// [`Simulator::trials`] draws of this one motif, whatever their seed. A deviation of covariance $F F^T$ when
/// the motif begins leaves $\mathrm{Var}\\, y_k = |F^T r_k|^2$ with $r_k = (e^{A\\,dt})^{T k} w$; white noise
/// of intensity s while it plays leaves $s^2 \sum_{j<k} r_j^T Q r_j$ with
/// $Q = \int_0^{dt} e^{A r} e^{A^T r}\\, dr$. $O(n N^2)$.
///
/// # Errors
/// An unknown motif, a start as in [`Start::state`], noise that is negative or not finite, an error that
/// overflows.
///
/// ```
/// use thalamo::analysis::expected_rmse;
/// use thalamo::play::{Noise, Simulator, Start};
/// use thalamo::{Cortex, Network, NetworkOptions, motif};
/// let options = NetworkOptions::default().with(|o| o.preparation.rank = Some(20));
/// let network = Network::build(Cortex::random(50, 0.5, 1)?, &motif::oscillating_motifs(1, 1)?, &options, 1)?;
/// let simulator = Simulator::new(&network, 10.0)?;
/// let noise = Noise { initial: 1.0, process: 0.01, seed: 0 };
/// let error = expected_rmse(&simulator, 0, &Start::Rest, noise)?;
/// assert!(error.initial > 0.0 && error.process > 0.0 && error.rmse() > error.deterministic);
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn expected_rmse(
    simulator: &Simulator,
    motif: usize,
    start: &Start,
    noise: Noise,
) -> Result<ExpectedError> {
    let (network, phases) = (simulator.network(), simulator.phases(motif)?);
    let learned = network.motif(motif)?;
    let units = network.system().units();
    let start = start.state(units)?;
    noise.check()?;
    let playing = phases.playing[0].of_deviations();
    let (rows, samples) = (playing.flow.rows()?, playing.steps() as f64);

    let prepared = simulator.prepare(motif, &DMatrix::from_columns(&[start]))?;
    let left = DMatrix::from_columns(&[prepared.column(0) - learned.initial_state()]);
    let played = simulator.play(motif, &prepared)?;
    let errors = played.iter().zip(learned.motif().values()).map(|(y, target)| y - target);

    // Mean square readout of a deviation F z, z ~ N(0, I), when the motif begins.
    let seen = |factor: &DMatrix<f64>| product(view(factor).transpose(), view(rows));
    let mean_square = |factor: &DMatrix<f64>| seen(factor).norm_squared() / samples;
    let approach: Vec<Phase> = phases.approach.iter().map(Phase::of_deviations).collect();
    let rank = if noise.initial > 0.0 { units } else { 0 };
    let initial = carry(&approach, DMatrix::identity(units, rank) * noise.initial)?;
    // What a step adds is seen in all that follow it.
    let each = seen(playing.flow.noise(0)?);
    let after = |(j, column): (usize, DVectorView<'_, f64>)| {
        (samples - 1.0 - j as f64) * column.norm_squared() / samples
    };
    let mut process: f64 = each.column_iter().enumerate().map(after).sum();
    for (index, phase) in approach.iter().enumerate() {
        process += mean_square(&carry(&approach[index + 1..], phase.flow.gathered_noise()?.clone())?);
    }
    let error = ExpectedError {
        fit: learned.rmse(),
        transition: root_mean_square(readouts(std::slice::from_ref(&playing), left)?.iter().copied()),
        deterministic: root_mean_square(errors),
        initial: mean_square(&initial).sqrt(),
        process: noise.process * process.sqrt(),
    };
    // Every part enters it.
    check::no_overflow("expected error", &[error.rmse()])?;
    Ok(error)
}
