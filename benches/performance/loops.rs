//! Optimising u of one motif, a race of starts, against its evaluations alone.

use std::hint::black_box;

use nalgebra::DMatrix;
use thalamo::loops::{Horizon, LoopDesign, LoopOptions};
use thalamo::optim::Objective;

use crate::report::Report;
use crate::setup::{Result, cortex, motif, normal, robustness};

const BATCH: usize = 8;

pub fn run(report: &mut Report) -> Result {
    let defaults = LoopOptions::default();
    report.section(
        "Optimising u of one motif",
        &format!(
            "{} starts, {} finalists, one thread. Floor: as many evaluations of cost and gradient as the starts took, one \
             by one, and nothing else. The last column compares with as many evaluations of eight points at once, which \
             is how they are done.",
            defaults.starts, defaults.finalists
        ),
    );
    report.head(&["N", "all starts", "floor", "ratio", "target", "evaluations", "over batches"]);
    let (motif, fit) = motif()?;
    let sizes: &[usize] = if report.quick { &[50] } else { &[99, 200, 500] };
    // All of it on this thread, whose time is taken.
    rayon::ThreadPoolBuilder::new().num_threads(1).build()?.install(|| {
        for &units in sizes {
            let cortex = cortex(units)?;
            let options = LoopOptions::default();
            let (lambda, alpha) = (fit.eigenvalues(), fit.amplitudes().as_slice());
            let design = LoopDesign::new(&cortex, lambda, alpha, motif.duration(), &options)?;
            let evaluations: usize = design.optimise(1)?.report().starts.iter().map(|s| s.evaluations).sum();
            let mut cost =
                robustness(&cortex, &motif, &fit, Horizon::Motif)?.with_noise_floor(options.noise_floor)?;
            let points: DMatrix<f64> = normal(units, BATCH, 3);
            let mut gradient = vec![0.0; units];
            let measured = report.effort.compare(
                || {
                    black_box(design.optimise(1).ok());
                },
                || {
                    for i in 0..evaluations {
                        black_box(cost.evaluate(points.column(i % BATCH).as_slice(), &mut gradient));
                    }
                },
            );
            let (mut batch, together) = (cost.batch::<BATCH>(), points.transpose());
            let mut gradients = vec![[0.0; BATCH]; units];
            let at_once = report.effort.time(|| {
                black_box(batch.evaluate_batch(together.as_slice().as_chunks().0, &mut gradients));
            });
            let over_batches = measured.ours / (at_once * evaluations as f64 / BATCH as f64);
            let more = [evaluations.to_string(), format!("{over_batches:.2}")];
            report.compared_with(&units.to_string(), measured, 1.15, &more);
        }
        Ok(())
    })
}
