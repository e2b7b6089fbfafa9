//! Direct design: the loop and the start of a motif together, for any number of outputs and any rank.
//!
//! Where [`loops`](crate::loops) places given eigenvalues, this looks for the U, V and s that play the motif
//! best, all N modes together: what is minimised is the error expected in a sequence and what makes it
//! robust.

mod barrier;
mod basis;
mod cost;
mod design;
mod direct_loop;
mod errors;
mod lanes;
mod modal;
mod options;
mod packed;
mod passes;
mod problem;
mod propagated;
mod quotients;
mod rank_one;
mod roots;
mod sensitivity;
mod start_state;
mod starts;
mod table;
mod tables;
mod terms;

pub use cost::DirectCost;
pub use design::{design, design_observed};
pub use direct_loop::{DirectLoop, DirectReport, DirectStart};
pub use errors::{DirectModule, Prepared};
pub use options::DirectOptions;
pub use starts::DirectOrigin;
pub use terms::DirectTerms;
