//! Exact simulation: phases are linear, so every sample is a matrix exponential away from the last.
//!
//! A [`Schedule`] turns each motif into phases, each with a flow (its propagators), a centre (which
//! stands for its input) and a target; everything that follows a network through time is composed
//! of them: runs and trials here, the maps of a certificate, errors after transitions, expected
//! noise.

mod flow;
mod noise;
mod phase;
mod schedule;
mod sequence;
mod simulator;
mod trajectory;
mod trials;

pub use noise::Noise;
pub(crate) use phase::{Phase, carry, readouts};
pub(crate) use schedule::MotifPhases;
pub use schedule::Schedule;
pub use sequence::{Sequence, Start};
pub use simulator::{Keep, Simulator};
pub use trajectory::{Segment, Trajectory};
