//! Modules from their stored numbers: nothing is optimised again, everything is verified again.

use nalgebra::{DMatrix, DVector};

use super::loop_design::LoopDesign;
use super::motif_loop::{LoopStart, MotifLoop};
use super::preparation::Preparation;
use crate::cortex::Cortex;
use crate::optim::Status;
use crate::{Error, Result, validate};

/// Relative difference accepted between a stored number and the one derived again, for a well-conditioned placement.
const AGREEMENT: f64 = 1e-9;
/// Units of rounding, per unit of cond(Q), by which two machines may differ in v and x_init.
const ROUNDING: f64 = 1e3;

/// The numbers of one loop, as they are stored.
#[derive(Debug, Clone, PartialEq)]
pub struct LoopParts {
    /// Thalamocortical weights u (N), of unit norm.
    pub input: DVector<f64>,
    /// Corticothalamic weights v (N).
    pub feedback: DVector<f64>,
    /// State from which the readout plays the motif (N).
    pub initial_state: DVector<f64>,
    /// The starts of its optimisation, in order.
    pub starts: Vec<LoopStart>,
    /// Index of the start kept.
    pub best: usize,
}

impl From<&MotifLoop> for LoopParts {
    fn from(motif_loop: &MotifLoop) -> Self {
        let report = motif_loop.report();
        Self {
            input: motif_loop.input().clone(),
            feedback: motif_loop.feedback().clone(),
            initial_state: motif_loop.initial_state().clone(),
            starts: report.starts.clone(),
            best: report.best,
        }
    }
}

impl LoopDesign<'_> {
    /// A loop from its stored numbers, which keep their bits: nothing is optimised. The placement, the stability and
    /// the motif played are verified as in [`LoopDesign::finish`], and v and x_init compared with those that
    /// this design derives from u.
    ///
    /// # Errors
    /// Vectors of the wrong length or not finite, u not of unit norm, a start kept that is not there, v or x_init
    /// that disagree with u ([`Error::Disagrees`]), and as [`LoopDesign::finish`].
    pub fn restore(&self, parts: LoopParts) -> Result<MotifLoop> {
        let LoopParts { input, feedback, initial_state, starts, best } = parts;
        let units = self.cortex.units();
        for (what, vector) in
            [("input u", &input), ("feedback v", &feedback), ("initial state x_init", &initial_state)]
        {
            validate::shape(what, (vector.len(), 1), (units, 1), "give one entry per unit")?;
            validate::finite(what, vector.as_slice())?;
        }
        if best >= starts.len() {
            return Err(Error::UnknownIndex { what: "start kept", index: best, len: starts.len() });
        }
        agrees("norm of the input u", (input.norm() - 1.0).abs(), AGREEMENT)?;
        let limit = AGREEMENT + ROUNDING * f64::EPSILON * self.placement.condition();
        let derived = self.placement.feedback(self.cortex, &input)?;
        agrees("feedback v", (&feedback - &derived).norm() / derived.norm(), limit)?;
        let mut cost = self.cost.clone();
        let terms = cost.terms(input.as_slice())?;
        let derived = cost.initial_state();
        agrees("initial state x_init", (&initial_state - &derived).norm() / derived.norm(), limit)?;
        self.verified((input, feedback, initial_state), terms, starts, best)
    }
}

/// How a preparatory module came about: what its weights alone do not tell.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
        cortex: &Cortex,
        u: DMatrix<f64>,
        v: DMatrix<f64>,
        beta: f64,
        history: PreparationHistory,
    ) -> Result<Self> {
        validate::finite("initial preparatory cost", &[history.initial_cost_per_unit])?;
        let mut preparation = Self::new(cortex, u, v, beta)?;
        let report = &mut preparation.report;
        report.initial_cost_per_unit = history.initial_cost_per_unit;
        (report.evaluations, report.iterations) = (history.evaluations, history.iterations);
        report.status = history.status;
        Ok(preparation)
    }
}

/// Fails where a stored number is off by more than the limit (or NaN).
pub(crate) fn agrees(what: &'static str, difference: f64, limit: f64) -> Result<()> {
    if difference <= limit { Ok(()) } else { Err(Error::Disagrees { what, difference, limit }) }
}
