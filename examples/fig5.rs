//! The transition module rescues tanh networks, as in figure 5 of the paper.
//!
//! `cargo run --release --example fig5 -- --trained`, or with `--minibatches`, `--paper`, `--resume` to
//! train.

mod figure;
mod tanh;

use clap::Parser;
use figure::{BLUE, Cell, Corner, Figure, GREEN, GREY, Panel, Result, Style, TIME, write_json};
use serde::Serialize;
use tanh::{Row, Standard, Tested, Training, mean, print_table, random_state, standard};
use thalamo::nalgebra::DMatrix;
use thalamo::rnn::{
    Architecture, TanhNetwork, TransitionModule, Trial, TrialPhase, TrialSegment, linearisation, respond,
};

/// Trains networks whose motifs begin after 5 tau under a transition module.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    training: Training,
}

#[derive(Serialize)]
struct Record {
    seed: u64,
    networks: Vec<Row>,
    /// Of the multiplicative network's linearisation at the origin, 1/tau.
    abscissa_alone: f64,
    abscissa_trained: f64,
    abscissa_analytic: f64,
    /// Root mean square state per unit after 5 tau, from N(0, I), biases off.
    rms_after_5_alone: f64,
    rms_after_5_trained: f64,
    rms_after_5_analytic: f64,
}

/// One network without and with each module.
struct Modules {
    spectra: [Vec<(f64, f64)>; 3],
    decays: [Vec<f64>; 3],
}

fn main() -> Result<()> {
    let Arguments { training } = &Arguments::parse();
    let common = &training.common;
    tanh::catch_interrupts()?;
    let mut tested = Vec::new();
    for architecture in [Architecture::Additive, Architecture::Multiplicative] {
        let plan = standard(architecture, Standard::Prepared, training)?;
        tested.push((plan.name.clone(), Tested::new(plan.run(training)?, plan.transition(), common.seed)?));
    }
    let (_, last) = &tested[1];
    let network = &last.checkpoint.network;
    let analytic = tanh::analytic_module(network, common.seed)?;
    let modules = modules(network, analytic)?;
    let abscissa = |i: usize| modules.spectra[i].iter().fold(f64::NEG_INFINITY, |m, z| m.max(z.0));
    let after = |i: usize| modules.decays[i][tanh::STEPS];
    let record = Record {
        seed: common.seed,
        networks: tested.iter().map(|(name, t)| t.row(name)).collect(),
        abscissa_alone: abscissa(0),
        abscissa_trained: abscissa(1),
        abscissa_analytic: abscissa(2),
        rms_after_5_alone: after(0),
        rms_after_5_trained: after(1),
        rms_after_5_analytic: after(2),
    };
    print_table(&record.networks);
    println!(
        "abscissa of the linearisation: alone {:.3}, trained module {:.3}, analytic module {:.3}; rms state after 5 tau {:.3}, {:.4}, {:.4}",
        abscissa(0),
        abscissa(1),
        abscissa(2),
        after(0),
        after(1),
        after(2)
    );
    draw(&tested, &modules, last.checkpoint.options.dt, common.seed)?.save(&common.out)?;
    write_json(&common.out, "fig5", &record)
}

fn modules(network: &TanhNetwork<f32>, analytic: TransitionModule<f32>) -> Result<Modules> {
    let mut silent = network.parameters().clone();
    silent.biases.fill(0.0);
    let trained = network.clone().with_parameters(silent)?;
    let column = DMatrix::zeros(network.units(), 1);
    let zero = TransitionModule { input: column.clone(), feedback: column };
    let networks = [trained.clone().with_module(zero)?, trained.clone(), trained.with_module(analytic)?];
    let mut spectra = Vec::new();
    for network in &networks {
        let values = thalamo::linalg::eigenvalues(&linearisation(network))?;
        spectra.push(values.iter().map(|z| (z.re, z.im)).collect());
    }
    let decays = networks.iter().map(decay).collect::<Result<Vec<_>>>()?;
    Ok(Modules {
        spectra: spectra.try_into().map_err(|_| "three networks")?,
        decays: decays.try_into().map_err(|_| "three networks")?,
    })
}

/// Root mean square state per unit under the module, from N(0, I), mean over 20 trials.
fn decay(network: &TanhNetwork<f32>) -> Result<Vec<f64>> {
    let segment = TrialSegment { motif: 0, phase: TrialPhase::Transition, steps: 200, target: None };
    let trial = |seed| Trial { start: random_state(network.units(), seed), segments: vec![segment.clone()] };
    let responses = respond(network, &(0..20).map(trial).collect::<Vec<_>>())?;
    let at = |k: usize| -> f64 {
        let squares: Vec<f64> = responses.iter().map(|r| f64::from(r.norm[k]).powi(2)).collect();
        (mean(&squares) / network.units() as f64).sqrt()
    };
    Ok(std::iter::once(1.0).chain((0..200).map(at)).collect())
}

fn draw(tested: &[(String, Tested)], modules: &Modules, dt: f64, seed: u64) -> Result<Figure> {
    let [top, bottom] = Cell::FULL.rows([1.0, 1.0]);
    let [spectrum, decay, additive, multiplicative] = top.columns([1.2, 1.2, 0.8, 0.8]);
    let names = ["without module", "trained module", "analytic module"];
    let styles = [Style::new(GREY), Style::new(BLUE), Style::new(GREEN)];
    let mut spectra =
        Panel::complex_plane().letter('A').title("linearisation at the origin").legend(Corner::TopLeft);
    let mut decays = Panel::new(TIME, "rms |x| per unit")
        .letter('B')
        .title("decay towards rest")
        .log_y()
        .y_range(1e-4..=10.0)
        .legend(Corner::TopRight)
        .vertical(tanh::STEPS as f64 * dt, Style::new(GREY).size(1.0).dashed());
    for (i, (name, style)) in names.into_iter().zip(styles).enumerate() {
        spectra = spectra.points(name, style.size(3.0), modules.spectra[i].clone());
        let curve = modules.decays[i].iter().enumerate().map(|(k, &r)| (k as f64 * dt, r));
        decays = decays.line(name, style.size(2.0), curve);
    }
    let count = tested[1].1.checkpoint.motifs.len();
    let order: Vec<usize> = [0, 3, 1, 6, 4, 2].iter().map(|i| i % count).collect();
    let sequence = tested[1].1.sequence_panel(&order, seed)?.letter('E');
    let panel = |i: usize, letter| {
        let (_, t) = &tested[i];
        t.error_panel(t.checkpoint.network.architecture().to_string()).letter(letter)
    };
    Ok(Figure::new("fig5", 1400, 800)
        .add(spectrum, spectra)
        .add(decay, decays)
        .add(additive, panel(0, 'C'))
        .add(multiplicative, panel(1, 'D'))
        .add(bottom, sequence.title("multiplicative network with module: a sequence from a random state")))
}
