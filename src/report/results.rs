//! Everything that a report shows, computed.

use rayon::prelude::*;

use super::{ReportOptions, Result};
use crate::Error;
use crate::io::{Model, Summary};
use crate::linalg::eigenvalues;
use crate::nalgebra::DMatrix;
use crate::play::{Sequence, Simulator, Start, Trajectory};
use crate::spectrum::Spectrum;
use crate::{
    analysis::{TransitionErrors, transition_errors},
    certificate::{Certificate, StartBound, certify, decay_time, rms_decay, usual_depth},
};

/// Part of the random starts from N(0, I) that the certificate's bound on them holds for.
pub(super) const PROBABILITY: f64 = 0.99;
/// Motifs played when none are named.
const PLAYED: usize = 6;
/// Points of the decay curve.
const DECAY_POINTS: usize = 100;

/// Numbers and curves of one model.
pub(super) struct Results<'a> {
    pub(super) model: &'a Model,
    pub(super) options: &'a ReportOptions,
    pub(super) summary: Summary,
    pub(super) decay: Decay,
    /// Eigenvalues of each motif's `A + u v^T`.
    pub(super) system: Spectrum,
    pub(super) loops: Vec<Spectrum>,
    pub(super) played: Trajectory,
    /// Missing where there is but one motif.
    pub(super) transitions: Option<TransitionErrors>,
    pub(super) guarantee: Guarantee,
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
    Certified(Box<Certificate>, StartBound),
    NotContracting(f64),
}

impl<'a> Results<'a> {
    pub(super) fn of(model: &'a Model, options: &'a ReportOptions) -> Result<Self> {
        let network = &model.network;
        let simulator = Simulator::new(network, model.transition)?;
        let sequence = Sequence::new(&played(options, network.motifs().len()))?;
        let start = Start::Random { std: 1.0, seed: options.seed };
        let loops: Vec<_> =
            network.motifs().par_iter().map(|m| eigenvalues(m.motif_loop().system())).collect();
        let several = network.motifs().len() > 1;
        let errors = || transition_errors(&simulator, options.starts, options.seed);
        Ok(Self {
            model,
            options,
            summary: Summary::of(model),
            decay: Decay::of(network.preparation().system(), model.transition)?,
            system: network.system().spectrum()?.clone(),
            loops: loops.into_iter().collect::<crate::Result<_>>()?,
            played: simulator.run(&sequence, &start, None, false)?,
            transitions: several.then(errors).transpose()?,
            guarantee: Guarantee::of(model, depth(model, options))?,
        })
    }

    /// Motifs that the certificate follows exactly.
    pub(super) fn depth(&self) -> usize {
        depth(self.model, self.options)
    }

    /// Number of motifs.
    pub(super) fn count(&self) -> usize {
        self.model.names.len()
    }

    /// A motif's name, its control characters made visible.
    pub(super) fn name(&self, motif: usize) -> String {
        let name = self.model.names.get(motif).map_or("", String::as_str);
        name.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
    }
}

fn depth(model: &Model, options: &ReportOptions) -> usize {
    options.depth.unwrap_or_else(|| usual_depth(model.names.len()))
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

impl Guarantee {
    fn of(model: &Model, depth: usize) -> Result<Self> {
        let certificate = match certify(&model.network, model.transition, depth) {
            Err(Error::NotContracting { contraction }) => return Ok(Self::NotContracting(contraction)),
            other => other?,
        };
        certificate.verify(&model.network)?;
        let start = certificate.from_normal(1.0, PROBABILITY)?;
        Ok(Self::Certified(Box::new(certificate), start))
    }
}
