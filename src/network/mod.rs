//! The network: one cortex, one preparatory module, and a library of motifs.

mod build;
mod library;
mod selection;

pub use build::BuildStep;
pub use library::{LearnedMotif, Network, NetworkOptions};
pub use selection::NoiseTolerance;
