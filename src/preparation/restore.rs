//! Modules from their stored numbers: nothing is optimised again, everything is verified again.

use nalgebra::DMatrix;

use super::Preparation;
use crate::optim::Status;
use crate::system::System;
use crate::{Result, check};

/// How a preparatory module came about: what its weights alone do not tell.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
pub struct PreparationHistory {
    /// Cost per unit C/N at the start of the optimisation.
    pub initial_cost_per_unit: f64,
    /// Evaluations of cost and gradient.
    pub evaluations: usize,
    /// Iterations.
    pub iterations: usize,
    /// Why it ended.
    pub status: Status,
}

impl From<&Preparation> for PreparationHistory {
    fn from(preparation: &Preparation) -> Self {
        let report = preparation.report();
        Self {
            initial_cost_per_unit: report.initial_cost_per_unit,
            evaluations: report.evaluations,
            iterations: report.iterations,
            status: report.status,
        }
    }
}

impl Preparation {
    /// A module from its stored weights, which keep their bits; stability and cost are computed again.
    ///
    /// # Errors
    /// As [`Preparation::new`]; an initial cost that is not finite.
    pub fn restore(
        system: &System,
        u: DMatrix<f64>,
        v: DMatrix<f64>,
        beta: f64,
        history: PreparationHistory,
    ) -> Result<Self> {
        check::finite("initial preparatory cost", &[history.initial_cost_per_unit])?;
        let mut preparation = Self::new(system, u, v, beta)?;
        let report = &mut preparation.report;
        report.initial_cost_per_unit = history.initial_cost_per_unit;
        (report.evaluations, report.iterations) = (history.evaluations, history.iterations);
        report.status = history.status;
        Ok(preparation)
    }
}
