//! `thalamo report`

use std::path::PathBuf;

use clap::{Args, ValueHint};
use thalamo::io::{self, Model};
use thalamo::report::{ReportOptions, write_html};

use crate::arguments::Output;
use crate::failure::Result;
use crate::session::Session;

/// Describe a model on one HTML page
///
/// Motifs and fits, spectra, preparation, a sequence, the errors of every ordered pair, noise, the certificate, and
/// every setting and seed, in figures and tables. The page loads nothing and runs no script.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  thalamo report model.npz --out report.html\n  \
                             thalamo report model.npz --sequence 2,0,1 --out report.html")]
pub struct Report {
    /// Model to describe
    #[arg(value_hint = ValueHint::FilePath)]
    model: PathBuf,
    /// Indices of the motifs of the sequence shown [default: the first six]
    #[arg(long, value_name = "I,J,...", value_delimiter = ',')]
    sequence: Vec<usize>,
    /// Random starts that each motif is played from
    #[arg(long, default_value_t = 50)]
    starts: usize,
    /// Number of motifs that the certificate follows exactly; deeper is tighter and slower [default: 3 up to 22 motifs,
    /// 2 up to 62, else 1]
    #[arg(long)]
    depth: Option<usize>,
    /// Seed of the random starts
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    output: Output,
}

pub fn run(report: &Report, session: &Session) -> Result<()> {
    session.check_output(&report.output, &[&report.model])?;
    let model: Model = io::read(&report.model)?;
    let options = ReportOptions {
        sequence: report.sequence.clone(),
        starts: report.starts,
        depth: report.depth,
        seed: report.seed,
    };
    write_html(&report.output.out, &model, &options)?;
    session.tell(&format!("report of {} motifs: {}\n", model.names.len(), report.output.out.display()))
}
