//! One minibatch of the tanh networks: forward, backward and update.

use std::hint::black_box;
use std::time::Instant;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use thalamo::motif::Motif;
use thalamo::rnn::{Architecture, Protocol, TanhNetwork, TanhOptions, Trainer, TrainingOptions};

use crate::measure::{Comparison, Effort, median};
use crate::report::{Report, seconds};
use crate::setup::Result;

/// Trials per motif and motifs: 90 trials.
const SHAPE: (usize, usize) = (9, 10);
/// Trials that are multiplied together.
const GROUPS: [usize; 4] = [23, 23, 22, 22];

/// The products alone, two per step (three where J is learned), on the columns they really have.
fn products(units: usize, steps: usize, learned: bool) -> impl FnMut() {
    let matrix: Vec<f32> = (0..units * units).map(|i| (i as f32).sin()).collect();
    let columns: Vec<f32> = (0..units * GROUPS[0]).map(|i| (i as f32).cos()).collect();
    let mut out = vec![0.0_f32; units * GROUPS[0]];
    let mut square = vec![0.0_f32; units * units];
    move || {
        let m = MatRef::from_column_major_slice(&matrix, units, units);
        for width in GROUPS {
            let x = MatRef::from_column_major_slice(&columns[..units * width], units, width);
            for _ in 0..2 * steps {
                let to = MatMut::from_column_major_slice_mut(&mut out[..units * width], units, width);
                matmul(to, Accum::Replace, m, x, 1.0, Par::Seq);
            }
            for _ in 0..if learned { steps } else { 0 } {
                let to = MatMut::from_column_major_slice_mut(&mut square, units, units);
                matmul(to, Accum::Add, x, x.transpose(), 1.0, Par::Seq);
            }
        }
        black_box((&out, &square));
    }
}

/// Compares on a thread that is a pool of its own, so that the minibatch stays on it.
fn alone(effort: Effort, ours: impl FnMut() + Send, floor: impl FnMut() + Send) -> Result<Comparison> {
    let work = || -> std::result::Result<Comparison, rayon::ThreadPoolBuildError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build()?;
        Ok(pool.install(|| effort.compare(ours, floor)))
    };
    let found = std::thread::scope(|scope| scope.spawn(work).join());
    Ok(found.map_err(|_| "the measuring thread panicked")??)
}

pub fn run(report: &mut Report) -> Result {
    report.section(
        "One minibatch of a tanh network",
        "90 trials of T = 1000 steps in single precision: starts, forward, backward, Adam. Floor: the matrix products on the same shapes, one thread. The rate is that of the minibatch over that of the products.",
    );
    report.head(&["network", "minibatch", "floor", "rate", "target", "all cores", "memory, T = 1100"]);
    let steps = if report.quick { 50 } else { 1000 };
    for (architecture, target) in
        [(Architecture::Additive, 0.5), (Architecture::Multiplicative, 0.3), (Architecture::Control, 0.0)]
    {
        let options = TanhOptions::new(architecture);
        let trainer = |steps: usize| -> Result<Trainer> {
            let wave = |i: usize| (0..steps).map(|k| ((k + 50 * i) as f64 / 90.0).sin()).collect();
            let motifs: Vec<Motif> =
                (0..SHAPE.1).map(|i| Motif::new(0.1, wave(i))).collect::<thalamo::Result<_>>()?;
            let network = TanhNetwork::random(&options, SHAPE.1)?;
            let protocol = Protocol::Single { start: 1.0, trials: SHAPE.0 };
            Ok(Trainer::new(network, &motifs, &TrainingOptions::new(protocol))?)
        };
        let mut one = trainer(steps)?;
        let floor = products(options.units, steps, architecture == Architecture::Control);
        let measured = alone(report.effort, move || drop(black_box(one.step())), floor)?;
        let mut many = trainer(steps)?;
        many.step()?;
        let wall = (0..report.effort.rounds).map(|_| {
            let began = Instant::now();
            let _ = black_box(many.step());
            began.elapsed().as_secs_f64()
        });
        let wall = median(wall);
        let rate = 1.0 / measured.ratio;
        let verdict = match target {
            0.0 => "none".into(),
            t if rate >= t => format!("{:.0} % met", 100.0 * t),
            t => format!("{:.0} % **missed**", 100.0 * t),
        };
        let longest = if report.quick { steps } else { 1100 };
        let mut long = trainer(longest)?;
        long.step()?;
        report.row(&[
            format!("{architecture}, N = {}", options.units),
            seconds(measured.ours),
            seconds(measured.floor),
            format!("{:.0} %", 100.0 * rate),
            verdict,
            seconds(wall),
            format!("{:.0} MB", 1e-6 * long.bytes() as f64),
        ]);
    }
    Ok(())
}
