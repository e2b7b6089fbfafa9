//! Motifs as in figure 4 of the paper: ten random series for the readout to follow.
//!
//! `cargo run --release --example fig4`, with `-- --kind oscillating` for the smooth ones.

mod figure;

use clap::{Parser, ValueEnum};
use figure::{BLUE, Cell, Figure, GREY, Options, Panel, Result, Style, TIME, write_json};
use serde::Serialize;
use thalamo::motif::{Motif, oscillating_motifs, step_motifs};

/// Draws random motifs.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    common: Options,
    /// Which generator.
    #[arg(long, value_enum, default_value_t = Kind::Step)]
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Step,
    Oscillating,
}

/// What is written beside the figure.
#[derive(Serialize)]
struct Record {
    seed: u64,
    dt: f64,
    motifs: Vec<Vec<f64>>,
}

fn main() -> Result<()> {
    let Arguments { common, kind } = Arguments::parse();
    let (name, motifs) = match kind {
        Kind::Step => ("fig4", step_motifs(common.motifs, common.seed)?),
        Kind::Oscillating => ("fig4_oscillating", oscillating_motifs(common.motifs, common.seed)?),
    };
    println!("{:>5} {:>8} {:>12} {:>8} {:>8}", "motif", "samples", "length (tau)", "mean", "std");
    for (i, m) in motifs.iter().enumerate() {
        let (mean, deviation) = (m.mean(), m.standard_deviation());
        println!("{:>5} {:>8} {:>12.1} {mean:>8.3} {deviation:>8.3}", i + 1, m.len(), m.duration());
    }
    draw(name, &motifs).save(&common.out)?;
    let values = motifs.iter().map(|m| m.values().to_vec()).collect();
    write_json(&common.out, name, &Record { seed: common.seed, dt: motifs[0].dt(), motifs: values })
}

/// One panel per motif, all to the same scale, in rows of five.
fn draw(name: &str, motifs: &[Motif]) -> Figure {
    let peak = |m: &Motif| m.values().iter().fold(0.0_f64, |top, y| top.max(y.abs()));
    let bound = motifs.iter().map(peak).fold(0.0, f64::max) * 1.08;
    let end = motifs.iter().map(Motif::duration).fold(0.0, f64::max);

    let panels: Vec<Panel> = motifs
        .iter()
        .enumerate()
        .map(|(i, motif)| {
            Panel::new(TIME, "target y")
                .title(format!("motif {}", i + 1))
                .x_range(0.0..=end)
                .y_range(-bound..=bound)
                .horizontal(0.0, Style::new(GREY).size(1.0))
                .line("", BLUE, motif.times().zip(motif.values().iter().copied()))
        })
        .collect();
    let height = 60 + 200 * panels.len().div_ceil(5) as u32;
    Figure::new(name, 1200, height).add_shared(Cell::FULL, 5, panels)
}
