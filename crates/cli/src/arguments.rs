//! What commands take, and their help.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum, ValueHint};

/// What all commands take.
#[derive(Debug, Args)]
pub struct Common {
    /// Print nothing but what was asked for: no progress, no tables
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Number of threads; results do not depend on it [default: all cores]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

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
#[command(after_long_help = "Example:\n  thalamo fit motifs.npz --modes 10 --out fits.json")]
pub struct Fit {
    /// File of motifs
    #[arg(value_hint = ValueHint::FilePath)]
    pub motifs: PathBuf,
    /// Number of exponentials per motif, conjugates included
    #[arg(long, default_value_t = 10)]
    pub modes: usize,
    /// Slowest decay allowed (1/tau) [default: 1/T for a motif of duration T]
    #[arg(long, value_name = "RATE")]
    pub margin: Option<f64>,
    /// Smallest distance between eigenvalues (1/tau)
    #[arg(long, value_name = "RATE", default_value_t = 0.05)]
    pub separation: f64,
    /// Largest norm of the amplitudes
    #[arg(long, value_name = "NORM", default_value_t = 3.0)]
    pub amplitude_bound: f64,
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
/// Fits every motif, places its eigenvalues by a rank-one loop that is robust to noise, and optimises the
/// preparatory module. The network is random, or given as an .npz file with J (N, N), w (N,) and, optionally,
/// gain.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  thalamo build motifs.npz --units 99 --gain 0.5 --out model.npz\n  \
                             thalamo build motifs.csv --network net.npz --prep-rank 30 --out model.npz"
)]
pub struct Build {
    /// File of motifs
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
    /// Number of exponentials per motif, conjugates included
    #[arg(long, default_value_t = 10)]
    pub modes: usize,
    /// Rank P of the preparatory module
    #[arg(long, default_value_t = 50)]
    pub prep_rank: usize,
    /// Weight of a smooth readout during preparation
    #[arg(long, default_value_t = 0.05)]
    pub beta: f64,
    /// Preparation before each motif (tau), kept with the model
    #[arg(long, default_value_t = 5.0)]
    pub transition: f64,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[command(flatten)]
    pub grid: Grid,
    #[command(flatten)]
    pub output: Output,
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
    /// File of motifs, sampled as the model's
    #[arg(value_hint = ValueHint::FilePath)]
    pub motifs: PathBuf,
    #[command(flatten)]
    pub output: Output,
}

/// Play a sequence of motifs
///
/// Each motif is preceded by preparation. Writes t (steps,), y (trials, steps), phase (the motif's index, -1
/// in preparation), target and rmse, and with --states x (trials, steps, N).
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  thalamo simulate model.npz --sequence 0,3,1 --out traj.npz --plot seq.svg\n  \
                             thalamo simulate model.npz --sequence 0,1 --start random --noise 0.02 --trials 20 --out traj.npz"
)]
pub struct Simulate {
    /// Model to play
    #[arg(value_hint = ValueHint::FilePath)]
    pub model: PathBuf,
    /// Indices of the motifs, in order
    #[arg(long, value_name = "I,J,...", value_delimiter = ',', required = true)]
    pub sequence: Vec<usize>,
    /// Preparation before each motif (tau) [default: the model's]
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
    /// Preparation before each motif (tau) [default: the model's]
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

/// The time grid of a file of motifs.
#[derive(Debug, Args)]
pub struct Grid {
    /// Time between samples of the motifs (tau)
    #[arg(long, default_value_t = 0.1)]
    pub dt: f64,
}

/// The result's file.
#[derive(Debug, Args)]
pub struct Output {
    /// File to write, whole or not at all
    #[arg(long, short, value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
    /// Allow it to replace one of the inputs
    #[arg(long)]
    pub overwrite: bool,
}
