//! Direct design: an evaluation against the products it consists of, and designs against their evaluations.

use std::hint::black_box;

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor::{cholesky_in_place, cholesky_in_place_scratch};
use faer::{MatMut, Par};
use nalgebra::DMatrix;
use thalamo::direct::{DirectCost, DirectOptions, design};
use thalamo::motif::Motif;
use thalamo::{LowRank, System};

use crate::measure::{Comparison, exponent};
use crate::report::{Report, seconds};
use crate::setup::{Result, cortex, motif, normal, product};

/// Products of order N of two evaluations: each has five, and three of which half is needed.
const OF_TWO: usize = 13;

pub fn run(report: &mut Report) -> Result {
    report.section(
        "Direct design: objective and gradient",
        "Rank one, from one loop to the next nearby, 200 samples. Floor: the evaluation's products of order N, six and a \
         half (eigenvectors and their inverse, one with S, two of the gradient, and halves of three Gram matrices), and a \
         Cholesky factor.",
    );
    report.head(&["N, D", "evaluation", "floor", "ratio", "target"]);
    let sizes: &[usize] = if report.quick { &[50, 99] } else { &[50, 99, 200, 400] };
    let mut growth = vec![];
    for &units in sizes {
        for outputs in [1, 2, 7] {
            let measured = evaluation(report, units, outputs)?;
            let target = if units >= 99 { 1.4 } else { f64::INFINITY };
            report.compared(&format!("{units}, {outputs}"), measured, target);
            if outputs == 1 {
                growth.push((units as f64, measured.ours, measured.floor));
            }
        }
    }
    let of = |time: fn(&(f64, f64, f64)) -> f64| {
        exponent(&growth.iter().map(|point| (point.0, time(point))).collect::<Vec<_>>())
    };
    report.line(format!(
        "\nGrowth with N, D = 1: exponent {:.2} of an evaluation, {:.2} of its floor.",
        of(|p| p.1),
        of(|p| p.2)
    ));
    designs(report)
}

fn evaluation(report: &Report, units: usize, outputs: usize) -> Result<Comparison> {
    let root = (units as f64).sqrt();
    let system = System::new(cortex(units)?.matrix().clone(), normal(units, outputs, 2) / root)?;
    let factor = normal(units, units, 3) / root * 0.1;
    let covariance = &factor * factor.transpose();
    let series = DMatrix::from_fn(200, outputs, |t, o| (0.05 * t as f64 + o as f64).sin());
    let motif = Motif::from_samples(0.2, series)?;
    let mut cost = DirectCost::new(&system, &covariance, &motif, &DirectOptions::default())?;
    let part = |seed| normal(units, 1, seed) * (0.6 / root);
    let at = |shift: f64| LowRank::new(part(4) + part(6) * shift, part(5) + part(7) * shift);
    let points = (0..8).map(|i| at(0.01 * f64::from(i).sin())).collect::<thalamo::Result<Vec<_>>>()?;
    cost.evaluate(&points[0])?.ok_or("the first loop has no value")?;
    let matrices: Vec<_> = (0..5).map(|i| normal(units, units, 10 + i)).collect();
    let positive = &factor * factor.transpose() + DMatrix::identity(units, units);
    let (mut out, mut lower) = (DMatrix::zeros(units, units), positive.clone());
    let mut memory = MemBuffer::new(cholesky_in_place_scratch::<f64>(units, Par::Seq, Default::default()));
    let mut turn = 0;
    let both = report.effort.compare(
        || {
            for _ in 0..2 {
                turn = (turn + 1) % points.len();
                black_box(cost.evaluate(&points[turn]).ok());
            }
        },
        || {
            for i in 0..OF_TWO {
                product(black_box(&mut out), &matrices[i % 5], &matrices[(i + 1) % 5]);
            }
            for _ in 0..2 {
                lower.copy_from(&positive);
                let view = MatMut::from_column_major_slice_mut(lower.as_mut_slice(), units, units);
                let stack = MemStack::new(&mut memory);
                let done = cholesky_in_place(view, Default::default(), Par::Seq, stack, Default::default());
                black_box(done.is_ok());
            }
        },
    );
    Ok(Comparison { ours: both.ours / 2.0, floor: both.floor / 2.0, ..both })
}

/// Designs of one step motif; floor: as many evaluations.
fn designs(report: &mut Report) -> Result {
    report.section(
        "Direct design of one motif",
        "Rank one, the first step motif, on one thread. Floor: as many evaluations as the design took, at 200 samples, \
         and nothing else.",
    );
    report.head(&["N, starts", "design", "floor", "ratio", "target", "evaluations", "expected error"]);
    let (motif, _) = motif()?;
    let sizes: &[usize] = if report.quick { &[50] } else { &[99, 200] };
    for &units in sizes {
        let system = cortex(units)?;
        let factor = normal(units, units, 3) / (units as f64).sqrt() * 0.1;
        let covariance = &factor * factor.transpose();
        let one = DirectOptions::default().with(|o| (o.random_starts, o.continued) = (0, 1));
        for (name, options) in [("one", one), ("default", DirectOptions::default())] {
            let made = design(&system, &covariance, &motif, &options, 1)?;
            let evaluations: usize = made.report().starts.iter().map(|s| s.evaluations).sum();
            let one = evaluation(report, units, 1)?;
            let time = report.effort.time(|| {
                black_box(design(&system, &covariance, &motif, &options, 1).ok());
            });
            let floor = one.ours * evaluations as f64;
            let measured = Comparison { ours: time, floor, ratio: time / floor };
            let error = format!("{:.4}", made.report().expected_error);
            let more = [evaluations.to_string(), error];
            report.compared_with(&format!("{units}, {name}"), measured, 1.25, &more);
            if units == 99 {
                let limit = if name == "one" { 1.0 } else { 2.0 };
                let verdict = if time <= limit { "met" } else { "**missed**" };
                report.line(format!("| | {} | {} | | {verdict} | | |", seconds(time), seconds(limit)));
            }
        }
    }
    Ok(())
}
