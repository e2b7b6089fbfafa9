//! `thalamo train`

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, ValueEnum, ValueHint};
use thalamo::io;
use thalamo::motif::Motif;
use thalamo::preparation::PreparationOptions;
use thalamo::rnn::{
    AdamOptions, Architecture, Checkpoint, Plateau, Protocol, TanhNetwork, TanhOptions, TanhTransition,
    Trainer, TrainingOptions, TrainingStatus, TransitionModule, train_module, transition_errors,
};

use crate::failure::{Failure, Result};
use crate::motif_file::{self, Grid};
use crate::session::{Output, Session};

/// Minibatches between two checkpoints.
const EVERY: usize = 200;
/// Minibatches of a plateau's two means.
const WINDOW: usize = 500;
/// Minibatches and learning rate of a trained transition module.
const MODULE: (usize, f64) = (1000, 1e-3);
/// Trials per motif and ordered pair of the closing test.
const TRIALS: usize = 5;

/// Train a tanh network by gradient descent, for comparison
///
/// Learns the motifs by back-propagation through time and Adam, then plays each from random starts and after
/// every other one. The file is a checkpoint: training goes on from it with --resume, to the same bits as
/// without the stop. Ctrl-C keeps what was reached.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  thalamo train multiplicative motifs.npz --minibatches 2000 --out network.npz\n  \
                       thalamo train multiplicative motifs.npz --protocol prepared --module analytic --out network.npz\n  \
                       thalamo train multiplicative motifs.npz --minibatches 5000 --resume --out network.npz"
)]
pub struct Train {
    /// What a motif learns: a bias; a bias and a loop; or a bias, while all share what is learned of the
    /// recurrence
    #[arg(value_enum)]
    pub architecture: Kind,
    /// File of motifs, or - for standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub motifs: PathBuf,
    /// Trials of a minibatch
    #[arg(long, value_enum, default_value_t = Trials::Single)]
    pub protocol: Trials,
    /// Minibatches in all, those before a --resume included
    #[arg(long, default_value_t = 1000)]
    pub minibatches: usize,
    /// Trials of each motif in a minibatch
    #[arg(long, default_value_t = 9)]
    pub trials: usize,
    /// Standard deviation of the random starts
    #[arg(long, default_value_t = 1.0)]
    pub start: f64,
    /// Number of units N [default: 300, 100 or 50]
    #[arg(long)]
    pub units: Option<usize>,
    /// Gain g of the recurrence [default: 1.4]
    #[arg(long)]
    pub gain: Option<f64>,
    /// Initial scale g_0 of the loops [default: 1.5]
    #[arg(long)]
    pub loop_gain: Option<f64>,
    /// Adam's learning rate
    #[arg(long, default_value_t = 1e-4)]
    pub learning_rate: f64,
    /// Where the transition module of prepared and stitched networks comes from
    #[arg(long, value_enum, default_value_t = Module::Analytic)]
    pub module: Module,
    /// Rank P of the module [default: 50, or N]
    #[arg(long)]
    pub rank: Option<usize>,
    /// Transition of prepared and stitched networks (tau; with --tau: seconds) [default: 5 tau]
    #[arg(long)]
    pub transition: Option<f64>,
    /// Stop when the mean loss of 500 minibatches is within this fraction of that of the 500 before
    #[arg(long, value_name = "FRACTION")]
    pub plateau: Option<f64>,
    /// Go on from the output, if it is there
    #[arg(long)]
    pub resume: bool,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[command(flatten)]
    pub grid: Grid,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Kind {
    Additive,
    Multiplicative,
    Control,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Trials {
    /// All ordered pairs of motifs
    Pairs,
    /// Single motifs from random starts
    Single,
    /// The same after the transition module was on
    Prepared,
    /// Single motifs, also from the fixed points of linear transitions
    Stitched,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Module {
    /// By the closed-form cost, on the linearisation at the origin
    Analytic,
    /// By gradient descent on the network's activity
    Trained,
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

pub fn run(options: &Train, session: &Session) -> Result<()> {
    session.check_output(&options.output, &[&options.motifs], &["npz"])?;
    let named = motif_file::read(&options.motifs, &options.grid, None, session)?;
    let motifs: Vec<Motif> = named.into_iter().map(|named| named.motif).collect();
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed))
        .map_err(|error| Failure::System(error.into()))?;
    let dt = motifs[0].dt();
    let steps =
        (options.transition.map_or(5.0, |given| session.in_tau(given)) / dt).round().max(0.0) as usize;
    let (network, training) = (network_options(options, dt), training_options(options, steps));
    let mut trainer = if options.resume && options.output.out.exists() {
        resumed(&options.output.out, &network, &training, &motifs)?
    } else {
        Trainer::new(drawn(options, &network, motifs.len(), session)?, &motifs, &training)?
    };
    let status = train(&mut trainer, options, &network, session)?;
    report(&trainer, &motifs, (options, steps), status, session)
}

fn network_options(options: &Train, dt: f64) -> TanhOptions {
    let architecture = match options.architecture {
        Kind::Additive => Architecture::Additive,
        Kind::Multiplicative => Architecture::Multiplicative,
        Kind::Control => Architecture::Control,
    };
    TanhOptions::new(architecture).with(|o| {
        o.units = options.units.unwrap_or(o.units);
        o.gain = options.gain.unwrap_or(o.gain);
        o.loop_gain = options.loop_gain.unwrap_or(o.loop_gain);
        o.dt = dt;
        o.seed = options.seed;
    })
}

fn training_options(options: &Train, steps: usize) -> TrainingOptions {
    let &Train { start, trials, .. } = options;
    let protocol = match options.protocol {
        Trials::Pairs => Protocol::Pairs { start },
        Trials::Single => Protocol::Single { start, trials },
        Trials::Prepared => Protocol::Prepared { start, trials, steps },
        Trials::Stitched => Protocol::Stitched { start, trials },
    };
    let adam = AdamOptions::default().with(|o| o.learning_rate = options.learning_rate);
    let plateau = options.plateau.map(|improvement| Plateau { window: WINDOW, improvement });
    TrainingOptions::new(protocol).with(|o| {
        o.adam = adam;
        o.plateau = plateau;
        o.seed = options.seed;
    })
}

/// The network before training.
fn drawn(
    options: &Train,
    network: &TanhOptions,
    motifs: usize,
    session: &Session,
) -> Result<TanhNetwork<f32>> {
    let drawn = TanhNetwork::<f32>::random(network, motifs)?;
    if matches!(options.protocol, Trials::Pairs | Trials::Single) {
        return Ok(drawn);
    }
    let rank = options.rank.unwrap_or(drawn.units().min(50));
    let module = match options.module {
        Module::Analytic => {
            let preparation = PreparationOptions::published().with(|o| o.rank = Some(rank));
            TransitionModule::design(&drawn, &preparation, options.seed)?
        }
        Module::Trained => {
            let start = TransitionModule::random(drawn.units(), rank, options.seed)?;
            let adam = AdamOptions::default().with(|o| o.learning_rate = MODULE.1);
            let bar = session.progress(MODULE.0, "transition module");
            let (module, _) = train_module(&drawn, start, adam, MODULE.0, options.seed, |_| {
                bar.inc(1);
                ControlFlow::Continue(())
            })?;
            bar.finish_and_clear();
            module
        }
    };
    Ok(drawn.with_module(module)?)
}

/// The training in the output file, if it is the one asked for.
fn resumed(
    out: &Path,
    network: &TanhOptions,
    training: &TrainingOptions,
    motifs: &[Motif],
) -> Result<Trainer> {
    let checkpoint: Checkpoint = io::read(out)?;
    let but_for_plateau = checkpoint.training.clone().with(|o| o.plateau = training.plateau);
    if checkpoint.options == *network && checkpoint.motifs == motifs && but_for_plateau == *training {
        return Ok(checkpoint.into_trainer()?);
    }
    let out = out.display();
    Err(Failure::Usage(format!(
        "--resume: expected the motifs and settings of {out}, given others; repeat its command with more --minibatches"
    )))
}

fn train(
    trainer: &mut Trainer,
    options: &Train,
    network: &TanhOptions,
    session: &Session,
) -> Result<TrainingStatus> {
    let out = &options.output.out;
    let store =
        |trainer: &Trainer| -> Result<()> { Ok(io::write(out, &Checkpoint::new(trainer, network)?)?) };
    let bar = session.progress(options.minibatches, "training");
    bar.set_position(trainer.curve().len() as u64);
    bar.reset_eta();
    let mut problem = None;
    let status = trainer.run(options.minibatches, |trainer| {
        bar.inc(1);
        let curve = trainer.curve();
        let last = &curve[curve.len().saturating_sub(20)..];
        bar.set_message(format!("loss {:.4}", last.iter().sum::<f64>() / last.len() as f64));
        if curve.len().is_multiple_of(EVERY) {
            problem = store(trainer).err();
        }
        let stop = problem.is_some() || INTERRUPTED.load(Ordering::Relaxed);
        if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.finish_and_clear();
    // A step that failed left the network as it was: what was reached is kept in any case.
    store(trainer)?;
    match problem {
        Some(problem) => Err(problem),
        None => Ok(status?),
    }
}

fn report(
    trainer: &Trainer,
    motifs: &[Motif],
    (options, steps): (&Train, usize),
    status: TrainingStatus,
    session: &Session,
) -> Result<()> {
    let transition = match options.protocol {
        Trials::Prepared => TanhTransition::Module { steps },
        Trials::Stitched => TanhTransition::Linear { steps },
        Trials::Pairs | Trials::Single => TanhTransition::None,
    };
    let (network, done) = (trainer.network(), trainer.curve().len());
    let errors = transition_errors(network, motifs, transition, options.start, TRIALS, options.seed)?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let ended = match status {
        TrainingStatus::Interrupted => "interrupted",
        TrainingStatus::Plateau => "no longer improving",
        _ => "done",
    };
    let mut text = format!(
        "{done} minibatches ({ended}), last loss {:.4}, {} learned parameters\n",
        trainer.curve().last().copied().unwrap_or(f64::NAN),
        network.parameters().count()
    );
    text += &format!("RMSE from random starts {:.4}", mean(&errors.random));
    if network.motifs() > 1 {
        let after = mean(&errors.after_others());
        text += &format!(", after other motifs {after:.4}, worst pair {:.4}", errors.worst());
    }
    session.tell(&format!("{text}\ncheckpoint: {}\n", options.output.out.display()))
}
