//! All architectures in one bar chart beside the analytic model, as in panels F and G of figure 3 of the
//! paper.
//!
//! `cargo run --release --example fig3fg -- --trained`, or with `--minibatches`, `--paper`, `--resume` to
//! train.

mod figure;
mod tanh;

use clap::Parser;
use figure::{BLUE, Cell, Figure, GREY, INK, Options, Panel, Result, SKY, Style, VERMILLION, write_json};
use serde::Serialize;
use tanh::{Module, Plan, Row, Standard, Tested, Training, mean, print_table, standard};
use thalamo::analysis::{transition_errors, wilcoxon_signed_rank};
use thalamo::motif::step_motifs;
use thalamo::play::Simulator;
use thalamo::rnn::Architecture;
use thalamo::{Cortex, Network, NetworkOptions, System};

/// Compares tanh networks, without and with a transition module, with the analytic model.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    training: Training,
}

#[derive(Serialize)]
struct Record {
    seed: u64,
    networks: Vec<Row>,
    analytic: Analytic,
}

/// The analytic model on the same motifs; RMSE per motif.
#[derive(Serialize)]
struct Analytic {
    units: usize,
    random: Vec<f64>,
    after_others: Vec<f64>,
    worst_pair: f64,
    wilcoxon_p: f64,
}

/// One pair of bars.
struct Bars {
    name: String,
    random: Vec<f64>,
    after: Vec<f64>,
}

fn main() -> Result<()> {
    let Arguments { training } = &Arguments::parse();
    let common = &training.common;
    tanh::catch_interrupts()?;
    let mut networks = Vec::new();
    for kind in [Standard::Single, Standard::Prepared] {
        for architecture in Architecture::ALL {
            let plan = standard(architecture, kind, training)?;
            // Six networks share the default budget of two minutes, too little to train modules as well.
            let full = training.paper || training.minibatches.is_some() || plan.module == Module::None;
            let module = if full { plan.module } else { Module::Analytic };
            let plan = Plan { minibatches: plan.minibatches / 2, module, ..plan };
            let tested = Tested::new(plan.run(training)?, plan.transition(), common.seed)?;
            networks.push(tested.row(&plan.name));
        }
    }
    let motifs = networks[0].motifs;
    let analytic = analytic(common, motifs)?;
    print_table(&networks);
    println!(
        "{:>26} {:>5} {:>11} {:>8.4} {:>8.4} {:>8.3} {:>8} {:>8.4}",
        "analytic",
        analytic.units,
        "",
        mean(&analytic.random),
        mean(&analytic.after_others),
        analytic.worst_pair,
        "",
        analytic.wilcoxon_p
    );
    let record = Record { seed: common.seed, networks, analytic };
    draw(&record).save(&common.out)?;
    write_json(&common.out, "fig3fg", &record)
}

fn analytic(common: &Options, motifs: usize) -> Result<Analytic> {
    let units = if common.quick { common.units.min(50) } else { common.units };
    let options = NetworkOptions::published().with(|o| o.preparation.rank = Some(units.min(50)));
    let cortex = System::from(Cortex::random(units, 0.5, common.seed)?);
    let network = Network::build(cortex, &step_motifs(motifs, common.seed)?, &options, common.seed)?;
    let errors = transition_errors(&Simulator::new(&network, 5.0)?, 10, common.seed)?;
    let (random, after_others) = (errors.mean_random(), errors.mean_sequence());
    let changes: Vec<f64> = after_others.iter().zip(&random).map(|(a, r)| a - r).collect();
    let worst_pair = errors.worst_sequence().into_iter().fold(0.0, f64::max);
    let wilcoxon_p = wilcoxon_signed_rank(&changes)?.p_value;
    Ok(Analytic { units, random, after_others, worst_pair, wilcoxon_p })
}

fn draw(record: &Record) -> Figure {
    let mut bars: Vec<Bars> = record
        .networks
        .iter()
        .map(|r| Bars {
            name: r.name.replace("_prepared", " + module"),
            random: r.random.clone(),
            after: r.after_others.clone(),
        })
        .collect();
    let Analytic { random, after_others, .. } = &record.analytic;
    bars.push(Bars { name: "analytic".into(), random: random.clone(), after: after_others.clone() });
    let top = bars.iter().flat_map(|b| b.random.iter().chain(&b.after)).fold(0.0_f64, |t, &e| t.max(e));
    let names = || bars.iter().map(|b| b.name.clone());
    let mut errors = Panel::new("", "RMSE of the readout")
        .letter('F')
        .categories(names())
        .y_range(0.0..=1.15 * top)
        .bar_width(0.34);
    let mut changes = Panel::new("", "RMSE after others / random")
        .letter('G')
        .categories(names())
        .horizontal(1.0, Style::new(GREY).size(1.0));
    for (i, bar) in bars.iter().enumerate() {
        let label = |text| if i == 0 { text } else { "" };
        let (left, right) = (i as f64 - 0.2, i as f64 + 0.2);
        errors = errors
            .bar(label("random start"), Style::new(SKY), left, mean(&bar.random), &bar.random)
            .bar(label("after other motifs"), Style::new(VERMILLION), right, mean(&bar.after), &bar.after);
        let ratios: Vec<f64> = bar.after.iter().zip(&bar.random).map(|(a, r)| a / r).collect();
        changes = changes
            .points("", Style::new(BLUE).size(3.0).opacity(0.6), ratios.iter().map(|&r| (i as f64, r)))
            .points("", Style::new(INK).size(6.0), [(i as f64, mean(&ratios))]);
    }
    let [above, below] = Cell::FULL.rows([1.0, 0.8]);
    Figure::new("fig3fg", 1300, 800).add(above, errors).add(below, changes)
}
