//! Loops from their stored numbers: nothing is optimised again, everything is verified again.

use nalgebra::DVector;

use super::design::LoopDesign;
use super::motif_loop::{LoopStart, MotifLoop};
use crate::low_rank::LowRank;
use crate::{Error, Result, check};

/// Relative difference accepted between a stored number and the one derived again, for a
/// well-conditioned placement.
const AGREEMENT: f64 = 1e-9;
/// Units of rounding, per unit of cond(Q), by which two machines may differ in v and x_init.
const ROUNDING: f64 = 1e3;

impl LoopDesign {
    /// A loop from its stored weights and x_init (one entry per unit), which keep their bits. The
    /// placement, the stability and the motif played are verified as in [`LoopDesign::finish`], and
    /// v and x_init compared with those that this design derives from u.
    pub(crate) fn restore(
        &self,
        weights: LowRank,
        initial_state: DVector<f64>,
        starts: Vec<LoopStart>,
        best: usize,
    ) -> Result<MotifLoop> {
        check::finite("initial state x_init", initial_state.as_slice())?;
        if best >= starts.len() {
            return Err(Error::UnknownIndex { what: "start kept", index: best, len: starts.len() });
        }
        check::agrees("norm of the input u", (weights.input().norm() - 1.0).abs(), AGREEMENT)?;
        let limit = AGREEMENT + ROUNDING * f64::EPSILON * self.placement.condition();
        let (derived, derived_state, terms) = self.derived(weights.input().as_slice())?;
        let derived = derived.feedback();
        check::agrees("feedback v", (weights.feedback() - derived).norm() / derived.norm(), limit)?;
        let error = (&initial_state - &derived_state).norm() / derived_state.norm();
        check::agrees("initial state x_init", error, limit)?;
        self.verified(weights, initial_state, terms, starts, best)
    }
}
