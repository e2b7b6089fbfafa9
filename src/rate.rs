//! Rates that are given per time constant, or relative to a rate of the problem.

/// A rate, either in 1/tau or as a multiple of a rate that belongs to the problem.
///
/// A relative rate means the same movement at any speed: nothing changes when all times are
/// multiplied by a number. Which rate it is a multiple of stands with each option: 1/T for a motif of
/// duration T, or the [rate of the system](crate::System::rate).
///
/// ```
/// use thalamo::Rate;
/// assert_eq!(Rate::PerTau(0.05).per_tau(0.01), 0.05);
/// assert_eq!(Rate::Relative(4.0).per_tau(0.01), 0.04);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
pub enum Rate {
    /// In 1/tau.
    PerTau(f64),
    /// In units of the rate named by the option.
    Relative(f64),
}

impl Rate {
    /// This rate in 1/tau, with the unit (in 1/tau) of relative ones.
    pub fn per_tau(self, unit: f64) -> f64 {
        match self {
            Self::PerTau(rate) => rate,
            Self::Relative(factor) => factor * unit,
        }
    }

    /// The number as it was given.
    pub fn number(self) -> f64 {
        match self {
            Self::PerTau(number) | Self::Relative(number) => number,
        }
    }

    /// This rate times a number, in the same unit.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        match self {
            Self::PerTau(rate) => Self::PerTau(rate * factor),
            Self::Relative(rate) => Self::Relative(rate * factor),
        }
    }
}
