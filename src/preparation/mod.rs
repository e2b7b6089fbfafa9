//! The preparatory module: one low-rank U V^T that brings cortex to the start of any motif.

mod cost;
mod design;
mod input;
mod module;
mod null;
mod options;
mod weights;

pub use cost::{PreparationCost, PreparationTerms};
pub use input::Input;
pub use module::{Preparation, PreparationHistory, PreparationReport};
pub use null::OutputNull;
pub use options::{PreparationOptions, WeightBound};
