//! Transitions linearised at the origin: their system, where they end, and the module that is best
//! for them.

use nalgebra::{DMatrix, DVector};

use super::{Real, TanhNetwork, TransitionModule};
use crate::preparation::{Preparation, PreparationOptions};
use crate::{Error, Result, System};

/// What a transition without a fixed point is told.
pub(super) const SINGULAR: Error = Error::Singular {
    what: "transition system A_prep",
    remedy: "optimise the transition module: a contracting one is regular",
};

impl<T: Real> TransitionModule<T> {
    /// The module that is optimal for the linearisation at the origin: the [`Preparation`] of the
    /// system $A = -I + g J$, whose decay from anywhere is a closed form. It needs no training and
    /// fits any tanh network; $\tanh x$ being flatter than $x$, the network then decays more slowly
    /// far from the origin.
    ///
    /// # Errors
    /// As [`System::new`] and [`Preparation::optimise`].
    pub fn design(network: &TanhNetwork<T>, options: &PreparationOptions, seed: u64) -> Result<Self> {
        let system = System::new(without_module(network), network.readout().map(T::widen))?;
        let found = Preparation::optimise(&system, options, seed)?;
        Ok(Self { input: found.input().map(T::of), feedback: found.feedback().map(T::of) })
    }
}

/// The linear system of the transition phase at the origin, $A_{prep} = -I + g J + U V^T$ (N x N,
/// 1/tau).
///
/// Without a module it is $-I + g J$.
pub fn linearisation<T: Real>(network: &TanhNetwork<T>) -> DMatrix<f64> {
    let mut system = without_module(network);
    if let Some(module) = network.module() {
        system += module.input.map(T::widen) * module.feedback.map(T::widen).transpose();
    }
    system
}

/// $-I + g J$.
fn without_module<T: Real>(network: &TanhNetwork<T>) -> DMatrix<f64> {
    let units = network.units();
    network.recurrent().map(|x| network.gain * x.widen()) - DMatrix::identity(units, units)
}

/// The state that a linear transition settles in, $x^\ast = -A_{prep}^{-1} b_\mu$ (N).
///
/// # Errors
/// [`Error::UnknownIndex`] on a motif that is not there, [`Error::Singular`] when $A_{prep}$ is.
pub fn transition_fixed_point<T: Real>(network: &TanhNetwork<T>, motif: usize) -> Result<DVector<f64>> {
    let len = network.motifs();
    if motif >= len {
        return Err(Error::UnknownIndex { what: "motif", index: motif, len });
    }
    let bias = network.parameters().biases.column(motif).map(T::widen);
    let finite = |x: &DVector<f64>| x.iter().all(|x| x.is_finite());
    linearisation(network).lu().solve(&-bias).filter(finite).ok_or(SINGULAR)
}
