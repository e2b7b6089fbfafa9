//! One motif and everything that belongs to it alone.

use std::sync::Arc;

use nalgebra::DVector;

use crate::fit::{Fit, FitOrigin};
use crate::loops::MotifLoop;
use crate::motif::Motif;
use crate::preparation::Preparation;
use crate::{Error, Result, check};

/// One motif and everything that belongs to it alone. Clones share their numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnedMotif(Arc<Learned>);

#[derive(Debug, PartialEq)]
struct Learned {
    motif: Motif,
    fit: Fit,
    motif_loop: MotifLoop,
    starting_bias: Option<DVector<f64>>,
    bias: DVector<f64>,
}

impl LearnedMotif {
    /// Puts the parts of one motif together, with the inputs by which a module leads to its x_init.
    ///
    /// # Errors
    /// A loop over a cortex of another size than the module's.
    pub fn new(motif: Motif, fit: Fit, motif_loop: MotifLoop, preparation: &Preparation) -> Result<Self> {
        let state = motif_loop.initial_state();
        let inputs = (preparation.starting_bias(state)?, preparation.bias(state)?);
        Ok(Self::assemble(motif, fit, motif_loop, inputs))
    }

    pub(super) fn assemble(
        motif: Motif,
        fit: Fit,
        motif_loop: MotifLoop,
        (starting_bias, bias): (Option<DVector<f64>>, DVector<f64>),
    ) -> Self {
        Self(Arc::new(Learned { motif, fit, motif_loop, starting_bias, bias }))
    }

    /// The target.
    pub fn motif(&self) -> &Motif {
        &self.0.motif
    }

    /// Its exponentials.
    pub fn fit(&self) -> &Fit {
        &self.0.fit
    }

    /// Its loop u, v and initial state.
    pub fn motif_loop(&self) -> &MotifLoop {
        &self.0.motif_loop
    }

    /// Its input during preparation until the [switch](Preparation::switch), $b_1$ (N); `None` where the
    /// input does not switch.
    pub fn starting_bias(&self) -> Option<&DVector<f64>> {
        self.0.starting_bias.as_ref()
    }

    /// Its constant input during preparation, b (N); where the input switches, from then on.
    pub fn bias(&self) -> &DVector<f64> {
        &self.0.bias
    }
}

/// Relative difference accepted between the RMSE that a fit claims and the one computed again.
const AGREEMENT: f64 = 1e-9;

/// Fails unless the fit is one of this motif: of its time step, and with the error that it claims. A fit
/// brought along claims none.
pub(super) fn check_fit(motif: &Motif, fit: &Fit) -> Result<()> {
    if motif.dt() != fit.dt() {
        return Err(Error::TimeStep { expected: fit.dt(), given: motif.dt() });
    }
    if fit.report().origin == FitOrigin::Given {
        return Ok(());
    }
    let values = fit.values(motif.len());
    let found = check::root_mean_square(values.iter().zip(motif.values()).map(|(a, b)| a - b));
    check::agrees("RMSE of the fit", (found - fit.rmse()).abs() / motif.rms(), AGREEMENT)
}
