//! How a network is built and learns.

use super::selection::NoiseTolerance;
use crate::Result;
use crate::fit::FitOptions;
use crate::loops::LoopOptions;
use crate::preparation::PreparationOptions;

/// How a network is built and learns.
///
/// ```
/// use thalamo::NetworkOptions;
/// let mut options = NetworkOptions::default();
/// options.fit.modes = 8;
/// options.preparation.rank = 30;
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
    /// When a motif is fitted again because its loop is too noisy.
    pub noise: NoiseTolerance,
}

crate::check::with!(NetworkOptions);

impl Default for NetworkOptions {
    /// As [`NetworkOptions::published`].
    fn default() -> Self {
        Self::published()
    }
}

impl NetworkOptions {
    /// The setting of the paper's figure 3: K = 10 exponentials that start at zero with amplitudes
    /// of norm at most 3, and a preparatory module of rank P = 50 with beta = 1/20 and columns of
    /// unit norm. Where the paper names no number, what reproduces its results: the exponentials of
    /// a motif are at least 0.07/tau apart and no faster than 1/tau, since what lies closer or
    /// outside the cortex's own spectrum fits better but costs robustness.
    pub fn published() -> Self {
        let mut fit = FitOptions::default();
        (fit.modes, fit.separation, fit.decay_limit, fit.effort) = (10, 0.07, Some(1.0), 1000);
        let mut preparation = PreparationOptions::default();
        (preparation.rank, preparation.beta) = (50, 0.05);
        Self { fit, motif_loop: LoopOptions::default(), preparation, noise: NoiseTolerance::default() }
    }

    /// Checks every option that can be checked without a cortex and motifs.
    ///
    /// # Errors
    /// The first one out of its range.
    pub fn validate(&self) -> Result<()> {
        self.fit.validate()?;
        self.motif_loop.validate()?;
        self.preparation.validate()?;
        self.noise.validate()
    }
}
