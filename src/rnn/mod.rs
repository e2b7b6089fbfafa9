//! Tanh networks trained by gradient descent: the comparison that fails at transitions, and its
//! rescue.
//!
//! The analytic chain of this crate is not used by these networks, and does not use them. A
//! [`TanhNetwork`] plays motif $\mu$ under a bias $b_\mu$ and, if multiplicative, a loop
//! $u_\mu v_\mu^T$ ([`Architecture`] has the equations). It learns them by back-propagation through
//! time ([`gradient()`]) and [`Adam`], a [`Trainer`] minibatch by minibatch, with the trials of a
//! [`Protocol`]. Motifs that were learned from random starts are then played after one another
//! ([`transition_errors`]): the end of one motif is no random start of the next, and errors grow. A
//! [`TransitionModule`] $U V^T \tanh x$, on for 5 tau before each motif, takes the network to the
//! same place from wherever it is, and errors no longer grow. The module is trained
//! ([`train_module`]), or comes from the analytic solver ([`TransitionModule::design`]).
//!
//! # Cost
//!
//! A step of a minibatch of B trials takes two products of an N x N matrix with an N x B matrix,
//! forward and backward, so `4 N^2 B` flops; everything else is `O(N B)` in vectorised passes. The
//! activity of every step is kept: `4 N B (T + 1)` bytes, 119 MB for N = 300, B = 90 and T = 1100.
//! Trials are spread over rayon's threads in groups whose size does not depend on their number, and
//! are summed in order: the bits are the same for any number of threads.
//!
//! Training is in `f32`; the same code in `f64` serves to check gradients ([`Real`]).

mod adam;
mod architecture;
mod backward;
mod batch;
mod checkpoint;
mod evaluation;
mod kernels;
mod linear_transition;
mod loss;
mod matrices;
mod module;
mod network;
mod parameters;
mod pass;
mod plan;
mod products;
mod protocol;
mod real;
mod trainer;
mod training_options;
mod trial;

pub use adam::{Adam, AdamOptions};
pub use architecture::Architecture;
pub use batch::{BatchMemory, Gradient, gradient, respond};
pub use checkpoint::Checkpoint;
pub use evaluation::{TanhErrors, TanhTransition, play, transition_errors};
pub use linear_transition::{linearisation, transition_fixed_point};
pub use loss::{Learned, Loss};
pub use module::TransitionModule;
pub use network::{TanhNetwork, TanhOptions};
pub use parameters::Parameters;
pub use protocol::Protocol;
pub use real::Real;
pub use trainer::{Trainer, TrainingStatus, train_module};
pub use training_options::{Plateau, TrainingOptions};
pub use trial::{Response, Trial, TrialPhase, TrialSegment};
