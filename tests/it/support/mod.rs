//! Shared by the tests: reference files, random cases, small networks, comparisons and settings.

pub(crate) mod archives;
mod compare;
mod cortices;
mod data;
pub(crate) mod fits;
mod gradients;
pub(crate) mod guarantees;
mod kinds;
mod matching;
pub(crate) mod matrices;
mod networks;
pub(crate) mod npz;
pub(crate) mod numpy;
mod random;
mod settings;

pub(crate) use compare::*;
pub(crate) use cortices::*;
pub(crate) use data::*;
pub(crate) use gradients::*;
pub(crate) use kinds::*;
pub(crate) use matching::*;
pub(crate) use networks::*;
pub(crate) use random::*;
pub(crate) use settings::*;
