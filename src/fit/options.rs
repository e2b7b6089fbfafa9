//! What is asked of a fit: number of exponentials, constraints, effort.

use crate::rate::Rate;
use crate::{Error, Result, check};

/// Where a fit starts, `yhat(0)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum FitStart {
    /// [`Target`](Self::Target) where the motif begins at its first sample: where this one lies on
    /// the straight line through the next two, up to a tenth of the standard deviation. Else
    /// [`Free`](Self::Free): a first sample that stands alone is no place to start from.
    #[default]
    Auto,
    /// At zero, as published.
    Zero,
    /// At the first sample.
    Target,
    /// Wherever the fit is closest.
    Free,
}

/// Number of exponentials, constraints and effort of [`fit`](crate::fit::fit()).
///
/// Rates are [`Rate::PerTau`], in 1/tau, or [`Rate::Relative`] to 1/T with T the duration of the motif;
/// amplitudes are in units of [`scale`](Self::scale). With the default a motif in another unit, or at another
/// speed, is fitted by the same exponentials in that unit or at that speed.
///
/// ```
/// use thalamo::{Rate, fit::{FitOptions, FitStart}};
///
/// let options = FitOptions::default().with(|o| (o.modes, o.margin) = (9, Rate::PerTau(0.01)));
/// assert_eq!((options.amplitude_bound, options.scale), (Some(4.0), None));
/// let published = FitOptions::published();
/// assert_eq!((published.separation, published.start), (Rate::PerTau(0.05), FitStart::Zero));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "io", serde(remote = "Self", default, deny_unknown_fields))]
#[non_exhaustive]
pub struct FitOptions {
    /// Number K of exponentials, `1..=64` and no more than samples; a conjugate pair counts twice. Default
    /// 10.
    pub modes: usize,
    /// How far left of the imaginary axis every eigenvalue stays: `Re lambda <= -margin`. It bounds how long
    /// noise in the modes lives: fits barely suffer from 1/T, while loops built on slower modes than the
    /// motif itself can amplify noise by orders of magnitude. Default 1/T.
    pub margin: Rate,
    /// Smallest distance between two eigenvalues, conjugates included; 0 switches it off. Default 4.5/T.
    pub separation: Rate,
    /// Bound on `norm(alpha)`, counting each conjugate pair once, in units of the scale. Default `Some(4.0)`.
    pub amplitude_bound: Option<f64>,
    /// What amplitudes are measured by, in the unit of the motif. Default `None`: the root mean square of the
    /// motif. A network sets it to its own.
    pub scale: Option<f64>,
    /// Where the fit starts. Default [`FitStart::Auto`].
    pub start: FitStart,
    /// Largest imaginary part. Default `None`: the Nyquist rate `pi/dt`.
    pub frequency_limit: Option<Rate>,
    /// Fastest decay `-Re lambda`. Default `None`: `1/dt + margin + modes * separation`, which always leaves
    /// room for the separation. A network sets it from its system, see
    /// [`NetworkOptions`](crate::NetworkOptions).
    pub decay_limit: Option<Rate>,
    /// Random starts beside the constructed ones, at most 10000. Default 2.
    pub random_starts: usize,
    /// Budget of the search, in evaluations of the reduced objective; the final polish comes on top.
    /// Default 2500.
    pub effort: usize,
    /// Seed of the random starts and kicks. Default 0.
    pub seed: u64,
}

crate::check::with!(FitOptions);

#[cfg(feature = "io")]
crate::check::checked_when_read!(FitOptions: |it| it.validate().map(|()| it));

impl Default for FitOptions {
    fn default() -> Self {
        Self {
            modes: 10,
            margin: Rate::Relative(1.0),
            separation: Rate::Relative(4.5),
            amplitude_bound: Some(4.0),
            scale: None,
            start: FitStart::Auto,
            frequency_limit: None,
            decay_limit: None,
            random_starts: 2,
            effort: 2500,
            seed: 0,
        }
    }
}

impl FitOptions {
    /// The published setting, made for motifs of size one and some 80 tau: ten modes at least 0.05/tau apart,
    /// amplitudes of norm at most 3 in the unit of the motif, `yhat(0) = 0`.
    pub fn published() -> Self {
        Self {
            separation: Rate::PerTau(0.05),
            amplitude_bound: Some(3.0),
            scale: Some(1.0),
            start: FitStart::Zero,
            ..Self::default()
        }
    }

    /// Checks every field against its documented range.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for the first one out of its range, and [`Error::Infeasible`] for
    /// a single mode that has to start at zero.
    pub fn validate(&self) -> Result<()> {
        check::count("fit modes", self.modes, 1..=64, "a count in 1..=64")?;
        check::count("random starts of a fit", self.random_starts, ..=10_000, "at most 10000")?;
        check::non_negative("fit margin", self.margin.number())?;
        check::non_negative("fit separation", self.separation.number())?;
        for (what, limit) in [
            ("fit amplitude bound", self.amplitude_bound),
            ("fit scale", self.scale),
            ("fit frequency limit", self.frequency_limit.map(Rate::number)),
            ("fit decay limit", self.decay_limit.map(Rate::number)),
        ] {
            limit.map_or(Ok(()), |limit| check::positive(what, limit))?;
        }
        if self.start == FitStart::Zero && self.modes == 1 {
            return Err(Error::Infeasible {
                modes: 1,
                constraint: "a fit that starts at zero",
                remedy: "use two modes or more, or a free start",
            });
        }
        Ok(())
    }

    /// Largest imaginary part, in 1/tau, for a motif of this step and duration (in tau).
    pub fn frequency_rate(&self, dt: f64, duration: f64) -> f64 {
        let nyquist = std::f64::consts::PI / dt;
        self.frequency_limit.map_or(nyquist, |limit| limit.per_tau(1.0 / duration).min(nyquist))
    }

    /// Fastest decay, in 1/tau, for a motif of this step and duration (in tau).
    pub fn decay_rate(&self, dt: f64, duration: f64) -> f64 {
        let unit = 1.0 / duration;
        let room = self.margin.per_tau(unit) + self.modes as f64 * self.separation.per_tau(unit);
        self.decay_limit.map_or(1.0 / dt + room, |limit| limit.per_tau(unit))
    }
}
