//! A library of motifs over one cortex.

use nalgebra::DVector;

use super::build;
use super::selection::NoiseTolerance;
use crate::fit::{Fit, FitOptions};
use crate::motif::Motif;
use crate::system::System;
use crate::{Error, Result, check};
use crate::{
    loops::{LoopOptions, MotifLoop},
    preparation::{Preparation, PreparationOptions},
};

/// How a network is built and learns.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkOptions {
    /// Fit of each motif by exponentials.
    pub fit: FitOptions,
    /// Loop of each motif.
    pub motif_loop: LoopOptions,
    /// The preparatory module.
    pub preparation: PreparationOptions,
    /// When a motif is fitted again because its loop is too noisy.
    pub noise: NoiseTolerance,
}

impl Default for NetworkOptions {
    /// The published setting (K = 10, P = 50, beta = 1/20), with the exponentials of a motif at least 0.07/tau
    /// apart and no faster than 1/tau: what lies closer or outside the cortex's own spectrum fits better but
    /// costs robustness.
    fn default() -> Self {
        Self {
            fit: FitOptions {
                separation: 0.07,
                decay_limit: Some(1.0),
                effort: 1000,
                ..FitOptions::default()
            },
            motif_loop: LoopOptions::default(),
            preparation: PreparationOptions::default(),
            noise: NoiseTolerance::default(),
        }
    }
}

/// One motif and everything that belongs to it alone.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnedMotif {
    motif: Motif,
    fit: Fit,
    motif_loop: MotifLoop,
    bias: DVector<f64>,
}

impl LearnedMotif {
    /// Puts the parts of one motif together, with the bias `b = -(A + U V^T) x_init`.
    ///
    /// # Errors
    /// A loop over a cortex of another size than the module's.
    pub fn new(motif: Motif, fit: Fit, motif_loop: MotifLoop, preparation: &Preparation) -> Result<Self> {
        let bias = preparation.bias(motif_loop.initial_state())?;
        Ok(Self { motif, fit, motif_loop, bias })
    }

    pub(super) fn replace_bias(&mut self, bias: DVector<f64>) {
        self.bias = bias;
    }

    /// The target.
    pub fn motif(&self) -> &Motif {
        &self.motif
    }

    /// Its exponentials.
    pub fn fit(&self) -> &Fit {
        &self.fit
    }

    /// Its loop u, v and initial state.
    pub fn motif_loop(&self) -> &MotifLoop {
        &self.motif_loop
    }

    /// Its constant input during preparation, b (N).
    pub fn bias(&self) -> &DVector<f64> {
        &self.bias
    }
}

/// A cortex that can play a library of motifs in any order.
///
/// Learning a motif adds its loop and its bias and touches nothing else: every parameter of every other motif,
/// and the preparatory module, keeps its bits.
///
/// ```
/// use thalamo::{Cortex, Network, NetworkOptions, motif};
/// use thalamo::preparation::PreparationOptions;
/// let motifs = motif::oscillating_motifs(3, 1)?;
/// let options = NetworkOptions {
///     preparation: PreparationOptions { rank: 20, ..Default::default() },
///     ..Default::default()
/// };
/// let mut network = Network::build(Cortex::random(50, 0.5, 1)?, &motifs[..2], &options, 1)?;
/// let before = network.motifs()[0].clone();
/// assert_eq!(network.learn(&motifs[2])?, 2);
/// assert_eq!(network.motifs()[0], before);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Network {
    system: System,
    preparation: Preparation,
    motifs: Vec<LearnedMotif>,
    options: NetworkOptions,
    seed: u64,
}

impl Network {
    /// A network that knows no motif yet: optimises the preparatory module.
    ///
    /// # Errors
    /// As [`Preparation::optimise`].
    pub fn new(system: impl Into<System>, options: &NetworkOptions, seed: u64) -> Result<Self> {
        let system = system.into();
        let preparation = Preparation::optimise(&system, &options.preparation, seed)?;
        Ok(Self::assemble(system, preparation, Vec::new(), options, seed))
    }

    /// A network that knows all these motifs; the same, to the bit, as learning them one by one, but spread
    /// over threads. Depends on the seed, not on the number of threads.
    ///
    /// # Errors
    /// As [`Network::new`] and [`Network::learn`], naming the motif ([`Error::InMotif`]).
    pub fn build(
        system: impl Into<System>,
        motifs: &[Motif],
        options: &NetworkOptions,
        seed: u64,
    ) -> Result<Self> {
        Self::build_observed(system, motifs, options, seed, &|_| ())
    }

    /// [`Network::build`], telling the observer of each step done (from any thread), for a progress bar.
    ///
    /// # Errors
    /// As [`Network::build`].
    pub fn build_observed(
        system: impl Into<System>,
        motifs: &[Motif],
        options: &NetworkOptions,
        seed: u64,
        observer: &(dyn Fn(super::BuildStep) + Sync),
    ) -> Result<Self> {
        let system = system.into();
        let (preparation, motifs) = build::all(&system, motifs, options, seed, observer)?;
        Ok(Self::assemble(system, preparation, motifs, options, seed))
    }

    pub(super) fn assemble(
        system: System,
        preparation: Preparation,
        motifs: Vec<LearnedMotif>,
        options: &NetworkOptions,
        seed: u64,
    ) -> Self {
        Self { system, preparation, motifs, options: options.clone(), seed }
    }

    /// Learns one more motif and returns its index.
    ///
    /// # Errors
    /// A time step other than the library's ([`Error::TimeStep`]), and whatever keeps the motif from being
    /// fitted or its loop from being placed. The network is unchanged then.
    pub fn learn(&mut self, motif: &Motif) -> Result<usize> {
        let index = self.motifs.len();
        check_time_steps(self.motifs.iter().map(|m| &m.motif).chain([motif]))?;
        let learned = build::one(
            &self.system,
            &self.preparation,
            motif,
            &self.options,
            build::seed_of(self.seed, index),
        )?;
        self.motifs.push(learned);
        Ok(index)
    }

    /// Adds a motif whose parts were made elsewhere, and returns its index.
    ///
    /// # Errors
    /// A time step other than the library's, or a loop of another size than the cortex.
    pub fn insert(&mut self, motif: LearnedMotif) -> Result<usize> {
        check_time_steps(self.motifs.iter().map(|m| &m.motif).chain([&motif.motif]))?;
        let units = self.system.units();
        let given = motif.motif_loop.input().len();
        check::shape("loop of the motif", (given, 1), (units, 1), "use a loop over the same cortex")?;
        self.motifs.push(motif);
        Ok(self.motifs.len() - 1)
    }

    /// Forgets all motifs from the given count on; the others keep their bits.
    pub fn truncate(&mut self, count: usize) {
        self.motifs.truncate(count);
    }

    /// The cortex.
    pub fn system(&self) -> &System {
        &self.system
    }

    /// The preparatory module.
    pub fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    /// All motifs, in the order they were learned.
    pub fn motifs(&self) -> &[LearnedMotif] {
        &self.motifs
    }

    /// One motif.
    ///
    /// # Errors
    /// An index past the end.
    pub fn motif(&self, index: usize) -> Result<&LearnedMotif> {
        let len = self.motifs.len();
        self.motifs.get(index).ok_or(Error::UnknownIndex { what: "motif", index, len })
    }

    /// The options it was built with.
    pub fn options(&self) -> &NetworkOptions {
        &self.options
    }

    /// The seed it was built with.
    pub fn seed(&self) -> u64 {
        self.seed
    }
}

/// All motifs of a library share one time step.
pub(super) fn check_time_steps<'a>(mut motifs: impl Iterator<Item = &'a Motif>) -> Result<()> {
    let Some(first) = motifs.next() else { return Ok(()) };
    match motifs.find(|m| m.dt() != first.dt()) {
        Some(other) => Err(Error::TimeStep { expected: first.dt(), given: other.dt() }),
        None => Ok(()),
    }
}
