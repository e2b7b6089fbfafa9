//! What a minibatch minimises, and over which numbers.

/// What is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loss {
    /// Mean of $(y - \text{target})^2$ over all steps that have a target.
    Readout,
    /// Mean over all steps of $|\tanh x|^2$: what a transition module is trained on.
    Activity,
}

/// Which arrays get a gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Learned {
    /// The network's parameters.
    Parameters,
    /// The transition module.
    Module,
}

/// A loss, what it is differentiated by, and the number $M$ of steps that it is the mean over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Objective {
    pub(super) loss: Loss,
    pub(super) learned: Learned,
    pub(super) steps: usize,
}
