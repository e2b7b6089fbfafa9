//! A model as one HTML page: figures, tables, the certificate, every setting and seed.
//!
//! The page is complete in itself: it loads nothing, runs no script, and reads well in light and dark, on a telephone
//! and on paper. The same model and options give the same bytes. Every number is a `<data>` element: its text is
//! rounded, its `value` has all digits, and its `data-key` is the path of the same number in the output of
//! `thalamo info --json` (`info/...`) or of `thalamo certify` (`certify/...`).
//!
//! ```
//! use thalamo::io::Model;
//! use thalamo_cli::report::{ReportOptions, html};
//! # use thalamo::{Cortex, Network, NetworkOptions, motif::oscillating_motifs, preparation::PreparationOptions};
//! # let options = NetworkOptions::default().with(|o| o.preparation.rank = 15);
//! # let network = Network::build(Cortex::random(40, 0.5, 1)?, &oscillating_motifs(2, 1)?, &options, 1)?;
//! let model = Model::new(network, 10.0)?;
//! let page = html(&model, &ReportOptions::default())?;
//! assert!(page.starts_with("<!DOCTYPE html>") && !page.contains("<script"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod command;
mod figures;
mod guarantee;
mod number;
mod page;
mod pairs;
mod results;
mod sections;
mod table;

use std::path::Path;

use thalamo::io::{self, Model};

pub(crate) use self::command::{Report, run};
pub(crate) use self::figures::played_panel;
use crate::Result;

/// What a report shows beside the model itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportOptions {
    /// Indices of the motifs of the sequence played; the first six motifs where it is empty.
    pub sequence: Vec<usize>,
    /// Random starts that each motif is played from.
    pub starts: usize,
    /// Number of motifs that the certificate follows exactly, as in [`certify`](thalamo::certificate::certify); the
    /// [`usual_depth`](thalamo::certificate::usual_depth) where it is `None`.
    pub depth: Option<usize>,
    /// Seed of the random starts, and of the state that the sequence starts from.
    pub seed: u64,
}

impl Default for ReportOptions {
    /// The first six motifs, 50 random starts, a certificate of the usual depth, seed 1.
    fn default() -> Self {
        Self { sequence: Vec::new(), starts: 50, depth: None, seed: 1 }
    }
}

impl ReportOptions {
    /// These options after a change, such as `.with(|o| o.seed = 2)`.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

/// The page.
///
/// A library that cannot be certified gets a page that says so.
///
/// # Errors
/// A sequence with a motif that the model does not know, no random starts, a depth that
/// [`certify`](thalamo::certificate::certify) refuses, a transition off the motifs' time grid.
pub fn html(model: &Model, options: &ReportOptions) -> Result<String> {
    page::page(&results::Results::of(model, options)?)
}

/// Writes the page to a file, whole or not at all.
///
/// # Errors
/// As [`html`]; a file that cannot be written.
pub fn write_html(path: &Path, model: &Model, options: &ReportOptions) -> Result<()> {
    Ok(io::write_whole(path, html(model, options)?.as_bytes())?)
}
