//! Loops from their stored numbers: nothing is optimised again, everything is verified again.

use nalgebra::DVector;

use super::design::LoopDesign;
use super::motif_loop::{LoopStart, MotifLoop};
use crate::{Error, Result, check};

/// Relative difference accepted between a stored number and the one derived again, for a
/// well-conditioned placement.
const AGREEMENT: f64 = 1e-9;
/// Units of rounding, per unit of cond(Q), by which two machines may differ in v and x_init.
const ROUNDING: f64 = 1e3;

impl LoopDesign {
    /// A loop from its stored u, v and x_init, which keep their bits: nothing is optimised. The
    /// placement, the stability and the motif played are verified as in [`LoopDesign::finish`], and
    /// v and x_init compared with those that this design derives from u.
    pub(crate) fn restore(
        &self,
        (input, feedback, initial_state): (DVector<f64>, DVector<f64>, DVector<f64>),
        starts: Vec<LoopStart>,
        best: usize,
    ) -> Result<MotifLoop> {
        let units = self.system.units();
        for (what, vector) in
            [("input u", &input), ("feedback v", &feedback), ("initial state x_init", &initial_state)]
        {
            check::shape(what, (vector.len(), 1), (units, 1), "give one entry per unit")?;
            check::finite(what, vector.as_slice())?;
        }
        if best >= starts.len() {
            return Err(Error::UnknownIndex { what: "start kept", index: best, len: starts.len() });
        }
        check::agrees("norm of the input u", (input.norm() - 1.0).abs(), AGREEMENT)?;
        let limit = AGREEMENT + ROUNDING * f64::EPSILON * self.placement.condition();
        let derived = self.placement.feedback(&self.system, &input)?;
        check::agrees("feedback v", (&feedback - &derived).norm() / derived.norm(), limit)?;
        let mut cost = self.cost.clone();
        let terms = cost.terms(input.as_slice())?;
        let derived = cost.initial_state();
        check::agrees("initial state x_init", (&initial_state - &derived).norm() / derived.norm(), limit)?;
        self.verified((input, feedback, initial_state), terms, starts, best)
    }
}
