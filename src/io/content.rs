//! The errors of all files.

use crate::Error;

/// Longest piece of a file that a message quotes, in characters.
const QUOTED: usize = 60;

/// A file, or part of one, that is not what it should be.
pub(super) fn content(expected: impl Into<String>, given: impl Into<String>, remedy: &'static str) -> Error {
    Error::Content { expected: expected.into(), given: given.into(), remedy }
}

/// A piece of a file, short enough for a message.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// An error about an array.
pub(super) fn in_array(name: &str, error: Error) -> Error {
    Error::InArray { array: short(name), source: Box::new(error) }
}

/// An error about one cell.
pub(super) fn in_row(row: u64, column: &str, error: Error) -> Error {
    Error::InRow { row, column: short(column), source: Box::new(error) }
}
