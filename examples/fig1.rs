//! Tanh networks trained on all ordered pairs of motifs, over their gains, as in figure 1 of the paper.
//!
//! `cargo run --release --example fig1`, with `--minibatches`, `--paper`, `--resume`; `--trained` shows the
//! numbers of the sweep stored in examples/trained.

mod figure;
mod tanh;

use clap::Parser;
use figure::{
    BLUE, Cell, Corner, Figure, GREEN, GREY, INK, Options, Panel, Result, SKY, Style, TIME, VERMILLION,
    colour, write_json,
};
use serde::{Deserialize, Serialize};
use tanh::{Plan, Training, mean, random_state, smooth};
use thalamo::motif::Motif;
use thalamo::rnn::{Architecture, Checkpoint, Protocol, TanhTransition, play, transition_errors};

/// Trains each architecture on ordered pairs, for several gains and seeds.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    training: Training,
    /// Networks per gain.
    #[arg(long, default_value_t = 2)]
    repeats: u64,
    /// Motifs of the sweep: all ordered pairs of them are learned.
    #[arg(long, default_value_t = 4)]
    library: usize,
}

/// What is varied.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gain {
    /// g of the additive network.
    Additive,
    /// g of the multiplicative network.
    Multiplicative,
    /// g_0 of the multiplicative network's loops.
    Loops,
    /// g_0 of the control network.
    Control,
}

impl Gain {
    const ALL: [Self; 4] = [Self::Additive, Self::Multiplicative, Self::Loops, Self::Control];

    fn architecture(self) -> Architecture {
        match self {
            Self::Additive => Architecture::Additive,
            Self::Multiplicative | Self::Loops => Architecture::Multiplicative,
            Self::Control => Architecture::Control,
        }
    }

    fn symbol(self) -> &'static str {
        match self {
            Self::Additive => "g_ad",
            Self::Multiplicative => "g_mu",
            Self::Loops => "g0_ptb",
            Self::Control => "g0_cn",
        }
    }

    fn values(self, quick: bool) -> Vec<f64> {
        match self {
            _ if quick => vec![1.4],
            Self::Loops => vec![0.5, 1.0, 1.5, 2.0],
            _ => vec![0.6, 1.0, 1.4, 1.8],
        }
    }

    /// The default number of minibatches: all networks together take under two minutes.
    fn minibatches(self) -> usize {
        match self {
            Self::Additive => 25,
            Self::Multiplicative | Self::Loops => 120,
            Self::Control => 200,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Record {
    seed: u64,
    motifs: usize,
    learning_rate: f64,
    sweeps: Vec<Sweep>,
}

/// One gain; a row per value, an entry per network.
#[derive(Serialize, Deserialize)]
struct Sweep {
    gain: String,
    architecture: String,
    minibatches: usize,
    values: Vec<f64>,
    /// RMSE of the readout over all ordered pairs, mean over motifs.
    rmse: Vec<Vec<f64>>,
    /// Mean loss of ten minibatches of the first network, at the paper's gain or the nearest to it.
    curve: Vec<(f64, f64)>,
    examples: Vec<Example>,
}

/// A pair of motifs played by that network.
#[derive(Serialize, Deserialize)]
struct Example {
    target: Vec<f64>,
    readout: Vec<f64>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    tanh::catch_interrupts()?;
    let record = if arguments.training.trained {
        let path = tanh::trained("fig1").with_extension("json");
        serde_json::from_str(&std::fs::read_to_string(path)?)?
    } else {
        let sweeps = Gain::ALL.into_iter().map(|gain| sweep(gain, &arguments)).collect::<Result<_>>()?;
        let Arguments { training, library, .. } = &arguments;
        let learning_rate = if training.paper { 1e-4 } else { 1e-3 };
        let Options { seed, .. } = training.common;
        Record { seed, motifs: library_size(&training.common, *library), learning_rate, sweeps }
    };
    println!("RMSE of the readout over all ordered pairs of {} motifs, mean over networks", record.motifs);
    for s in &record.sweeps {
        let cells = s.values.iter().zip(&s.rmse).map(|(v, e)| format!("  {v}: {:.4}", mean(e)));
        println!(
            "{:>7} ({}, {} minibatches){}",
            s.gain,
            s.architecture,
            s.minibatches,
            cells.collect::<String>()
        );
    }
    draw(&record).save(&arguments.training.common.out)?;
    write_json(&arguments.training.common.out, "fig1", &record)
}

fn library_size(common: &Options, library: usize) -> usize {
    if common.quick { 2 } else { library }
}

fn sweep(gain: Gain, arguments: &Arguments) -> Result<Sweep> {
    let Arguments { training, repeats, library } = arguments;
    let common = &training.common;
    let values = gain.values(common.quick);
    let shown = values.iter().position(|v| (v - 1.4).abs() < 0.2).unwrap_or(0);
    let repeats = if common.quick { 1 } else { *repeats };
    let mut sweep = Sweep {
        gain: gain.symbol().into(),
        architecture: gain.architecture().to_string(),
        minibatches: 0,
        rmse: vec![Vec::new(); values.len()],
        values,
        curve: Vec::new(),
        examples: Vec::new(),
    };
    for place in 0..sweep.values.len() {
        for repeat in 0..repeats {
            let value = sweep.values[place];
            let (motifs, seed) = (library_size(common, *library), common.seed + repeat);
            let training =
                &Training { common: Options { motifs, seed, ..common.clone() }, ..training.clone() };
            let name = format!("fig1_{}_{value}_{repeat}", gain.symbol());
            let protocol = Protocol::SET_A;
            let mut plan = Plan::new(&name, gain.architecture(), protocol, training)?;
            // The motifs stay while the networks differ.
            plan.motifs = thalamo::motif::step_motifs(motifs, common.seed)?;
            let option =
                if gain == Gain::Loops { &mut plan.options.loop_gain } else { &mut plan.options.gain };
            *option = value;
            let checkpoint = plan.minibatches(gain.minibatches()).run(training)?;
            let errors = transition_errors(
                &checkpoint.network,
                &checkpoint.motifs,
                TanhTransition::None,
                1.0,
                3,
                seed,
            )?;
            sweep.rmse[place].push(mean(&errors.after_others()));
            sweep.minibatches = checkpoint.curve.len() * checkpoint.stride;
            if (place, repeat) == (shown, 0) {
                sweep.curve = smooth(&checkpoint.curve, checkpoint.stride, 10.min(checkpoint.curve.len()));
                sweep.examples = examples(&checkpoint)?;
            }
        }
    }
    Ok(sweep)
}

/// The first motif followed by the second, and the second by the first.
fn examples(checkpoint: &Checkpoint) -> Result<Vec<Example>> {
    let Checkpoint { network, motifs, .. } = checkpoint;
    [[0, 1], [1, 0]]
        .into_iter()
        .map(|pair| {
            let start = random_state(network.units(), 0);
            let readout = play(network, motifs, TanhTransition::None, &pair, &start)?.readout;
            Ok(Example {
                target: pair.iter().flat_map(|&i| Motif::values(&motifs[i]).to_vec()).collect(),
                // To be drawn, four digits are enough.
                readout: readout.iter().map(|&y| (f64::from(y) * 1e4).round() / 1e4).collect(),
            })
        })
        .collect()
}

fn draw(record: &Record) -> Figure {
    let [top, middle, bottom] = Cell::FULL.rows([1.0, 0.9, 1.0]);
    let mut figure = Figure::new("fig1", 1400, 1100);
    let top_error =
        record.sweeps.iter().flat_map(|s| s.rmse.iter().flatten()).fold(0.0_f64, |t, &e| t.max(e));
    for (i, (s, cell)) in record.sweeps.iter().zip(top.columns([1.0; 4])).enumerate() {
        let dots = s.values.iter().zip(&s.rmse).flat_map(|(&v, row)| row.iter().map(move |&e| (v, e)));
        let means = || s.values.iter().zip(&s.rmse).map(|(&v, row)| (v, mean(row)));
        let style = Style::new(colour(i));
        let panel = Panel::new(&format!("gain {}", s.gain), "RMSE of pairs")
            .title(format!("{}, {} minibatches", s.architecture, s.minibatches))
            .legend(Corner::TopLeft)
            .y_range(0.0..=1.3 * top_error)
            .x_range(0.3..=2.2)
            .line("mean", style.size(2.5), means())
            .points("networks", Style::new(INK).size(3.5).opacity(0.7), dots);
        figure = figure.add(cell, if i == 0 { panel.letter('C') } else { panel });
    }
    let [curves, first] = middle.columns([1.0, 1.6]);
    let [second, third] = bottom.columns([1.0, 1.0]);
    let mut learning = Panel::new("minibatches", "loss")
        .letter('D')
        .title("learning curves")
        .log_y()
        .legend(Corner::TopRight);
    for (s, colour) in record.sweeps.iter().zip([BLUE, VERMILLION, SKY, GREEN]) {
        if s.gain != "g0_ptb" {
            learning = learning.line(&s.architecture, Style::new(colour).size(2.0), s.curve.clone());
        }
    }
    figure = figure.add(curves, learning);
    let chosen: Vec<(&Sweep, char)> =
        record.sweeps.iter().filter(|s| s.gain != "g0_ptb").zip(['E', 'F', 'G']).collect();
    for ((s, letter), cell) in chosen.into_iter().zip([first, second, third]) {
        for example in s.examples.iter().take(1) {
            let series =
                |y: &[f64]| y.iter().enumerate().map(|(k, &y)| (k as f64 * 0.1, y)).collect::<Vec<_>>();
            let panel = Panel::new(TIME, "readout y")
                .letter(letter)
                .title(format!("{}: motif 1, then 2", s.architecture))
                .legend(Corner::TopLeft)
                .x_range(0.0..=example.target.len() as f64 * 0.1)
                .line("target", Style::new(GREY).size(3.0), series(&example.target))
                .line("readout", Style::new(BLUE).size(1.5), series(&example.readout));
            figure = figure.add(cell, panel);
        }
    }
    figure
}
