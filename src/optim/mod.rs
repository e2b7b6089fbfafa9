//! Smooth unconstrained minimisation: one objective trait and L-BFGS.

mod descent;
mod history;
mod lbfgs;
mod line_search;
mod objective;
mod options;
mod report;
mod vector;

pub(crate) use descent::Descent;
pub(crate) use lbfgs::{advance, begin};
pub use lbfgs::{minimise, minimise_observed};
pub(crate) use objective::BatchObjective;
pub use objective::Objective;
pub use options::LbfgsOptions;
pub use report::{Minimum, Observer, Progress, Termination};
