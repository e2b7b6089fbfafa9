//! One motif and everything that belongs to it alone.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use crate::direct::DirectLoop;
use crate::fit::{Fit, FitOrigin};
use crate::loops::MotifLoop;
use crate::low_rank::LowRank;
use crate::motif::Motif;
use crate::preparation::Preparation;
use crate::{Error, Result, check};

/// How the loop of a motif was found.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant)] // one per motif
pub enum DesignedLoop {
    /// By placing the eigenvalues of exponentials that were fitted to the motif.
    Placed(Fit, MotifLoop),
    /// Directly.
    Direct(DirectLoop),
}

impl DesignedLoop {
    pub(super) fn start(&self) -> &DVector<f64> {
        match self {
            Self::Placed(_, own) => own.initial_state(),
            Self::Direct(own) => own.start(),
        }
    }
}

impl From<(Fit, MotifLoop)> for DesignedLoop {
    fn from((fit, own): (Fit, MotifLoop)) -> Self {
        Self::Placed(fit, own)
    }
}

impl From<DirectLoop> for DesignedLoop {
    fn from(own: DirectLoop) -> Self {
        Self::Direct(own)
    }
}

/// One motif and everything that belongs to it alone. Clones share their numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnedMotif(Arc<Learned>);

#[derive(Debug, PartialEq)]
struct Learned {
    motif: Motif,
    designed: DesignedLoop,
    played: DMatrix<f64>,
    rmse: f64,
    starting_bias: Option<DVector<f64>>,
    bias: DVector<f64>,
}

impl LearnedMotif {
    /// Puts the parts of one motif together, with the inputs by which a module leads to its start.
    ///
    /// # Errors
    /// A loop over a cortex of another size than the module's; a loop that was designed for a motif of
    /// another length or number of readouts.
    pub fn new(motif: Motif, designed: impl Into<DesignedLoop>, preparation: &Preparation) -> Result<Self> {
        let designed = designed.into();
        let state = designed.start();
        let inputs = (preparation.starting_bias(state)?, preparation.bias(state)?);
        Self::assemble(motif, designed, inputs)
    }

    pub(super) fn assemble(
        motif: Motif,
        designed: DesignedLoop,
        (starting_bias, bias): (Option<DVector<f64>>, DVector<f64>),
    ) -> Result<Self> {
        let (played, rmse) = match &designed {
            DesignedLoop::Placed(fit, _) => {
                (DMatrix::from_vec(motif.len(), 1, fit.values(motif.len())), Some(fit.rmse()))
            }
            DesignedLoop::Direct(own) => (own.played().clone(), None),
        };
        let expected = motif.samples().shape();
        check::shape("motif as played", played.shape(), expected, "use the loop of this motif")?;
        let rmse = rmse.filter(|known| known.is_finite()).unwrap_or_else(|| {
            let errors = played.iter().zip(motif.samples()).map(|(y, target)| y - target);
            check::root_mean_square(errors) * (motif.outputs() as f64).sqrt()
        });
        Ok(Self(Arc::new(Learned { motif, designed, played, rmse, starting_bias, bias })))
    }

    /// The target.
    pub fn motif(&self) -> &Motif {
        &self.0.motif
    }

    /// Its loop, as it was designed.
    pub fn designed(&self) -> &DesignedLoop {
        &self.0.designed
    }

    /// Its exponentials and the loop that has their eigenvalues, where the loop was placed.
    pub fn placed(&self) -> Option<(&Fit, &MotifLoop)> {
        match self.designed() {
            DesignedLoop::Placed(fit, own) => Some((fit, own)),
            DesignedLoop::Direct(_) => None,
        }
    }

    /// The loop $U V^T$, weights N x r.
    pub fn weights(&self) -> &LowRank {
        match self.designed() {
            DesignedLoop::Placed(_, own) => own.weights(),
            DesignedLoop::Direct(own) => own.weights(),
        }
    }

    /// The state from which the readout plays the motif (N).
    pub fn initial_state(&self) -> &DVector<f64> {
        self.designed().start()
    }

    /// System matrix $A + U V^T$ while the motif plays (N x N, 1/tau).
    pub fn system(&self) -> &DMatrix<f64> {
        match self.designed() {
            DesignedLoop::Placed(_, own) => own.system(),
            DesignedLoop::Direct(own) => own.system(),
        }
    }

    /// The motif as it is played from its own start, without noise (T x D).
    pub fn played(&self) -> &DMatrix<f64> {
        &self.0.played
    }

    /// Root mean square over the samples of the distance of [`played`](Self::played) from the target.
    pub fn rmse(&self) -> f64 {
        self.0.rmse
    }

    /// Robustness cost C: expected readout deviation per unit of relative noise in the initial state.
    pub fn noise_cost(&self) -> f64 {
        match self.designed() {
            DesignedLoop::Placed(_, own) => own.noise_cost(),
            DesignedLoop::Direct(own) => own.report().noise_cost,
        }
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
