//! Smooth unconstrained minimisation: one objective trait, L-BFGS, and a gradient check.

mod descent;
mod gradient_check;
mod history;
mod lbfgs;
mod line_search;
mod objective;
mod report;
mod vector;

pub(crate) use descent::Descent;
pub use gradient_check::gradient_error;
pub use lbfgs::{LbfgsOptions, minimise, minimise_batch};
pub(crate) use lbfgs::{advance, begin};
pub use objective::{BatchObjective, Objective};
pub use report::{Minimum, Status};
