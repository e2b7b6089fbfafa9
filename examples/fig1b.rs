//! Fits of step motifs by growing numbers of exponentials, as in figure 1B of the paper.
//!
//! `cargo run --release --example fig1b`

mod figure;

use clap::Parser;
use figure::{BLUE, Cell, Figure, GREY, INK, Options, Panel, Result, Style, TIME, progress, write_json};
use rayon::prelude::*;
use serde::Serialize;
use thalamo::fit::{Fit, FitOptions, sweep};
use thalamo::motif::{Motif, step_motifs};

/// Fits motifs by sums of exponentials.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    common: Options,
    /// Which motif is drawn, counting from 1.
    #[arg(long, default_value_t = 4)]
    show: usize,
}

/// What is written beside the figure; a row per motif, a column per number of modes.
#[derive(Serialize)]
struct Record {
    seed: u64,
    modes: Vec<usize>,
    rmse: Vec<Vec<f64>>,
    normalised_rmse: Vec<Vec<f64>>,
    shown: usize,
    dt: f64,
    target: Vec<f64>,
    fits: Vec<ShownFit>,
}

#[derive(Serialize)]
struct ShownFit {
    modes: usize,
    /// Real and imaginary parts, in 1/tau.
    eigenvalues: Vec<(f64, f64)>,
    amplitudes: Vec<(f64, f64)>,
    values: Vec<f64>,
}

fn main() -> Result<()> {
    let Arguments { common, show } = Arguments::parse();
    let (motifs, modes, options) = if common.quick {
        (common.motifs.min(4), vec![2, 4, 6, 10], FitOptions::published().with(|o| o.effort = 200))
    } else {
        (common.motifs, vec![2, 4, 6, 8, 10, 12, 16, 20, 24], FitOptions::published())
    };
    let motifs = step_motifs(motifs, common.seed)?;
    let shown = show.clamp(1, motifs.len()) - 1;

    let bar = progress(motifs.len(), "fitting motifs");
    let fits: Vec<Vec<Fit>> = motifs
        .par_iter()
        .map(|motif| sweep(motif, &modes, &options).inspect(|_| bar.inc(1)))
        .collect::<thalamo::Result<_>>()?;
    bar.finish_and_clear();

    println!("{:>5} {:>12} {:>12} {:>12}   (RMSE / std of the motif)", "K", "mean", "smallest", "largest");
    for (k, modes) in modes.iter().enumerate() {
        let errors = || fits.iter().map(|row| row[k].normalised_rmse());
        let (low, high) = errors().fold((f64::INFINITY, 0.0), |(l, h): (f64, f64), e| (l.min(e), h.max(e)));
        println!("{modes:>5} {:>12.4} {low:>12.4} {high:>12.4}", errors().sum::<f64>() / fits.len() as f64);
    }
    draw(&motifs[shown], &fits[shown], &modes, &fits, common.modes).save(&common.out)?;
    write_json(&common.out, "fig1b", &record(common.seed, shown, &motifs[shown], &modes, &fits))
}

/// The motif with six of its fits, and the errors of all motifs.
fn draw(motif: &Motif, shown: &[Fit], modes: &[usize], all: &[Vec<Fit>], setting: usize) -> Figure {
    let [left, right] = Cell::FULL.columns([1.75, 1.0]);
    let series = |values: Vec<f64>| motif.times().zip(values).collect::<Vec<_>>();
    let panels = shown.iter().filter(|fit| [2, 4, 6, 10, 16, 24].contains(&fit.modes())).enumerate();
    let panels = panels.map(|(i, fit)| {
        let panel = Panel::new(TIME, "readout y")
            .title(format!("K = {}", fit.modes()))
            .x_range(0.0..=motif.duration())
            .line("", Style::new(GREY).size(3.0), series(motif.values().to_vec()))
            .line("", BLUE, series(fit.values(motif.len())));
        if i == 0 { panel.letter('A') } else { panel }
    });
    let panels = same_height(panels.collect(), motif, shown);

    let errors = |row: &[Fit]| -> Vec<(f64, f64)> {
        row.iter().map(|fit| (fit.modes() as f64, fit.normalised_rmse())).collect()
    };
    let mean: Vec<(f64, f64)> = modes
        .iter()
        .enumerate()
        .map(|(k, &m)| {
            (m as f64, all.iter().map(|row| row[k].normalised_rmse()).sum::<f64>() / all.len() as f64)
        })
        .collect();
    let largest = all.iter().flatten().map(Fit::normalised_rmse).fold(0.0, f64::max);
    let comparison = Panel::new("number of exponentials K", "RMSE / std of motif")
        .letter('B')
        .y_range(0.0..=1.05 * largest)
        .x_range(0.0..=modes.iter().max().map_or(1.0, |&m| m as f64 + 0.5))
        .x_ticks((0..).step_by(5).map(f64::from).take_while(|&k| k <= 64.0))
        .vertical(setting as f64, Style::new(GREY).size(1.0).dashed());
    let comparison = all.iter().enumerate().fold(comparison, |panel, (i, row)| {
        let label = if i == 0 { "single motifs" } else { "" };
        panel.line(label, Style::new(GREY).size(1.2).opacity(0.7), errors(row))
    });
    let comparison = comparison.line("mean", Style::new(INK).size(2.5), mean.clone()).points(
        "",
        Style::new(INK).size(4.5),
        mean,
    );
    let height = if panels.len() > 3 { 520 } else { 320 };
    Figure::new("fig1b", 1200, height).add_shared(left, 3, panels).add(right, comparison)
}

/// The same y axis for all panels, with room for the target and every fit.
fn same_height(panels: Vec<Panel>, motif: &Motif, fits: &[Fit]) -> Vec<Panel> {
    let values = fits.iter().flat_map(|fit| fit.values(motif.len())).chain(motif.values().iter().copied());
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h): (f64, f64), y| (l.min(y), h.max(y)));
    let margin = 0.05 * (high - low);
    panels.into_iter().map(|panel| panel.y_range(low - margin..=high + margin)).collect()
}

fn record(seed: u64, shown: usize, motif: &Motif, modes: &[usize], fits: &[Vec<Fit>]) -> Record {
    let table = |value: fn(&Fit) -> f64| {
        fits.iter().map(|row| row.iter().map(value).collect()).collect::<Vec<Vec<f64>>>()
    };
    let parts = |numbers: &[num_complex::Complex64]| numbers.iter().map(|z| (z.re, z.im)).collect();
    Record {
        seed,
        modes: modes.to_vec(),
        rmse: table(Fit::rmse),
        normalised_rmse: table(Fit::normalised_rmse),
        shown: shown + 1,
        dt: motif.dt(),
        target: motif.values().to_vec(),
        fits: fits[shown]
            .iter()
            .map(|fit| ShownFit {
                modes: fit.modes(),
                eigenvalues: parts(fit.eigenvalues()),
                amplitudes: parts(fit.amplitudes().as_slice()),
                values: fit.values(motif.len()),
            })
            .collect(),
    }
}
