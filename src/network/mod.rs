//! The network: one cortex, one preparatory module, and a library of motifs.

mod build;
mod library;
mod parts;
mod selection;

pub use build::BuildStep;
pub use library::{LearnedMotif, Network, NetworkOptions};
pub use parts::{MotifParts, NetworkParts};
pub use selection::NoiseTolerance;
