//! The gate: how well a model fits and plays its motifs, with warnings that `--strict` turns into a failure.

use clap::Args;
use thalamo::analysis::{MotifQuality, Predecessor, Quality, quality};
use thalamo::io::Model;
use thalamo::play::Simulator;

use crate::failure::{Failure, Result};
use crate::session::Session;

/// What becomes of warnings.
#[derive(Debug, Args)]
pub struct Gate {
    /// Fail with exit code 2 where a motif is fitted or played badly; `build` and `learn` write nothing then
    #[arg(long)]
    pub strict: bool,
}

/// How well a model does, with its own preparation.
pub fn of(model: &Model) -> Result<Quality> {
    Ok(quality(&Simulator::new(&model.network, model.transition)?)?)
}

/// All warnings by the motifs' names.
pub fn warnings(model: &Model, quality: &Quality, session: &Session) -> Vec<String> {
    quality.warnings.iter().map(|warning| warning.text(&model.names, session.tau)).collect()
}

/// The worst predecessor of a motif in words.
pub fn after(model: &Model, quality: &MotifQuality) -> String {
    match quality.after {
        Predecessor::Motif(before) => model.names.get(before).cloned().unwrap_or_default(),
        _ => "random start".to_owned(),
    }
}

impl Gate {
    /// Fails on warnings where they are failures.
    pub fn check(&self, model: &Model, quality: &Quality, session: &Session) -> Result<()> {
        let warnings = warnings(model, quality, session);
        if !self.strict || warnings.is_empty() {
            return Ok(());
        }
        Err(Failure::Usage(format!("--strict: expected no warnings, given\n  {}", warnings.join("\n  "))))
    }
}
