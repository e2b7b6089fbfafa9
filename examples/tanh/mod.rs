//! What the figures of tanh networks share: networks trained here, gone on with, or trained beforehand.
#![allow(dead_code, unreachable_pub, unused_imports)] // each example uses a part of it

mod tested;

pub use tested::{Row, Tested, print_table, random_state};

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use thalamo::io;
use thalamo::motif::{Motif, oscillating_motifs, step_motifs};
use thalamo::preparation::PreparationOptions;
use thalamo::rnn::{
    AdamOptions, Architecture, Checkpoint, Plateau, Protocol, TanhNetwork, TanhOptions, TanhTransition,
    Trainer, TrainingOptions, TrainingStatus, TransitionModule, train_module,
};

use crate::figure::{Options, Result};

/// Minibatches of the paper.
const PAPER: usize = 50_000;

/// Steps of a transition: 5 tau.
pub const STEPS: usize = 50;

/// Minibatches between two checkpoints.
const EVERY: usize = 200;

/// Arguments of every figure of tanh networks: those of all figures, and how far networks are trained
/// (`#[command(flatten)]`).
#[derive(Debug, Clone, clap::Args)]
pub struct Training {
    #[command(flatten)]
    pub common: Options,
    /// Minibatches for each network, in place of a small number that takes under two minutes for the whole
    /// figure.
    #[arg(long)]
    pub minibatches: Option<usize>,
    /// The paper's 50,000 minibatches at its learning rate: hours.
    #[arg(long, conflicts_with = "minibatches")]
    pub paper: bool,
    /// Go on from the checkpoints in the folder of results.
    #[arg(long)]
    pub resume: bool,
    /// Networks trained beforehand, from examples/trained: seconds.
    #[arg(long, conflicts_with_all = ["minibatches", "paper", "resume"])]
    pub trained: bool,
    /// Stop a network when the mean loss of 500 minibatches is within this fraction of that of the 500
    /// before.
    #[arg(long)]
    pub plateau: Option<f64>,
}

/// Where a transition module comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Module {
    None,
    /// By gradient descent on the activity of the tanh network.
    Trained,
    /// By the closed-form cost, on the linearisation at the origin.
    Analytic,
}

/// A network to be trained.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Of its files.
    pub name: String,
    pub options: TanhOptions,
    pub training: TrainingOptions,
    pub motifs: Vec<Motif>,
    pub module: Module,
    /// Minibatches unless the command line says otherwise.
    pub minibatches: usize,
    /// A smaller version.
    pub quick: bool,
}

impl Plan {
    /// A network of the paper's size under a protocol, for ten step motifs; four and fewer units with
    /// `--quick`.
    pub fn new(
        name: &str,
        architecture: Architecture,
        protocol: Protocol,
        training: &Training,
    ) -> Result<Self> {
        let common = &training.common;
        let mut options = TanhOptions::new(architecture).with(|o| o.seed = common.seed);
        let mut count = common.motifs;
        if common.quick {
            options.units = options.units.min(60);
            count = count.min(4);
        }
        let learning_rate = if training.paper { 1e-4 } else { 1e-3 };
        let adam = AdamOptions::default().with(|o| o.learning_rate = learning_rate);
        let plateau = training.plateau.map(|improvement| Plateau { window: 500, improvement });
        let training = TrainingOptions::new(protocol).with(|o| {
            o.adam = adam;
            o.plateau = plateau;
            o.seed = common.seed;
        });
        let motifs = step_motifs(count, common.seed)?;
        Ok(Self {
            name: name.into(),
            options,
            training,
            motifs,
            module: Module::None,
            minibatches: 200,
            quick: common.quick,
        })
    }

    pub fn oscillating(self, common: &Options) -> Result<Self> {
        let motifs = oscillating_motifs(self.motifs.len(), common.seed)?;
        Ok(Self { name: format!("{}_oscillating", self.name), motifs, ..self })
    }

    pub fn module(self, module: Module) -> Self {
        Self { module, ..self }
    }

    pub fn minibatches(self, minibatches: usize) -> Self {
        Self { minibatches, ..self }
    }

    /// What precedes each motif when the network plays.
    pub fn transition(&self) -> TanhTransition {
        match self.training.protocol {
            Protocol::Prepared { steps, .. } => TanhTransition::Module { steps },
            Protocol::Stitched { .. } => TanhTransition::Linear { steps: STEPS },
            _ => TanhTransition::None,
        }
    }

    /// The trained network: from examples/trained, from a checkpoint, or from the beginning.
    pub fn run(&self, training: &Training) -> Result<Checkpoint> {
        if training.trained {
            return Ok(io::read::<Checkpoint>(&trained(&self.name))?);
        }
        let path = training.common.out.join("checkpoints").join(format!("{}.npz", self.name));
        let mut trainer = if training.resume && path.exists() {
            io::read::<Checkpoint>(&path)?.into_trainer()?
        } else {
            Trainer::new(self.network()?, &self.motifs, &self.training)?
        };
        let budget = match training {
            Training { paper: true, .. } => PAPER,
            Training { minibatches: Some(n), .. } => *n,
            _ if training.common.quick => 5,
            _ => self.minibatches,
        };
        self.train(&mut trainer, budget, &path)?;
        Ok(Checkpoint::new(&trainer, &self.options)?)
    }

    fn train(&self, trainer: &mut Trainer, budget: usize, path: &Path) -> Result<()> {
        let store = |trainer: &Trainer| -> Result<()> {
            std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
            Ok(io::write(path, &Checkpoint::new(trainer, &self.options)?)?)
        };
        let bar = bar(budget, &self.name);
        bar.set_position(trainer.curve().len() as u64);
        bar.reset_eta();
        let mut problem = None;
        let status = trainer.run(budget, |trainer| {
            bar.inc(1);
            let curve = trainer.curve();
            let last = &curve[curve.len().saturating_sub(20)..];
            bar.set_message(format!(
                "{} loss {:.4}",
                self.name,
                last.iter().sum::<f64>() / last.len() as f64
            ));
            if curve.len().is_multiple_of(EVERY) {
                problem = store(trainer).err();
            }
            let stop = problem.is_some() || interrupted().load(Ordering::Relaxed);
            if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        bar.finish_and_clear();
        // Whatever happened, what was reached is kept; a step that failed left the network as it was.
        store(trainer)?;
        if let Some(problem) = problem {
            return Err(problem);
        }
        if status? == TrainingStatus::Interrupted {
            let done = trainer.curve().len();
            return Err(format!(
                "interrupted after {done} minibatches; --resume goes on from {}",
                path.display()
            )
            .into());
        }
        Ok(())
    }

    /// The network before training, with its module.
    pub fn network(&self) -> Result<TanhNetwork<f32>> {
        let network = TanhNetwork::<f32>::random(&self.options, self.motifs.len())?;
        let module = match self.module {
            Module::None => return Ok(network),
            Module::Trained => trained_module(&network, self.options.seed, self.quick)?.0,
            Module::Analytic => analytic_module(&network, self.options.seed)?,
        };
        Ok(network.with_module(module)?)
    }
}

/// The networks that more than one figure shows: set B, prepared by a module, and stitched, each per
/// architecture.
pub fn standard(architecture: Architecture, kind: Standard, training: &Training) -> Result<Plan> {
    let (protocol, suffix, module) = match kind {
        Standard::Single => (Protocol::Single { start: 1.0, trials: 3 }, "", Module::None),
        Standard::Prepared => {
            (Protocol::Prepared { start: 1.0, trials: 3, steps: STEPS }, "_prepared", Module::Trained)
        }
        Standard::PreparedAnalytic => {
            (Protocol::Prepared { start: 1.0, trials: 3, steps: STEPS }, "_analytic", Module::Analytic)
        }
        Standard::Stitched => (Protocol::Stitched { start: 1.0, trials: 3 }, "_stitched", Module::Analytic),
    };
    let minibatches = if architecture == Architecture::Additive { 120 } else { 500 };
    let name = format!("{architecture}{suffix}");
    Ok(Plan::new(&name, architecture, protocol, training)?.module(module).minibatches(minibatches))
}

/// How a network is trained; 30 trials per minibatch for ten motifs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standard {
    /// Single motifs from random starts.
    Single,
    /// The same after 5 tau under a trained module.
    Prepared,
    /// The same after 5 tau under the analytic module.
    PreparedAnalytic,
    /// From random starts and the fixed points of linear transitions under the analytic module.
    Stitched,
}

/// A file of a network trained beforehand.
pub fn trained(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/trained").join(format!("{name}.npz"))
}

/// A module of rank 50 (or N, if less) by 1000 minibatches of gradient descent, or 40 large steps, and its
/// learning curve.
pub fn trained_module(
    network: &TanhNetwork<f32>,
    seed: u64,
    quick: bool,
) -> Result<(TransitionModule<f32>, Vec<f64>)> {
    let start = TransitionModule::random(network.units(), network.units().min(50), seed)?;
    let (minibatches, learning_rate) = if quick { (40, 2e-2) } else { (1000, 1e-3) };
    let adam = AdamOptions::default().with(|o| o.learning_rate = learning_rate);
    let bar = bar(minibatches, "transition module");
    let found = train_module(network, start, adam, minibatches, seed, |_| {
        bar.inc(1);
        if interrupted().load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    bar.finish_and_clear();
    Ok(found)
}

/// The same by the analytic solver, for the linearisation at the origin.
pub fn analytic_module(network: &TanhNetwork<f32>, seed: u64) -> Result<TransitionModule<f32>> {
    let rank = network.units().min(50);
    Ok(TransitionModule::design(
        network,
        &PreparationOptions::published().with(|o| o.rank = Some(rank)),
        seed,
    )?)
}

/// Set by Ctrl-C: training then stores a checkpoint and ends.
pub fn interrupted() -> &'static AtomicBool {
    static INTERRUPTED: AtomicBool = AtomicBool::new(false);
    &INTERRUPTED
}

/// Lets Ctrl-C end training with a checkpoint.
pub fn catch_interrupts() -> Result<()> {
    Ok(ctrlc::set_handler(|| interrupted().store(true, Ordering::Relaxed))?)
}

fn bar(len: usize, message: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:32} {pos}/{len} {per_sec} {eta} left");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(len as u64).with_style(style).with_message(message.to_owned())
}

/// Means of `window` minibatches, at the last of them.
pub fn smooth(curve: &[f64], stride: usize, window: usize) -> Vec<(f64, f64)> {
    let window = (window / stride).max(1);
    curve
        .chunks_exact(window)
        .enumerate()
        .map(|(i, c)| (((i + 1) * window * stride) as f64, c.iter().sum::<f64>() / window as f64))
        .collect()
}

pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Seconds of a step of work.
pub fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, f64)> {
    let began = Instant::now();
    Ok((work()?, began.elapsed().as_secs_f64()))
}
