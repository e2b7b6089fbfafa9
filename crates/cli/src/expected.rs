//! Errors to expect under noise.

use rayon::prelude::*;
use serde_json::{Value, json};
use thalamo::analysis::{ExpectedError, Quality, expected_rmse};
use thalamo::io::{Model, Summary};
use thalamo::play::{Noise, Simulator, Start};

use crate::failure::{Failure, Result};
use crate::gate;

/// Intensity of white noise on every unit, in units of x per sqrt(tau), that errors are told for.
pub const NOISE: f64 = 0.01;

/// Each motif's expected error under this noise, prepared and played from its own start.
pub fn errors(model: &Model) -> thalamo::Result<Vec<ExpectedError>> {
    let simulator = Simulator::new(&model.network, model.transition)?;
    let noise = Noise { initial: 0.0, process: NOISE, seed: 0 };
    let of = |(index, learned): (usize, &thalamo::network::LearnedMotif)| {
        let start = Start::State(learned.initial_state().clone());
        expected_rmse(&simulator, index, &start, noise)
    };
    model.network.motifs().par_iter().enumerate().map(of).collect()
}

/// A model's summary as JSON, with the expected error of each motif, and its quality with all warnings.
pub fn listing(model: &Model, quality: &Quality) -> Result<Value> {
    let mut listing =
        serde_json::to_value(Summary::of(model)).map_err(|error| Failure::System(error.into()))?;
    listing["expected_noise"] = NOISE.into();
    for (index, error) in errors(model)?.iter().enumerate() {
        listing["motifs"][index]["expected_rmse"] = error.rmse().into();
    }
    for (index, q) in quality.motifs.iter().enumerate() {
        listing["motifs"][index]["quality"] = json!({
            "fit": q.fit, "worst": q.worst, "after": gate::after(model, q), "mean": q.mean,
            "contraction": q.contraction,
        });
    }
    let warnings = quality.warnings.iter().map(|warning| warning.text(&model.names, None));
    listing["warnings"] = warnings.collect();
    Ok(listing)
}
