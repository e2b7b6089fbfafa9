//! A network from its stored numbers: nothing is optimised again, everything is verified again.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::arrays::{ModuleArrays, MotifArrays};
use super::library::Network;
use super::motif::{LearnedMotif, check_fit};
use super::options::NetworkOptions;
use crate::fit::{Fit, FitReport};
use crate::loops::{LoopDesign, LoopOptions, LoopStart};
use crate::low_rank::LowRank;
use crate::motif::Motif;
use crate::preparation::{Input, Preparation, PreparationHistory};
use crate::system::System;
use crate::{Result, check};

/// Relative difference accepted between a stored bias and the one computed again.
const AGREEMENT: f64 = 1e-9;

/// The numbers of a network.
pub(crate) struct NetworkParts {
    pub(crate) system: System,
    pub(crate) module: ModuleArrays,
    /// Time step of all motifs.
    pub(crate) dt: f64,
    pub(crate) motifs: Vec<MotifArrays>,
}

/// What the arrays of a network do not hold: seed, options, the motifs' names and how everything
/// came about.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct History {
    pub(crate) seed: u64,
    pub(crate) names: Vec<String>,
    /// The options it was built with, by which it learns on.
    pub(crate) options: NetworkOptions,
    /// What amplitudes and states are measured by.
    pub(crate) scale: Option<f64>,
    pub(crate) preparation: Option<PreparationHistory>,
    pub(crate) motifs: Vec<MotifHistory>,
}

/// How one motif came about.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MotifHistory {
    fit: FitReport,
    /// The starts of its loop's optimisation, in order.
    starts: Vec<LoopStart>,
    /// Index of the start kept.
    best: usize,
}

impl History {
    pub(crate) fn of(network: &Network, names: &[String]) -> Self {
        let history = |learned: &LearnedMotif| {
            let report = learned.motif_loop().report();
            MotifHistory {
                fit: learned.fit().report().clone(),
                starts: report.starts.clone(),
                best: report.best,
            }
        };
        Self {
            seed: network.seed(),
            names: names.to_vec(),
            options: network.options().clone(),
            scale: network.scale(),
            preparation: network.preparation().report().history,
            motifs: network.motifs().iter().map(history).collect(),
        }
    }
}

impl Network {
    /// A network from its numbers, which keep their bits. Nothing is fitted or optimised again, and
    /// everything is verified again: the eigenvalues of every $A + u v^T$, the motif it plays from
    /// its x_init, v and x_init against those that u implies under the options, the inputs against those by
    /// which the module leads to x_init, and the stability of the preparatory module.
    pub(crate) fn from_parts(parts: NetworkParts, history: History) -> Result<Self> {
        let NetworkParts { system, module: ModuleArrays { input, feedback, switch }, dt, motifs } = parts;
        let options = history.options;
        options.validate()?;
        let scale = history.scale.map_or(Ok(None), |s| check::positive("scale", s).map(|()| Some(s)))?;
        let rank = options.preparation.rank_of(&system)?;
        check::shape("U_prep", input.shape(), (system.units(), rank), "give N x P for the options' rank P")?;
        let weights = LowRank::new(input, feedback)?;
        let asked = (options.preparation.smoothness_of(&system), options.preparation.null_rate_of(&system));
        let preparation = Preparation::restore(&system, weights, asked, history.preparation)?;
        let preparation = preparation.with_input(&system, with_switch(&system, options.input, switch)?)?;
        let restored = |(index, (arrays, history))| {
            let settings = options.loop_of(scale.unwrap_or(1.0));
            let restored = restore(&system, &preparation, &settings, dt, arrays, history);
            restored.map_err(|error| error.in_motif(index))
        };
        let restored: Vec<_> = motifs.into_par_iter().zip(history.motifs).enumerate().map(restored).collect();
        // The first error in the order of motifs, whichever thread was first.
        let motifs = restored.into_iter().collect::<Result<_>>()?;
        Ok(Self::assemble(system, preparation, motifs, &options, scale, history.seed))
    }
}

fn restore(
    system: &System,
    preparation: &Preparation,
    options: &LoopOptions,
    dt: f64,
    arrays: MotifArrays,
    history: MotifHistory,
) -> Result<LearnedMotif> {
    let MotifArrays { target, eigenvalues, amplitudes, input, feedback, .. } = arrays;
    let MotifArrays { initial_state, starting_bias, bias, .. } = arrays;
    let fit = Fit::new(&eigenvalues, &amplitudes, dt)?.with_report(history.fit)?;
    let motif = Motif::new(dt, target)?;
    check_fit(&motif, &fit)?;
    let (eigenvalues, amplitudes) = (fit.eigenvalues(), fit.amplitudes().as_slice());
    let design = LoopDesign::new(system, eigenvalues, amplitudes, motif.duration(), options)?;
    let [input, feedback] = [input, feedback].map(|x| DMatrix::from_columns(&[x]));
    let weights = LowRank::new(input, feedback)?;
    let motif_loop = design.restore(weights, initial_state, history.starts, history.best)?;
    let state = motif_loop.initial_state();
    let (points, size) = (preparation.fixed_points(state)?, preparation.system().norm());
    check_bias("bias b", &bias, &preparation.bias(state)?, size * points.last.norm())?;
    if let (Some(stored), Some(derived), Some(point)) =
        (&starting_bias, preparation.starting_bias(state)?, &points.first)
    {
        check_bias("bias b_start", stored, &derived, size * point.norm())?;
    }
    Ok(LearnedMotif::assemble(motif, fit, motif_loop, (starting_bias, bias)))
}

fn check_bias(what: &'static str, stored: &DVector<f64>, derived: &DVector<f64>, size: f64) -> Result<()> {
    check::shape(what, (stored.len(), 1), (derived.len(), 1), "give one entry per unit")?;
    check::finite(what, stored.as_slice())?;
    check::agrees(what, (stored - derived).norm() / size, AGREEMENT)
}

/// The input of some options, with the stored time of its switch, which keeps its bits.
fn with_switch(system: &System, input: Input, stored: Option<f64>) -> Result<Input> {
    let (Some(stored), Some(derived)) = (stored, input.switch(system)) else { return Ok(input) };
    check::agrees("time at which inputs switch", (stored - derived).abs() / derived, AGREEMENT)?;
    Ok(Input::Compensated { shortest: Some(stored) })
}
