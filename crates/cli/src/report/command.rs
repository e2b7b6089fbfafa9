//! `thalamo report`

use std::path::PathBuf;

use clap::{Args, ValueHint};
use thalamo::io::{self, Model};

use super::options::ReportOptions;
use super::page::write_html;
use crate::failure::Result;
use crate::gate::{self, Gate};
use crate::sequence::indices;
use crate::session::{Output, Session, motifs};

/// Describe a model on one HTML page
///
/// Motifs and fits, spectra, preparation, a sequence, the errors of every ordered pair, noise, the
/// certificate, and every setting and seed, in figures and tables. The page loads nothing and runs no script.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  thalamo report model.npz --out report.html\n  \
                             thalamo report model.npz --sequence reach,grasp,reach --strict --out report.html")]
pub struct Report {
    /// Model to describe
    #[arg(value_hint = ValueHint::FilePath)]
    model: PathBuf,
    /// Motifs of the sequence shown, by name or index [default: the first six]
    #[arg(long, value_name = "MOTIF,...", value_delimiter = ',')]
    sequence: Vec<String>,
    #[command(flatten)]
    options: ReportOptions,
    #[command(flatten)]
    gate: Gate,
    #[command(flatten)]
    output: Output,
}

pub fn run(report: &Report, session: &Session) -> Result<()> {
    session.check_output(&report.output, &[&report.model], &["html", "htm"])?;
    let model: Model = io::read(&report.model)?;
    let sequence = indices(&report.sequence, &model, &report.model)?;
    write_html(&report.output.out, &model, &report.options.clone().with(|o| o.sequence = sequence))?;
    session.tell(&format!("report of {}: {}\n", motifs(model.names.len()), report.output.out.display()))?;
    report.gate.check(&model, &gate::of(&model)?, session)
}
