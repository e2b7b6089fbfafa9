//! A network from its stored numbers: nothing is optimised again, everything is verified again.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::arrays::{ModuleArrays, MotifArrays};
use super::direct::{Left, left_over};
use super::library::Network;
use super::motif::{DesignedLoop, LearnedMotif, check_fit};
use super::options::{Design, NetworkOptions};
use crate::direct::{DirectLoop, DirectStart};
use crate::fit::{Fit, FitReport};
use crate::loops::{LoopDesign, LoopStart};
use crate::low_rank::LowRank;
use crate::motif::Motif;
use crate::preparation::{Input, Preparation, PreparationHistory};
use crate::system::System;
use crate::{Complex64, Error, Result, check};

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
    /// Its fit, where its loop was placed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    fit: Option<FitReport>,
    /// The starts of a placed loop's optimisation, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    starts: Vec<LoopStart>,
    /// The starts of a direct design, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    direct_starts: Vec<DirectStart>,
    /// Index of the start kept.
    best: usize,
}

impl MotifHistory {
    /// Whether its loop was placed: the exponentials are stored then.
    pub(crate) fn is_placed(&self) -> bool {
        self.fit.is_some()
    }

    fn of(learned: &LearnedMotif) -> Self {
        match learned.designed() {
            DesignedLoop::Placed(fit, own) => Self {
                fit: Some(fit.report().clone()),
                starts: own.report().starts.clone(),
                direct_starts: Vec::new(),
                best: own.report().best,
            },
            DesignedLoop::Direct(own) => Self {
                fit: None,
                starts: Vec::new(),
                direct_starts: own.report().starts.clone(),
                best: own.report().best,
            },
        }
    }
}

impl History {
    pub(crate) fn of(network: &Network, names: &[String]) -> Self {
        Self {
            seed: network.seed(),
            names: names.to_vec(),
            options: network.options().clone(),
            scale: network.scale(),
            preparation: network.preparation().report().history,
            motifs: network.motifs().iter().map(MotifHistory::of).collect(),
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
        let left = match options.design {
            Design::Direct => left_over(&system, &preparation, &options)?,
            Design::Placed => Left { covariance: DMatrix::zeros(0, 0), module: None },
        };
        let frame = Frame { system: &system, preparation: &preparation, left: &left, options: &options, dt };
        let restored = |(index, (arrays, history))| {
            let restored = frame.restore(scale.unwrap_or(1.0), arrays, history);
            restored.map_err(|error| error.in_motif(index))
        };
        let restored: Vec<_> = motifs.into_par_iter().zip(history.motifs).enumerate().map(restored).collect();
        // The first error in the order of motifs, whichever thread was first.
        let motifs = restored.into_iter().collect::<Result<_>>()?;
        Ok(Self::assemble(system, preparation, motifs, &options, scale, history.seed))
    }
}

/// What all motifs share.
struct Frame<'a> {
    system: &'a System,
    preparation: &'a Preparation,
    /// What preparation leaves, for direct designs.
    left: &'a Left,
    options: &'a NetworkOptions,
    dt: f64,
}

impl Frame<'_> {
    fn restore(&self, scale: f64, arrays: MotifArrays, history: MotifHistory) -> Result<LearnedMotif> {
        let MotifArrays { target, eigenvalues, amplitudes, input, feedback, .. } = arrays;
        let MotifArrays { initial_state, starting_bias, bias, .. } = arrays;
        let motif = Motif::new(self.dt, target)?;
        let weights = LowRank::new(input.0, feedback.0)?;
        let given = (eigenvalues, amplitudes);
        let designed = match history.fit {
            Some(report) => {
                let fit = stored_fit(&motif, given, report)?;
                let (eigenvalues, amplitudes) = (fit.eigenvalues(), fit.amplitudes().as_slice());
                let (system, options) = (self.system, self.options.loop_of(scale));
                let design = LoopDesign::new(system, eigenvalues, amplitudes, motif.duration(), &options)?;
                let own = design.restore(weights, initial_state, history.starts, history.best)?;
                DesignedLoop::Placed(fit, own)
            }
            None => {
                let parts = (self.system, self.left.prepared(), &motif);
                let options = self.options.direct_of(scale);
                let starts = (history.direct_starts, history.best);
                DirectLoop::restore(parts, &options, (weights, initial_state), starts)?.into()
            }
        };
        self.check_inputs(designed.start(), starting_bias.as_ref(), &bias)?;
        LearnedMotif::assemble(motif, designed, (starting_bias, bias))
    }

    /// Fails unless the inputs are those by which the module leads to a state.
    fn check_inputs(
        &self,
        state: &DVector<f64>,
        starting: Option<&DVector<f64>>,
        bias: &DVector<f64>,
    ) -> Result<()> {
        let preparation = self.preparation;
        let (points, size) = (preparation.fixed_points(state)?, preparation.system().norm());
        check_bias("bias b", bias, &preparation.bias(state)?, size * points.last.norm())?;
        if let (Some(stored), Some(derived), Some(point)) =
            (starting, preparation.starting_bias(state)?, &points.first)
        {
            check_bias("bias b_start", stored, &derived, size * point.norm())?;
        }
        Ok(())
    }
}

/// The stored fit of a motif.
fn stored_fit(
    motif: &Motif,
    (eigenvalues, amplitudes): (Option<Vec<Complex64>>, Option<Vec<Complex64>>),
    report: FitReport,
) -> Result<Fit> {
    let remedy = "restore the arrays `eigenvalues` and `amplitudes`";
    let (Some(eigenvalues), Some(amplitudes)) = (eigenvalues, amplitudes) else {
        return Err(Error::Empty { what: "exponentials of a placed loop", remedy });
    };
    let fit = Fit::new(&eigenvalues, &amplitudes, motif.dt())?.with_report(report)?;
    check_fit(motif, &fit)?;
    Ok(fit)
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
