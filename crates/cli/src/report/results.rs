//! Everything that a report shows, computed.

use maud::{Markup, html};
use rayon::prelude::*;
use serde_json::{Value, json};

use super::number::{element, visible};
use super::options::ReportOptions;
use crate::{Result, certify, expected, gate};
use thalamo::Error;
use thalamo::analysis::{TransitionErrors, transition_errors};
use thalamo::certificate::{self, Certificate, decay_time, rms_decay, usual_depth};
use thalamo::io::{Model, MotifSummary, Summary};
use thalamo::linalg::eigenvalues;
use thalamo::nalgebra::DMatrix;
use thalamo::play::{Keep, Sequence, Simulator, Start, Trajectory};
use thalamo::spectrum::Spectrum;

/// Motifs played when none are named.
const PLAYED: usize = 6;
/// Points of the decay curve.
const DECAY_POINTS: usize = 100;

/// What a column of a table shows of each motif.
pub(super) type Column<'a> = Box<dyn Fn(usize) -> Markup + 'a>;

/// Numbers and curves of one model.
pub(super) struct Results<'a> {
    pub(super) model: &'a Model,
    pub(super) options: &'a ReportOptions,
    pub(super) motifs: Vec<MotifSummary>,
    /// What `thalamo info --json` and `thalamo certify` tell, under `info` and `certify`.
    pub(super) told: Value,
    pub(super) decay: Decay,
    /// Eigenvalues of A, and of each motif's `A + u v^T`.
    pub(super) system: Spectrum,
    pub(super) loops: Vec<Spectrum>,
    pub(super) played: Trajectory,
    /// Missing where there is but one motif.
    pub(super) transitions: Option<TransitionErrors>,
    pub(super) guarantee: Guarantee,
    /// Motifs that the certificate follows exactly.
    pub(super) depth: usize,
}

/// How deviations die during preparation.
pub(super) struct Decay {
    /// Time and root mean square deviation per unit.
    pub(super) curve: Vec<(f64, f64)>,
    /// What is left when the motif begins.
    pub(super) left: f64,
    pub(super) to_five_percent: f64,
    pub(super) to_one_percent: f64,
}

/// A certificate, or the factor by which deviations may grow.
pub(super) enum Guarantee {
    Certified(Box<Certificate>),
    NotContracting(f64),
}

impl<'a> Results<'a> {
    pub(super) fn of(model: &'a Model, options: &'a ReportOptions) -> Result<Self> {
        let network = &model.network;
        let count = network.motifs().len();
        let simulator = Simulator::new(network, model.transition)?;
        let start = Start::Random { std: model.network.scale().unwrap_or(1.0), seed: options.seed };
        let loops: Vec<_> = network.motifs().par_iter().map(|m| eigenvalues(m.system())).collect();
        let errors = || transition_errors(&simulator, options.starts, options.seed);
        let depth = options.depth.unwrap_or_else(|| usual_depth(count));
        let mut told = json!({ "info": expected::listing(model, &gate::of(model)?)? });
        let guarantee = match certificate::certify(network, model.transition, depth) {
            Err(Error::NotContracting { contraction }) => Guarantee::NotContracting(contraction),
            made => Guarantee::Certified(Box::new(made?)),
        };
        if let Guarantee::Certified(certificate) = &guarantee {
            told["certify"] = certify::listing(model, certificate)?;
        }
        Ok(Self {
            model,
            options,
            motifs: Summary::of(model).motifs,
            told,
            decay: Decay::of(network.preparation().system(), model.transition)?,
            system: network.system().spectrum()?.clone(),
            loops: loops.into_iter().collect::<thalamo::Result<_>>()?,
            played: simulator.run(&Sequence::new(&played(options, count))?, &start, None, Keep::Readout)?,
            transitions: (count > 1).then(errors).transpose()?,
            guarantee,
            depth,
        })
    }

    /// What a command tells at a path of its JSON, such as `info/seed`.
    pub(super) fn told(&self, key: &str) -> Markup {
        match self.told.pointer(&format!("/{key}")) {
            Some(value) => element(value, Some(key)),
            None => element(&Value::Null, None),
        }
    }

    /// What `info` tells of each motif at a path.
    pub(super) fn column(&self, path: &'a str) -> Column<'_> {
        Box::new(move |motif| self.told(&format!("info/motifs/{motif}/{path}")))
    }

    /// A motif as the head of a row.
    pub(super) fn head(&self, motif: usize) -> Markup {
        html! { (motif) " " bdi { (self.name(motif)) } }
    }

    /// Number of motifs.
    pub(super) fn count(&self) -> usize {
        self.model.names.len()
    }

    /// A motif's name, its control characters made visible.
    pub(super) fn name(&self, motif: usize) -> String {
        let name = self.model.names.get(motif).map_or("", String::as_str);
        name.chars().map(visible).collect()
    }
}

/// The sequence asked for, or one of three to six motifs.
fn played(options: &ReportOptions, count: usize) -> Vec<usize> {
    if !options.sequence.is_empty() || count == 0 {
        return options.sequence.clone();
    }
    (0..count.clamp(3, PLAYED)).map(|i| i % count).collect()
}

impl Decay {
    fn of(system: &DMatrix<f64>, transition: f64) -> Result<Self> {
        let to_one_percent = decay_time(system, 0.01)?;
        let horizon = (1.5 * to_one_percent).max((1.2 * transition).min(2.0 * to_one_percent));
        let dt = horizon / DECAY_POINTS as f64;
        let curve = rms_decay(system, dt, DECAY_POINTS)?;
        let left = if transition > 0.0 { rms_decay(system, transition, 1)?[1] } else { 1.0 };
        Ok(Self {
            curve: curve.into_iter().enumerate().map(|(i, rms)| (i as f64 * dt, rms)).collect(),
            left,
            to_five_percent: decay_time(system, 0.05)?,
            to_one_percent,
        })
    }
}
