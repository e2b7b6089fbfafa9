//! Direct designs of a network's motifs: for what its module leaves of a deviation, and from placed loops.

use std::ops::ControlFlow;

use nalgebra::DMatrix;

use super::options::NetworkOptions;
use crate::Result;
use crate::direct::{DirectLoop, DirectModule, Prepared, design_observed};
use crate::fit::fit;
use crate::linalg::expm;
use crate::linalg::product::{product, view};
use crate::loops::LoopDesign;
use crate::low_rank::LowRank;
use crate::motif::Motif;
use crate::preparation::Preparation;
use crate::system::System;

/// What a preparation leaves of a deviation, and its module where errors of it count.
pub(super) struct Left {
    pub(super) covariance: DMatrix<f64>,
    pub(super) module: Option<DirectModule>,
}

impl Left {
    pub(super) fn prepared(&self) -> Prepared<'_> {
        match &self.module {
            Some(module) => (&self.covariance, module).into(),
            None => (&self.covariance).into(),
        }
    }
}

/// Covariance $P P^T$ (N x N) of what a preparation $P = e^{M T}$ of the usual duration leaves of a
/// deviation N(0, I), in units of the square of the network's scale, and the module.
pub(super) fn left_over(
    system: &System,
    preparation: &Preparation,
    options: &NetworkOptions,
) -> Result<Left> {
    let duration = options.transition_of(system);
    let map = expm(&(preparation.system() * duration))?;
    let mut covariance = product(view(&map), view(&map).transpose());
    covariance.fill_upper_triangle_with_lower_triangle();
    let counts = options.direct.module_error > 0.0 || options.direct.input_error > 0.0;
    let module = counts.then(|| DirectModule::new(system, preparation.weights(), duration)).transpose()?;
    Ok(Left { covariance, module })
}

/// The loop and start of a motif.
pub(super) fn directly(
    system: &System,
    left: &Left,
    motif: &Motif,
    (options, scale): (&NetworkOptions, f64),
    seed: u64,
) -> Result<DirectLoop> {
    let mut own = options.direct_of(scale);
    let mut placed = placed_starts(system, motif, (options, scale), seed);
    own.random_starts = own.random_starts.saturating_sub(placed.len());
    if own.rank > 1 {
        // A second loop on the best first one ends lower than both from the beginning.
        let single = own.clone().with(|o| o.rank = 1);
        let first = design_observed(system, left.prepared(), motif, &single, seed, &placed, &mut |_| {
            ControlFlow::Continue(())
        })?;
        (own.random_starts, own.continued) = (0, 1);
        placed = vec![first.weights().clone()];
    }
    design_observed(system, left.prepared(), motif, &own, seed, &placed, &mut |_| ControlFlow::Continue(()))
}

/// Placed loops to start from. One that cannot be fitted or placed is no start.
fn placed_starts(
    system: &System,
    motif: &Motif,
    (options, scale): (&NetworkOptions, f64),
    seed: u64,
) -> Vec<LowRank> {
    if motif.outputs() > 1 {
        return Vec::new();
    }
    let loop_options = options.loop_of(scale);
    let place = |&modes: &usize| -> Result<LowRank> {
        let fit = fit(motif, &options.fit_of(system, scale, motif, seed).with(|o| o.modes = modes))?;
        let (eigenvalues, amplitudes) = (fit.eigenvalues(), fit.amplitudes().as_slice());
        let design = LoopDesign::new(system, eigenvalues, amplitudes, motif.duration(), &loop_options)?;
        let made = design.finish(&design.race(seed, false, &|_| ())?)?;
        Ok(made.weights().clone())
    };
    options.placed_starts.iter().filter_map(|modes| place(modes).ok()).collect()
}
