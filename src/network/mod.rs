//! The network: one cortex, one preparatory module, and a library of motifs.

#[cfg_attr(not(feature = "io"), allow(dead_code))]
pub(crate) mod arrays;
mod build;
mod direct;
mod library;
mod motif;
mod options;
#[cfg(feature = "io")]
pub(crate) mod parts;
mod selection;

pub use arrays::{Array, Numbers};
pub use build::BuildStep;
pub use library::Network;
pub use motif::{DesignedLoop, LearnedMotif};
pub use options::{Design, NetworkOptions};
pub use selection::NoiseTolerance;
