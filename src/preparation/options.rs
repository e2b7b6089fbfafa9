//! How a preparatory module is designed.

use super::null::Null;
use crate::optim::LbfgsOptions;
use crate::rate::Rate;
use crate::system::System;
use crate::{Error, Result, check};

/// What bounds the weights of the preparatory module. Without a bound there is no optimum: the cost creeps to
/// its infimum while the weights grow past any limit.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum WeightBound {
    /// Every column of U and of V has unit norm.
    #[default]
    UnitColumns,
    /// `weight (|U|_F^2 + |V|_F^2) / (2 P)` is added to the cost per unit C/N.
    FrobeniusPenalty {
        /// Its weight, > 0.
        weight: f64,
    },
}

/// How the preparatory module is designed.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "io", serde(remote = "Self", default, deny_unknown_fields))]
#[non_exhaustive]
pub struct PreparationOptions {
    /// Rank P: number of thalamic units in the module, at most N. Default `None`: N/2, rounded up.
    pub rank: Option<usize>,
    /// Unit of the rates in the design, in 1/tau or relative to the [rate of the system](System::rate):
    /// columns of norm one have the norm $\\sqrt{\\mathrm{rate}}$, and beta and tolerances hold for a system
    /// whose time is measured in its inverse. Default $\\sqrt 2$ times the system's, about 1/tau for the
    /// published network.
    pub rate: Rate,
    /// Weight of the smoothness of the readout during preparation.
    pub beta: f64,
    /// The rate gamma, in 1/tau or relative to the system's, at which the readout tends to that of the input,
    /// without a transient and whatever the state: $W^T M = -\gamma W^T$ ([`OutputNull`](super::OutputNull)).
    /// D of the P thalamic units hold the D readouts so; the others are optimised for the decay alone, since
    /// the readout's smoothness no longer depends on them and beta is not used. Default `None`: the published
    /// cost.
    pub output_null: Option<Rate>,
    /// What bounds the weights.
    pub bound: WeightBound,
    /// The optimiser; its value is C/N.
    pub optimiser: LbfgsOptions,
}

crate::check::with!(PreparationOptions);

#[cfg(feature = "io")]
crate::check::checked_when_read!(PreparationOptions: |it| it.validate().map(|()| it));

impl Default for PreparationOptions {
    fn default() -> Self {
        Self {
            rank: None,
            rate: Rate::Relative(std::f64::consts::SQRT_2),
            beta: 0.05,
            output_null: None,
            bound: WeightBound::UnitColumns,
            optimiser: LbfgsOptions {
                max_iterations: 300,
                gradient_tolerance: 1e-6,
                value_tolerance: 1e-6,
                first_step: 1.0,
                ..LbfgsOptions::default()
            },
        }
    }
}

impl PreparationOptions {
    /// The published setting: P = 50, beta = 1/20 and columns of unit norm, time in tau.
    pub fn published() -> Self {
        Self { rank: Some(50), rate: Rate::PerTau(1.0), ..Self::default() }
    }

    /// An output-null module, whose readout falls about as fast as the states, at $\\sqrt 2$ times the rate
    /// of the system.
    pub fn output_null() -> Self {
        Self { output_null: Some(Rate::Relative(std::f64::consts::SQRT_2)), ..Self::default() }
    }

    /// The rank P for a system of N units.
    ///
    /// # Errors
    /// A rank outside 1..=N, or of an output-null module that is not above the number of outputs.
    pub fn rank_of(&self, system: &System) -> Result<usize> {
        let least = if self.output_null.is_some() { system.outputs() + 1 } else { 1 };
        let usual = || system.units().div_ceil(2).max(least).min(system.units());
        let rank = self.rank.unwrap_or_else(usual);
        check_rank(system, rank)?;
        if self.output_null.is_some() && rank <= system.outputs() {
            let (what, expected) = ("rank P of the output-null module", "more than the number of outputs D");
            return Err(Error::OutOfRange { what, expected, given: rank as f64 });
        }
        Ok(rank)
    }

    /// What keeps the module output-null, if it is to be.
    pub(super) fn null(&self, system: &System) -> Result<Option<Null>> {
        self.null_rate_of(system).map(|gamma| Null::new(system, gamma)).transpose()
    }

    /// The rate gamma for time in tau.
    pub(crate) fn null_rate_of(&self, system: &System) -> Option<f64> {
        self.output_null.map(|rate| rate.per_tau(system.rate()))
    }

    /// The weight beta of the smoothness for time in tau; zero where the smoothness is given.
    pub(crate) fn smoothness_of(&self, system: &System) -> f64 {
        if self.output_null.is_some() {
            return 0.0;
        }
        let rate = self.rate.per_tau(system.rate());
        self.beta / (rate * rate)
    }

    /// Checks what can be checked without a cortex.
    ///
    /// # Errors
    /// No rank, a negative beta, a penalty or gamma that is not positive, options of the optimiser out of
    /// range.
    pub fn validate(&self) -> Result<()> {
        if self.rank == Some(0) {
            let what = "preparatory rank P";
            return Err(Error::OutOfRange { what, expected: "at least 1", given: 0.0 });
        }
        check::positive("rate of the preparatory module", self.rate.number())?;
        if let WeightBound::FrobeniusPenalty { weight } = self.bound {
            check::positive("Frobenius penalty", weight)?;
        }
        check::non_negative("beta", self.beta)?;
        self.output_null
            .map_or(Ok(()), |rate| check::positive("rate gamma of the readout", rate.number()))?;
        self.optimiser.validate()
    }
}

/// Refuses a rank the system cannot hold.
pub(super) fn check_rank(system: &System, rank: usize) -> Result<()> {
    let (what, expected, given) = ("preparatory rank P", "1 to the number of units N", rank as f64);
    let allowed = (1..=system.units()).contains(&rank);
    if allowed { Ok(()) } else { Err(Error::OutOfRange { what, expected, given }) }
}
