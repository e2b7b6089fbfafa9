//! Linear transitions stitched to tanh motifs, as in supplementary figure 3 of the paper.
//!
//! `cargo run --release --example fig_s3 -- --trained`, or with `--minibatches`, `--paper`, `--resume` to
//! train.

mod figure;
mod tanh;

use clap::Parser;
use figure::{Cell, Figure, GREEN, GREY, Panel, Result, Style, TIME, VERMILLION, write_json};
use serde::Serialize;
use tanh::{Row, Standard, Tested, Training, mean, print_table, random_state, standard};
use thalamo::rnn::{
    Architecture, TanhNetwork, TanhTransition, Trial, TrialPhase, TrialSegment, linearisation, respond,
    transition_fixed_point,
};

/// Trains motifs from random starts and from the fixed points of linear transitions.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    training: Training,
}

#[derive(Serialize)]
struct Record {
    seed: u64,
    networks: Vec<Row>,
    /// The same networks without any transition.
    without_transition: Vec<Row>,
    /// Spectral abscissa of A_prep, one per network, 1/tau: negative, so transitions end where they should.
    abscissa: Vec<f64>,
    /// Distance per unit from the fixed point after 5 tau, from N(0, I), mean over motifs, one per network.
    distance_after_5: Vec<f64>,
}

fn main() -> Result<()> {
    let Arguments { training } = &Arguments::parse();
    let common = &training.common;
    tanh::catch_interrupts()?;
    let (mut stitched, mut without, mut distances) = (Vec::new(), Vec::new(), Vec::new());
    for architecture in [Architecture::Additive, Architecture::Multiplicative] {
        let plan = standard(architecture, Standard::Stitched, training)?;
        let checkpoint = plan.run(training)?;
        distances.push(approach(&checkpoint.network)?);
        without.push(Tested::new(checkpoint.clone(), TanhTransition::None, common.seed)?);
        stitched.push(Tested::new(checkpoint, plan.transition(), common.seed)?);
    }
    let rows = |tested: &[Tested], suffix: &str| -> Vec<Row> {
        let name = |t: &Tested| format!("{}{suffix}", t.checkpoint.network.architecture());
        tested.iter().map(|t| t.row(&name(t))).collect()
    };
    let record = Record {
        seed: common.seed,
        networks: rows(&stitched, ", linear transition"),
        without_transition: rows(&without, ", no transition"),
        abscissa: stitched.iter().map(|t| abscissa(&t.checkpoint.network)).collect::<Result<_>>()?,
        distance_after_5: distances.iter().map(|d| d[tanh::STEPS]).collect(),
    };
    print_table(&record.networks);
    print_table(&record.without_transition);
    draw(&stitched, &without, &distances, common.seed)?.save(&common.out)?;
    write_json(&common.out, "fig_s3", &record)
}

fn abscissa(network: &TanhNetwork<f32>) -> Result<f64> {
    let values = thalamo::linalg::eigenvalues(&linearisation(network))?;
    Ok(values.iter().fold(f64::NEG_INFINITY, |m, z| m.max(z.re)))
}

/// Root mean square distance per unit from the motif's fixed point during a linear transition of 15 tau.
fn approach(network: &TanhNetwork<f32>) -> Result<Vec<f64>> {
    let mut mean_squares = vec![0.0; 151];
    for motif in 0..network.motifs() {
        let fixed = transition_fixed_point(network, motif)?;
        let start = random_state(network.units(), motif as u64);
        // One step at a time: what is asked for is the distance, not the norm.
        let segment = TrialSegment { motif, phase: TrialPhase::LinearTransition, steps: 1, target: None };
        let mut state = start;
        for (k, sum) in mean_squares.iter_mut().enumerate() {
            let squares: Vec<f64> =
                state.iter().zip(&fixed).map(|(&x, f)| (f64::from(x) - f).powi(2)).collect();
            *sum += mean(&squares) / network.motifs() as f64;
            if k < 150 {
                let trial = Trial { start: state, segments: vec![segment.clone()] };
                state = respond(network, &[trial])?.swap_remove(0).last;
            }
        }
    }
    Ok(mean_squares.into_iter().map(f64::sqrt).collect())
}

fn draw(stitched: &[Tested], without: &[Tested], distances: &[Vec<f64>], seed: u64) -> Result<Figure> {
    let [top, bottom] = Cell::FULL.rows([1.0, 1.0]);
    let [approach, errors] = top.columns([1.0, 2.6]);
    let mut curves = Panel::new(TIME, "rms |x - x*| per unit")
        .letter('A')
        .title("linear transitions")
        .log_y()
        .vertical(5.0, Style::new(GREY).size(1.0).dashed());
    for ((t, distance), colour) in stitched.iter().zip(distances).zip([VERMILLION, GREEN]) {
        let dt = t.checkpoint.options.dt;
        let line = distance.iter().enumerate().map(|(k, &d)| (k as f64 * dt, d));
        curves =
            curves.line(&t.checkpoint.network.architecture().to_string(), Style::new(colour).size(2.0), line);
    }
    let mut panels = Vec::new();
    for (how, tested) in [("none", without), ("linear", stitched)] {
        for t in tested {
            panels.push(t.error_panel(format!("{}, {how}", t.checkpoint.network.architecture())));
        }
    }
    let mut figure = Figure::new("fig_s3", 1400, 800).add(approach, curves);
    for (i, (cell, panel)) in errors.columns([1.0; 4]).into_iter().zip(panels).enumerate() {
        figure = figure.add(cell, if i == 0 { panel.letter('B') } else { panel });
    }
    let last = &stitched[stitched.len() - 1];
    let count = last.checkpoint.motifs.len();
    let order: Vec<usize> = [0, 3, 1, 6, 4, 2].iter().map(|i| i % count).collect();
    let sequence = last.sequence_panel(&order, seed)?.letter('C');
    Ok(figure.add(
        bottom,
        sequence.title("multiplicative network, linear transitions: a sequence from a random state"),
    ))
}
