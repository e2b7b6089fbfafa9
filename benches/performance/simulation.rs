//! Exact simulation against the bandwidth of its output and against gemv and gemm.

use std::hint::black_box;

use nalgebra::DMatrix;
use thalamo::play::{Keep, Noise, Sequence, Simulator, Start};

use crate::measure::Comparison;
use crate::report::{Report, seconds};
use crate::setup::{Result, library, motif, normal, product, transposed_product};

pub fn run(report: &mut Report) -> Result {
    let units = if report.quick { 40 } else { 99 };
    let network = library(3, units)?;
    let simulator = Simulator::new(&network, 5.0)?;
    let sequence = Sequence::new(&[0, 2, 1, 0, 1])?;
    let start = Start::Random { std: 1.0, seed: 3 };
    let samples = simulator.run(&sequence, &start, None, Keep::Readout)?.readout.len();
    report.section(
        "Exact simulation",
        &format!("A sequence of five motifs, {samples} samples, N = {units}, propagators ready."),
    );
    report.head(&["what", "time", "floor", "ratio", "target", "samples/s"]);
    let rate = |time: f64, count: usize| format!("{:.2e}", count as f64 / time);

    // The ideal motif: ten exponentials.
    let (motif, fit) = motif()?;
    let copy = vec![1.0; motif.len()];
    let mut buffer = vec![0.0; motif.len()];
    let measured = report.effort.compare(
        || {
            black_box(fit.values(black_box(motif.len())));
        },
        || black_box(&mut buffer).copy_from_slice(black_box(&copy)),
    );
    let samples_per_second = motif.len() as f64 / measured.ours;
    report.row(&[
        "readout of one motif from its K = 10 modes; floor: writing it".into(),
        seconds(measured.ours),
        seconds(measured.floor),
        format!("{:.1}", measured.ratio),
        format!("5e6 samples/s {}", if samples_per_second >= 5e6 { "met" } else { "**missed**" }),
        rate(measured.ours, motif.len()),
    ]);

    let (x, mut y) = (normal(units, 1, 1), DMatrix::zeros(units, 1));
    let matrices: Vec<_> = (0..4).map(|i| normal(units, units, i)).collect();
    let mut gemv = |steps: usize| {
        for i in 0..steps {
            transposed_product(black_box(&mut y), &matrices[i * 4 / steps], &x);
        }
    };
    let measured = report.effort.compare(
        || {
            black_box(simulator.run(&sequence, &start, None, Keep::Readout).ok());
        },
        || gemv(samples),
    );
    let samples_per_second = samples as f64 / measured.ours;
    report.row(&[
        "readout of a sequence from any state; floor: gemv per sample".into(),
        seconds(measured.ours),
        seconds(measured.floor),
        format!("{:.2}", measured.ratio),
        format!("5e6 samples/s {}", if samples_per_second >= 5e6 { "met" } else { "**missed**" }),
        rate(measured.ours, samples),
    ]);
    let measured = report.effort.compare(
        || {
            black_box(simulator.run(&sequence, &start, None, Keep::States).ok());
        },
        || gemv(samples),
    );
    let cells = [rate(measured.ours, samples)];
    report.compared_with("full state of a sequence; floor: gemv per sample", measured, 1.5, &cells);

    let noise = Noise { initial: 0.1, process: 0.05, seed: 1 };
    let measured = report.effort.compare(
        || {
            black_box(simulator.run(&sequence, &start, Some(noise), Keep::Readout).ok());
        },
        || gemv(2 * samples),
    );
    let cells = [rate(measured.ours, samples)];
    report.compared_with("one noisy run; floor: two gemv per sample", measured, f64::INFINITY, &cells);
    trials(report, &simulator, noise)
}

/// Ten thousand noisy trials: the products that the blocks need, and those of stepping all trials at once.
fn trials(report: &mut Report, simulator: &Simulator, noise: Noise) -> Result {
    const BLOCK: usize = 128;
    const TOGETHER: usize = 256;
    let count = if report.quick { 500 } else { 10_000 };
    let units = simulator.network().system().units();
    let (sequence, start) = (Sequence::new(&[0])?, Start::Random { std: 1.0, seed: 3 });
    let samples = simulator.run(&sequence, &start, None, Keep::Readout)?.readout.len();
    simulator.trials(&sequence, &start, noise, 1, Keep::Readout)?;
    // One thread for both: the floor is one thread's.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let square = normal(units, units, 1);
    let rows = normal(BLOCK, units, 2);
    let factor = normal(BLOCK + units, BLOCK + units - 1, 3);
    let (states, draws) = (normal(units, TOGETHER, 4), normal(BLOCK + units - 1, TOGETHER, 5));
    let (mut next, mut readout): (DMatrix<f64>, _) =
        (DMatrix::zeros(units, TOGETHER), DMatrix::zeros(BLOCK, TOGETHER));
    let mut kicks = DMatrix::zeros(BLOCK + units, TOGETHER);
    let ours = || {
        black_box(simulator.trials(&sequence, &start, noise, count, Keep::Readout).ok());
    };
    let floor = || {
        for _ in 0..count.div_ceil(TOGETHER) * samples / BLOCK {
            product(black_box(&mut next), &square, &states);
            product(black_box(&mut readout), &rows, &states);
            product(black_box(&mut kicks), &factor, &draws);
        }
    };
    // Inside the pool, whose only thread then holds the clock.
    let effort = report.effort;
    let measured = pool.install(move || effort.compare(ours, floor));
    let rate = format!("{:.2e}", (samples * count) as f64 / measured.ours);
    let what = format!("{count} noisy trials; floor: the products of their blocks, without draws");
    report.compared_with(&what, measured, f64::INFINITY, std::slice::from_ref(&rate));
    let mut next = DMatrix::zeros(units, TOGETHER);
    let steps = report.effort.time(|| {
        for _ in 0..2 * samples {
            product(black_box(&mut next), &square, &states);
        }
    }) * count as f64
        / TOGETHER as f64;
    let stepped = Comparison { floor: steps, ratio: measured.ours / steps, ..measured };
    report.compared_with("the same; floor: gemm, stepping all trials together", stepped, 1.5, &[rate]);
    Ok(())
}
