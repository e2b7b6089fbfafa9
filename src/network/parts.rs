//! A network from its stored numbers: nothing is optimised again, everything is verified again.

use rayon::prelude::*;

use super::arrays::{ModuleArrays, MotifArrays};
use super::library::{Network, check_time_steps};
use super::motif::LearnedMotif;
use super::options::NetworkOptions;
use crate::fit::{Fit, FitOrigin};
use crate::loops::{LoopDesign, LoopStart};
use crate::motif::Motif;
use crate::preparation::{Preparation, PreparationHistory};
use crate::system::System;
use crate::{Error, Result, check};

/// Relative difference accepted between a stored bias or RMSE and the one computed again.
const AGREEMENT: f64 = 1e-9;

/// The numbers of one motif.
pub(crate) struct MotifParts {
    pub(crate) motif: Motif,
    pub(crate) fit: Fit,
    pub(crate) arrays: MotifArrays,
    /// The starts of its loop's optimisation, in order.
    pub(crate) starts: Vec<LoopStart>,
    /// Index of the start kept.
    pub(crate) best: usize,
}

/// The numbers of a network: all that a file has to hold.
pub(crate) struct NetworkParts {
    pub(crate) system: System,
    pub(crate) module: ModuleArrays,
    pub(crate) preparation_history: Option<PreparationHistory>,
    pub(crate) motifs: Vec<MotifParts>,
    /// The options it was built with, by which it learns on.
    pub(crate) options: NetworkOptions,
    pub(crate) seed: u64,
}

impl Network {
    /// A network from its numbers, which keep their bits. Nothing is fitted or optimised again, and
    /// everything is verified again: the eigenvalues of every $A + u v^T$, the motif it plays from
    /// its x_init, v and x_init against those that u implies under the options, $b = -(A + U V^T)
    /// x_\mathrm{init}$, and the stability of the preparatory module.
    pub(crate) fn from_parts(parts: NetworkParts) -> Result<Self> {
        let NetworkParts { system, module, preparation_history, motifs, options, seed } = parts;
        options.validate()?;
        let (u, v) = (module.input, module.feedback);
        let rank = options.preparation.rank;
        check::shape("U_prep", u.shape(), (system.units(), rank), "give N x P for the options' rank P")?;
        let beta = options.preparation.beta;
        let preparation = Preparation::restore(&system, u, v, beta, preparation_history)?;
        check_time_steps(motifs.iter().map(|m| &m.motif))?;
        let restored: Vec<Result<LearnedMotif>> = motifs
            .into_par_iter()
            .enumerate()
            .map(|(index, motif)| {
                restore(&system, &preparation, &options, motif).map_err(|error| error.in_motif(index))
            })
            .collect();
        // The first error in the order of motifs, whichever thread was first.
        let motifs = restored.into_iter().collect::<Result<_>>()?;
        Ok(Self::assemble(system, preparation, motifs, &options, seed))
    }
}

fn restore(
    system: &System,
    preparation: &Preparation,
    options: &NetworkOptions,
    parts: MotifParts,
) -> Result<LearnedMotif> {
    let MotifParts { motif, fit, arrays, starts, best } = parts;
    if fit.dt() != motif.dt() {
        return Err(Error::TimeStep { expected: motif.dt(), given: fit.dt() });
    }
    check_rmse(&motif, &fit)?;
    let (eigenvalues, amplitudes) = (fit.eigenvalues(), fit.amplitudes().as_slice());
    let design = LoopDesign::new(system, eigenvalues, amplitudes, motif.duration(), &options.motif_loop)?;
    let vectors = (arrays.input, arrays.feedback, arrays.initial_state);
    let motif_loop = design.restore(vectors, starts, best)?;
    let bias = arrays.bias;
    let derived = preparation.bias(motif_loop.initial_state())?;
    check::shape("bias b", (bias.len(), 1), (derived.len(), 1), "give one entry per unit")?;
    check::finite("bias b", bias.as_slice())?;
    let size = preparation.system().norm() * motif_loop.initial_state().norm();
    check::agrees("bias b", (&bias - derived).norm() / size, AGREEMENT)?;
    Ok(LearnedMotif::assemble(motif, fit, motif_loop, bias))
}

/// The error that the fit claims is the one of its exponentials; a fit brought along claims none.
fn check_rmse(motif: &Motif, fit: &Fit) -> Result<()> {
    if fit.report().origin == FitOrigin::Given {
        return Ok(());
    }
    let squares =
        fit.values(motif.len()).iter().zip(motif.values()).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    let found = (squares / motif.len() as f64).sqrt();
    check::agrees("RMSE of the fit", (found - fit.rmse()).abs() / motif.rms(), AGREEMENT)
}
