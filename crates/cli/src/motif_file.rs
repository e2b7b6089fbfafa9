//! Files of motifs, from a path or standard input, in tau or seconds.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use thalamo::Error;
use thalamo::io::{self, NamedMotif};
use thalamo::motif::Motif;

use crate::failure::{Failure, Result};
use crate::session::Session;

/// Time between samples where nothing says otherwise (tau).
const DT: f64 = 0.1;
/// Relative difference that is put down to rounding.
const ROUNDING: f64 = 1e-9;

/// How a file of motifs is read.
#[derive(Debug, Args)]
pub struct Grid {
    /// Time between samples of the motifs (tau; with --tau: seconds) [default: by the file's column of times,
    /// else the model's, else 0.1 tau]
    #[arg(long)]
    pub dt: Option<f64>,
    /// Format of the motifs [default: by the end of the name; on standard input by its beginning]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    Csv,
    Json,
    Npz,
}

impl Format {
    fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Npz => "npz",
        }
    }

    /// By what files begin with.
    fn of(bytes: &[u8]) -> Self {
        match bytes.trim_ascii_start() {
            [b'P', b'K', ..] => Self::Npz,
            [b'[', ..] => Self::Json,
            _ => Self::Csv,
        }
    }
}

/// All motifs of a file, or of standard input where the path is `-`. Their time step is the one that is
/// given, or of the file's column of times, or `known` (tau).
pub fn read(path: &Path, grid: &Grid, known: Option<f64>, session: &Session) -> Result<Vec<NamedMotif>> {
    let standard = path == Path::new("-");
    let shown = if standard { PathBuf::from("standard input") } else { path.to_owned() };
    let bytes =
        bytes(path, standard).map_err(|error| Error::Read { reason: error.into() }.in_file(&shown))?;
    let format = grid.format.or_else(|| standard.then(|| Format::of(&bytes)));
    let named = format.map_or(path.to_owned(), |format| Path::new("motifs").with_extension(format.ending()));
    // Messages name what the user did.
    let shown_in = |error| match error {
        Error::InFile { source, .. } => source.in_file(&shown),
        other => other,
    };
    let tau = session.tau.unwrap_or(1.0);
    let dt = match (grid.dt, known, io::time_step(&bytes, &named).map_err(shown_in)?) {
        (Some(given), _, _) => given,
        (None, Some(known), _) => known * tau,
        (None, None, Some(step)) => step,
        (None, None, None) if session.tau.is_none() => DT,
        (None, None, None) => {
            return Err(Failure::Usage(format!(
                "--tau: expected the time between samples of {} in seconds, given none; add --dt, or a column of times",
                shown.display()
            )));
        }
    };
    let motifs: Vec<NamedMotif> = io::decode(&bytes, &named, dt).map_err(shown_in)?;
    let dt = match known {
        Some(known) if (dt / tau / known - 1.0).abs() < ROUNDING => known,
        _ => rounded(dt / tau),
    };
    let converted = |NamedMotif { name, motif }| {
        let motif = Motif::new(dt, motif.values().to_vec())?;
        Ok(NamedMotif { name, motif })
    };
    Ok(motifs.into_iter().map(converted).collect::<thalamo::Result<_>>()?)
}

fn bytes(path: &Path, standard: bool) -> std::io::Result<Vec<u8>> {
    if !standard {
        return std::fs::read(path);
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A quotient without what division added to it.
fn rounded(time: f64) -> f64 {
    let short: f64 = format!("{time:.11e}").parse().unwrap_or(time);
    if (short / time - 1.0).abs() < 1e-12 { short } else { time }
}
