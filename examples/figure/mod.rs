//! What all examples share: the library's plotting style, and their command line.
#![allow(dead_code, unreachable_pub, unused_imports)] // each example uses a part of it

mod options;

pub use self::options::{Options, progress, write_json};
pub use thalamo::figure::*;

/// Whatever can go wrong in an example.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
