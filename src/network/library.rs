//! A library of motifs over one cortex.

use std::sync::Arc;

use super::build::{self, BuildStep};
use super::motif::{LearnedMotif, check_fit};
use super::options::{Design, NetworkOptions};
use crate::fit::Fit;
use crate::motif::Motif;
use crate::preparation::Preparation;
use crate::system::System;
use crate::{Error, Result, check};

/// A cortex that can play a library of motifs in any order.
///
/// Learning a motif adds its loop and its bias and touches nothing else: every parameter of every
/// other motif, and the preparatory module, keeps its bits. Clones share what they have in common,
/// so that a network is cheap to hold.
///
/// ```
/// use thalamo::{Cortex, Network, NetworkOptions, motif};
/// let motifs = motif::oscillating_motifs(3, 1)?;
/// let mut options = NetworkOptions::default();
/// options.preparation.rank = Some(20);
/// let mut network = Network::build(Cortex::random(50, 0.5, 1)?, &motifs[..2], &options, 1)?;
/// let before = network.motifs()[0].clone();
/// assert_eq!(network.learn(&motifs[2])?, 2);
/// assert_eq!(network.motifs()[0], before);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Network {
    system: System,
    preparation: Arc<Preparation>,
    motifs: Vec<LearnedMotif>,
    options: NetworkOptions,
    scale: Option<f64>,
    seed: u64,
}

impl Network {
    /// A network that knows no motif yet: optimises the preparatory module.
    ///
    /// # Errors
    /// As [`NetworkOptions::validate`] and [`Preparation::optimise`].
    pub fn design(system: impl Into<System>, options: &NetworkOptions, seed: u64) -> Result<Self> {
        options.validate()?;
        let system = system.into();
        let preparation = Preparation::optimise(&system, &options.preparation, seed)?;
        let preparation = preparation.with_input(&system, options.input)?;
        Ok(Self::assemble(system, preparation, Vec::new(), options, options.scale, seed))
    }

    /// A network that knows all these motifs; the same, to the bit, as learning them one by one at
    /// the same [scale](NetworkOptions::scale), but spread over threads. Depends on the seed, not on
    /// the number of threads.
    ///
    /// # Errors
    /// As [`Network::design`] and [`Network::learn`], naming the motif ([`Error::InMotif`]).
    pub fn build(
        system: impl Into<System>,
        motifs: &[Motif],
        options: &NetworkOptions,
        seed: u64,
    ) -> Result<Self> {
        Self::build_observed(system, motifs, options, seed, &|_| ())
    }

    /// [`Network::build`], telling the observer of each step done (from any thread), for a progress
    /// bar.
    ///
    /// # Errors
    /// As [`Network::build`].
    pub fn build_observed(
        system: impl Into<System>,
        motifs: &[Motif],
        options: &NetworkOptions,
        seed: u64,
        observer: &(dyn Fn(BuildStep) + Sync),
    ) -> Result<Self> {
        let motifs: Vec<_> = motifs.iter().map(|motif| (motif, None)).collect();
        Self::build_all(system.into(), &motifs, options, seed, observer)
    }

    /// As [`Network::build_observed`], placing the exponentials that are given with each motif in place of
    /// fitted ones, whatever their noise. Motifs learned later are placed as well.
    ///
    /// # Errors
    /// As [`Network::build`]; a fit that is sampled at another step than its motif, or whose RMSE is
    /// not that of its exponentials.
    pub fn build_from(
        system: impl Into<System>,
        fitted: &[(Motif, Fit)],
        options: &NetworkOptions,
        seed: u64,
        observer: &(dyn Fn(BuildStep) + Sync),
    ) -> Result<Self> {
        for (index, (motif, fit)) in fitted.iter().enumerate() {
            check_fit(motif, fit).map_err(|error| error.in_motif(index))?;
        }
        let motifs: Vec<_> = fitted.iter().map(|(motif, fit)| (motif, Some(fit))).collect();
        let options = options.clone().with(|o| o.design = Design::Placed);
        Self::build_all(system.into(), &motifs, &options, seed, observer)
    }

    fn build_all(
        system: System,
        motifs: &[(&Motif, Option<&Fit>)],
        options: &NetworkOptions,
        seed: u64,
        observer: &(dyn Fn(BuildStep) + Sync),
    ) -> Result<Self> {
        options.validate()?;
        check_time_steps(motifs.iter().map(|(motif, _)| *motif))?;
        let scale = options.scale.or_else(|| library_rms(motifs.iter().map(|(motif, _)| *motif)));
        let settings = (options, scale.unwrap_or(1.0));
        let (preparation, motifs) = build::all(&system, motifs, settings, seed, observer)?;
        Ok(Self::assemble(system, preparation, motifs, options, scale, seed))
    }

    pub(super) fn assemble(
        system: System,
        preparation: Preparation,
        motifs: Vec<LearnedMotif>,
        options: &NetworkOptions,
        scale: Option<f64>,
        seed: u64,
    ) -> Self {
        let options = options.clone();
        Self { system, preparation: Arc::new(preparation), motifs, options, scale, seed }
    }

    /// Learns one more motif and returns its index.
    ///
    /// # Errors
    /// A time step other than the library's ([`Error::TimeStep`]), and whatever keeps the motif
    /// from being fitted or its loop from being placed. The network is unchanged then.
    pub fn learn(&mut self, motif: &Motif) -> Result<usize> {
        let index = self.motifs.len();
        self.check_time_step(motif)?;
        let seed = build::seed_of(self.seed, index);
        let scale = self.scale.unwrap_or_else(|| motif.rms());
        let settings = (&self.options, scale);
        self.motifs.push(build::one(&self.system, &self.preparation, motif, settings, seed)?);
        self.scale = Some(scale);
        Ok(index)
    }

    fn check_time_step(&self, motif: &Motif) -> Result<()> {
        check_time_steps(self.motifs.iter().map(LearnedMotif::motif).chain([motif]))
    }

    /// Adds a motif whose parts were made elsewhere, and returns its index.
    ///
    /// # Errors
    /// A time step other than the library's, or a loop of another size than the cortex.
    pub fn insert(&mut self, motif: LearnedMotif) -> Result<usize> {
        self.check_time_step(motif.motif())?;
        let units = self.system.units();
        let given = motif.initial_state().len();
        check::shape("loop of the motif", (given, 1), (units, 1), "use a loop over the same cortex")?;
        self.motifs.push(motif);
        Ok(self.motifs.len() - 1)
    }

    /// Forgets all motifs from the given count on; the others keep their bits.
    pub fn truncate(&mut self, count: usize) {
        self.motifs.truncate(count);
    }

    /// The system that all motifs share.
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

    /// What amplitudes and states are measured by, in the unit of the motifs: that of the options,
    /// or the root mean square of the motifs it was built with. Learning more leaves it as it is;
    /// `None` before the first motif.
    pub fn scale(&self) -> Option<f64> {
        self.scale
    }

    /// The seed it was built with.
    pub fn seed(&self) -> u64 {
        self.seed
    }
}

/// Root mean square of the samples of all motifs; `None` without any.
fn library_rms<'a>(motifs: impl ExactSizeIterator<Item = &'a Motif> + Clone) -> Option<f64> {
    let (count, samples) = (motifs.len() as f64, motifs.clone().map(Motif::len).sum::<usize>() as f64);
    let parts: Vec<f64> = motifs.map(|m| m.rms() * (count * m.len() as f64 / samples).sqrt()).collect();
    (!parts.is_empty()).then(|| check::root_mean_square(parts.iter().copied()))
}

/// All motifs of a library share one time step.
fn check_time_steps<'a>(mut motifs: impl Iterator<Item = &'a Motif>) -> Result<()> {
    let Some(first) = motifs.next() else { return Ok(()) };
    match motifs.find(|m| m.dt() != first.dt()) {
        Some(other) => Err(Error::TimeStep { expected: first.dt(), given: other.dt() }),
        None => Ok(()),
    }
}
