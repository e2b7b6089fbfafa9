//! Tanh networks trained on single motifs fail at transitions, as in figure 2 of the paper.
//!
//! `cargo run --release --example fig2 -- --trained`, or with `--minibatches`, `--paper`, `--resume` to
//! train; the poster's variants are `--kind oscillating`, `--size 1000` and `--start 1.2`.

mod figure;
mod tanh;

use clap::{Parser, ValueEnum};
use figure::{Cell, Corner, Figure, INK, Panel, Result, SKY, Style, TIME, VERMILLION, write_json};
use serde::Serialize;
use tanh::{Plan, Row, Tested, Training, print_table, random_state};
use thalamo::motif::Motif;
use thalamo::rnn::{Architecture, Protocol, TanhTransition, play};

/// Compares motifs from random starts with motifs after other motifs.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    training: Training,
    /// Motifs to learn.
    #[arg(long, value_enum, default_value_t = Kind::Step)]
    kind: Kind,
    /// Standard deviation of the starts, in training and in tests.
    #[arg(long, default_value_t = 1.0)]
    start: f64,
    /// Units of both networks, in place of the paper's 300 and 100.
    #[arg(long)]
    size: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Step,
    Oscillating,
}

#[derive(Serialize)]
struct Record {
    seed: u64,
    start: f64,
    networks: Vec<Row>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    tanh::catch_interrupts()?;
    let common = &arguments.training.common;
    let suffix = variant(&arguments);
    let mut tested = Vec::new();
    for (architecture, minibatches) in [(Architecture::Additive, 150), (Architecture::Multiplicative, 800)] {
        let checkpoint = plan(architecture, minibatches, &arguments, &suffix)?.run(&arguments.training)?;
        tested.push(Tested::new(checkpoint, TanhTransition::None, common.seed)?);
    }
    let record = Record {
        seed: common.seed,
        start: arguments.start,
        networks: tested.iter().map(|t| t.row(&t.checkpoint.network.architecture().to_string())).collect(),
    };
    print_table(&record.networks);
    let name = format!("fig2{suffix}");
    draw(&name, &tested, common.seed)?.save(&common.out)?;
    write_json(&common.out, &name, &record)
}

fn variant(arguments: &Arguments) -> String {
    let mut suffix = String::new();
    if arguments.kind == Kind::Oscillating {
        suffix += "_oscillating";
    }
    if arguments.start != 1.0 {
        suffix += &format!("_start{}", arguments.start);
    }
    if let Some(units) = arguments.size {
        suffix += &format!("_units{units}");
    }
    suffix
}

fn plan(architecture: Architecture, minibatches: usize, arguments: &Arguments, suffix: &str) -> Result<Plan> {
    let protocol = Protocol::Single { start: arguments.start, trials: 3 };
    let Arguments { training, kind, size, .. } = arguments;
    let name = format!("{architecture}{suffix}");
    let mut plan = Plan::new(&name, architecture, protocol, training)?.minibatches(minibatches);
    if *kind == Kind::Oscillating {
        plan = plan.oscillating(&training.common)?;
    }
    plan.name = name;
    plan.options.units = size.unwrap_or(plan.options.units);
    Ok(plan)
}

/// Per architecture: example motifs in both conditions, end states, errors per motif.
fn draw(name: &str, tested: &[Tested], seed: u64) -> Result<Figure> {
    let rows = Cell::FULL.rows([1.0, 1.0]);
    let mut figure = Figure::new(name, 1400, 900);
    for (index, (tested, row)) in tested.iter().zip(rows).enumerate() {
        let [examples, ends, errors] = row.columns([2.3, 0.8, 0.7]);
        let letters = [['A', 'B', 'C'], ['D', 'E', 'F']][index % 2];
        figure = figure.add_shared(examples, 3, example_panels(tested, seed, letters[0])?);
        figure = figure.add(ends, end_panel(tested).letter(letters[1]));
        figure = figure.add(
            errors,
            tested.error_panel(tested.checkpoint.network.architecture().to_string()).letter(letters[2]),
        );
    }
    Ok(figure)
}

/// The motifs that lose most and least, from a random start and after every other motif.
fn example_panels(tested: &Tested, seed: u64, letter: char) -> Result<Vec<Panel>> {
    let Tested { checkpoint, errors, .. } = tested;
    let (network, motifs) = (&checkpoint.network, &checkpoint.motifs);
    let mut order: Vec<usize> = (0..motifs.len()).collect();
    let after = errors.after_others();
    order.sort_by(|&a, &b| (after[b] - errors.random[b]).total_cmp(&(after[a] - errors.random[a])));
    let mut chosen = vec![order[0], order[order.len() / 2], order[order.len() - 1]];
    chosen.dedup();
    let end = motifs.iter().map(Motif::duration).fold(0.0, f64::max);
    let peak = 1.45 * motifs.iter().flat_map(|m| m.values()).fold(0.0_f64, |p, y| p.max(y.abs()));
    let mut panels = Vec::new();
    for (place, &motif) in chosen.iter().enumerate() {
        let title = format!("{}, motif {}", network.architecture(), motif + 1);
        let series = |y: &[f32]| -> Vec<(f64, f64)> {
            let y = &y[y.len() - motifs[motif].len()..];
            motifs[motif].times().zip(y.iter().map(|&y| f64::from(y))).collect()
        };
        let mut panel = Panel::new(TIME, "readout y")
            .title(title)
            .legend(Corner::TopLeft)
            .x_range(0.0..=end)
            .y_range(-peak..=peak);
        let per_motif = errors.ends.len() / motifs.len();
        let starts = errors.ends.iter().step_by(per_motif).enumerate().filter(|(j, _)| *j != motif);
        for (k, (_, start)) in starts.enumerate() {
            let start: Vec<f32> = start.iter().map(|&x| x as f32).collect();
            let y = play(network, motifs, TanhTransition::None, &[motif], &start)?.readout;
            let label = if (place, k) == (0, 0) { "after another motif" } else { "" };
            panel = panel.line(label, Style::new(VERMILLION).size(1.0).opacity(0.7), series(&y));
        }
        let random = random_state(network.units(), seed);
        let y = play(network, motifs, TanhTransition::None, &[motif], &random)?.readout;
        let label = |text| if place == 0 { text } else { "" };
        panel = panel.line(label("random start"), Style::new(SKY).size(2.0), series(&y));
        let target = motifs[motif].times().zip(motifs[motif].values().iter().copied());
        panel = panel.line(label("target"), Style::new(INK).size(1.5), target);
        panels.push(if place == 0 { panel.letter(letter) } else { panel });
    }
    Ok(panels)
}

/// Where the motifs leave the units, beside the distribution of the starts.
fn end_panel(tested: &Tested) -> Panel {
    let states: Vec<f64> = tested.errors.ends.concat();
    let start = tested.checkpoint.training.protocol.start();
    let density = |x: f64| (-0.5 * (x / start).powi(2)).exp() / (start * std::f64::consts::TAU.sqrt());
    let (low, width, bins) = (-5.0 * start, 0.25 * start, 40);
    let mut counts = vec![0.0; bins];
    for &x in &states {
        counts[(((x - low) / width).max(0.0) as usize).min(bins - 1)] += 1.0 / (states.len() as f64 * width);
    }
    let centre = |i: usize| low + (i as f64 + 0.5) * width;
    Panel::new("state x of a unit", "density")
        .title("starts and ends")
        .legend(Corner::TopLeft)
        .y_range(0.0..=1.4 * counts.iter().fold(density(0.0), |t, &c| t.max(c)))
        .line("random starts", Style::new(SKY).size(2.0), (0..bins).map(|i| (centre(i), density(centre(i)))))
        .line(
            "ends of motifs",
            Style::new(VERMILLION).size(2.0),
            counts.iter().enumerate().map(|(i, &c)| (centre(i), c)),
        )
}
