//! What is asked of a fit: number of exponentials, constraints, effort.

use crate::{Error, Result, check};

/// How far left of the imaginary axis every eigenvalue stays: `Re lambda <= -margin`.
///
/// The margin bounds how long noise in the modes lives. Fits barely suffer from `1/T`, while loops
/// built on slower modes than the motif itself can amplify noise by orders of magnitude.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
pub enum Margin {
    /// `1/T`, with T the duration of the motif.
    InverseDuration,
    /// An explicit rate `>= 0`, in 1/tau; 0 allows undamped modes.
    Rate(f64),
}

/// Number of exponentials, constraints and effort of [`fit`](crate::fit::fit()).
///
/// The default is the published setting: ten modes, `norm(alpha) <= 3`, `yhat(0) = 0`.
///
/// ```
/// use thalamo::fit::{FitOptions, Margin};
///
/// let options = FitOptions::default().with(|o| (o.modes, o.margin) = (9, Margin::Rate(0.0)));
/// assert_eq!(options.amplitude_bound, Some(3.0));
/// assert!(options.zero_start);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "io", serde(remote = "Self", default, deny_unknown_fields))]
#[non_exhaustive]
pub struct FitOptions {
    /// Number K of exponentials, `1..=64`; a conjugate pair counts twice. Default 10.
    pub modes: usize,
    /// Distance of all eigenvalues from the imaginary axis. Default [`Margin::InverseDuration`].
    pub margin: Margin,
    /// Smallest distance between two eigenvalues, in 1/tau, conjugates included; 0 switches it off. Default
    /// 0.05.
    pub separation: f64,
    /// Bound on `norm(alpha)`, counting each conjugate pair once, in units of the motif. Default `Some(3.0)`.
    pub amplitude_bound: Option<f64>,
    /// Whether `yhat(0) = 0` is imposed. Default true.
    pub zero_start: bool,
    /// Largest imaginary part, in 1/tau. Default `None`: the Nyquist rate `pi/dt`.
    pub frequency_limit: Option<f64>,
    /// Fastest decay `-Re lambda`, in 1/tau. Default `None`: `1/dt + margin + modes * separation`, which
    /// always leaves room for the separation.
    pub decay_limit: Option<f64>,
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
            margin: Margin::InverseDuration,
            separation: 0.05,
            amplitude_bound: Some(3.0),
            zero_start: true,
            frequency_limit: None,
            decay_limit: None,
            random_starts: 2,
            effort: 2500,
            seed: 0,
        }
    }
}

impl FitOptions {
    /// Checks every field against its documented range.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for the first one out of its range, and [`Error::Infeasible`] for
    /// a single mode that has to start at zero.
    pub fn validate(&self) -> Result<()> {
        check::count("fit modes", self.modes, 1..=64, "a count in 1..=64")?;
        check::count("random starts of a fit", self.random_starts, ..=10_000, "at most 10000")?;
        if let Margin::Rate(rate) = self.margin {
            check::non_negative("fit margin", rate)?;
        }
        check::non_negative("fit separation", self.separation)?;
        for (what, limit) in [
            ("fit amplitude bound", self.amplitude_bound),
            ("fit frequency limit", self.frequency_limit),
            ("fit decay limit", self.decay_limit),
        ] {
            limit.map_or(Ok(()), |limit| check::positive(what, limit))?;
        }
        if self.zero_start && self.modes == 1 {
            return Err(Error::Infeasible {
                modes: 1,
                constraint: "a fit that starts at zero",
                remedy: "use two modes or more, or set zero_start to false",
            });
        }
        Ok(())
    }

    /// The margin in 1/tau for a motif of this duration (in tau).
    pub fn margin_rate(&self, duration: f64) -> f64 {
        match self.margin {
            Margin::InverseDuration => 1.0 / duration,
            Margin::Rate(rate) => rate,
        }
    }

    /// Largest imaginary part, in 1/tau, for a motif sampled at `dt`.
    pub fn frequency_rate(&self, dt: f64) -> f64 {
        let nyquist = std::f64::consts::PI / dt;
        self.frequency_limit.map_or(nyquist, |limit| limit.min(nyquist))
    }

    /// Fastest decay, in 1/tau, for a motif of this step and duration.
    pub fn decay_rate(&self, dt: f64, duration: f64) -> f64 {
        let default = 1.0 / dt + self.margin_rate(duration) + self.modes as f64 * self.separation;
        self.decay_limit.unwrap_or(default)
    }
}
