//! Optimising u of one motif, eight starts, against the evaluations alone.

use std::hint::black_box;

use nalgebra::DMatrix;
use thalamo::optim::Objective;
use thalamo::thalamus::{Horizon, LoopDesign, LoopOptions};

use crate::report::Report;
use crate::setup::{Result, cortex, motif, normal, robustness};

const STARTS: usize = 8;

pub fn run(report: &mut Report) -> Result {
    report.section(
        "Optimising u of one motif, 8 starts",
        "Floor: as many evaluations of cost and gradient as the starts took, and nothing else.",
    );
    report.head(&["N", "8 starts", "floor", "ratio", "target", "evaluations"]);
    let (motif, fit) = motif()?;
    let sizes: &[usize] = if report.quick { &[50] } else { &[99, 200] };
    for &units in sizes {
        let cortex = cortex(units)?;
        let options = LoopOptions { starts: STARTS, ..LoopOptions::default() };
        let (lambda, alpha) = (fit.eigenvalues(), fit.amplitudes());
        let design = LoopDesign::new(&cortex, lambda, alpha, motif.duration(), &options)?;
        let mut evaluations = 0;
        for start in 0..STARTS {
            evaluations += design.minimise(1, start)?.evaluations;
        }
        let mut cost =
            robustness(&cortex, &motif, &fit, Horizon::Motif)?.with_noise_floor(options.noise_floor)?;
        let points: DMatrix<f64> = normal(units, 16, 3);
        let mut gradient = vec![0.0; units];
        let measured = report.effort.compare(
            || {
                for start in 0..STARTS {
                    black_box(design.minimise(1, start).ok());
                }
            },
            || {
                for i in 0..evaluations {
                    black_box(cost.evaluate(points.column(i % 16).as_slice(), &mut gradient));
                }
            },
        );
        report.compared_with(&units.to_string(), measured, 1.15, &[evaluations.to_string()]);
    }
    Ok(())
}
