//! Robustness cost and gradient of one loop against the matrix-vector products it consists of.

use std::hint::black_box;

use nalgebra::DMatrix;
use thalamo::System;
use thalamo::linalg::{Eigen, lyapunov};
use thalamo::loops::{Horizon, Placement, PlacementOptions, RobustnessCost};
use thalamo::optim::Objective;

use crate::measure::{Comparison, exponent};
use crate::report::{Report, seconds};
use crate::setup::{Result, cortex, motif, normal, product, robustness, transposed_product};

/// An untuned NumPy version of the same formulas, in ms: what to be three times faster than.
const NUMPY: [(usize, f64); 4] = [(99, 0.10), (200, 0.22), (400, 0.8), (800, 7.0)];

/// Points that share an evaluation.
const BATCH: usize = 8;

pub fn run(report: &mut Report) -> Result {
    report.section(
        "Robustness cost and gradient of one loop",
        "Times per point. Floor: as many real N x N products as the evaluation has, 13 for the infinite horizon and 19 \
         for the motif's own, over five different matrices; with one vector for one point, and for eight points, which is \
         how starts are optimised, with eight vectors at once.",
    );
    report.head(&["N, horizon, points", "evaluation", "floor", "ratio", "target"]);
    let (motif, fit) = motif()?;
    let sizes: &[usize] = if report.quick { &[50, 99] } else { &[50, 99, 200, 400, 800] };
    let (mut alone, mut together) = (vec![], vec![]);
    for &units in sizes {
        let cortex = cortex(units)?;
        for (horizon, products, name) in [(Horizon::Infinite, 13, "infinite"), (Horizon::Motif, 19, "motif")]
        {
            let cost = robustness(&cortex, &motif, &fit, horizon)?;
            let target = if units >= 99 { 1.6 } else { f64::INFINITY };
            let one = one_point(report, cost.clone(), products);
            report.compared(&format!("{units}, {name}, one"), one, target);
            let eight = eight_points(report, &cost, products);
            report.compared(&format!("{units}, {name}, eight"), eight, target);
            if horizon == Horizon::Infinite {
                alone.push((units as f64, one.ours, one.floor));
                together.push((units as f64, eight.ours, eight.floor));
            }
        }
    }
    for (points, growth) in [("one point", &alone), ("eight points", &together)] {
        growth_of(report, points, growth);
    }
    direct(report, if report.quick { 99 } else { 200 })
}

fn one_point(report: &Report, mut cost: RobustnessCost, products: usize) -> Comparison {
    let units = cost.dimension();
    let (u, mut gradient) = (normal(units, 1, 5), vec![0.0; units]);
    let matrices: Vec<_> = (0..5).map(|i| normal(units, units, i)).collect();
    let (x, mut y) = (normal(units, 1, 9), DMatrix::zeros(units, 1));
    report.effort.compare(
        || {
            black_box(cost.evaluate(black_box(u.as_slice()), &mut gradient));
        },
        || {
            for i in 0..products {
                transposed_product(black_box(&mut y), &matrices[i % 5], &x);
            }
        },
    )
}

fn eight_points(report: &Report, cost: &RobustnessCost, products: usize) -> Comparison {
    let units = cost.dimension();
    let (points, mut batch) = (normal(BATCH, units, 5), cost.batch::<BATCH>());
    let (u, mut gradients) = (points.as_slice().as_chunks::<BATCH>().0, vec![[0.0; BATCH]; units]);
    let matrices: Vec<_> = (0..5).map(|i| normal(units, units, i)).collect();
    let (x, mut y) = (normal(units, BATCH, 9), DMatrix::zeros(units, BATCH));
    let all = report.effort.compare(
        || {
            black_box(batch.evaluate_batch(black_box(u), &mut gradients));
        },
        || {
            for i in 0..products {
                product(black_box(&mut y), &matrices[i % 5], &x);
            }
        },
    );
    Comparison { ours: all.ours / BATCH as f64, floor: all.floor / BATCH as f64, ratio: all.ratio }
}

fn growth_of(report: &mut Report, points: &str, growth: &[(f64, f64, f64)]) {
    let numpy: Vec<String> = NUMPY
        .iter()
        .filter_map(|(n, ms)| growth.iter().find(|g| g.0 == *n as f64).map(|g| (n, 1e-3 * ms / g.1)))
        .map(|(n, ratio)| format!("{ratio:.1} (N = {n})"))
        .collect();
    report.line(format!(
        "\nInfinite horizon, {points}: times faster than untuned NumPy (target 3): {}.",
        numpy.join(", ")
    ));
    if growth.len() > 2 {
        let ours = exponent(&growth.iter().map(|g| (g.0, g.1)).collect::<Vec<_>>());
        let floor = exponent(&growth.iter().map(|g| (g.0, g.2)).collect::<Vec<_>>());
        report.line(format!(
            "Growth exponent over these N: {ours:.2} (target 2.15); of the products alone: {floor:.2}."
        ));
    }
}

/// The value alone, by its definition.
fn direct(report: &mut Report, units: usize) -> Result {
    let (motif, fit) = motif()?;
    let cortex = cortex(units)?;
    let u = normal(units, 1, 5).column(0).into_owned();
    let placement = Placement::new(&cortex, fit.eigenvalues(), &PlacementOptions::published())?;
    let v = placement.feedback(&u)?;
    let mut cost = robustness(&cortex, &motif, &fit, Horizon::Infinite)?;
    let mut gradient = vec![0.0; units];
    let value = || by_definition(&cortex, &(cortex.matrix() + &u * v.transpose()), motif.duration(), &fit);
    let (ours, other) = (cost.terms(u.as_slice())?.cost, value()?);
    let measured = report.effort.compare(
        || {
            black_box(value().ok());
        },
        || {
            black_box(cost.evaluate(u.as_slice(), &mut gradient));
        },
    );
    report.line(format!(
        "\nThe value alone through an eigendecomposition and a pair of Lyapunov solutions of the loop, N = {units}: {}, \
         {:.0} times value and gradient together (target 200 at N = 200); relative difference {:.1e}.",
        seconds(measured.ours),
        measured.ratio,
        (ours / other - 1.0).abs()
    ));
    Ok(())
}

fn by_definition(
    cortex: &System,
    closed: &DMatrix<f64>,
    duration: f64,
    fit: &thalamo::fit::Fit,
) -> Result<f64> {
    let n = cortex.units();
    let eigen = Eigen::new(closed)?;
    // x0 = sum_k alpha_k r_k / (w . r_k) over the motif's modes.
    let mut start = nalgebra::DVector::zeros(n);
    for (lambda, alpha) in fit.eigenvalues().iter().zip(fit.amplitudes()) {
        let distance = |i: &usize| (eigen.values()[*i] - lambda).norm();
        let k = (0..n).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0);
        let mode = eigen.right().column(k);
        let readout: thalamo::Complex64 = mode.iter().zip(cortex.readout().iter()).map(|(r, w)| r * w).sum();
        for (x, r) in start.iter_mut().zip(mode.iter()) {
            *x += (alpha / readout * r).re;
        }
    }
    let identity = DMatrix::identity(n, n);
    let activity = start.dot(&(lyapunov(&closed.transpose(), &identity)? * &start));
    let gain = cortex.readout().dot(&(lyapunov(closed, &identity)? * cortex.readout()));
    Ok((activity * gain / n as f64).sqrt() / duration)
}
