//! What commands take, and their help.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum, ValueHint};

use crate::directly::Directly;
use crate::fitting::Fitting;
use crate::gate::Gate;
use crate::motif_file::Grid;
use crate::session::Output;

/// Draw random motifs
///
/// Step motifs are piecewise constant, as published; oscillating ones are smooth. Motif i of a seed is the
/// same however many are drawn.
#[derive(Debug, Args)]
#[command(after_long_help = "Example:\n  thalamo motifs --count 10 --seed 1 --out motifs.npz")]
pub struct Motifs {
    /// Number of motifs
    #[arg(long, default_value_t = 10)]
    pub count: usize,
    /// Seed of the draw
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Shape of the motifs
    #[arg(long, value_enum, default_value_t = Kind::Step)]
    pub kind: Kind,
    /// File to write: .npz, .csv or .json
    #[arg(long, short, value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Kind {
    /// Piecewise constant with random steps
    Step,
    /// A constant and four harmonics
    Oscillating,
}

/// Fit each motif by a sum of complex exponentials
///
/// Writes eigenvalues, amplitudes and errors as JSON.
#[derive(Debug, Args)]
#[command(after_long_help = "Example:\n  thalamo fit motifs.npz --modes 10 --separation 6/T --out fits.json")]
pub struct Fit {
    /// File of motifs, or - for standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub motifs: PathBuf,
    #[command(flatten)]
    pub fitting: Fitting,
    /// Seed of the random starts
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[command(flatten)]
    pub grid: Grid,
    #[command(flatten)]
    pub output: Output,
}

/// Build a network that plays motifs in any order
///
/// Designs a loop for every motif, directly or by fitting exponentials and placing their eigenvalues, and
/// optimises the preparatory module. The network is random, or given as an .npz file with J (N, N), w (N,)
/// and, optionally, gain.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  thalamo build motifs.npz --units 99 --gain 0.5 --out model.npz\n  \
                             thalamo build motifs.csv --network net.npz --prep-rank 30 --out model.npz\n  \
                             thalamo build motifs.csv --tau 0.02 --transition 0.2 --strict --out model.npz\n  \
                             thalamo build motifs.csv --preset robust --loop-rank 2 --out model.npz\n  \
                             thalamo build motifs.npz --preset published --separation 6/T --out model.npz\n  \
                             thalamo build motifs.npz --fits fits.json --out model.npz"
)]
pub struct Build {
    /// File of motifs, or - for standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub motifs: PathBuf,
    /// Network of one's own, in place of a random one
    #[arg(long, value_name = "FILE", conflicts_with = "units", value_hint = ValueHint::FilePath)]
    pub network: Option<PathBuf>,
    /// Number of units N of the random network
    #[arg(long, default_value_t = 99)]
    pub units: usize,
    /// Gain g (1/tau), where the network's file has none [default: 0.5]
    #[arg(long)]
    pub gain: Option<f64>,
    /// Fits that `thalamo fit` wrote for these motifs, to be placed in place of new ones
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = [
        "modes", "separation", "margin", "decay_limit", "amplitude_bound", "fit_start",
    ])]
    pub fits: Option<PathBuf>,
    #[command(flatten)]
    pub fitting: Fitting,
    #[command(flatten)]
    pub directly: Directly,
    /// Largest error of a placed loop that plays its exponentials, relative to the sum of their amplitudes
    /// [default: 1e-6]
    #[arg(long, value_name = "ERROR")]
    pub playback_tolerance: Option<f64>,
    /// Rank P of the preparatory module [default: half the units; preset published: 50]
    #[arg(long)]
    pub prep_rank: Option<usize>,
    /// Keep the readout smooth during preparation, with this weight, in place of free of transients [preset
    /// published: 0.05]
    #[arg(long)]
    pub beta: Option<f64>,
    /// Keep the readout free of transients during preparation: it falls exponentially to that of the input,
    /// as in all presets but the published
    #[arg(long, conflicts_with = "beta")]
    pub output_null: bool,
    /// Preparation before each motif (tau; with --tau: seconds), kept with the model [default: 5 tau]
    #[arg(long)]
    pub transition: Option<f64>,
    /// Input that leads to each motif's start
    #[arg(long, value_enum)]
    pub input: Option<Input>,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[command(flatten)]
    pub grid: Grid,
    #[command(flatten)]
    pub gate: Gate,
    #[command(flatten)]
    pub output: Output,
}

/// Inputs of a preparation.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Input {
    /// One that holds the start, which is approached for ever
    Published,
    /// One that compensates for the transition, and only for one of this duration
    Constant,
    /// One that compensates for the first 3 tau or so, then one that holds the start
    Compensated,
}

/// Teach a model more motifs
///
/// Adds their loops and changes no number of any other motif. Seeds and settings are the model's own.
#[derive(Debug, Args)]
#[command(after_long_help = "Example:\n  thalamo learn model.npz more.csv --out larger.npz")]
pub struct Learn {
    /// Model to start from
    #[arg(value_hint = ValueHint::FilePath)]
    pub model: PathBuf,
    /// File of motifs, sampled as the model's, or - for standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub motifs: PathBuf,
    #[command(flatten)]
    pub grid: Grid,
    #[command(flatten)]
    pub gate: Gate,
    #[command(flatten)]
    pub output: Output,
}

/// Play a sequence of motifs
///
/// Each motif is preceded by preparation. Writes t (steps,), y (trials, steps), phase (the motif's index, -1
/// in preparation), target and rmse, and with --states x (trials, steps, N).
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  thalamo simulate model.npz --sequence reach,grasp,reach --out traj.npz --plot seq.svg\n  \
                             thalamo simulate model.npz --sequence 0,1 --start random --noise 0.02 --trials 20 --out traj.npz"
)]
pub struct Simulate {
    /// Model to play
    #[arg(value_hint = ValueHint::FilePath)]
    pub model: PathBuf,
    /// Motifs in order, by name or index
    #[arg(long, value_name = "MOTIF,...", value_delimiter = ',', required = true)]
    pub sequence: Vec<String>,
    /// Preparation before each motif (tau; with --tau: seconds) [default: the model's]
    #[arg(long)]
    pub transition: Option<f64>,
    /// State at the beginning: rest, random (standard deviation 1) or a .npy, .csv or .json file of N numbers
    #[arg(long, value_name = "rest|random|FILE", default_value = "rest", value_hint = ValueHint::FilePath)]
    pub start: Start,
    /// Intensity of white noise on every unit, in units of x per sqrt(tau)
    #[arg(long, default_value_t = 0.0)]
    pub noise: f64,
    /// Number of trials, each with random numbers of its own
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub trials: u32,
    /// Seed of start and noise
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Write the states as well. Trials are then drawn step by step: their noise differs from that without
    /// states
    #[arg(long)]
    pub states: bool,
    /// Draw the sequence: .svg or .png
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub plot: Option<PathBuf>,
    #[command(flatten)]
    pub output: Output,
}

/// Where a sequence begins.
#[derive(Debug, Clone)]
pub enum Start {
    Rest,
    Random,
    File(PathBuf),
}

impl FromStr for Start {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "rest" => Self::Rest,
            "random" => Self::Random,
            file => Self::File(file.into()),
        })
    }
}

/// Bound the readout error of all sequences, of any order and length
///
/// Prints a certificate as JSON: for each motif (row) after each other one (column) the largest readout
/// error, certified and exact for the pair alone. With --error, for the shortest preparation that keeps every
/// sequence within it.
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  thalamo certify model.npz --transition 5\n  \
                             thalamo certify model.npz --error 0.05 --depth 1")]
pub struct Certify {
    /// Model to certify
    #[arg(value_hint = ValueHint::FilePath)]
    pub model: PathBuf,
    /// Preparation before each motif (tau; with --tau: seconds) [default: the model's]
    #[arg(long, conflicts_with = "error")]
    pub transition: Option<f64>,
    /// Largest readout error allowed: find the shortest preparation
    #[arg(long)]
    pub error: Option<f64>,
    /// Number of motifs followed exactly; deeper is tighter and slower [default: 3 up to 22 motifs, 2 up to
    /// 62, else 1]
    #[arg(long)]
    pub depth: Option<usize>,
}

/// Show what a model holds and achieves
#[derive(Debug, Args)]
#[command(after_long_help = "Example:\n  thalamo info model.npz --json")]
pub struct Info {
    /// Model to show
    #[arg(value_hint = ValueHint::FilePath)]
    pub model: PathBuf,
    /// All numbers and settings, as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub gate: Gate,
}

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(
    after_long_help = "Example:\n  thalamo completions bash > ~/.local/share/bash-completion/completions/thalamo"
)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Print a manual page
#[derive(Debug, Args)]
#[command(after_long_help = "Example:\n  thalamo man build | man -l -")]
pub struct Man {
    /// Command to describe [default: all of thalamo]
    pub command: Option<String>,
}
