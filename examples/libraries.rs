//! What networks achieve over many random libraries of one class of motifs, as quantiles.
//!
//! `cargo run --release --example libraries`, with `--libraries 50` for the numbers of the documents.

mod figure;

use clap::Parser;
use figure::{
    BLUE, Cell, Corner, Figure, ORANGE, Options, Panel, Result, Style, VERMILLION, progress, write_json,
};
use serde::{Deserialize, Serialize};
use std::time::Instant;
use thalamo::analysis::{WeightErrors, quality, transition_errors, weight_errors};
use thalamo::linalg::eigenvalues;
use thalamo::motif::{Motif, oscillating_motifs, step_motifs};
use thalamo::nalgebra::DMatrix;
use thalamo::play::{Keep, Sequence, Simulator, Start};
use thalamo::{Cortex, Network, NetworkOptions};

/// Preparation before each motif, in tau.
const TRANSITION: f64 = 5.0;
/// Draws of wrong weights.
const DRAWS: usize = 5;
/// Random starts of each motif.
const STARTS: usize = 50;
/// Shares of the libraries that tables tell.
const SHARES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// Builds libraries of step motifs and of oscillating ones, by each preset.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    common: Options,
    /// Libraries of each class, with motifs and cortex of their own.
    #[arg(long, default_value_t = 10)]
    libraries: usize,
    /// Presets to compare; ratios are to the first.
    #[arg(long, value_delimiter = ',', default_values_t = ["published".to_owned(), "default".to_owned()])]
    presets: Vec<String>,
    /// Numbers written before, to draw them again.
    #[arg(long, value_name = "libraries.json")]
    from: Option<std::path::PathBuf>,
}

/// One library.
#[derive(Debug, Serialize, Deserialize)]
struct Library {
    seed: u64,
    /// Mean over the motifs of the RMSE over the motif's standard deviation: of the fits, from random starts,
    /// after every other motif.
    fit: f64,
    random: f64,
    sequence: f64,
    /// The worst pair over its motif's mean error from random starts.
    worst_pair: f64,
    /// Largest deviation of the readout, after any other motif, from what the motif plays from its own start.
    deviation: f64,
    /// RMSE over the motif's standard deviation with 1 % errors of the inputs, and of all weights.
    wrong_inputs: f64,
    wrong_weights: f64,
    /// Largest and mean noise cost.
    noise_cost: f64,
    mean_noise_cost: f64,
    /// Largest factor by which a preparation and a motif multiply a deviation.
    contraction: f64,
    /// Seconds to build it.
    seconds: f64,
    /// Largest spectral abscissa of a loop (1/tau).
    abscissa: f64,
}

/// All libraries of one class and preset.
#[derive(Debug, Serialize, Deserialize)]
struct Group {
    motifs: String,
    preset: String,
    libraries: Vec<Library>,
    /// Seeds that were refused, and why.
    refused: Vec<(u64, String)>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let common = &arguments.common;
    let groups = match &arguments.from {
        Some(path) => serde_json::from_slice(&std::fs::read(path)?)?,
        None => measure(&arguments)?,
    };
    groups.iter().for_each(table);
    ratios(&groups);
    draw(&groups).save(&common.out)?;
    write_json(&common.out, "libraries", &groups)
}

fn measure(arguments: &Arguments) -> Result<Vec<Group>> {
    let common = &arguments.common;
    let count = if common.quick { 2 } else { arguments.libraries };
    let mut presets = Vec::new();
    for name in &arguments.presets {
        presets.push((name.as_str(), NetworkOptions::preset(name)?));
    }
    let bar = progress(2 * presets.len() * count, "libraries");
    let mut groups = Vec::new();
    for motifs in ["step", "oscillating"] {
        for (preset, options) in &presets {
            let (motifs, preset) = (motifs.to_owned(), (*preset).to_owned());
            let mut group = Group { motifs, preset, libraries: Vec::new(), refused: Vec::new() };
            for seed in common.seed..common.seed + count as u64 {
                match library(&group.motifs, options, common, seed) {
                    Ok(library) => group.libraries.push(library),
                    Err(error) => group.refused.push((seed, error.to_string())),
                }
                bar.inc(1);
            }
            groups.push(group);
        }
    }
    bar.finish_and_clear();
    Ok(groups)
}

fn library(kind: &str, options: &NetworkOptions, common: &Options, seed: u64) -> Result<Library> {
    let motifs = match kind {
        "step" => step_motifs(common.motifs, seed)?,
        _ => oscillating_motifs(common.motifs, seed)?,
    };
    let options = options.clone().with(|o| {
        o.fit.modes = common.modes;
        o.preparation.rank = o.preparation.rank.map(|rank| rank.min(common.units));
        if common.quick {
            (o.direct.iterations, o.placed_starts) = (20, Vec::new());
        }
    });
    let clock = Instant::now();
    let network = Network::build(Cortex::random(common.units, 0.5, seed)?, &motifs, &options, seed)?;
    let seconds = clock.elapsed().as_secs_f64();
    let simulator = Simulator::new(&network, TRANSITION)?;
    let errors = transition_errors(&simulator, STARTS, seed)?;
    let relative = |errors: &[f64]| {
        let each = errors.iter().zip(&motifs).map(|(e, m): (&f64, &Motif)| e / m.standard_deviation());
        each.sum::<f64>() / motifs.len() as f64
    };
    let random = errors.mean_random();
    let wrong = |errors: WeightErrors| -> Result<f64> {
        let found = weight_errors(&simulator, &errors, DRAWS, seed)?;
        // A draw that loses the motif counts as twice its standard deviation, however far it goes.
        let rms = found.rmse.row_iter().zip(&motifs).map(|(row, motif)| {
            let squares = row.iter().map(|e| e.min(2.0 * motif.standard_deviation()).powi(2));
            (squares.sum::<f64>() / DRAWS as f64).sqrt()
        });
        Ok(relative(&rms.collect::<Vec<_>>()))
    };
    let none = WeightErrors::default();
    let costs: Vec<f64> = network.motifs().iter().map(|m| m.noise_cost()).collect();
    let quality = quality(&simulator)?;
    Ok(Library {
        seed,
        fit: relative(&errors.fit),
        random: relative(&random),
        sequence: relative(&errors.mean_sequence()),
        worst_pair: errors.worst_sequence().iter().zip(&random).map(|(w, r)| w / r).fold(0.0, f64::max),
        deviation: deviation(&simulator)?,
        wrong_inputs: wrong(WeightErrors { inputs: 0.01, ..none })?,
        wrong_weights: wrong(WeightErrors { loops: 0.01, module: 0.01, ..none })?,
        noise_cost: costs.iter().copied().fold(0.0, f64::max),
        mean_noise_cost: costs.iter().sum::<f64>() / costs.len() as f64,
        contraction: quality.motifs.iter().map(|m| m.contraction).fold(0.0, f64::max),
        seconds,
        abscissa: abscissae(&network)?.into_iter().fold(f64::NEG_INFINITY, f64::max),
    })
}

/// Spectral abscissa of every loop.
fn abscissae(network: &Network) -> Result<Vec<f64>> {
    let found = network.motifs().iter().map(|m| Ok(eigenvalues(m.system())?.abscissa()));
    found.collect()
}

/// Largest deviation of the readout from what each motif plays from its own start, after any other motif.
fn deviation(simulator: &Simulator) -> Result<f64> {
    let motifs = simulator.network().motifs();
    let mut worst = 0.0_f64;
    for before in 0..motifs.len() {
        let run = simulator.run(&Sequence::new(&[before])?, &Start::Rest, None, Keep::Readout)?;
        let end = DMatrix::from_columns(&[run.end_state]);
        for (motif, learned) in motifs.iter().enumerate().filter(|(motif, _)| *motif != before) {
            let readout = simulator.play(motif, &simulator.prepare(motif, &end)?)?;
            let off = readout.iter().zip(learned.played()).map(|(y, own)| (y - own).abs());
            worst = off.fold(worst, f64::max);
        }
    }
    Ok(worst)
}

/// Each preset's libraries over those of the first preset with the same seed.
fn ratios(groups: &[Group]) {
    let measures: [Measure; 5] = [
        ("sequence", |l| l.sequence),
        ("mean C", |l| l.mean_noise_cost),
        ("deviation", |l| l.deviation),
        ("1 % errors of inputs", |l| l.wrong_inputs),
        ("1 % errors of weights", |l| l.wrong_weights),
    ];
    for group in groups {
        let Some(first) = groups.iter().find(|g| g.motifs == group.motifs) else { continue };
        if first.preset == group.preset {
            continue;
        }
        println!("\n{} motifs, {} over {}:", group.motifs, group.preset, first.preset);
        println!("{:>22}{:>9}{:>9}{:>9}{:>9}", "", "mean", "5 %", "median", "95 %");
        for (name, measure) in measures {
            let pairs = group.libraries.iter().filter_map(|own| {
                let other = first.libraries.iter().find(|other| other.seed == own.seed)?;
                Some((measure(own), measure(other)))
            });
            let pairs: Vec<(f64, f64)> = pairs.collect();
            let mut each: Vec<f64> = pairs.iter().map(|(own, other)| own / other).collect();
            each.sort_by(f64::total_cmp);
            let (own, other) = pairs.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
            println!(
                "{name:>22}{:>9.4}{:>9.4}{:>9.4}{:>9.4}",
                own / other,
                quantile(&each, 0.05),
                quantile(&each, 0.5),
                quantile(&each, 0.95)
            );
        }
    }
}

type Measure = (&'static str, fn(&Library) -> f64);

const MEASURES: [Measure; 13] = [
    ("fit / std", |l| l.fit),
    ("sequence / std", |l| l.sequence),
    ("sequence / random", |l| l.sequence / l.random),
    ("random / fit", |l| l.random / l.fit),
    ("worst pair / random", |l| l.worst_pair),
    ("largest C", |l| l.noise_cost),
    ("mean C", |l| l.mean_noise_cost),
    ("largest deviation", |l| l.deviation),
    ("1 % inputs / std", |l| l.wrong_inputs),
    ("1 % weights / std", |l| l.wrong_weights),
    ("largest |M|", |l| l.contraction),
    ("seconds", |l| l.seconds),
    ("largest abscissa", |l| l.abscissa),
];

fn sorted(group: &Group, measure: fn(&Library) -> f64) -> Vec<f64> {
    let mut values: Vec<f64> = group.libraries.iter().map(measure).collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The value below which this share of sorted values lies.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len().saturating_sub(1)) as f64;
    let (low, high) = (place.floor() as usize, place.ceil() as usize);
    let at = |i: usize| sorted.get(i).copied().unwrap_or(f64::NAN);
    at(low) + (at(high) - at(low)) * place.fract()
}

fn table(group: &Group) {
    let Group { motifs, preset, libraries, refused } = group;
    let (made, not) = (libraries.len(), refused.len());
    println!("\n{motifs} motifs, {preset}: {made} libraries, {not} refused");
    refused.iter().for_each(|(seed, why)| println!("  seed {seed}: {why}"));
    let heads: String =
        SHARES.iter().map(|share| format!("{:>9}", format!("{:.0} %", 100.0 * share))).collect();
    println!("{:>22}{heads}{:>9}", "", "largest");
    for (name, measure) in MEASURES {
        let values = sorted(group, measure);
        let cells: String = SHARES.iter().map(|&s| format!("{:>9.4}", quantile(&values, s))).collect();
        println!("{name:>22}{cells}{:>9.4}", quantile(&values, 1.0));
    }
}

fn draw(groups: &[Group]) -> Figure {
    let rows = Cell::FULL.rows([1.0, 1.0]);
    let mut figure = Figure::new("libraries", 1200, 800);
    for (kind, (row, letters)) in
        ["step", "oscillating"].into_iter().zip(rows.into_iter().zip(["ABC", "DEF"]))
    {
        let titles = ["error in sequences", "what transitions cost", "noise"];
        let axes = ["RMSE / standard deviation", "worst pair / random starts", "largest C"];
        let measures: [&[Measure]; 3] = [&MEASURES[..2], &MEASURES[4..5], &MEASURES[5..6]];
        for (i, cell) in row.columns([1.0, 1.0, 1.0]).into_iter().enumerate() {
            let mut panel = Panel::new(axes[i], "share of libraries")
                .title(format!("{kind} motifs: {}", titles[i]))
                .letter(letters.chars().nth(i).unwrap_or(' '))
                .legend(Corner::BottomRight);
            for (group, colour) in groups.iter().filter(|g| g.motifs == kind).zip([ORANGE, BLUE]) {
                for (m, (_, measure)) in measures[i].iter().enumerate() {
                    let values = sorted(group, *measure);
                    let curve: Vec<_> =
                        (0..=100).map(|k| 0.01 * f64::from(k)).map(|s| (quantile(&values, s), s)).collect();
                    let fit = measures[i].len() > 1 && m == 0;
                    let style = if fit {
                        Style::new(colour).size(1.2).dashed()
                    } else {
                        Style::new(colour).size(2.0)
                    };
                    let label =
                        if fit { format!("{}, fit alone", group.preset) } else { group.preset.clone() };
                    panel = panel.line(&label, style, curve);
                }
            }
            if i == 1 {
                panel = panel.vertical(1.0, Style::new(VERMILLION).size(1.0).dashed());
            }
            figure = figure.add(cell, panel);
        }
    }
    figure
}
