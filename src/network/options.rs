//! How a network is built and learns.

use super::selection::NoiseTolerance;
use crate::direct::DirectOptions;
use crate::fit::FitOptions;
use crate::loops::{LoopOptions, PlacementOptions};
use crate::motif::Motif;
use crate::preparation::{Input, PreparationOptions};
use crate::rate::Rate;
use crate::system::System;
use crate::{Error, Result, check};

/// How the loops of a network are designed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Design {
    /// Loop and start together, for the least error in a sequence ([`direct`](crate::direct)).
    Direct,
    /// Exponentials that are fitted to the motif, whose eigenvalues are [placed](crate::loops).
    Placed,
}

/// How a network is built and learns.
///
/// | preset | loops | for |
/// |---|---|---|
/// | [`default`](NetworkOptions::default) | direct | the least error in sequences |
/// | [`robust`](NetworkOptions::robust) | direct | weights that are wrong by some percent |
/// | [`interpretable`](NetworkOptions::interpretable) | placed | K exponentials for each motif, exactly |
/// | [`published`](NetworkOptions::published) | placed | comparison with the paper |
///
/// All but the published are for motifs of any unit, at any speed, on any system: every bound is relative to
/// the motifs' size and duration and to the rate of the system.
///
/// ```
/// use thalamo::NetworkOptions;
/// let mut options = NetworkOptions::default();
/// options.direct.relative_noise = 0.1;
/// options.preparation.rank = Some(30);
/// options.validate()?;
/// assert_eq!(NetworkOptions::preset("published")?, NetworkOptions::published());
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "io", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct NetworkOptions {
    /// How loops are designed.
    pub design: Design,
    /// Direct design of each motif's loop and start.
    pub direct: DirectOptions,
    /// Preparation that direct loops are designed for (tau): what it leaves of a deviation adds to the error
    /// that is minimised. Default `None`: 3.5 over the [rate of the system](System::rate), about 5 tau for
    /// the published network.
    pub transition: Option<f64>,
    /// Numbers of exponentials K with which loops for one readout are placed as well, as starts of their
    /// direct design in place of as many random ones.
    pub placed_starts: Vec<usize>,
    /// Fit of each motif by exponentials, where loops are placed or direct designs start there.
    pub fit: FitOptions,
    /// Placed loop of each motif.
    pub motif_loop: LoopOptions,
    /// The preparatory module.
    pub preparation: PreparationOptions,
    /// How the module leads to a motif.
    pub input: Input,
    /// When a motif is fitted again because its placed loop is too noisy.
    pub noise: NoiseTolerance,
    /// What amplitudes and states are measured by, in the unit of the motifs; it takes the place of the fit's
    /// and the loop's own. Default `None`: the root mean square of the motifs that the network is built with,
    /// or of the first that it learns.
    pub scale: Option<f64>,
}

crate::check::with!(NetworkOptions);

impl Default for NetworkOptions {
    /// Direct loops of rank one, an output-null module, inputs compensated for a transition of about 3 tau.
    fn default() -> Self {
        Self { design: Design::Direct, placed_starts: vec![10], ..Self::interpretable() }
    }
}

/// What makes a preset.
type Preset = fn() -> NetworkOptions;

/// Presets by name.
const PRESETS: [(&str, Preset); 4] = [
    ("default", NetworkOptions::default),
    ("robust", NetworkOptions::robust),
    ("interpretable", NetworkOptions::interpretable),
    ("published", NetworkOptions::published),
];

/// Time for which loops are designed to be prepared unless told otherwise, times the system's rate.
const USUAL_TRANSITION: f64 = 3.5;

/// Fastest decay of a motif's exponentials in units of the system's rate: that of the published network.
const FASTEST: f64 = std::f64::consts::SQRT_2;

impl NetworkOptions {
    /// A preset by its name: `default`, `robust`, `interpretable` or `published`.
    ///
    /// # Errors
    /// [`Error::Content`] for any other.
    pub fn preset(name: &str) -> Result<Self> {
        let found = PRESETS.iter().find(|(known, _)| *known == name);
        found.map(|(_, preset)| preset()).ok_or_else(|| Error::Content {
            expected: "the preset default, robust, interpretable or published".into(),
            given: format!("`{name}`"),
            remedy: "choose one of these",
        })
    }

    /// For weights that are wrong by some percent: direct loops whose error under
    /// such errors counts, and whose eigenvalues stay left of the axis under them
    /// ([`DirectOptions::robust`]).
    pub fn robust() -> Self {
        Self { direct: DirectOptions::robust(), ..Self::default() }
    }

    /// Loops that have the eigenvalues of K exponentials fitted to the motif, and play these exactly. The
    /// exponentials of a motif are at least 6/T apart, and no faster than $\\sqrt 2$ times the
    /// [rate of the system](System::rate) unless a short motif needs it: what lies closer, or outside the
    /// system's own spectrum, fits better but costs robustness. One readout.
    pub fn interpretable() -> Self {
        let mut fit = FitOptions::default();
        (fit.separation, fit.effort) = (Rate::Relative(6.0), 1000);
        Self {
            design: Design::Placed,
            direct: DirectOptions::default(),
            transition: None,
            placed_starts: Vec::new(),
            fit,
            motif_loop: LoopOptions::default(),
            preparation: PreparationOptions::output_null(),
            input: Input::Compensated { shortest: None },
            noise: NoiseTolerance::default(),
            scale: None,
        }
    }

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
        let scale = Some(1.0);
        Self { fit, motif_loop, preparation, input: Input::Published, noise, scale, ..Self::interpretable() }
    }

    /// The preparation that direct loops are designed for (tau).
    pub(super) fn transition_of(&self, system: &System) -> f64 {
        self.transition.unwrap_or_else(|| USUAL_TRANSITION / system.rate())
    }

    /// What every loop is designed with directly.
    pub(super) fn direct_of(&self, scale: f64) -> DirectOptions {
        DirectOptions { scale: Some(scale), ..self.direct.clone() }
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
        self.direct.validate()?;
        self.transition.map_or(Ok(()), |time| check::non_negative("transition", time))?;
        for &modes in &self.placed_starts {
            self.fit.clone().with(|o| o.modes = modes).validate()?;
        }
        self.fit.validate()?;
        self.motif_loop.validate()?;
        self.preparation.validate()?;
        self.input.validate()?;
        self.scale.map_or(Ok(()), |scale| check::positive("scale of a network", scale))?;
        self.noise.validate()
    }
}
