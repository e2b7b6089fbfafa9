//! The search for a loop: some starts, the best of them continued.

use std::ops::ControlFlow;

use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;

use super::cost::DirectCost;
use super::direct_loop::{DirectLoop, DirectReport, DirectStart};
use super::errors::{Prepared, deviations};
use super::options::DirectOptions;
use super::problem::Problem;
use super::propagated::propagated;
use super::starts::{DirectOrigin, Point, balance, starts};
use crate::linalg::{Eigen, eigenvalues};
use crate::low_rank::LowRank;
use crate::motif::Motif;
use crate::optim::{LbfgsOptions, Minimum, Objective, Observer, Progress, Termination, minimise_observed};
use crate::system::System;
use crate::{Error, Result};

/// Length of the first step, relative to the point.
const FIRST_STEP: f64 = 0.1;

/// A descent that found no better point begins again with empty memory, at most as often: the barrier has a
/// kink in its second derivative, where most optima are.
const RESTARTS: usize = 3;

/// Iterations that must be left for another one.
const WORTH: usize = 20;

/// Largest difference of J by modes and by propagation, relative to J.
const AGREEMENT: f64 = 1e-5;

/// Designs the loop and the start of a motif (T x D) over a system, with the covariance S (N x N) of what
/// preparation leaves of a deviation, in units of the square of the motif's scale, or S and the module where
/// its errors count.
///
/// Minimises the objective of [`DirectCost`] by L-BFGS on its logarithm, from the steepest descent at no loop
/// and from random U and V; the best starts are continued. The result is verified by propagation.
///
/// # Errors
/// As [`DirectCost::new`]; [`Error::Unstable`] where no start has a value, [`Error::Residual`] where
/// propagation does not confirm the result.
///
/// ```
/// use nalgebra::DMatrix;
/// use thalamo::{Cortex, System, direct::{DirectOptions, design}, motif::Motif};
/// let system = System::from(Cortex::random(20, 0.5, 1)?);
/// let motif = Motif::new(0.5, (0..80).map(|n| (0.2 * n as f64).sin()).collect())?;
/// let options = DirectOptions::default().with(|o| (o.random_starts, o.iterations) = (0, 60));
/// let made = design(&system, &DMatrix::zeros(20, 20), &motif, &options, 1)?;
/// let report = made.report();
/// assert!(report.terms.fit < 0.05 && report.spectrum.abscissa() < 0.0);
/// let first = system.readout().transpose() * made.start();
/// assert!((first[0] - motif.values()[0]).abs() < 0.5);
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn design<'a>(
    system: &System,
    prepared: impl Into<Prepared<'a>>,
    motif: &Motif,
    options: &DirectOptions,
    seed: u64,
) -> Result<DirectLoop> {
    design_observed(system, prepared, motif, options, seed, &[], &mut |_| ControlFlow::Continue(()))
}

/// The same from given loops as well, watched: the observer is told of J and of all evaluations so far, and
/// ends the search where it breaks; the best loop met is kept.
///
/// # Errors
/// As [`design`]; given loops of another rank or number of units.
pub fn design_observed<'a>(
    system: &System,
    prepared: impl Into<Prepared<'a>>,
    motif: &Motif,
    options: &DirectOptions,
    seed: u64,
    given: &[LowRank],
    observer: &mut Observer<'_>,
) -> Result<DirectLoop> {
    let whole = Problem::new(system, prepared.into(), motif, options)?;
    let cost = DirectCost::of(whole.thinned(options.most_samples), options.rank);
    let mut search = Search { cost, failure: None, options, observer, total: NONE, cancelled: false };
    let mut descents = Vec::new();
    for (origin, point) in starts(&mut search.cost, options, seed, given)? {
        if !search.cancelled {
            descents.push(search.begin(origin, &point)?);
        }
    }
    let mut order: Vec<usize> = (0..descents.len()).collect();
    order.sort_by(|&a, &b| descents[a].0.objective.total_cmp(&descents[b].0.objective));
    for &index in order.iter().take(options.continued) {
        search.carry_on(&mut descents[index])?;
    }
    let best =
        (0..descents.len()).min_by(|&a, &b| descents[a].0.objective.total_cmp(&descents[b].0.objective));
    let best = best.ok_or(Error::Empty { what: "starts", remedy: "ask for at least one" })?;
    let mut point = std::mem::take(&mut descents[best].1);
    balance(&mut point, system.units());
    finish(system, whole, options.rank, &point, descents.into_iter().map(|(start, _)| start).collect(), best)
}

/// Before anything was done.
const NONE: Progress =
    Progress { iterations: 0, evaluations: 0, value: f64::INFINITY, gradient_norm: f64::INFINITY };

/// A search under way.
struct Search<'a, 'o> {
    cost: DirectCost,
    /// What an evaluation failed with.
    failure: Option<Error>,
    options: &'a DirectOptions,
    observer: &'a mut Observer<'o>,
    total: Progress,
    cancelled: bool,
}

impl Search<'_, '_> {
    fn begin(&mut self, origin: DirectOrigin, point: &[f64]) -> Result<(DirectStart, Point)> {
        let minimum = self.descend(point, self.options.first_iterations)?;
        let start = DirectStart {
            origin,
            initial: minimum.initial_value.exp(),
            objective: minimum.value.exp(),
            iterations: minimum.iterations,
            evaluations: minimum.evaluations,
            status: minimum.status,
        };
        Ok((start, minimum.point))
    }

    fn carry_on(&mut self, (start, point): &mut (DirectStart, Point)) -> Result<()> {
        let mut left = self.options.iterations;
        for _ in 0..=RESTARTS {
            if self.cancelled || left == 0 {
                break;
            }
            let minimum = self.descend(point, left)?;
            left -= minimum.iterations.min(left);
            start.iterations += minimum.iterations;
            start.evaluations += minimum.evaluations;
            (start.objective, start.status) = (minimum.value.exp(), minimum.status);
            *point = minimum.point;
            if minimum.status != Termination::NoBetterPoint || left < WORTH {
                break;
            }
        }
        Ok(())
    }

    fn descend(&mut self, point: &[f64], iterations: usize) -> Result<Minimum> {
        let length = point.iter().map(|x| x * x).sum::<f64>().sqrt();
        let options = LbfgsOptions {
            memory: self.options.memory,
            max_iterations: iterations,
            gradient_tolerance: 1e-9,
            value_tolerance: self.options.tolerance,
            first_step: if length > 0.0 { FIRST_STEP * length } else { FIRST_STEP },
        };
        let before = self.total;
        let (observer, total, cancelled) = (&mut self.observer, &mut self.total, &mut self.cancelled);
        let mut watch = |progress: &Progress| {
            *total = Progress {
                iterations: before.iterations + progress.iterations,
                evaluations: before.evaluations + progress.evaluations,
                value: before.value.min(progress.value.exp()),
                gradient_norm: progress.gradient_norm,
            };
            let flow = observer(total);
            *cancelled |= flow.is_break();
            flow
        };
        let mut objective = Logarithm { cost: &mut self.cost, failure: &mut self.failure };
        let minimum = minimise_observed(&mut objective, point, &options, &mut watch);
        self.failure.take().map_or(minimum, Err)
    }
}

/// ln J over U and V in units of 1/T.
struct Logarithm<'a> {
    cost: &'a mut DirectCost,
    failure: &'a mut Option<Error>,
}

impl Objective for Logarithm<'_> {
    fn dimension(&self) -> usize {
        2 * self.cost.scaled_gradients().0.len()
    }

    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let (u, v) = x.split_at(x.len() / 2);
        let terms = match self.cost.scaled(u, v, None, true) {
            Ok(Some(terms)) if terms.objective > 0.0 => terms,
            Ok(_) => return f64::INFINITY,
            // An eigenvalue iteration may fail far out; the line search comes back.
            Err(Error::EigenNotConverged { .. } | Error::OutOfRange { .. }) => return f64::INFINITY,
            Err(failure) => {
                self.failure.get_or_insert(failure);
                return f64::INFINITY;
            }
        };
        let (by_u, by_v) = self.cost.scaled_gradients();
        gradient.iter_mut().zip(by_u.iter().chain(by_v)).for_each(|(to, g)| *to = g / terms.objective);
        terms.objective.ln()
    }
}

/// The loop of a point, over all samples and confirmed by propagation.
fn finish(
    system: &System,
    whole: Problem,
    rank: usize,
    point: &[f64],
    starts: Vec<DirectStart>,
    best: usize,
) -> Result<DirectLoop> {
    let (n, root, scale) = (whole.units(), whole.duration.sqrt(), whole.scale);
    let (u, v) = point.split_at(point.len() / 2);
    let matrix = |x: &[f64]| DMatrix::from_iterator(n, rank, x.iter().map(|x| x / root));
    let weights = LowRank::new(matrix(u), matrix(v))?;
    let mut cost = DirectCost::of(whole, rank);
    let far = Error::OutOfRange {
        what: "objective of a direct loop over all samples",
        expected: "a finite value: more samples in the design",
        given: f64::NAN,
    };
    let by_modes = cost.scaled(u, v, None, false)?.ok_or_else(|| far.clone())?;
    let state = cost.scaled_start().clone();
    let closed = weights.closed(system)?;
    let in_durations = &closed * cost.problem.duration;
    let played =
        propagated(&cost.problem, &in_durations, Some([u, v]), Some(state.as_slice()), false)?.ok_or(far)?;
    let mut terms = played.terms;
    terms.size = by_modes.size;
    if cost.problem.weights.errors.of_loop() {
        // With standard deviations in it, which need eigenvectors.
        terms.barrier = by_modes.barrier;
    }
    terms.objective = cost.problem.weights.total(&terms);
    let difference = (by_modes.objective - terms.objective).abs() / terms.objective;
    if difference > AGREEMENT || difference.is_nan() {
        return Err(Error::Residual {
            what: "direct loop, by its modes and by propagation",
            residual: difference,
            limit: AGREEMENT,
            remedy: "use another seed, or a larger weight of the loop's size",
        });
    }
    let start: DVector<f64> = state * scale;
    let eigen = Eigen::new(&closed).ok();
    let amplitudes = eigen.as_ref().map(|eigen| {
        let seen = eigen.right().transpose() * system.readout().map(Complex64::from);
        let state = eigen.left() * start.map(Complex64::from);
        DMatrix::from_fn(n, system.outputs(), |i, o| seen[(i, o)] * state[i])
    });
    let report = DirectReport {
        terms,
        expected_error: scale * terms.expected_error(),
        spectrum: eigenvalues(&closed)?,
        amplitudes,
        deviations: eigen.as_ref().map(|eigen| deviations(eigen, &weights)),
        starts,
        best,
        difference,
    };
    Ok(DirectLoop { weights, start, report })
}
