//! What a model's arrays do not hold: seeds, options, names and how everything came about.

use serde::{Deserialize, Serialize};

use crate::fit::FitReport;
use crate::loops::LoopStart;
use crate::network::LearnedMotif;
use crate::preparation::PreparationHistory;
use crate::{Network, NetworkOptions};

/// Metadata of `model.npz`, after its header.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Metadata {
    pub(super) seed: u64,
    pub(super) names: Vec<String>,
    pub(super) options: NetworkOptions,
    pub(super) preparation: Option<PreparationHistory>,
    pub(super) motifs: Vec<MotifHistory>,
}

/// How one motif came about.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MotifHistory {
    pub(super) fit: FitReport,
    pub(super) starts: Vec<LoopStart>,
    pub(super) best: usize,
}

impl From<&LearnedMotif> for MotifHistory {
    fn from(learned: &LearnedMotif) -> Self {
        let report = learned.motif_loop().report();
        Self { fit: learned.fit().report().clone(), starts: report.starts.clone(), best: report.best }
    }
}

impl Metadata {
    pub(super) fn of(network: &Network, names: &[String]) -> Self {
        Self {
            seed: network.seed(),
            names: names.to_vec(),
            options: network.options().clone(),
            preparation: network.preparation().report().history,
            motifs: network.motifs().iter().map(MotifHistory::from).collect(),
        }
    }
}
