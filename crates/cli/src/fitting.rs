//! How motifs are fitted, from the command line: a preset, and what differs from it.

use clap::{Args, ValueEnum};
use thalamo::fit::{FitOptions, FitStart};
use thalamo::{NetworkOptions, Rate};

/// Fits of all motifs. A flag has the last word over the preset.
#[derive(Debug, Args)]
#[command(next_help_heading = "Fits")]
pub struct Fitting {
    /// Settings to start from
    #[arg(long, value_enum, default_value_t = Preset::Default)]
    pub preset: Preset,
    /// Number of exponentials per motif, conjugates included [default: 10]
    #[arg(long)]
    pub modes: Option<usize>,
    /// Smallest distance between eigenvalues: in 1/tau (0.07), or for a motif of duration T (6/T)
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub separation: Option<Rate>,
    /// Slowest decay of an exponential: in 1/tau (0.02), or for a motif of duration T (1/T)
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub margin: Option<Rate>,
    /// Fastest decay of an exponential: in 1/tau (1.5), or for a motif of duration T (60/T)
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub decay_limit: Option<Rate>,
    /// Largest norm of the amplitudes, in root mean squares of the motifs (preset published: in their unit)
    #[arg(long, value_name = "NORM")]
    pub amplitude_bound: Option<f64>,
    /// Where fits start: at zero, at the first sample, anywhere, or at the first sample where the motif does
    #[arg(long, value_enum)]
    pub fit_start: Option<Start>,
}

/// Settings to start from.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Preset {
    /// Loops designed directly for the least error, for motifs of any kind
    Default,
    /// The same for weights that are wrong by some percent
    Robust,
    /// Exponentials fitted to the motif and placed
    Interpretable,
    /// The paper's, in its units
    Published,
}

/// Where a fit starts.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Start {
    Auto,
    Zero,
    Target,
    Free,
}

impl Fitting {
    /// Options of fits alone.
    pub fn fit_options(&self, seed: u64) -> FitOptions {
        let preset = match self.preset {
            Preset::Published => FitOptions::published(),
            _ => FitOptions::default(),
        };
        self.change(preset).with(|o| o.seed = seed)
    }

    /// Options of a network.
    pub fn network_options(&self) -> NetworkOptions {
        let mut network = match self.preset {
            Preset::Default => NetworkOptions::default(),
            Preset::Robust => NetworkOptions::robust(),
            Preset::Interpretable => NetworkOptions::interpretable(),
            Preset::Published => NetworkOptions::published(),
        };
        network.fit = self.change(network.fit);
        network
    }

    /// The first flag that was given.
    pub fn given(&self) -> Option<&'static str> {
        let flags = [
            ("--modes", self.modes.is_some()),
            ("--separation", self.separation.is_some()),
            ("--margin", self.margin.is_some()),
            ("--decay-limit", self.decay_limit.is_some()),
            ("--amplitude-bound", self.amplitude_bound.is_some()),
            ("--fit-start", self.fit_start.is_some()),
        ];
        flags.iter().find(|(_, given)| *given).map(|(flag, _)| *flag)
    }

    fn change(&self, preset: FitOptions) -> FitOptions {
        preset.with(|o| {
            o.modes = self.modes.unwrap_or(o.modes);
            o.separation = self.separation.unwrap_or(o.separation);
            o.margin = self.margin.unwrap_or(o.margin);
            o.decay_limit = self.decay_limit.or(o.decay_limit);
            o.amplitude_bound = self.amplitude_bound.or(o.amplitude_bound);
            o.start = self.fit_start.map_or(o.start, |start| match start {
                Start::Auto => FitStart::Auto,
                Start::Zero => FitStart::Zero,
                Start::Target => FitStart::Target,
                Start::Free => FitStart::Free,
            });
        })
    }
}

/// A number in 1/tau, or `6/T` as a multiple of the inverse of the motif's duration.
fn rate(text: &str) -> Result<Rate, String> {
    let (number, unit): (_, fn(f64) -> Rate) = match text.strip_suffix("/T") {
        Some(number) => (number, Rate::Relative),
        None => (text, Rate::PerTau),
    };
    let number = number.trim().parse().map_err(|_| {
        "expected a number in 1/tau such as 0.07, or a multiple of 1/T such as 6/T".to_owned()
    })?;
    Ok(unit(number))
}
