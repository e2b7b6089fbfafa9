//! A certificate that no sequence of any order or length fails.

mod certify;
mod decay;
mod invariant;
mod inverse;
mod norm;
mod report;
mod verify;

pub use certify::{certify, usual_depth};
pub use decay::rms_decay;
pub use inverse::{decay_time, shortest_preparation};
pub use norm::Norm;
pub use report::{Certificate, StartBound};
