//! What networks of each preset do when their weights are not those of the design: errors of motifs over many
//! draws of wrong weights.
//!
//! `cargo run --release --example presets`

mod figure;

use clap::Parser;
use figure::{
    BLUE, Cell, Colour, Corner, Figure, GREEN, ORANGE, Options, Panel, Result, Style, VERMILLION, progress,
    write_json,
};
use serde::{Deserialize, Serialize};
use thalamo::analysis::{WeightErrors, weight_errors};
use thalamo::motif::{oscillating_motifs, step_motifs};
use thalamo::play::Simulator;
use thalamo::{Cortex, Network, NetworkOptions};

/// Preparation before each motif, in tau.
const TRANSITION: f64 = 5.0;
/// Relative errors of weights.
const ERRORS: [f64; 5] = [0.0, 0.01, 0.02, 0.03, 0.05];
const PRESETS: [(&str, Colour); 4] =
    [("published", VERMILLION), ("interpretable", ORANGE), ("default", BLUE), ("robust", GREEN)];
/// What is wrong, in words.
const KINDS: [&str; 3] = ["loops", "loops and module", "connectivity J"];

/// Ten motifs by every preset, with wrong weights.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    common: Options,
    /// Libraries of each class, with motifs and cortex of their own.
    #[arg(long, default_value_t = 3)]
    libraries: u64,
    /// Draws of wrong weights for each library.
    #[arg(long, default_value_t = 50)]
    draws: usize,
    /// Numbers written before, to draw them again.
    #[arg(long, value_name = "presets.json")]
    from: Option<std::path::PathBuf>,
}

/// One library under one kind and size of errors.
#[derive(Debug, Serialize, Deserialize)]
struct Row {
    motifs: String,
    seed: u64,
    preset: String,
    wrong: String,
    error: f64,
    /// Root mean square over motifs and draws of the RMSE, each at most 2, of the design and with errors.
    nominal: f64,
    rms: f64,
    /// Shares of motifs and draws with more than twice the motif's own error, and of unstable networks.
    failing: f64,
    unstable: f64,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let rows = match &arguments.from {
        Some(path) => serde_json::from_slice(&std::fs::read(path)?)?,
        None => measure(&arguments)?,
    };
    table(&rows);
    draw(&rows).save(&arguments.common.out)?;
    write_json(&arguments.common.out, "presets", &rows)
}

fn measure(arguments: &Arguments) -> Result<Vec<Row>> {
    let common = &arguments.common;
    let (libraries, draws) = if common.quick { (1, 2) } else { (arguments.libraries, arguments.draws) };
    let bar = progress(2 * PRESETS.len() * libraries as usize, "libraries");
    let mut rows = Vec::new();
    for motifs in ["step", "oscillating"] {
        for (preset, _) in PRESETS {
            for seed in common.seed..common.seed + libraries {
                rows.extend(library(common, motifs, preset, (seed, draws))?);
                bar.inc(1);
            }
        }
    }
    bar.finish_and_clear();
    Ok(rows)
}

fn library(common: &Options, kind: &str, preset: &str, (seed, draws): (u64, usize)) -> Result<Vec<Row>> {
    let motifs = match kind {
        "step" => step_motifs(common.motifs, seed)?,
        _ => oscillating_motifs(common.motifs, seed)?,
    };
    let options = NetworkOptions::preset(preset)?.with(|o| {
        o.preparation.rank = o.preparation.rank.map(|rank| rank.min(common.units));
        if common.quick {
            (o.direct.iterations, o.placed_starts) = (10, Vec::new());
        }
    });
    let network = Network::build(Cortex::random(common.units, 0.5, seed)?, &motifs, &options, seed)?;
    let simulator = Simulator::new(&network, TRANSITION)?;
    let mut rows = Vec::new();
    for wrong in KINDS {
        for error in ERRORS {
            let none = WeightErrors::default();
            let errors = match wrong {
                "loops" => WeightErrors { loops: error, ..none },
                "loops and module" => WeightErrors { loops: error, module: error, ..none },
                _ => WeightErrors { system: error, ..none },
            };
            let found = weight_errors(&simulator, &errors, if error == 0.0 { 1 } else { draws }, seed)?;
            let squares = found.nominal.iter().map(|e| e * e).sum::<f64>();
            rows.push(Row {
                motifs: kind.to_owned(),
                seed,
                preset: preset.to_owned(),
                wrong: wrong.to_owned(),
                error,
                nominal: (squares / found.nominal.len() as f64).sqrt(),
                rms: found.rms(2.0),
                failing: found.share_above(2.0),
                unstable: found.share_unstable(),
            });
        }
    }
    Ok(rows)
}

/// Means over the libraries of a class: root mean square of errors, plain mean of shares.
fn mean(rows: &[Row], chosen: impl Fn(&Row) -> bool) -> [f64; 4] {
    let chosen: Vec<&Row> = rows.iter().filter(|row| chosen(row)).collect();
    let count = chosen.len() as f64;
    let square = |of: fn(&Row) -> f64| (chosen.iter().map(|r| of(r).powi(2)).sum::<f64>() / count).sqrt();
    let plain = |of: fn(&Row) -> f64| chosen.iter().map(|r| of(r)).sum::<f64>() / count;
    [square(|r| r.nominal), square(|r| r.rms), plain(|r| r.failing), plain(|r| r.unstable)]
}

fn table(rows: &[Row]) {
    println!("rms error, share beyond twice the motif's own error, share unstable");
    for kind in ["step", "oscillating"] {
        for wrong in KINDS {
            println!("\n{kind} motifs, errors of {wrong}");
            let heads: String =
                ERRORS.iter().map(|e| format!("{:>23}", format!("{:.0} %", 100.0 * e))).collect();
            println!("{:>14}{heads}", "");
            for (preset, _) in PRESETS {
                let cell = |&error: &f64| {
                    let [_, rms, failing, unstable] = mean(rows, |row| {
                        (row.motifs.as_str(), row.preset.as_str()) == (kind, preset)
                            && (row.wrong.as_str(), row.error) == (wrong, error)
                    });
                    format!("{rms:>11.4}{:>6.1}{:>6.1}", 100.0 * failing, 100.0 * unstable)
                };
                println!("{preset:>14}{}", ERRORS.iter().map(cell).collect::<String>());
            }
        }
    }
}

fn draw(rows: &[Row]) -> Figure {
    let mut figure = Figure::new("presets", 1200, 760);
    let cells = Cell::FULL.rows([1.0, 1.0]).into_iter().flat_map(|row| row.columns([1.0, 1.0, 1.0]));
    let kinds = ["step", "oscillating"].into_iter().flat_map(|kind| KINDS.map(|wrong| (kind, wrong)));
    for ((i, (kind, wrong)), cell) in kinds.enumerate().zip(cells) {
        let mut panel = Panel::new("relative error of weights (%)", "rms error")
            .title(format!("{kind}: {wrong} wrong"))
            .letter("ABCDEF".chars().nth(i).unwrap_or(' '))
            .log_y();
        if i == 0 {
            panel = panel.legend(Corner::TopLeft);
        }
        for (preset, colour) in PRESETS {
            let point = |&error: &f64| {
                let [_, rms, ..] = mean(rows, |row| {
                    (row.motifs.as_str(), row.preset.as_str()) == (kind, preset)
                        && (row.wrong.as_str(), row.error) == (wrong, error)
                });
                (100.0 * error, rms)
            };
            let curve: Vec<_> = ERRORS.iter().map(point).collect();
            let label = if i == 0 { preset } else { "" };
            panel = panel.line(label, Style::new(colour).size(2.0), curve.clone());
            panel = panel.points("", Style::new(colour).size(4.5), curve);
        }
        figure = figure.add(cell, panel);
    }
    figure
}
