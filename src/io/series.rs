//! Named series of numbers: what all files of motifs and states hold.

/// A series of numbers with a name, not validated yet.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) values: Vec<f64>,
}

/// What a file of series holds.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) series: Vec<Series>,
    /// Time between samples, where a column of times tells it.
    pub(super) step: Option<f64>,
}

impl From<Vec<Series>> for Table {
    fn from(series: Vec<Series>) -> Self {
        Self { series, step: None }
    }
}

/// The name of a series that has none.
pub(super) fn numbered(index: usize) -> String {
    format!("motif_{index}")
}
