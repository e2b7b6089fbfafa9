//! A network as plain numbers, and back.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::library::{LearnedMotif, Network, NetworkOptions, check_time_steps};
use crate::check::agrees;
use crate::fit::Fit;
use crate::motif::Motif;
use crate::system::System;
use crate::{Error, Result, check};
use crate::{
    loops::{LoopDesign, LoopParts},
    preparation::{Preparation, PreparationHistory},
};

/// Relative difference accepted between a stored bias or RMSE and the one computed again.
const AGREEMENT: f64 = 1e-9;

/// The numbers of one motif.
#[derive(Debug, Clone, PartialEq)]
pub struct MotifParts {
    /// The target.
    pub motif: Motif,
    /// Its exponentials.
    pub fit: Fit,
    /// Its loop.
    pub motif_loop: LoopParts,
    /// Its constant input during preparation, b (N).
    pub bias: DVector<f64>,
}

/// The numbers of a network: all that a file has to hold.
///
/// ```
/// use thalamo::{Cortex, Network, NetworkOptions, motif::oscillating_motifs, preparation::PreparationOptions};
/// let preparation = PreparationOptions { rank: 15, ..Default::default() };
/// let options = NetworkOptions { preparation, ..Default::default() };
/// let network = Network::build(Cortex::random(40, 0.5, 1)?, &oscillating_motifs(1, 1)?, &options, 1)?;
/// let again = Network::from_parts(network.to_parts())?;
/// assert_eq!(again.motifs(), network.motifs());
/// // A number that does not belong is found.
/// let mut parts = network.to_parts();
/// parts.motifs[0].motif_loop.feedback[3] += 1e-3;
/// assert!(Network::from_parts(parts).is_err());
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct NetworkParts {
    /// The cortex.
    pub system: System,
    /// Weights U of the preparatory module (N x P).
    pub preparation_input: DMatrix<f64>,
    /// Its weights V (N x P).
    pub preparation_feedback: DMatrix<f64>,
    /// How it came about, unless its weights were given.
    pub preparation_history: Option<PreparationHistory>,
    /// All motifs, in order.
    pub motifs: Vec<MotifParts>,
    /// The options it was built with, by which it learns on.
    pub options: NetworkOptions,
    /// The seed it was built with.
    pub seed: u64,
}

impl Network {
    /// The network's numbers.
    pub fn to_parts(&self) -> NetworkParts {
        let motifs = self.motifs().iter().map(|learned| MotifParts {
            motif: learned.motif().clone(),
            fit: learned.fit().clone(),
            motif_loop: learned.motif_loop().into(),
            bias: learned.bias().clone(),
        });
        NetworkParts {
            system: self.system().clone(),
            preparation_input: self.preparation().input().clone(),
            preparation_feedback: self.preparation().feedback().clone(),
            preparation_history: self.preparation().report().history,
            motifs: motifs.collect(),
            options: self.options().clone(),
            seed: self.seed(),
        }
    }

    /// A network from its numbers, which keep their bits. Nothing is fitted or optimised again, and everything is
    /// verified again: the eigenvalues of every $A + u v^T$, the motif it plays from its x_init, v and
    /// x_init against those that u implies under the options, $b = -(A + U V^T) x_\mathrm{init}$, and the stability of
    /// the preparatory module.
    ///
    /// # Errors
    /// Numbers that disagree ([`Error::Disagrees`]), naming the motif ([`Error::InMotif`]), and as
    /// [`Preparation::restore`], [`LoopDesign::new`] and [`LoopDesign::restore`].
    pub fn from_parts(parts: NetworkParts) -> Result<Self> {
        let NetworkParts { system, preparation_input: u, preparation_feedback: v, .. } = parts;
        let (options, seed, history) = (parts.options, parts.seed, parts.preparation_history);
        let rank = options.preparation.rank;
        check::shape("U_prep", u.shape(), (system.units(), rank), "give N x P for the options' rank P")?;
        let preparation = Preparation::restore(&system, u, v, options.preparation.beta, history)?;
        check_time_steps(parts.motifs.iter().map(|m| &m.motif))?;
        let restored: Vec<Result<LearnedMotif>> = parts
            .motifs
            .into_par_iter()
            .enumerate()
            .map(|(index, motif)| {
                restore(&system, &preparation, &options, motif)
                    .map_err(|source| Error::InMotif { index, source: Box::new(source) })
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
    let MotifParts { motif, fit, motif_loop, bias } = parts;
    if fit.dt() != motif.dt() {
        return Err(Error::TimeStep { expected: motif.dt(), given: fit.dt() });
    }
    check_rmse(&motif, &fit)?;
    let (eigenvalues, amplitudes) = (fit.eigenvalues(), fit.amplitudes());
    let design = LoopDesign::new(system, eigenvalues, amplitudes, motif.duration(), &options.motif_loop)?;
    let motif_loop = design.restore(motif_loop)?;
    LearnedMotif::restore(motif, fit, motif_loop, bias, preparation)
}

/// The error that the fit claims is the one of its exponentials; a fit brought along claims none.
fn check_rmse(motif: &Motif, fit: &Fit) -> Result<()> {
    if fit.start() == crate::fit::Start::Given {
        return Ok(());
    }
    let squares =
        fit.values(motif.len()).iter().zip(motif.values()).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    let found = (squares / motif.len() as f64).sqrt();
    agrees("RMSE of the fit", (found - fit.rmse()).abs() / motif.rms(), AGREEMENT)
}

impl LearnedMotif {
    /// Puts the stored parts of one motif together, with a bias that keeps its bits.
    ///
    /// # Errors
    /// A bias of the wrong length, not finite, or other than `-(A + U V^T) x_init` ([`Error::Disagrees`]).
    pub fn restore(
        motif: Motif,
        fit: Fit,
        motif_loop: crate::loops::MotifLoop,
        bias: DVector<f64>,
        preparation: &Preparation,
    ) -> Result<Self> {
        let mut learned = Self::new(motif, fit, motif_loop, preparation)?;
        let derived = learned.bias();
        check::shape("bias b", (bias.len(), 1), (derived.len(), 1), "give one entry per unit")?;
        check::finite("bias b", bias.as_slice())?;
        let size = preparation.system().norm() * learned.motif_loop().initial_state().norm();
        agrees("bias b", (&bias - derived).norm() / size, AGREEMENT)?;
        learned.replace_bias(bias);
        Ok(learned)
    }
}
