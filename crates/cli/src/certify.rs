//! `thalamo certify`

use serde_json::{Value, json};
use thalamo::certificate::{Certificate, certify, decay_time, shortest_preparation, usual_depth};
use thalamo::io::{self, Model};
use thalamo::nalgebra::DMatrix;

use crate::arguments::Certify;
use crate::failure::Result;
use crate::session::Session;

/// Part of random starts from N(0, I) that the bound on them holds for.
pub const PROBABILITY: f64 = 0.99;

pub fn run(options: &Certify, session: &Session) -> Result<()> {
    let model = io::read::<Model>(&options.model)?;
    let bar = session.spinner("certifying");
    let depth = options.depth.unwrap_or_else(|| usual_depth(model.names.len()));
    let certificate = match options.error {
        Some(error) => shortest_preparation(&model.network, error, depth)?,
        None => {
            let given = options.transition.map(|given| session.in_tau(given));
            certify(&model.network, given.unwrap_or(model.transition), depth)?
        }
    };
    let listing = listing(&model, &certificate)?;
    bar.finish_and_clear();
    session.print_json(&listing)
}

/// A certificate as JSON, once it is verified. Rows of matrices are motifs, columns their predecessors.
pub fn listing(model: &Model, certificate: &Certificate) -> Result<Value> {
    certificate.verify(&model.network)?;
    let start = certificate.from_normal(model.network.scale().unwrap_or(1.0), PROBABILITY)?;
    Ok(json!({
        "transition": certificate.transition,
        "depth": certificate.depth,
        "motifs": model.names,
        "norm": format!("{:?}", certificate.norm).to_lowercase(),
        "contraction": certificate.contraction(),
        "worst": certificate.worst(),
        "exact_worst_pair": certificate.exact_worst(),
        "gap": certificate.gap(),
        "sup_error": rows(&certificate.sup_error),
        "rms_error": rows(&certificate.rms_error),
        "exact_sup_error": rows(&certificate.exact_sup_error),
        "exact_rms_error": rows(&certificate.exact_rms_error),
        "carried_deviation": &certificate.carried_deviation,
        "random_start": { "probability": start.probability, "first": start.first, "later": start.later },
        "decay_to_one_percent": decay_time(model.network.preparation().system(), 0.01)?,
        "verified": true,
    }))
}

fn rows(matrix: &DMatrix<f64>) -> Vec<Vec<f64>> {
    matrix.row_iter().map(|row| row.iter().copied().collect()).collect()
}
