//! When and how L-BFGS runs.

use crate::{Error, Result, check};

/// More pairs than this are taken for a mistake.
const MAX_MEMORY: usize = 10_000;

/// When and how L-BFGS runs.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "io", serde(remote = "Self", default, deny_unknown_fields))]
#[non_exhaustive]
pub struct LbfgsOptions {
    /// Pairs of steps and gradient changes remembered (1 to 10000).
    pub memory: usize,
    /// Most iterations.
    pub max_iterations: usize,
    /// Ends when the gradient's Euclidean norm is below this.
    pub gradient_tolerance: f64,
    /// Ends when one step lowers the value by less than this (absolute).
    pub value_tolerance: f64,
    /// Euclidean length of the first trial step.
    pub first_step: f64,
}

crate::check::with!(LbfgsOptions);

#[cfg(feature = "io")]
crate::check::checked_when_read!(LbfgsOptions: |it| it.validate().map(|()| it));

impl Default for LbfgsOptions {
    fn default() -> Self {
        Self {
            memory: 10,
            max_iterations: 300,
            gradient_tolerance: 1e-8,
            value_tolerance: 1e-12,
            first_step: 0.1,
        }
    }
}

impl LbfgsOptions {
    /// Checks every option.
    ///
    /// # Errors
    /// No memory or more than 10000 pairs, a first step that is not positive, a negative tolerance.
    pub fn validate(&self) -> Result<()> {
        if !(1..=MAX_MEMORY).contains(&self.memory) {
            return Err(Error::Count { what: "L-BFGS memory", expected: "1 to 10000", given: self.memory });
        }
        check::positive("first step", self.first_step)?;
        check::non_negative("gradient tolerance", self.gradient_tolerance)?;
        check::non_negative("value tolerance", self.value_tolerance)
    }
}
