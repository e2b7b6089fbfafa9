//! Training: minibatches, Adam, the learning curve.

use std::ops::ControlFlow;
use std::sync::Arc;

use nalgebra::DVector;

use super::linear_transition::SINGULAR;
use super::{
    Adam, AdamOptions, Architecture, BatchMemory, Gradient, Learned, Loss, Plateau, Protocol, TanhNetwork,
    TrainingOptions, TransitionModule, gradient, linearisation, protocol, transition_fixed_point,
};
use crate::motif::Motif;
use crate::{Error, Result, check};

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
/// let mut trainer = Trainer::new(network, &motifs, &TrainingOptions::new(Protocol::SET_B))?;
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
    /// As [`TrainingOptions::validate`]; [`Error::Shape`] unless there is a motif for each of the
    /// network's, [`Error::TimeStep`] on another step, [`Error::UnknownIndex`] on a chosen motif that is
    /// not there, [`Error::Empty`] when none is chosen, [`Error::OutOfRange`] on a single motif where there
    /// must be pairs, [`Error::MissingModule`] when the protocol needs one.
    pub fn new(network: TanhNetwork<f32>, motifs: &[Motif], options: &TrainingOptions) -> Result<Self> {
        options.validate()?;
        options.protocol.check_network(&network)?;
        let count = match options.learned() {
            Learned::Parameters => network.parameters().count(),
            Learned::Module => network.module().map_or(0, |m| 2 * m.left().len()),
        };
        Ok(Self {
            targets: protocol::targets(&network, motifs)?,
            chosen: options.chosen(motifs.len())?,
            adam: Adam::new(count, options.adam)?,
            network,
            motifs: motifs.to_vec(),
            options: options.clone(),
            curve: Vec::new(),
            memory: BatchMemory::default(),
        })
    }

    /// The same training at a later minibatch: `network`, `adam` and `curve` as a trainer with these
    /// options had them.
    pub(super) fn resume(
        network: TanhNetwork<f32>,
        motifs: &[Motif],
        options: &TrainingOptions,
        adam: Adam<f32>,
        curve: Vec<f64>,
    ) -> Result<Self> {
        let trainer = Self::new(network, motifs, options)?;
        adam.validate()?;
        let expected = (trainer.adam.first.len(), 1);
        let remedy = "resume with the network and options the state came from";
        check::shape("Adam's moments", (adam.first.len(), 1), expected, remedy)?;
        let steps = usize::try_from(adam.steps).unwrap_or(usize::MAX);
        check::shape("learning curve", (curve.len(), 1), (steps, 1), remedy)?;
        check::finite("learning curve", &curve)?;
        Ok(Self { adam, curve, ..trainer })
    }

    /// The network as it is now.
    pub fn network(&self) -> &TanhNetwork<f32> {
        &self.network
    }

    /// What it is trained on.
    pub(super) fn motifs(&self) -> &[Motif] {
        &self.motifs
    }

    /// Loss of each minibatch so far, before its update.
    pub fn curve(&self) -> &[f64] {
        &self.curve
    }

    /// Adam's state.
    pub(super) fn adam(&self) -> &Adam<f32> {
        &self.adam
    }

    /// How it is trained.
    pub(super) fn options(&self) -> &TrainingOptions {
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
        let learned = options.learned();
        let loss = match learned {
            Learned::Module => Loss::Activity,
            Learned::Parameters => Loss::Readout,
        };
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
        match learned {
            Learned::Parameters => {
                let (units, columns) = (self.network.units(), learned_columns(&self.network, &self.chosen));
                let mut values = self.network.parameters_mut().arrays_mut();
                // What follows the motifs' columns is shared, and always learned.
                let learned = |index: usize| columns.get(index / units).is_none_or(|&learned| learned);
                self.adam.step_arrays(&mut values, &arrays, learned)
            }
            Learned::Module => {
                let module = self.network.module_mut().ok_or(Error::MissingModule)?;
                self.adam.step_arrays(&mut module.arrays_mut(), &arrays, |_| true)
            }
        }
    }

    /// Minibatches until there are `minibatches` in all, the loss no longer falls, or `observe` breaks;
    /// it is called after each with the trainer.
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

/// Whether each column of the motifs' arrays is learned: one per motif for the biases, then, with loops,
/// one per motif for $u$ and for $v$. A column has N numbers.
fn learned_columns(network: &TanhNetwork<f32>, chosen: &[usize]) -> Vec<bool> {
    let motifs = network.motifs();
    let arrays = if network.architecture().has_loops() { 3 } else { 1 };
    (0..arrays * motifs).map(|column| chosen.binary_search(&(column % motifs)).is_ok()).collect()
}

/// The starts $x^\ast_\mu = -A^{-1} b_\mu$ depend on the biases, and on the connectivity where it is
/// learned: adds $\zeta = -A^{-T} \partial E / \partial x^\ast_\mu$ to the gradient of $b_\mu$ and
/// $g \zeta {x^\ast_\mu}^T$ to that of $J$. The fixed points are the last trials, one per chosen motif.
fn through_fixed_points(
    network: &TanhNetwork<f32>,
    chosen: &[usize],
    found: &mut Gradient<f32>,
) -> Result<()> {
    let system = linearisation(network).transpose().lu();
    let learns_connectivity = network.architecture() == Architecture::Control;
    let first = found.starts.len() - chosen.len();
    for (&motif, start) in chosen.iter().zip(&found.starts[first..]) {
        let adjoint = DVector::from_iterator(start.len(), start.iter().map(|&g| f64::from(g)));
        let through = system.solve(&adjoint).ok_or(SINGULAR)?;
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

/// Trains a transition module for a network: 64 trials of 20 tau from N(0, I), the mean of
/// $|\tanh x|^2$ as the loss. The network plays with its biases off meanwhile and is otherwise
/// unchanged. Returns the module and its learning curve.
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
    let mut trainer = Trainer::new(silent, &vec![motif; network.motifs()], &options)?;
    trainer.run(minibatches, &mut observe)?;
    let module = trainer.network.module().cloned().ok_or(Error::MissingModule)?;
    Ok((module, trainer.curve))
}
