//! `thalamo certify`

use serde::Serialize;
use thalamo::certificate::{certify, decay_time, shortest_preparation, usual_depth};
use thalamo::io::{self, Model};
use thalamo::nalgebra::DMatrix;

use crate::arguments::Certify;
use crate::failure::{Failure, Result};
use crate::session::Session;

/// Part of random starts from N(0, I) that the bound on them holds for.
const PROBABILITY: f64 = 0.99;

#[derive(Serialize)]
struct Report<'a> {
    transition: f64,
    depth: usize,
    motifs: &'a [String],
    norm: String,
    contraction: f64,
    worst: f64,
    exact_worst_pair: f64,
    gap: f64,
    /// Row: the motif; column: its predecessor.
    sup_error: Vec<Vec<f64>>,
    rms_error: Vec<Vec<f64>>,
    exact_sup_error: Vec<Vec<f64>>,
    exact_rms_error: Vec<Vec<f64>>,
    carried_deviation: &'a [f64],
    random_start: RandomStart,
    decay_to_one_percent: f64,
    verified: bool,
}

/// Errors of sequences that begin at a random state.
#[derive(Serialize)]
struct RandomStart {
    probability: f64,
    first: Vec<f64>,
    later: f64,
}

pub fn run(options: &Certify, session: &Session) -> Result<()> {
    let model = io::read::<Model>(&options.model)?;
    let bar = session.spinner("certifying");
    let depth = options.depth.unwrap_or_else(|| usual_depth(model.names.len()));
    let certificate = match options.error {
        Some(error) => shortest_preparation(&model.network, error, depth)?,
        None => certify(&model.network, options.transition.unwrap_or(model.transition), depth)?,
    };
    certificate.verify(&model.network)?;
    bar.finish_and_clear();
    let start = certificate.from_normal(1.0, PROBABILITY)?;
    let report = Report {
        transition: certificate.transition,
        depth: certificate.depth,
        motifs: &model.names,
        norm: format!("{:?}", certificate.norm).to_lowercase(),
        contraction: certificate.contraction(),
        worst: certificate.worst(),
        exact_worst_pair: certificate.exact_worst(),
        gap: certificate.gap(),
        sup_error: rows(&certificate.sup_error),
        rms_error: rows(&certificate.rms_error),
        exact_sup_error: rows(&certificate.exact_sup_error),
        exact_rms_error: rows(&certificate.exact_rms_error),
        carried_deviation: &certificate.carried_deviation,
        random_start: RandomStart { probability: start.probability, first: start.first, later: start.later },
        decay_to_one_percent: decay_time(model.network.preparation().system(), 0.01)?,
        verified: true,
    };
    let text = serde_json::to_string_pretty(&report).map_err(|error| Failure::System(error.into()))?;
    session.print(&(text + "\n"))
}

fn rows(matrix: &DMatrix<f64>) -> Vec<Vec<f64>> {
    matrix.row_iter().map(|row| row.iter().copied().collect()).collect()
}
