//! How the cost of one loop and of one preparatory module grows with the cortex, up to N = 500.
//!
//! `cargo run --release --example scale`

mod figure;

use std::hint::black_box;
use std::time::Instant;

use clap::Parser;
use figure::{
    BLUE, Cell, Corner, Figure, GREY, ORANGE, Options, Panel, Result, Style, VERMILLION, progress, write_json,
};
use serde::Serialize;
use thalamo::fit::{Fit, fit};
use thalamo::motif::step_motifs;
use thalamo::optim::Objective;
use thalamo::{Cortex, NetworkOptions, System};
use thalamo::{
    loops::{Horizon, LoopDesign, LoopOptions, Placement, PlacementOptions, RobustnessCost},
    preparation::{Preparation, PreparationOptions},
};

/// Times the analytic model over network size.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    common: Options,
}

/// Seconds at one size, and what was achieved in them.
#[derive(Serialize)]
struct Row {
    units: usize,
    /// Eigendecomposition of cortex and the matrices all loops share.
    cortex: f64,
    /// One evaluation of the robustness cost and its gradient (median).
    cost_and_gradient: f64,
    /// One loop: placement and all optimised starts on all cores.
    one_loop: f64,
    loop_evaluations: usize,
    noise_cost: f64,
    /// One evaluation of the preparatory cost and its gradient (mean).
    preparation_evaluation: f64,
    /// The preparatory module.
    preparation: f64,
    preparation_cost_per_unit: f64,
}

fn main() -> Result<()> {
    let Arguments { common } = Arguments::parse();
    let sizes: &[usize] = if common.quick { &[30, 50] } else { &[50, 99, 200, 350, 500] };
    let motif = &step_motifs(1, common.seed)?[0];
    let options = NetworkOptions::published().fit.with(|o| (o.modes, o.seed) = (common.modes, common.seed));
    let exponentials = fit(motif, &options)?;
    let bar = progress(sizes.len(), "sizes");
    let mut rows = Vec::new();
    println!(
        "    N  cortex (s)  C and gradient (ms)  loop (s)  evaluations      C  module (s)  C/N of module"
    );
    for &units in sizes {
        let row = measure(units, &exponentials, motif.duration(), common.seed)?;
        println!(
            "{:>5} {:>11.3} {:>20.3} {:>9.3} {:>12} {:>6.2} {:>11.2} {:>14.4}",
            row.units,
            row.cortex,
            1e3 * row.cost_and_gradient,
            row.one_loop,
            row.loop_evaluations,
            row.noise_cost,
            row.preparation,
            row.preparation_cost_per_unit
        );
        rows.push(row);
        bar.inc(1);
    }
    bar.finish_and_clear();
    draw(&rows).save(&common.out)?;
    write_json(&common.out, "scale", &rows)
}

fn measure(units: usize, exponentials: &Fit, duration: f64, seed: u64) -> Result<Row> {
    let (cortex, cortex_seconds) = timed(|| {
        let system = System::from(Cortex::random(units, 0.5, seed)?);
        system.eigen()?;
        Ok(system)
    })?;
    let (lambda, alpha) = (exponentials.eigenvalues(), exponentials.amplitudes().as_slice());
    let design = LoopDesign::new(&cortex, lambda, alpha, duration, &LoopOptions::default())?;
    let cost_and_gradient = one_evaluation(&cortex, &design, exponentials, duration)?;
    let (motif_loop, one_loop) =
        timed(|| LoopDesign::new(&cortex, lambda, alpha, duration, &LoopOptions::default())?.optimise(seed))?;
    let options = PreparationOptions::published().with(|o| o.rank = Some(units.min(50)));
    let (module, preparation) = timed(|| Preparation::optimise(&cortex, &options, seed))?;
    Ok(Row {
        units,
        cortex: cortex_seconds,
        cost_and_gradient,
        one_loop,
        loop_evaluations: motif_loop.report().starts.iter().map(|s| s.evaluations).sum(),
        noise_cost: motif_loop.noise_cost(),
        preparation_evaluation: preparation / module.report().history.map_or(1, |h| h.evaluations) as f64,
        preparation,
        preparation_cost_per_unit: module.report().cost_per_unit,
    })
}

fn one_evaluation(cortex: &System, design: &LoopDesign, exponentials: &Fit, duration: f64) -> Result<f64> {
    let (lambda, alpha) = (exponentials.eigenvalues(), exponentials.amplitudes().as_slice());
    let placement = Placement::new(cortex, lambda, &PlacementOptions::published())?;
    let mut cost = RobustnessCost::new(&placement, alpha, duration, Horizon::Motif)?;
    let (u, mut gradient) = (design.random_input(0, 0), vec![0.0; cortex.units()]);
    let mut times: Vec<f64> = (0..101)
        .map(|_| {
            let began = Instant::now();
            black_box(cost.evaluate(black_box(&u), &mut gradient));
            began.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

fn timed<T>(work: impl FnOnce() -> thalamo::Result<T>) -> Result<(T, f64)> {
    let began = Instant::now();
    let result = work()?;
    Ok((result, began.elapsed().as_secs_f64()))
}

fn draw(rows: &[Row]) -> Figure {
    let series = |value: fn(&Row) -> f64| -> Vec<(f64, f64)> {
        rows.iter().map(|row| (row.units as f64, value(row))).collect()
    };
    let guide = |exponent: i32, at: fn(&Row) -> f64| -> Vec<(f64, f64)> {
        let (n, t) = rows.last().map_or((1.0, 1.0), |row| (row.units as f64, at(row)));
        rows.iter().map(|row| (row.units as f64, t * (row.units as f64 / n).powi(exponent))).collect()
    };
    let dashed = Style::new(GREY).size(1.2).dashed();
    let [left, right] = Cell::FULL.columns([1.0, 1.0]);
    let panel =
        |title: &str| Panel::new("units N", "time (s)").log_x().log_y().title(title).legend(Corner::TopLeft);
    Figure::new("scale", 1200, 480)
        .add(
            left,
            panel("one evaluation of cost and gradient")
                .letter('A')
                .line("N\u{b2} and N\u{b3}", dashed, guide(2, |r| r.cost_and_gradient))
                .line("", dashed, guide(3, |r| r.preparation_evaluation))
                .line("robustness of a loop", BLUE, series(|r| r.cost_and_gradient))
                .points("", BLUE, series(|r| r.cost_and_gradient))
                .line("preparatory module", VERMILLION, series(|r| r.preparation_evaluation))
                .points("", VERMILLION, series(|r| r.preparation_evaluation)),
        )
        .add(
            right,
            panel("whole designs")
                .letter('B')
                .line("cortex", ORANGE, series(|r| r.cortex))
                .points("", ORANGE, series(|r| r.cortex))
                .line("one loop, all starts", BLUE, series(|r| r.one_loop))
                .points("", BLUE, series(|r| r.one_loop))
                .line("preparatory module", VERMILLION, series(|r| r.preparation))
                .points("", VERMILLION, series(|r| r.preparation)),
        )
}
