//! How loops are designed directly, from the command line.

use clap::Args;
use thalamo::direct::DirectOptions;

/// Loops designed directly (presets default and robust). A flag has the last word over the preset.
#[derive(Debug, Args)]
#[command(next_help_heading = "Direct loops")]
pub struct Directly {
    /// Rank of each motif's loop [default: 1]
    #[arg(long, value_name = "R")]
    pub loop_rank: Option<usize>,
    /// Noise of the start that loops are designed for, relative to the motif's states: more is more robust
    /// and less exact [default: 0.05]
    #[arg(long, value_name = "SIGMA")]
    pub relative_noise: Option<f64>,
    /// Relative error of every weight of a loop that it is designed for [default: 0; preset robust: 0.02]
    #[arg(long, value_name = "E")]
    pub weight_error: Option<f64>,
    /// Relative error of every weight of the preparatory module, likewise [default: 0]
    #[arg(long, value_name = "E")]
    pub module_error: Option<f64>,
    /// Relative error of every entry of the preparatory input, likewise [default: 0]
    #[arg(long, value_name = "E")]
    pub input_error: Option<f64>,
    /// Begin each motif exactly at its first sample
    #[arg(long)]
    pub exact_start: bool,
    /// Starts with random loops beside the one along the gradient [default: 2]
    #[arg(long, value_name = "N")]
    pub random_starts: Option<usize>,
}

impl Directly {
    /// These changes of some options.
    pub fn change(&self, options: &mut DirectOptions) {
        options.rank = self.loop_rank.unwrap_or(options.rank);
        options.relative_noise = self.relative_noise.unwrap_or(options.relative_noise);
        options.weight_error = self.weight_error.unwrap_or(options.weight_error);
        options.module_error = self.module_error.unwrap_or(options.module_error);
        options.input_error = self.input_error.unwrap_or(options.input_error);
        options.exact_start |= self.exact_start;
        options.random_starts = self.random_starts.unwrap_or(options.random_starts);
    }

    /// The first flag that was given.
    pub fn given(&self) -> Option<&'static str> {
        let flags = [
            ("--loop-rank", self.loop_rank.is_some()),
            ("--relative-noise", self.relative_noise.is_some()),
            ("--weight-error", self.weight_error.is_some()),
            ("--module-error", self.module_error.is_some()),
            ("--input-error", self.input_error.is_some()),
            ("--exact-start", self.exact_start),
            ("--random-starts", self.random_starts.is_some()),
        ];
        flags.iter().find(|(_, given)| *given).map(|(flag, _)| *flag)
    }
}
