//! What a model's arrays do not hold: versions, seeds, options, names and how everything came about.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::model::Model;
use super::{Error, Result, json};
use crate::NetworkOptions;
use crate::network::LearnedMotif;
use crate::serial::FitReport;
use crate::{loops::LoopStart, preparation::PreparationHistory};

/// What the metadata of a model say it is.
const FORMAT: &str = "thalamo model";
/// Version of the format that this program writes, and the only one it reads.
const VERSION: u64 = 1;

/// The part of the metadata that every version has.
#[derive(Debug, Deserialize)]
struct Header {
    format: String,
    version: u64,
}

/// Metadata of `model.npz`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Metadata {
    format: String,
    version: u64,
    /// Version of this crate that wrote the file.
    pub(super) crate_version: String,
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
        Self { fit: learned.fit().into(), starts: report.starts.clone(), best: report.best }
    }
}

impl Metadata {
    pub(super) fn of(model: &Model) -> Self {
        let network = &model.network;
        Self {
            format: FORMAT.into(),
            version: VERSION,
            crate_version: env!("CARGO_PKG_VERSION").into(),
            seed: network.seed(),
            names: model.names.clone(),
            options: network.options().clone(),
            preparation: network.preparation().report().history,
            motifs: network.motifs().iter().map(MotifHistory::from).collect(),
        }
    }

    /// From JSON, the version first: what follows it may differ.
    pub(super) fn decode(bytes: &[u8], path: &Path) -> Result<Self> {
        let header: Header = json::decode(bytes, path, "metadata with format and version")?;
        if header.format != FORMAT {
            return Err(Error::Format {
                path: path.to_owned(),
                expected: format!("metadata of a {FORMAT}"),
                given: format!("`{}`", header.format),
                remedy: "give a file that `thalamo build` wrote",
            });
        }
        if header.version != VERSION {
            return Err(Error::Version { path: path.to_owned(), given: header.version, supported: VERSION });
        }
        json::decode(bytes, path, "metadata of a model")
    }
}
