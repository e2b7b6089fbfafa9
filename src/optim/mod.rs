//! Smooth unconstrained minimisation: one objective trait, L-BFGS, and a gradient check.

mod gradient_check;
mod history;
mod lbfgs;
mod line_search;
mod objective;
mod report;
mod vector;

pub use gradient_check::gradient_error;
pub use lbfgs::{LbfgsOptions, minimise};
pub use objective::Objective;
pub use report::{Minimum, Status};
