//! A model as one HTML page: figures, tables, the certificate, every setting and seed.
//!
//! The page is complete in itself: it loads nothing, runs no script, and reads well in light and dark, on a
//! telephone and on paper. The same model and options give the same bytes. Every number is a `<data>`
//! element: its text is rounded, its `value` has all digits, and its `data-key` is the path of the same
//! number in the output of `thalamo info --json` (`info/...`) or of `thalamo certify` (`certify/...`).
//!
//! ```
//! use thalamo::io::Model;
//! use thalamo_cli::report::{ReportOptions, html};
//! # use thalamo::{Cortex, Network, NetworkOptions, motif::oscillating_motifs, preparation::PreparationOptions};
//! # let options = NetworkOptions::published().with(|o| o.preparation.rank = Some(15));
//! # let network = Network::build(Cortex::random(40, 0.5, 1)?, &oscillating_motifs(2, 1)?, &options, 1)?;
//! let model = Model::new(network, 10.0)?;
//! let page = html(&model, &ReportOptions::default())?;
//! assert!(page.starts_with("<!DOCTYPE html>") && !page.contains("<script"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod command;
mod direct;
mod figures;
mod guarantee;
mod number;
mod options;
mod page;
mod pairs;
mod results;
mod sections;
mod table;

pub(crate) use self::command::{Report, run};
pub(crate) use self::figures::played_panel;
pub use self::options::ReportOptions;
pub use self::page::{html, write_html};
