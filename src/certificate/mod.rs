//! A certificate that no sequence of any order or length fails.

mod certify;
mod decay;
mod invariant;
mod norm;
mod report;
mod shortest;
mod verify;

pub use certify::{certify, usual_depth};
pub use decay::{decay_time, rms_decay};
pub use norm::Norm;
pub use report::{Certificate, StartBound};
pub use shortest::shortest_preparation;
