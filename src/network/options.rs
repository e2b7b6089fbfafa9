//! How a network is built and learns.

use super::selection::NoiseTolerance;
use crate::fit::FitOptions;
use crate::loops::{LoopOptions, PlacementOptions};
use crate::motif::Motif;
use crate::preparation::{Input, PreparationOptions};
use crate::rate::Rate;
use crate::system::System;
use crate::{Result, check};

/// How a network is built and learns.
///
/// [`NetworkOptions::default`] is for any motifs and systems, [`NetworkOptions::published`] for comparison
/// with the paper.
///
/// ```
/// use thalamo::NetworkOptions;
/// let mut options = NetworkOptions::default();
/// options.fit.modes = 8;
/// options.preparation.rank = Some(30);
/// options.validate()?;
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "io", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct NetworkOptions {
    /// Fit of each motif by exponentials.
    pub fit: FitOptions,
    /// Loop of each motif.
    pub motif_loop: LoopOptions,
    /// The preparatory module.
    pub preparation: PreparationOptions,
    /// How the module leads to a motif.
    pub input: Input,
    /// When a motif is fitted again because its loop is too noisy.
    pub noise: NoiseTolerance,
    /// What amplitudes and states are measured by, in the unit of the motifs; it takes the place of the fit's
    /// and the loop's own. Default `None`: the root mean square of the motifs that the network is built with,
    /// or of the first that it learns.
    pub scale: Option<f64>,
}

crate::check::with!(NetworkOptions);

impl Default for NetworkOptions {
    /// For motifs of any unit, at any speed, on any system: every bound is relative to the motifs' size and
    /// duration and to the rate of the system. The exponentials of a motif are at least 6/T apart, and no
    /// faster than $\\sqrt 2$ times the [rate of the system](System::rate) unless a short motif needs it:
    /// what lies closer, or outside the system's own spectrum, fits better but costs robustness. Inputs are
    /// compensated for a transition of about 3 tau.
    fn default() -> Self {
        let mut fit = FitOptions::default();
        (fit.separation, fit.effort) = (Rate::Relative(6.0), 1000);
        Self {
            fit,
            motif_loop: LoopOptions::default(),
            preparation: PreparationOptions::default(),
            input: Input::Compensated { shortest: None },
            noise: NoiseTolerance::default(),
            scale: None,
        }
    }
}

/// Fastest decay of a motif's exponentials in units of the system's rate: that of the published network.
const FASTEST: f64 = std::f64::consts::SQRT_2;

impl NetworkOptions {
    /// The setting of the paper's figure 3: K = 10 exponentials that start at zero with amplitudes
    /// of norm at most 3, and a preparatory module of rank P = 50 with beta = 1/20 and columns of
    /// unit norm. Where the paper names no number, what reproduces its results: the exponentials of
    /// a motif are at least 0.07/tau apart and no faster than 1/tau, since what lies closer or
    /// outside the cortex's own spectrum fits better but costs robustness.
    pub fn published() -> Self {
        let mut fit = FitOptions::published();
        (fit.separation, fit.decay_limit, fit.effort) = (Rate::PerTau(0.07), Some(Rate::PerTau(1.0)), 1000);
        let motif_loop = LoopOptions { placement: PlacementOptions::published(), ..LoopOptions::default() };
        let (preparation, noise) = (PreparationOptions::published(), NoiseTolerance::default());
        Self { fit, motif_loop, preparation, input: Input::Published, noise, scale: Some(1.0) }
    }

    /// What one motif is fitted with.
    pub(super) fn fit_of(&self, system: &System, scale: f64, motif: &Motif, seed: u64) -> FitOptions {
        let mut fit = FitOptions { seed, scale: Some(scale), ..self.fit.clone() };
        if fit.decay_limit.is_none() {
            let unit = 1.0 / motif.duration();
            let room = fit.margin.per_tau(unit) + fit.modes as f64 * fit.separation.per_tau(unit);
            fit.decay_limit = Some(Rate::PerTau((FASTEST * system.rate()).max(room)));
        }
        fit
    }

    /// What every loop is designed with.
    pub(super) fn loop_of(&self, scale: f64) -> LoopOptions {
        LoopOptions { scale: Some(scale), ..self.motif_loop.clone() }
    }

    /// Checks every option that can be checked without a cortex and motifs.
    ///
    /// # Errors
    /// The first one out of its range.
    pub fn validate(&self) -> Result<()> {
        self.fit.validate()?;
        self.motif_loop.validate()?;
        self.preparation.validate()?;
        self.input.validate()?;
        self.scale.map_or(Ok(()), |scale| check::positive("scale of a network", scale))?;
        self.noise.validate()
    }
}
