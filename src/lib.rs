//! thalamo
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod analysis;
mod error;
pub mod fit;
pub mod linalg;
pub mod motif;
pub mod optim;
pub mod thalamus;
mod validate;

pub use error::{Error, Result};
