//! Training: minibatches, Adam, the learning curve, and when to stop.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::{
    Adam, AdamOptions, Architecture, BatchMemory, Gradient, Learned, Loss, Protocol, TanhNetwork,
    TransitionModule, gradient, linearisation, protocol, transition_fixed_point,
};
use crate::motif::Motif;
use crate::{Error, Result};

/// When to stop before the last minibatch: when the mean loss of the last `window` minibatches is not below
/// `1 - improvement` times that of the `window` before.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
pub struct Plateau {
    /// Minibatches of each of the two means, at least 1.
    pub window: usize,
    /// Relative improvement below which training ends.
    pub improvement: f64,
}

/// How a network is trained.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
pub struct TrainingOptions {
    /// The trials of each minibatch.
    pub protocol: Protocol,
    /// Adam's constants.
    pub adam: AdamOptions,
    /// Motifs to learn; the others' parameters do not change in a single bit. All when `None`.
    pub motifs: Option<Vec<usize>>,
    /// Early stop.
    pub plateau: Option<Plateau>,
    /// Seed of the starts.
    pub seed: u64,
}

impl TrainingOptions {
    /// A protocol with the paper's constants, all motifs, no early stop, seed 1.
    pub fn new(protocol: Protocol) -> Self {
        Self { protocol, adam: AdamOptions::default(), motifs: None, plateau: None, seed: 1 }
    }
}

/// Why training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrainingStatus {
    /// All minibatches were done.
    Completed,
    /// The loss no longer fell.
    Plateau,
    /// The observer asked for it.
    Interrupted,
}

/// A network in training. Its state can be taken out at any minibatch and resumed to the same bits.
///
/// ```
/// use thalamo::motif::step_motifs;
/// use thalamo::rnn::{Architecture, Protocol, TanhNetwork, TanhOptions, Trainer, TrainingOptions};
///
/// let motifs = step_motifs(2, 1)?;
/// let options = TanhOptions { units: 20, ..TanhOptions::new(Architecture::Additive) };
/// let network = TanhNetwork::random(&options, 2)?;
/// let mut trainer = Trainer::new(network, &motifs, TrainingOptions::new(Protocol::SET_B))?;
/// let first = trainer.step()?;
/// for _ in 0..5 {
///     trainer.step()?;
/// }
/// assert_eq!(trainer.curve().len(), 6);
/// assert!(first.is_finite());
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug)]
pub struct Trainer {
    network: TanhNetwork<f32>,
    motifs: Vec<Motif>,
    targets: Vec<Arc<[f32]>>,
    chosen: Vec<usize>,
    options: TrainingOptions,
    adam: Adam<f32>,
    curve: Vec<f64>,
    memory: BatchMemory<f32>,
}

impl Trainer {
    /// Training of `network` on `motifs`, from the first minibatch.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is a motif for each of the network's, [`Error::TimeStep`] on another step,
    /// [`Error::UnknownIndex`] on a chosen motif that is not there, [`Error::Empty`] when none is chosen,
    /// [`Error::MissingModule`] when the protocol needs one, and constants outside their range.
    pub fn new(network: TanhNetwork<f32>, motifs: &[Motif], options: TrainingOptions) -> Result<Self> {
        options.protocol.validate(&network)?;
        let targets = protocol::targets(motifs, network.dt())?;
        let remedy = "give one motif for each of the network's";
        crate::check::shape("motifs", (motifs.len(), 1), (network.motifs(), 1), remedy)?;
        let chosen = chosen(&options, motifs.len())?;
        if let Some(Plateau { window, improvement }) = options.plateau {
            if window == 0 {
                return Err(Error::Count { what: "plateau window", expected: "at least 1", given: 0 });
            }
            if !(-1.0..=1.0).contains(&improvement) {
                let what = "plateau improvement";
                return Err(Error::OutOfRange {
                    what,
                    expected: "a fraction in [-1, 1]",
                    given: improvement,
                });
            }
        }
        let count = match learned(&options.protocol) {
            Learned::Parameters => network.parameters().count(),
            Learned::Module => network.module().map_or(0, |m| 2 * m.left().len()),
        };
        let adam = Adam::new(count, options.adam)?;
        let motifs = motifs.to_vec();
        Ok(Self {
            network,
            motifs,
            targets,
            chosen,
            options,
            adam,
            curve: Vec::new(),
            memory: BatchMemory::default(),
        })
    }

    /// The same training at a later minibatch: `network`, `adam` and `curve` as a trainer with these options had
    /// them. What follows has the same bits as without the interruption.
    ///
    /// # Errors
    /// As [`Trainer::new`]; [`Error::Shape`] when moments or curve do not fit.
    pub fn resume(
        network: TanhNetwork<f32>,
        motifs: &[Motif],
        options: TrainingOptions,
        adam: Adam<f32>,
        curve: Vec<f64>,
    ) -> Result<Self> {
        let mut trainer = Self::new(network, motifs, options)?;
        let expected = (trainer.adam.first().len(), 1);
        let remedy = "resume with the network and options the state came from";
        crate::check::shape("Adam's moments", (adam.first().len(), 1), expected, remedy)?;
        let steps = usize::try_from(adam.steps()).unwrap_or(usize::MAX);
        crate::check::shape("learning curve", (curve.len(), 1), (steps, 1), remedy)?;
        crate::check::finite("learning curve", &curve)?;
        trainer.adam = adam;
        trainer.curve = curve;
        Ok(trainer)
    }

    /// The network as it is now.
    pub fn network(&self) -> &TanhNetwork<f32> {
        &self.network
    }

    /// The network, without the rest.
    pub fn into_network(self) -> TanhNetwork<f32> {
        self.network
    }

    /// What it is trained on.
    pub fn motifs(&self) -> &[Motif] {
        &self.motifs
    }

    /// Loss of each minibatch so far, before its update.
    pub fn curve(&self) -> &[f64] {
        &self.curve
    }

    /// Adam's state.
    pub fn adam(&self) -> &Adam<f32> {
        &self.adam
    }

    /// How it is trained.
    pub fn options(&self) -> &TrainingOptions {
        &self.options
    }

    /// Bytes held for back-propagation.
    pub fn bytes(&self) -> usize {
        self.memory.bytes()
    }

    /// One minibatch and one update; returns the loss before it.
    ///
    /// # Errors
    /// [`Error::Diverged`] when the loss or the gradient is not finite: the network stays as it was.
    pub fn step(&mut self) -> Result<f64> {
        let index = self.curve.len() as u64;
        let Self { network, targets, chosen, options, memory, .. } = self;
        let trials = options.protocol.trials(network, targets, chosen, options.seed, index)?;
        let learned = learned(&options.protocol);
        let loss = if learned == Learned::Module { Loss::Activity } else { Loss::Readout };
        let mut found = gradient(network, &trials, loss, learned, memory)?;
        if matches!(options.protocol, Protocol::Stitched { .. }) {
            through_fixed_points(network, chosen, &mut found)?;
        }
        self.update(&found, learned)?;
        self.curve.push(found.loss);
        Ok(found.loss)
    }

    fn update(&mut self, found: &Gradient<f32>, learned: Learned) -> Result<()> {
        let arrays: Vec<&[f32]> = match learned {
            Learned::Parameters => found.parameters.arrays().to_vec(),
            Learned::Module => found.module.iter().map(Vec::as_slice).collect(),
        };
        let finite = found.loss.is_finite() && arrays.iter().all(|a| a.iter().all(|g| g.is_finite()));
        if !finite {
            return Err(Error::Diverged { minibatch: self.curve.len(), loss: found.loss });
        }
        let units = self.network.units();
        let mask = motif_mask(&self.network, &self.chosen);
        match learned {
            Learned::Parameters => {
                let mut values = self.network.parameters_mut().arrays_mut();
                self.adam
                    .step_arrays(&mut values, &arrays, |place| mask.get(place / units).is_none_or(|&m| m))
            }
            Learned::Module => match self.network.module_mut() {
                Some(module) => self.adam.step_arrays(&mut module.arrays_mut(), &arrays, |_| true),
                None => Err(Error::MissingModule),
            },
        }
    }

    /// Minibatches until there are `minibatches` in all, the loss no longer falls, or `observe` breaks; it is called
    /// after each with the trainer.
    ///
    /// # Errors
    /// As [`Trainer::step`].
    pub fn run(
        &mut self,
        minibatches: usize,
        mut observe: impl FnMut(&Self) -> ControlFlow<()>,
    ) -> Result<TrainingStatus> {
        while self.curve.len() < minibatches {
            if self.is_plateau() {
                return Ok(TrainingStatus::Plateau);
            }
            self.step()?;
            if observe(self).is_break() {
                return Ok(TrainingStatus::Interrupted);
            }
        }
        Ok(TrainingStatus::Completed)
    }

    fn is_plateau(&self) -> bool {
        let Some(Plateau { window, improvement }) = self.options.plateau else { return false };
        let Some(start) = self.curve.len().checked_sub(window.saturating_mul(2)) else { return false };
        let mean = |values: &[f64]| values.iter().sum::<f64>() / window as f64;
        let (before, last) = self.curve[start..].split_at(window);
        mean(last) > (1.0 - improvement) * mean(before)
    }
}

fn learned(protocol: &Protocol) -> Learned {
    if matches!(protocol, Protocol::Module { .. }) { Learned::Module } else { Learned::Parameters }
}

fn chosen(options: &TrainingOptions, len: usize) -> Result<Vec<usize>> {
    let mut chosen = options.motifs.clone().unwrap_or_else(|| (0..len).collect());
    chosen.sort_unstable();
    chosen.dedup();
    match chosen.last() {
        None => Err(Error::Empty { what: "motifs to learn", remedy: "choose at least one, or None for all" }),
        Some(&index) if index >= len => Err(Error::UnknownIndex { what: "motif to learn", index, len }),
        Some(_) if chosen.len() == 1 && matches!(options.protocol, Protocol::Pairs { .. }) => {
            Err(Error::Count { what: "motifs to learn", expected: "at least 2 for ordered pairs", given: 1 })
        }
        Some(_) => Ok(chosen),
    }
}

/// For each column of the motifs' arrays, biases first, whether it is learned.
fn motif_mask(network: &TanhNetwork<f32>, chosen: &[usize]) -> Vec<bool> {
    let arrays = if network.parameters().left.is_empty() { 1 } else { 3 };
    (0..arrays * network.motifs())
        .map(|column| chosen.binary_search(&(column % network.motifs())).is_ok())
        .collect()
}

/// The starts $x^\ast_\mu = -A^{-1} b_\mu$ depend on the biases, and on the connectivity where it is learned: adds
/// $\zeta = -A^{-T} \partial E / \partial x^\ast_\mu$ to the gradient of $b_\mu$ and $g \zeta {x^\ast_\mu}^T$ to that of
/// $J$. The fixed points are the last trials, one per chosen motif.
fn through_fixed_points(
    network: &TanhNetwork<f32>,
    chosen: &[usize],
    found: &mut Gradient<f32>,
) -> Result<()> {
    let system = linearisation(network).transpose().lu();
    let learns_connectivity = network.architecture() == Architecture::Control;
    let first = found.starts.len() - chosen.len();
    for (&motif, start) in chosen.iter().zip(&found.starts[first..]) {
        let adjoint = nalgebra::DVector::from_iterator(start.len(), start.iter().map(|&g| f64::from(g)));
        let through = system.solve(&adjoint).ok_or(Error::Singular {
            what: "transition system A_prep",
            remedy: "optimise the transition module: a contracting one is regular",
        })?;
        let biases = found.parameters.biases.column_mut(motif);
        biases.into_iter().zip(&through).for_each(|(g, &t)| *g -= t as f32);
        if learns_connectivity {
            let through_start =
                through * transition_fixed_point(network, motif)?.transpose() * network.gain();
            found.parameters.recurrent -= through_start.map(|t| t as f32);
        }
    }
    Ok(())
}

/// Trains a transition module for a network: 64 trials of 20 tau from N(0, I), the mean of $|\tanh x|^2$ as the loss.
/// The network plays with its biases off meanwhile and is otherwise unchanged. Returns the module and its learning
/// curve.
///
/// # Errors
/// As [`Trainer::new`] and [`Trainer::step`].
pub fn train_module(
    network: &TanhNetwork<f32>,
    start: TransitionModule<f32>,
    adam: AdamOptions,
    minibatches: usize,
    seed: u64,
    mut observe: impl FnMut(&Trainer) -> ControlFlow<()>,
) -> Result<(TransitionModule<f32>, Vec<f64>)> {
    let mut still = network.parameters().clone();
    still.biases.fill(0.0);
    let silent = network.clone().with_parameters(still)?.with_module(start)?;
    // The readout is free, so any series serves as motif.
    let motif = Motif::new(network.dt(), vec![1.0])?;
    let options = TrainingOptions { adam, seed, ..TrainingOptions::new(Protocol::MODULE) };
    let mut trainer = Trainer::new(silent, &vec![motif; network.motifs()], options)?;
    trainer.run(minibatches, &mut observe)?;
    let curve = trainer.curve.clone();
    trainer.network.module().cloned().map(|module| (module, curve)).ok_or(Error::MissingModule)
}
