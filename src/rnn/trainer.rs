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
use crate::{Error, Result};

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
/// let options = TanhOptions::new(Architecture::Additive).with(|o| o.units = 20);
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
    pub(super) network: TanhNetwork<f32>,
    pub(super) motifs: Vec<Motif>,
    targets: Vec<Arc<[f32]>>,
    chosen: Vec<usize>,
    pub(super) options: TrainingOptions,
    pub(super) adam: Adam<f32>,
    pub(super) curve: Vec<f64>,
    memory: BatchMemory<f32>,
}

impl Trainer {
    /// Training of `network` on `motifs`, from the first minibatch.
    ///
    /// # Errors
    /// As [`TrainingOptions::validate`]; [`Error::Shape`] unless there is a motif for each of the
    /// network's, [`Error::TimeStep`] on another step, [`Error::UnknownIndex`] on a chosen motif that is
    /// not there, [`Error::Empty`] when none is chosen, [`Error::Count`] on a single motif where there
    /// must be pairs, [`Error::MissingModule`] when the protocol needs one.
    pub fn new(network: TanhNetwork<f32>, motifs: &[Motif], options: &TrainingOptions) -> Result<Self> {
        options.validate()?;
        options.protocol.check_network(&network)?;
        let count = match options.learned() {
            Learned::Parameters => network.parameters().count(),
            Learned::Module => network.module().map_or(0, |m| 2 * m.input.len()),
        };
        Ok(Self {
            targets: protocol::targets(&network, motifs)?,
            chosen: options.chosen(motifs.len())?,
            adam: Adam { options: options.adam, first: vec![0.0; count], second: vec![0.0; count], steps: 0 },
            network,
            motifs: motifs.to_vec(),
            options: options.clone(),
            curve: Vec::new(),
            memory: BatchMemory::default(),
        })
    }

    /// The network as it is now.
    pub fn network(&self) -> &TanhNetwork<f32> {
        &self.network
    }

    /// Loss of each minibatch so far, before its update.
    pub fn curve(&self) -> &[f64] {
        &self.curve
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
        let (units, motifs) = (self.network.units(), self.network.motifs());
        // The biases have a column per motif, and so have u and v; what follows is shared.
        let columns = match learned {
            Learned::Module => 0,
            Learned::Parameters if self.network.architecture().has_loops() => 3 * motifs,
            Learned::Parameters => motifs,
        };
        let (mut values, gradients): (Vec<&mut [f32]>, Vec<&[f32]>) = match learned {
            Learned::Parameters => {
                (self.network.parameters.arrays_mut().into(), found.parameters.arrays().into())
            }
            Learned::Module => {
                let module = self.network.module.as_mut().ok_or(Error::MissingModule)?;
                let values = vec![module.input.as_mut_slice(), module.feedback.as_mut_slice()];
                (values, found.module.iter().map(Vec::as_slice).collect())
            }
        };
        if !(found.loss.is_finite() && gradients.iter().copied().flatten().all(|g| g.is_finite())) {
            return Err(Error::Diverged { minibatch: self.curve.len(), loss: found.loss });
        }
        let learned = |index: usize| {
            let column = index / units;
            column >= columns || self.chosen.binary_search(&(column % motifs)).is_ok()
        };
        self.adam.step_arrays(&mut values, &gradients, learned)
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
            let through_start = through * transition_fixed_point(network, motif)?.transpose() * network.gain;
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
    let motif = Motif::new(network.dt, vec![1.0])?;
    let options = TrainingOptions { adam, seed, ..TrainingOptions::new(Protocol::MODULE) };
    let mut trainer = Trainer::new(silent, &vec![motif; network.motifs()], &options)?;
    trainer.run(minibatches, &mut observe)?;
    let module = trainer.network.module().cloned().ok_or(Error::MissingModule)?;
    Ok((module, trainer.curve))
}
