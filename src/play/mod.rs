//! Exact simulation: phases are linear, so every sample is a matrix exponential away from the last.

mod noise;
mod phase;
mod sequence;
mod simulator;
mod trajectory;
mod trials;

pub use noise::Noise;
pub use sequence::{Sequence, Start};
pub use simulator::Simulator;
pub use trajectory::{Segment, Trajectory};
