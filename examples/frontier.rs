//! What loops of each design achieve for their size: error in sequences and noise cost over the number of
//! units and the parameters per motif, beside tanh networks trained by gradient descent.
//!
//! `cargo run --release --example frontier`

mod figure;

use std::time::Instant;

use clap::Parser;
use figure::{
    BLUE, Cell, Colour, Corner, Figure, GREEN, GREY, ORANGE, Options, Panel, Result, SKY, Style, VERMILLION,
    progress, write_json,
};
use serde::{Deserialize, Serialize};
use thalamo::analysis::transition_errors;
use thalamo::motif::step_motifs;
use thalamo::play::Simulator;
use thalamo::{Cortex, Network, NetworkOptions};

/// Preparation before each motif, in tau.
const TRANSITION: f64 = 5.0;

/// Ten step motifs, by every design, over networks of some sizes.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    common: Options,
    /// Libraries per size, with motifs and cortex of their own.
    #[arg(long, default_value_t = 3)]
    libraries: u64,
    /// Numbers written before, to draw them again.
    #[arg(long, value_name = "frontier.json")]
    from: Option<std::path::PathBuf>,
}

/// One design at one size: means over the libraries.
#[derive(Debug, Serialize, Deserialize)]
struct Row {
    design: String,
    units: usize,
    /// Numbers that belong to one motif alone: its loop and its start.
    parameters: usize,
    /// RMSE after every other motif.
    sequence: f64,
    noise_cost: f64,
    /// Seconds for the whole library.
    seconds: f64,
}

/// Trained tanh networks with a transition module (docs/comparison.md): units, parameters per motif, RMSE.
const TRAINED: [(&str, f64, f64, f64); 3] = [
    ("additive", 300.0, 300.0, 0.140),
    ("multiplicative", 100.0, 300.0, 0.177),
    ("control", 50.0, 305.0, 0.187),
];

fn designs() -> Vec<(&'static str, Colour, NetworkOptions)> {
    // The best start of the loops that are placed: no step of the search.
    let ridge = NetworkOptions::default().with(|o| {
        o.placed_starts = vec![10];
        (o.direct.random_starts, o.direct.first_iterations, o.direct.iterations) = (0, 0, 0);
    });
    let second = NetworkOptions::default().with(|o| o.direct.rank = 2);
    vec![
        ("published", VERMILLION, NetworkOptions::published()),
        ("placed, best start", ORANGE, ridge),
        ("robust, rank 1", GREEN, NetworkOptions::robust()),
        ("direct, rank 1", BLUE, NetworkOptions::default()),
        ("direct, rank 2", SKY, second),
    ]
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let rows = match &arguments.from {
        Some(path) => serde_json::from_slice(&std::fs::read(path)?)?,
        None => measure(&arguments)?,
    };
    println!("{:>20} {:>5} {:>11} {:>9} {:>7} {:>8}", "", "N", "parameters", "sequence", "C", "seconds");
    for row in &rows {
        let Row { design, units, parameters, sequence, noise_cost, seconds } = row;
        println!("{design:>20} {units:>5} {parameters:>11} {sequence:>9.4} {noise_cost:>7.3} {seconds:>8.1}");
    }
    draw(&rows).save(&arguments.common.out)?;
    write_json(&arguments.common.out, "frontier", &rows)
}

fn measure(arguments: &Arguments) -> Result<Vec<Row>> {
    let common = &arguments.common;
    let sizes: &[usize] = if common.quick { &[24] } else { &[50, 99, 200] };
    let libraries = if common.quick { 1 } else { arguments.libraries };
    let bar = progress(designs().len() * sizes.len() * libraries as usize, "designs");
    let mut rows = Vec::new();
    for (design, _, mut options) in designs() {
        if common.quick {
            options.direct.iterations = options.direct.iterations.min(10);
            options.placed_starts.truncate(1);
        }
        // Loops of two columns, and errors of weights, take minutes above.
        let most =
            if options.direct.rank > 1 || options.direct.weight_error > 0.0 { 100 } else { usize::MAX };
        for &units in sizes.iter().filter(|&&units| units <= most) {
            options.preparation.rank = Some(units / 2);
            let (mut sequence, mut noise_cost, mut seconds) = (0.0, 0.0, 0.0);
            for seed in common.seed..common.seed + libraries {
                let motifs = step_motifs(common.motifs, seed)?;
                let clock = Instant::now();
                let network = Network::build(Cortex::random(units, 0.5, seed)?, &motifs, &options, seed)?;
                seconds += clock.elapsed().as_secs_f64() / libraries as f64;
                let errors = transition_errors(&Simulator::new(&network, TRANSITION)?, 1, seed)?;
                let count = (motifs.len() as u64 * libraries) as f64;
                sequence += errors.mean_sequence().iter().sum::<f64>() / count;
                noise_cost += network.motifs().iter().map(|m| m.noise_cost()).sum::<f64>() / count;
                bar.inc(1);
            }
            let parameters = (2 * options.direct.rank + 1) * units;
            rows.push(Row { design: design.to_owned(), units, parameters, sequence, noise_cost, seconds });
        }
    }
    bar.finish_and_clear();
    Ok(rows)
}

type Coordinate = fn(&Row) -> f64;

fn draw(rows: &[Row]) -> Figure {
    let sequence: Coordinate = |row| row.sequence;
    let panels: [(&str, &str, &str, Coordinate, Coordinate, bool); 4] = [
        ("error over size", "units N", "RMSE in sequences", |r| r.units as f64, sequence, true),
        (
            "error over parameters",
            "parameters per motif",
            "RMSE in sequences",
            |r| r.parameters as f64,
            sequence,
            true,
        ),
        ("noise cost", "units N", "mean C", |r| r.units as f64, |r| r.noise_cost, false),
        ("time to design ten motifs", "units N", "seconds", |r| r.units as f64, |r| r.seconds, false),
    ];
    let mut figure = Figure::new("frontier", 1200, 800);
    let cells = Cell::FULL.rows([1.0, 1.0]).into_iter().flat_map(|row| row.columns([1.0, 1.0]));
    for ((i, (title, x, y, at, of, trained)), cell) in panels.into_iter().enumerate().zip(cells) {
        let mut panel = Panel::new(x, y).title(title).letter("ABCD".chars().nth(i).unwrap_or(' '));
        if i == 3 {
            panel = panel.log_y();
        }
        if i == 0 {
            panel = panel.legend(Corner::TopRight);
        }
        for (design, colour, _) in designs() {
            let own: Vec<_> =
                rows.iter().filter(|row| row.design == design).map(|r| (at(r), of(r))).collect();
            let label = if i == 0 { design } else { "" };
            panel = panel.line(label, Style::new(colour).size(2.0), own.clone());
            panel = panel.points("", Style::new(colour).size(5.0), own);
        }
        if trained {
            let place = |&(_, units, parameters, error): &(&str, f64, f64, f64)| {
                (if i == 0 { units } else { parameters }, error)
            };
            let points: Vec<_> = TRAINED.iter().map(place).collect();
            let label = if i == 0 { "tanh, trained, with module" } else { "" };
            panel = panel.points(label, Style::new(GREY).size(6.0), points);
        }
        figure = figure.add(cell, panel);
    }
    figure
}
