//! How a preparatory module is designed.

use crate::optim::LbfgsOptions;
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
    /// Rank P: number of thalamic units in the module.
    pub rank: usize,
    /// Weight of the smoothness of the readout during preparation.
    pub beta: f64,
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
            rank: 50,
            beta: 0.05,
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
    /// The published setting, which the defaults are: rank 50, beta 1/20, unit columns.
    pub fn published() -> Self {
        Self { rank: 50, beta: 0.05, bound: WeightBound::UnitColumns, ..Self::default() }
    }

    /// Checks what can be checked without a cortex.
    ///
    /// # Errors
    /// No rank, a negative beta, a penalty that is not positive, options of the optimiser out of range.
    pub fn validate(&self) -> Result<()> {
        let given = self.rank;
        if given == 0 {
            return Err(Error::Count { what: "preparatory rank P", expected: "at least 1", given });
        }
        if let WeightBound::FrobeniusPenalty { weight } = self.bound {
            check::positive("Frobenius penalty", weight)?;
        }
        check::non_negative("beta", self.beta)?;
        self.optimiser.validate()
    }
}
