//! Named series of numbers: what all files of motifs and states hold.

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
