//! Named series of numbers: what all files of motifs and states hold.

use crate::Error;

/// A series of numbers with a name, not validated yet.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) values: Vec<f64>,
}

/// The name of a series that has none.
pub(super) fn numbered(index: usize) -> String {
    format!("motif_{index}")
}

/// An error about one cell.
pub(super) fn in_row(row: u64, column: &str, error: Error) -> Error {
    Error::InRow { row, column: column.to_owned(), source: Box::new(error) }
}
