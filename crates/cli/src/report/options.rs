//! What a report shows beside the model itself.

use clap::Args;

/// What a report shows beside the model itself.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[non_exhaustive]
pub struct ReportOptions {
    /// Indices of the motifs of the sequence shown [default: the first six]
    #[arg(skip)]
    pub sequence: Vec<usize>,
    /// Random starts that each motif is played from
    #[arg(long, default_value_t = ReportOptions::default().starts)]
    pub starts: usize,
    /// Number of motifs that the certificate follows exactly; deeper is tighter and slower [default: 3 up to
    /// 22 motifs, 2 up to 62, else 1]
    #[arg(long)]
    pub depth: Option<usize>,
    /// Seed of the random starts, and of the state that the sequence starts from
    #[arg(long, default_value_t = ReportOptions::default().seed)]
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
