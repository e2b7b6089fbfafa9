//! The commands.

use clap::{Parser, Subcommand};

use crate::arguments::*;
use crate::report::Report;
use crate::session::Common;
use crate::train::Train;

const FILES: &str = "Files of motifs: .npz (one array per motif), .csv (a column per motif, header optional, shorter ones \
                     end in empty cells; a column named t or time tells the time between rows) or .json (a list of lists).\n\n\
                     Exit codes: 0 done, 2 bad usage or input, 1 anything else.";

/// Design cortical networks whose thalamus plays motor motifs in any order
///
/// Time is in units of the membrane time constant tau, rates and eigenvalues in 1/tau.
#[derive(Debug, Parser)]
#[command(name = "thalamo", version, after_long_help = FILES, propagate_version = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Motifs(Motifs),
    Fit(Fit),
    Build(Build),
    Learn(Learn),
    Simulate(Simulate),
    Certify(Certify),
    Info(Info),
    Report(Report),
    Train(Train),
    Completions(Completions),
    Man(Man),
}
