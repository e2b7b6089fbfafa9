//! The error of all files.

use crate::Error;

/// A file, or part of one, that is not what it should be.
pub(super) fn content(expected: impl Into<String>, given: impl Into<String>, remedy: &'static str) -> Error {
    Error::Content { expected: expected.into(), given: given.into(), remedy }
}
