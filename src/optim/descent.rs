//! One descent by L-BFGS that is told values instead of asking for them, so that many can share an
//! evaluation.

use super::history::History;
use super::line_search::{MAX_TRIALS, Verdict, WeakWolfe};
use super::options::LbfgsOptions;
use super::report::{Minimum, Progress, Termination};
use super::vector::{dot, norm};
use crate::{Error, Result};

/// The iterate, the trial that waits for its value, and the best point of all evaluations.
#[derive(Debug)]
pub(crate) struct Descent {
    options: LbfgsOptions,
    history: History,
    point: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
    trial: Vec<f64>,
    trial_gradient: Vec<f64>,
    direction: Vec<f64>,
    /// The line search under way, and how many of its trials were judged.
    search: Option<(WeakWolfe, usize)>,
    best: Best,
    initial_value: f64,
    initial_norm: f64,
    iterations: usize,
    evaluations: usize,
    status: Option<Termination>,
}

#[derive(Debug)]
struct Best {
    point: Vec<f64>,
    value: f64,
    gradient_norm: f64,
}

impl Descent {
    /// A descent from a point with its value and gradient, ready with its first trial.
    pub(super) fn new(start: &[f64], value: f64, gradient: Vec<f64>, options: &LbfgsOptions) -> Result<Self> {
        if !value.is_finite() {
            return Err(Error::OutOfRange {
                what: "objective at the start",
                expected: "a finite value: start inside the objective's domain",
                given: value,
            });
        }
        let initial_norm = norm(&gradient);
        let mut descent = Self {
            options: options.clone(),
            history: History::new(options.memory),
            point: start.to_vec(),
            value,
            trial: start.to_vec(),
            trial_gradient: gradient.clone(),
            direction: gradient.clone(),
            gradient,
            search: None,
            best: Best { point: start.to_vec(), value, gradient_norm: initial_norm },
            initial_value: value,
            initial_norm,
            iterations: 0,
            evaluations: 1,
            status: (initial_norm < options.gradient_tolerance).then_some(Termination::GradientSmall),
        };
        descent.continue_from_point();
        Ok(descent)
    }

    /// The point whose value and gradient are wanted, as long as the descent is not over.
    pub(super) fn trial(&self) -> &[f64] {
        &self.trial
    }

    pub(super) fn is_over(&self) -> bool {
        self.status.is_some()
    }

    pub(super) fn progress(&self) -> Progress {
        Progress {
            iterations: self.iterations,
            evaluations: self.evaluations,
            value: self.best.value,
            gradient_norm: self.best.gradient_norm,
        }
    }

    /// The lowest value so far.
    pub(crate) fn value(&self) -> f64 {
        self.best.value
    }

    /// Ends before its time, for this reason.
    pub(crate) fn end(&mut self, reason: Termination) {
        self.status.get_or_insert(reason);
    }

    /// Takes the value and gradient of the trial, and makes the next one or ends.
    pub(super) fn tell(&mut self, value: f64, gradient: impl Iterator<Item = f64>) {
        self.trial_gradient.iter_mut().zip(gradient).for_each(|(to, from)| *to = from);
        let value = self.record(value);
        let Some((mut search, trials)) = self.search.take() else { return };
        if search.judge(value, || dot(&self.trial_gradient, &self.direction)) == Verdict::Accept {
            self.accept(value);
        } else if trials + 1 == MAX_TRIALS {
            self.status = Some(Termination::NoBetterPoint);
        } else {
            self.set_trial(search.step);
            self.search = Some((search, trials + 1));
        }
    }

    pub(crate) fn finish(self) -> Minimum {
        let Best { point, value, gradient_norm } = self.best;
        let small = gradient_norm.min(self.initial_norm) < self.options.gradient_tolerance;
        let ended = self.status.unwrap_or(Termination::IterationLimit);
        Minimum {
            point,
            value,
            initial_value: self.initial_value,
            gradient_norm,
            iterations: self.iterations,
            evaluations: self.evaluations,
            status: if small { Termination::GradientSmall } else { ended },
        }
    }

    /// Counts an evaluation and keeps it if it is the best; infinite unless all of it is finite.
    fn record(&mut self, value: f64) -> f64 {
        self.evaluations += 1;
        if !value.is_finite() || self.trial_gradient.iter().any(|g| !g.is_finite()) {
            return f64::INFINITY;
        }
        if value < self.best.value {
            self.best.point.copy_from_slice(&self.trial);
            (self.best.value, self.best.gradient_norm) = (value, norm(&self.trial_gradient));
        }
        value
    }

    fn accept(&mut self, value: f64) {
        self.history.push((&self.point, &self.gradient), (&self.trial, &self.trial_gradient));
        std::mem::swap(&mut self.point, &mut self.trial);
        std::mem::swap(&mut self.gradient, &mut self.trial_gradient);
        let gained = (self.value - value).abs();
        self.value = value;
        self.iterations += 1;
        if norm(&self.gradient) < self.options.gradient_tolerance {
            self.status = Some(Termination::GradientSmall);
        } else if gained < self.options.value_tolerance {
            self.status = Some(Termination::ValueStalled);
        }
        self.continue_from_point();
    }

    /// Begins a line search along the quasi-Newton direction, or ends where there is none.
    fn continue_from_point(&mut self) {
        if self.is_over() {
            return;
        }
        if self.iterations >= self.options.max_iterations {
            self.status = Some(Termination::IterationLimit);
            return;
        }
        self.direction.copy_from_slice(&self.gradient);
        self.history.direction(&mut self.direction);
        // The steepest descent says nothing about scale; quasi-Newton directions do.
        let first = (self.options.first_step / norm(&self.gradient)).min(1.0);
        let step = if self.history.is_empty() { first } else { 1.0 };
        match WeakWolfe::new(self.value, dot(&self.gradient, &self.direction), step) {
            Some(search) => {
                self.set_trial(step);
                self.search = Some((search, 0));
            }
            None => self.status = Some(Termination::NoBetterPoint),
        }
    }

    fn set_trial(&mut self, step: f64) {
        for ((trial, x), d) in self.trial.iter_mut().zip(&self.point).zip(&self.direction) {
            *trial = x + step * d;
        }
    }
}
