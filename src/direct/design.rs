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
use super::starts::{DirectOrigin, Point, balance, none_left, starts, value};
use crate::linalg::product::{apply, view};
use crate::linalg::{Eigen, eigenvalues, expm};
use crate::low_rank::LowRank;
use crate::motif::Motif;
use crate::optim::{LbfgsOptions, Minimum, Objective, Observer, Progress, Termination, minimise_observed};
use crate::system::System;
use crate::{Error, Result, check};

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
/// As [`DirectCost::new`]; [`Error::Unstable`] or [`Error::Empty`] where no start has a value and a gradient,
/// [`Error::OutOfRange`] or [`Error::Residual`] where propagation confirms none of them.
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

/// The same from given loops as well, which may be of a lower rank (columns are appended along the gradient),
/// watched: the observer is told of J and of all evaluations so far, and ends the search where it breaks; the
/// best loop met is kept.
///
/// # Errors
/// As [`design`]; given loops of a higher rank or another number of units.
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
    let starts = starts(&mut search.cost, options, seed, given)?;
    let mut descents = Vec::new();
    // Loops without independent eigenvectors take many times as long, and are met where nothing else is.
    for propagates in [false, true] {
        search.cost.propagates = propagates;
        for (origin, point) in &starts {
            descents.extend(search.begin(*origin, point)?);
        }
        if !descents.is_empty() {
            break;
        }
    }
    for index in ranked(&descents).into_iter().take(options.continued) {
        search.carry_on(&mut descents[index])?;
    }
    let mut failed = None;
    for best in ranked(&descents) {
        let mut point = std::mem::take(&mut descents[best].1);
        balance(&mut point, system.units());
        let starts = descents.iter().map(|(start, _)| *start).collect();
        match finish(system, &whole, options.rank, &point, starts, best) {
            // Without modes of a loop before it, it may have no value, or not be confirmed.
            Err(error @ (Error::OutOfRange { .. } | Error::Residual { .. })) => {
                failed = failed.or(Some(error))
            }
            finished => return finished,
        }
    }
    Err(failed.unwrap_or_else(|| none_left(&search.cost)))
}

/// Places of descents by the objective, the lowest first.
fn ranked(descents: &[(DirectStart, Point)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..descents.len()).collect();
    order.sort_by(|&a, &b| descents[a].0.objective.total_cmp(&descents[b].0.objective));
    order
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
    /// The first iterations of a start; `None` where it has no value.
    fn begin(&mut self, origin: DirectOrigin, point: &[f64]) -> Result<Option<(DirectStart, Point)>> {
        if self.cancelled {
            return Ok(None);
        }
        let Some(minimum) = self.descend(point, self.options.first_iterations)? else { return Ok(None) };
        let start = DirectStart {
            origin,
            initial: minimum.initial_value.exp(),
            objective: minimum.value.exp(),
            iterations: minimum.iterations,
            evaluations: minimum.evaluations,
            status: minimum.status,
        };
        Ok(Some((start, minimum.point)))
    }

    fn carry_on(&mut self, (start, point): &mut (DirectStart, Point)) -> Result<()> {
        let mut left = self.options.iterations;
        for _ in 0..=RESTARTS {
            if self.cancelled || left == 0 {
                break;
            }
            let Some(minimum) = self.descend(point, left)? else { break };
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

    /// A descent; `None` where there is none from a point: the last digits of its modes depend on the loop
    /// looked at before, and may turn against them, so that it has no gradient any more.
    fn descend(&mut self, point: &[f64], iterations: usize) -> Result<Option<Minimum>> {
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
        let mut objective = Logarithm { cost: &mut self.cost, failure: &mut self.failure, met: false };
        let minimum = minimise_observed(&mut objective, point, &options, &mut watch);
        let met = objective.met;
        match self.failure.take() {
            Some(failure) => Err(failure),
            None if !met => Ok(None),
            None => minimum.map(Some),
        }
    }
}

/// ln J over U and V in units of 1/T.
struct Logarithm<'a> {
    cost: &'a mut DirectCost,
    failure: &'a mut Option<Error>,
    /// Whether a point had a value.
    met: bool,
}

impl Objective for Logarithm<'_> {
    fn dimension(&self) -> usize {
        2 * self.cost.scaled_gradients().0.len()
    }

    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let value = match value(self.cost, x) {
            Ok(value) if value > 0.0 && value.is_finite() => value,
            Ok(_) => return f64::INFINITY,
            Err(failure) => {
                self.failure.get_or_insert(failure);
                return f64::INFINITY;
            }
        };
        let (by_u, by_v) = self.cost.scaled_gradients();
        gradient.iter_mut().zip(by_u.iter().chain(by_v)).for_each(|(to, g)| *to = g / value);
        self.met = true;
        value.ln()
    }
}

/// The loop of a point, over all samples and confirmed by propagation.
fn finish(
    system: &System,
    whole: &Problem,
    rank: usize,
    point: &[f64],
    starts: Vec<DirectStart>,
    best: usize,
) -> Result<DirectLoop> {
    let (n, root, scale) = (whole.units(), whole.duration.sqrt(), whole.scale);
    let (u, v) = point.split_at(point.len() / 2);
    let matrix = |x: &[f64]| DMatrix::from_iterator(n, rank, x.iter().map(|x| x / root));
    let weights = LowRank::new(matrix(u), matrix(v))?;
    let mut cost = DirectCost::of(whole.clone(), rank);
    cost.scaled(u, v, None, false)?.ok_or(OUT_OF_REACH)?;
    let start = cost.scaled_start() * scale;
    verified(system, whole, (weights, start), (starts, best))
}

/// What is told of a loop that has no value.
const OUT_OF_REACH: Error = Error::OutOfRange {
    what: "objective of a direct loop over all samples",
    expected: "a finite value: more samples in the design",
    given: f64::NAN,
};

/// A loop and its start, whose terms by modes must be those by propagation; the same bits for the same
/// numbers.
fn verified(
    system: &System,
    problem: &Problem,
    (weights, start): (LowRank, DVector<f64>),
    (starts, best): (Vec<DirectStart>, usize),
) -> Result<DirectLoop> {
    let (n, scale) = (problem.units(), problem.scale);
    let (closed, state) = (weights.closed(system)?, &start / scale);
    let mut cost = DirectCost::of(problem.clone(), weights.rank());
    let by_modes = cost.evaluate_at(&weights, Some(&state), false)?.ok_or(OUT_OF_REACH)?;
    let in_durations = &closed * problem.duration;
    let root = problem.duration.sqrt();
    let uv = [weights.input() * root, weights.feedback() * root];
    let [u, v] = [uv[0].as_slice(), uv[1].as_slice()];
    let found = propagated(problem, &in_durations, Some([u, v]), Some(state.as_slice()), false)?;
    let mut terms = found.ok_or(OUT_OF_REACH)?.terms;
    terms.size = by_modes.size;
    if problem.weights.errors.of_loop() {
        // With standard deviations in it, which need eigenvectors.
        terms.barrier = by_modes.barrier;
    }
    terms.objective = problem.weights.total(&terms);
    let difference = (by_modes.objective - terms.objective).abs() / terms.objective;
    if difference > AGREEMENT || difference.is_nan() {
        return Err(Error::Residual {
            what: "direct loop, by its modes and by propagation",
            residual: difference,
            limit: AGREEMENT,
            remedy: "use another seed, or a larger weight of the loop's size",
        });
    }
    let eigen = Eigen::new(&closed).ok();
    let amplitudes = eigen.as_ref().map(|eigen| {
        let seen = eigen.right().transpose() * system.readout().map(Complex64::from);
        let state = eigen.left() * start.map(Complex64::from);
        DMatrix::from_fn(n, system.outputs(), |i, o| seen[(i, o)] * state[i])
    });
    let report = DirectReport {
        terms,
        expected_error: scale * terms.expected_error(),
        noise_cost: scale * terms.noise_cost(),
        spectrum: eigenvalues(&closed)?,
        amplitudes,
        deviations: eigen.as_ref().map(|eigen| deviations(eigen, &weights)),
        starts,
        best,
        difference,
    };
    let played = played(system, &closed, &start, problem)?;
    Ok(DirectLoop { weights, start, system: closed, played, report })
}

/// The readout at the samples of the motif.
fn played(
    system: &System,
    closed: &DMatrix<f64>,
    start: &DVector<f64>,
    problem: &Problem,
) -> Result<DMatrix<f64>> {
    let step = expm(&(closed * (problem.duration / problem.full as f64)))?;
    let mut samples = DMatrix::zeros(problem.full, system.outputs());
    let (mut state, mut next) = (start.clone(), start.clone());
    for mut row in samples.row_iter_mut() {
        row.tr_copy_from(&(system.readout().tr_mul(&state)));
        apply(view(&step), state.as_slice(), next.as_mut_slice());
        std::mem::swap(&mut state, &mut next);
    }
    check::no_overflow("readout of a direct loop", samples.as_slice()).map(|()| samples)
}

/// Largest part by which a start that is given may be worse than the best one of its loop.
#[cfg(feature = "io")]
const WORSE: f64 = 1e-6;

#[cfg(feature = "io")]
impl DirectLoop {
    /// A loop from its stored numbers, which keep their bits: nothing is optimised again, and everything is
    /// verified again. The motif is played by propagation, and the start compared with the best one.
    pub(crate) fn restore(
        (system, prepared, motif): (&System, Prepared<'_>, &Motif),
        options: &DirectOptions,
        (weights, start): (LowRank, DVector<f64>),
        (starts, best): (Vec<DirectStart>, usize),
    ) -> Result<Self> {
        if best >= starts.len() {
            return Err(Error::UnknownIndex { what: "start kept", index: best, len: starts.len() });
        }
        let mut cost = DirectCost::new(system, prepared, motif, options)?;
        check::shape("start s", start.shape(), (system.units(), 1), "give one entry per unit")?;
        check::finite("start s", start.as_slice())?;
        let least = cost.evaluate_at(&weights, None, false)?.ok_or(OUT_OF_REACH)?.objective;
        let given = &start / cost.problem.scale;
        let terms = cost.evaluate_at(&weights, Some(&given), false)?.ok_or(OUT_OF_REACH)?;
        check::agrees("start s of a direct loop", terms.objective / least - 1.0, WORSE)?;
        verified(system, &cost.problem, (weights, start), (starts, best))
    }
}
