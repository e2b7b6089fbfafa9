//! What the direct design weighs, and how long it looks.

use crate::{Error, Result, check};

/// What the direct design weighs, and how long it looks.
///
/// Everything is free of units: states and targets count in the scale c of the motifs, times in the duration
/// T of the motif. One setting therefore means the same for any unit, any speed and any system.
///
/// ```
/// use thalamo::direct::DirectOptions;
/// let robust = DirectOptions::default().with(|o| o.relative_noise = 0.1);
/// assert!(robust.validate().is_ok());
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "io", serde(remote = "Self", default, deny_unknown_fields))]
#[non_exhaustive]
pub struct DirectOptions {
    /// Rank r of the loop, 1 to N.
    pub rank: usize,
    /// Noise $\sigma_r$ of the start, relative to the root mean square of the motif's own states: what trades
    /// accuracy for robustness.
    pub relative_noise: f64,
    /// Noise $\sigma_0$ of every unit at the start, in units of c.
    pub absolute_noise: f64,
    /// Weight $\kappa$ of the mean square of the state at the end, in units of c.
    pub end: f64,
    /// Weight $\gamma$ of $T (|U|^2 + |V|^2)$: what keeps the loop from growing.
    pub size: f64,
    /// Weight $\beta$ of $\sum_i \max(0, T \mathrm{Re} \mu_i + 1)^2$: what keeps eigenvalues left of -1/T.
    pub barrier: f64,
    /// Relative error $\epsilon_w$ of every weight of U and V: their standard deviation over their size.
    pub weight_error: f64,
    /// Relative error $\epsilon_p$ of the preparatory module's weights, which then has to be given.
    pub module_error: f64,
    /// Relative error $\epsilon_b$ of the entries of the preparatory input, likewise.
    pub input_error: f64,
    /// Standard deviations k that the barrier is kept away from: it counts
    /// $T \mathrm{Re} \mu_i + k \sigma_i$, where $\sigma_i$ is the standard deviation of
    /// $T \mathrm{Re} \mu_i$ at the error below.
    pub deviations: f64,
    /// Relative error of every weight of U and V that these standard deviations are for.
    pub barrier_error: f64,
    /// Largest $T \mathrm{Re} \mu$ that is looked at; loops beyond it count as infinitely bad.
    pub rightmost: f64,
    /// Unit c of the targets; `None` for the root mean square of the motif's samples.
    pub scale: Option<f64>,
    /// A weight for each output, that multiplies both its readout and its target; none means one for each.
    pub output_weights: Vec<f64>,
    /// Whether the readout must start exactly at the first sample, $W^T s = y_0$.
    pub exact_start: bool,
    /// Starts with random U and V beside the one along the gradient, at least one where there is none.
    pub random_starts: usize,
    /// Iterations of L-BFGS for every start.
    pub first_iterations: usize,
    /// How many of the best starts are continued.
    pub continued: usize,
    /// Iterations of L-BFGS for those.
    pub iterations: usize,
    /// Pairs that L-BFGS remembers.
    pub memory: usize,
    /// A descent ends where a step lowers ln J by less than this.
    pub tolerance: f64,
    /// Motifs of more samples are designed with every third of them, and judged with all.
    pub most_samples: usize,
}

crate::check::with!(DirectOptions);

#[cfg(feature = "io")]
crate::check::checked_when_read!(DirectOptions: |it| it.validate().map(|()| it));

impl Default for DirectOptions {
    fn default() -> Self {
        Self {
            rank: 1,
            relative_noise: 0.05,
            absolute_noise: 0.01,
            end: 1e-4,
            size: 2.5e-6,
            barrier: 0.1875,
            weight_error: 0.0,
            module_error: 0.0,
            input_error: 0.0,
            deviations: 0.0,
            barrier_error: 0.03,
            rightmost: 4.0,
            scale: None,
            output_weights: Vec::new(),
            exact_start: false,
            random_starts: 2,
            first_iterations: 40,
            continued: 2,
            iterations: 400,
            memory: 40,
            tolerance: 1e-9,
            most_samples: 200,
        }
    }
}

impl DirectOptions {
    /// Loops that tolerate errors of a few percent of their weights: the default with $\epsilon_w = 0.02$ and
    /// the barrier one standard deviation away at errors of 3 %.
    pub fn robust() -> Self {
        Self { weight_error: 0.02, deviations: 1.0, barrier_error: 0.03, ..Self::default() }
    }

    /// Checks what can be checked without a system and a motif.
    ///
    /// # Errors
    /// No rank, no size penalty (nothing would bound the loop), a weight that is negative, a scale that is
    /// not positive, no start or nothing to continue.
    pub fn validate(&self) -> Result<()> {
        check::count("rank of a direct loop", self.rank, 1.., "at least 1")?;
        check::non_negative("relative noise", self.relative_noise)?;
        check::non_negative("absolute noise", self.absolute_noise)?;
        check::non_negative("weight of the end", self.end)?;
        check::positive("weight of the loop's size", self.size)?;
        check::non_negative("weight of the barrier", self.barrier)?;
        check::non_negative("relative error of the loop's weights", self.weight_error)?;
        check::non_negative("relative error of the module's weights", self.module_error)?;
        check::non_negative("relative error of the input", self.input_error)?;
        check::non_negative("standard deviations at the barrier", self.deviations)?;
        check::non_negative("relative error at the barrier", self.barrier_error)?;
        check::number("rightmost T Re mu", self.rightmost, 0.0..=50.0, "0 to 50")?;
        self.scale.map_or(Ok(()), |scale| check::positive("scale of a motif", scale))?;
        check::finite("output weights", &self.output_weights)?;
        if self.output_weights.iter().any(|&weight| weight < 0.0) {
            let given = self.output_weights.iter().copied().fold(0.0, f64::min);
            return Err(Error::OutOfRange { what: "output weight", expected: "a number >= 0", given });
        }
        check::count("random starts", self.random_starts, ..=10_000, "at most 10000")?;
        check::count("starts to continue", self.continued, 1.., "at least 1")?;
        check::count("L-BFGS memory", self.memory, 1..=10_000, "1 to 10000")?;
        check::non_negative("tolerance of ln J", self.tolerance)?;
        check::count("most samples of a design", self.most_samples, 1.., "at least 1")
    }
}
