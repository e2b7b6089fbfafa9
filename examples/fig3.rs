//! The analytic model from ten motifs to verified sequences, as in figure 3A-E of the paper.
//!
//! `cargo run --release --example fig3`

mod figure;

use std::sync::Mutex;
use std::time::Instant;

use clap::Parser;
use figure::{
    BLUE, Cell, Corner, Figure, GREY, INK, ORANGE, Options, Panel, Result, SKY, Style, TIME, VERMILLION,
    progress, write_json,
};
use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::Serialize;
use thalamo::linalg::propagate;
use thalamo::loops::{LoopDesign, MotifLoop};
use thalamo::motif::step_motifs;
use thalamo::network::BuildStep;
use thalamo::play::{Keep, Sequence, Simulator, Start, Trajectory};
use thalamo::{Cortex, Network, NetworkOptions};
use thalamo::{
    analysis::{TransitionErrors, Wilcoxon, transition_errors, wilcoxon_signed_rank},
    certificate::rms_decay,
};

/// Noise in the initial state of panel A, as a fraction of the motif's own activity.
const NOISE: f64 = 0.05;
/// Random starts per motif.
const STARTS: usize = 9;

/// Builds the analytic model, plays sequences and measures what transitions cost.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    common: Options,
    /// Rank P of the preparatory module (at most the number of units).
    #[arg(long, default_value_t = 50)]
    prep_rank: usize,
    /// Duration of preparation, in tau.
    #[arg(long, default_value_t = 5.0)]
    transition: f64,
}

/// What is written beside the figure; arrays over motifs.
#[derive(Serialize)]
struct Record {
    seed: u64,
    units: usize,
    modes: usize,
    prep_rank: usize,
    transition: f64,
    fit_rmse: Vec<f64>,
    random_rmse: Vec<f64>,
    sequence_rmse: Vec<f64>,
    sequence_rmse_worst: Vec<f64>,
    wilcoxon_p: f64,
    noise_cost: Vec<f64>,
    placement_condition: Vec<f64>,
    abscissa: Vec<f64>,
    preparation_cost_per_unit: f64,
    preparation_abscissa: f64,
    seconds: Seconds,
}

/// Wall-clock time per stage; the preparatory module is optimised beside fits and loops.
#[derive(Serialize, Default)]
struct Seconds {
    cortex: f64,
    fits_and_loops: f64,
    preparation: f64,
    simulate: f64,
    figure: f64,
    total: f64,
}

fn main() -> Result<()> {
    let arguments = arguments();
    let common = &arguments.common;
    let (began, mut seconds) = (Instant::now(), Seconds::default());
    let network = build(&arguments, &mut seconds)?;

    let simulating = Instant::now();
    let simulator = Simulator::new(&network, arguments.transition)?;
    let errors = transition_errors(&simulator, STARTS, common.seed)?;
    let changes: Vec<f64> =
        errors.mean_sequence().iter().zip(errors.mean_random()).map(|(s, r)| s - r).collect();
    let test = wilcoxon_signed_rank(&changes)?;
    let order: Vec<usize> = [0, 3, 1, 6, 4].iter().map(|i| i % network.motifs().len()).collect();
    let start = Start::Random { std: 1.0, seed: common.seed };
    let sequence = simulator.run(&Sequence::new(&order)?, &start, None, Keep::Readout)?;
    seconds.simulate = simulating.elapsed().as_secs_f64();

    let drawing = Instant::now();
    let written = draw(&network, &simulator, &errors, &test, &sequence, common.seed)?.save(&common.out)?;
    seconds.figure = drawing.elapsed().as_secs_f64();
    seconds.total = began.elapsed().as_secs_f64();
    let record = record(&arguments, &network, &errors, &test, seconds);
    print_table(&record);
    written.iter().for_each(|path| println!("figure: {}", path.display()));
    println!("numbers: {}", common.out.join("fig3.json").display());
    write_json(&common.out, "fig3", &record)
}

fn arguments() -> Arguments {
    let mut arguments = Arguments::parse();
    let common = &mut arguments.common;
    if common.quick {
        (common.units, common.motifs) = (common.units.min(50), common.motifs.min(4));
    }
    arguments.prep_rank = arguments.prep_rank.min(common.units);
    arguments
}

fn build(arguments: &Arguments, seconds: &mut Seconds) -> Result<Network> {
    let Arguments { common, prep_rank, .. } = arguments;
    let mut options = NetworkOptions::published();
    (options.fit.modes, options.preparation.rank) = (common.modes, Some(*prep_rank));
    let began = Instant::now();
    let cortex = Cortex::random(common.units, 0.5, common.seed)?;
    let motifs = step_motifs(common.motifs, common.seed)?;
    seconds.cortex = began.elapsed().as_secs_f64();

    let began = Instant::now();
    let of_one = 1 + options.motif_loop.starts;
    let bar = progress(motifs.len() * of_one + 1, "building the network");
    let ended = Mutex::new((0.0_f64, 0.0_f64));
    let network = Network::build_observed(cortex, &motifs, &options, common.seed, &|step| {
        if matches!(step, BuildStep::Again { .. }) {
            return bar.inc_length(of_one as u64);
        }
        bar.inc(1);
        if let Ok(mut ended) = ended.lock() {
            let (loops, preparation) = &mut *ended;
            let now = began.elapsed().as_secs_f64();
            let latest = if step == BuildStep::Preparation { preparation } else { loops };
            *latest = latest.max(now);
        }
    })?;
    bar.finish_and_clear();
    (seconds.fits_and_loops, seconds.preparation) = ended.into_inner().unwrap_or_default();
    Ok(network)
}

fn record(
    arguments: &Arguments,
    network: &Network,
    errors: &TransitionErrors,
    test: &Wilcoxon,
    seconds: Seconds,
) -> Record {
    let of_loops = |value: fn(&MotifLoop) -> f64| -> Vec<f64> {
        network.motifs().iter().map(|m| value(m.placed().unwrap().1)).collect()
    };
    let preparation = network.preparation().report();
    Record {
        seed: arguments.common.seed,
        units: arguments.common.units,
        modes: arguments.common.modes,
        prep_rank: arguments.prep_rank,
        transition: arguments.transition,
        fit_rmse: errors.fit.clone(),
        random_rmse: errors.mean_random(),
        sequence_rmse: errors.mean_sequence(),
        sequence_rmse_worst: errors.worst_sequence(),
        wilcoxon_p: test.p_value,
        noise_cost: of_loops(MotifLoop::noise_cost),
        placement_condition: of_loops(|l| l.report().condition),
        abscissa: of_loops(|l| l.report().abscissa),
        preparation_cost_per_unit: preparation.cost_per_unit,
        preparation_abscissa: preparation.abscissa,
        seconds,
    }
}

fn print_table(r: &Record) {
    println!("RMSE of each motif after {} tau of preparation, noise cost C, cond(Q), abscissa", r.transition);
    let heads = ["motif", "fit", "random", "sequence", "worst", "C", "cond(Q)", "abscissa"];
    println!("{}", heads.map(|head| format!("{head:>9}")).join(""));
    for i in 0..r.fit_rmse.len() {
        let errors = [r.fit_rmse[i], r.random_rmse[i], r.sequence_rmse[i], r.sequence_rmse_worst[i]];
        let errors = errors.map(|e| format!("{e:>9.4}")).join("");
        let (cost, condition) = (r.noise_cost[i], r.placement_condition[i]);
        println!("{:>9}{errors}{cost:>9.3}{condition:>9.0}{:>9.4}", i + 1, r.abscissa[i]);
    }
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (fit, random, sequence) = (mean(&r.fit_rmse), mean(&r.random_rmse), mean(&r.sequence_rmse));
    println!("{:>9}{fit:>9.4}{random:>9.4}{sequence:>9.4}", "mean");
    let worst = r.sequence_rmse_worst.iter().zip(&r.random_rmse).map(|(w, r)| w / r).fold(0.0, f64::max);
    println!(
        "sequence/random {:.4}, random/fit {:.4}, worst pair/random {worst:.4}, Wilcoxon p = {:.3}",
        sequence / random,
        random / fit,
        r.wilcoxon_p
    );
    let s = &r.seconds;
    println!(
        "seconds: cortex {:.2}, fits and loops {:.2}, preparation {:.2} (beside them), simulation {:.2}, figure {:.2}, total {:.2}",
        s.cortex, s.fits_and_loops, s.preparation, s.simulate, s.figure, s.total
    );
}

fn draw(
    network: &Network,
    simulator: &Simulator,
    errors: &TransitionErrors,
    test: &Wilcoxon,
    sequence: &Trajectory,
    seed: u64,
) -> Result<Figure> {
    let [top, middle, bottom] = Cell::FULL.rows([1.0, 0.72, 1.25]);
    let [spectrum, noisy, module, decay] = top.columns([1.0, 1.1, 1.0, 0.9]);
    let motifs = motif_panels(network, simulator, seed)?;
    let cortex = network.system().spectrum()?;
    let [examples, comparison] = bottom.columns([3.1, 1.0]);
    Ok(Figure::new("fig3", 1400, 1050)
        .add(spectrum, loop_spectrum(network, cortex))
        .add(noisy, noisy_readouts(network, seed)?)
        .add(module, module_spectrum(network, cortex))
        .add(decay, decay_panel(network, simulator.transition())?)
        .add(middle, sequence_panel(sequence))
        .add_shared(examples, 5, motifs)
        .add(comparison, comparison_panel(errors, test)))
}

fn plane(values: &[Complex64]) -> Vec<(f64, f64)> {
    values.iter().map(|z| (z.re, z.im)).collect()
}

/// Panel A, left: eigenvalues of cortex alone and with the loop of the first motif.
fn loop_spectrum(network: &Network, cortex: &[thalamo::Complex64]) -> Panel {
    let motif_loop = network.motifs()[0].placed().unwrap().1;
    let closed = thalamo::linalg::eigenvalues(motif_loop.system()).unwrap_or_default();
    Panel::complex_plane()
        .letter('A')
        .title("loop of motif 1")
        .legend(Corner::BottomLeft)
        .y_range(-1.0..=0.62)
        .points("cortex alone", Style::new(GREY).size(3.5), plane(cortex))
        .points("cortex and loop", Style::new(BLUE).size(2.5), plane(&closed))
        .points("fitted to motif", Style::new(VERMILLION).size(4.5), plane(motif_loop.eigenvalues()))
}

/// Panel A, right: readout of the first motif under initial noise, u random and optimised.
fn noisy_readouts(network: &Network, seed: u64) -> Result<Panel> {
    let learned = &network.motifs()[0];
    let (motif, fit) = (learned.motif(), learned.placed().unwrap().0);
    let options = &network.options().motif_loop;
    let design = LoopDesign::new(
        network.system(),
        fit.eigenvalues(),
        fit.amplitudes().as_slice(),
        motif.duration(),
        options,
    )?;
    let random = design.with_input(&design.random_input(seed, 0))?;
    let peak = motif.values().iter().fold(0.0_f64, |peak, y| peak.max(y.abs()));
    let mut panel = Panel::new(TIME, "readout y")
        .title(format!("{:.0} % initial noise", 100.0 * NOISE))
        .legend(Corner::BottomRight)
        .x_range(0.0..=motif.duration())
        .y_range(-4.0 * peak..=4.0 * peak);
    for (motif_loop, colour, label) in
        [(&random, ORANGE, "u random"), (learned.placed().unwrap().1, BLUE, "u optimised")]
    {
        let label = format!("{label}, C = {:.2}", motif_loop.noise_cost());
        for trial in 0..5 {
            let readout = noisy_readout(
                &network.system().single_readout()?,
                motif_loop,
                motif.dt(),
                motif.len(),
                trial,
            )?;
            let label = if trial == 0 { label.as_str() } else { "" };
            panel = panel.line(label, Style::new(colour).size(1.2).opacity(0.8), motif.times().zip(readout));
        }
    }
    Ok(panel.line("target", Style::new(INK).size(1.5), motif.times().zip(motif.values().iter().copied())))
}

fn noisy_readout(
    w: &DVector<f64>,
    motif_loop: &MotifLoop,
    dt: f64,
    steps: usize,
    trial: u64,
) -> Result<Vec<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(trial);
    let start = motif_loop.initial_state();
    // C is defined for noise in proportion to the root mean square activity of the motif.
    let (units, duration) = (start.len() as f64, steps as f64 * dt);
    let noise = NOISE * (motif_loop.report().terms.activity / (units * duration)).sqrt();
    let start = start.map(|x| {
        let z: f64 = StandardNormal.sample(&mut rng);
        x + noise * z
    });
    let states = propagate(motif_loop.system(), &start, dt, steps - 1)?;
    Ok(states.tr_mul(w).iter().copied().collect())
}

/// Panel B, left: eigenvalues of cortex alone and with the preparatory module.
fn module_spectrum(network: &Network, cortex: &[thalamo::Complex64]) -> Panel {
    Panel::complex_plane()
        .letter('B')
        .title("preparatory module")
        .legend(Corner::BottomLeft)
        .y_range(-1.0..=0.72)
        .points("cortex alone", Style::new(GREY).size(3.5), plane(cortex))
        .points("cortex and module", Style::new(BLUE).size(3.0), plane(network.preparation().eigenvalues()))
}

/// Panel B, right: what is left of a random deviation.
fn decay_panel(network: &Network, transition: f64) -> Result<Panel> {
    let (dt, steps) = (0.1, 150);
    let times = || (0..=steps).map(|n| n as f64 * dt);
    let alone = rms_decay(network.system().matrix(), dt, steps)?;
    let prepared = rms_decay(network.preparation().system(), dt, steps)?;
    Ok(Panel::new(TIME, "rms |\u{3b4}x| per unit")
        .log_y()
        .y_range(1e-4..=1.5)
        .title("decay of deviations")
        .legend(Corner::BottomLeft)
        .vertical(transition, Style::new(GREY).size(1.0).dashed())
        .line("cortex alone", Style::new(GREY).size(2.0), times().zip(alone))
        .line("with module", Style::new(BLUE).size(2.0), times().zip(prepared)))
}

/// Panel C: an example sequence from a random state, preparation shaded.
fn sequence_panel(run: &Trajectory) -> Panel {
    let names: Vec<String> = run.segments.iter().map(|s| format!("motif {}", s.motif + 1)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    figure::played_panel(run, &names).letter('C').title("a sequence from a random state; preparation shaded")
}

/// Panel D: each motif from random states and after every other motif.
fn motif_panels(network: &Network, simulator: &Simulator, seed: u64) -> Result<Vec<Panel>> {
    let (units, count) = (network.system().units(), network.motifs().len());
    let mut ends = Vec::new();
    for motif in 0..count {
        let prepared = simulator.prepare(motif, &DMatrix::zeros(units, 1))?;
        ends.push(simulator.finish(motif, &prepared)?.column(0).into_owned());
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let random = DMatrix::from_fn(units, STARTS, |_, _| StandardNormal.sample(&mut rng));
    let end = network.motifs().iter().map(|m| m.motif().duration()).fold(0.0, f64::max);
    let values = network.motifs().iter().flat_map(|m| m.motif().values());
    let peak = 1.25 * values.fold(0.0_f64, |peak, y| peak.max(y.abs()));
    let mut panels = Vec::new();
    for (i, learned) in network.motifs().iter().enumerate() {
        let others: Vec<_> = (0..count).filter(|&j| j != i).map(|j| ends[j].clone()).collect();
        let others = DMatrix::from_columns(&others);
        let motif = learned.motif();
        let target = motif.times().zip(motif.values().iter().copied());
        let mut panel = Panel::new(TIME, "readout y")
            .title(format!("motif {}", i + 1))
            .legend(Corner::TopLeft)
            .x_range(0.0..=end)
            .y_range(-peak..=peak)
            .line("", Style::new(GREY).size(3.0), target);
        let conditions = [
            (&random, "random start", Style::new(SKY).size(3.0)),
            (&others, "after each other", Style::new(VERMILLION).size(1.0)),
        ];
        for (states, label, style) in conditions {
            let readouts = simulator.play(i, &simulator.prepare(i, states)?)?;
            for (trial, y) in readouts.column_iter().enumerate() {
                let label = if (i, trial) == (0, 0) { label } else { "" };
                panel = panel.line(label, style, motif.times().zip(y.iter().copied()));
            }
        }
        panels.push(if i == 0 { panel.letter('D') } else { panel });
    }
    Ok(panels)
}

/// Panel E: RMSE of every motif in both conditions.
fn comparison_panel(errors: &TransitionErrors, test: &Wilcoxon) -> Panel {
    let conditions = [&errors.fit, &errors.mean_random(), &errors.mean_sequence()];
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let colours = [GREY, SKY, VERMILLION];
    let top = conditions.iter().flat_map(|v| v.iter()).fold(0.0_f64, |top, e| top.max(*e));
    let panel = Panel::new("", "RMSE of the readout")
        .letter('E')
        .title(format!("Wilcoxon p = {:.2}", test.p_value))
        .y_range(0.0..=1.1 * top)
        .categories(["fit", "random", "sequence"]);
    let panel = conditions.iter().zip(colours).enumerate().fold(panel, |panel, (i, (values, colour))| {
        panel.bar("", Style::new(colour), i as f64, mean(values), &[])
    });
    (0..errors.fit.len()).fold(panel, |panel, motif| {
        let points = || conditions.iter().enumerate().map(|(i, values)| (i as f64, values[motif]));
        panel.line("", Style::new(GREY).size(0.8), points()).points("", Style::new(INK).size(3.0), points())
    })
}
