//! A line search for the weak Wolfe conditions that survives infinite values.
//!
//! argmin's own More-Thuente and Hager-Zhang searches stop at the first infinity, which a stability
//! constraint produces all the time. Bracketing in the manner of Lewis and Overton (Math. Program. 141,
//! 2013) needs no finite value at the far end: a step that fails sufficient decrease, infinity included,
//! bounds the bracket from above; one that fails the curvature condition bounds it from below.

use argmin::core::{
    CostFunction, Error, Gradient, IterState, KV, LineSearch, Problem, Solver, TerminationReason,
    TerminationStatus,
};

const SUFFICIENT_DECREASE: f64 = 1e-4;
const CURVATURE: f64 = 0.9;
const MAX_TRIALS: u64 = 40;

type SearchState = IterState<Vec<f64>, Vec<f64>, (), (), (), f64>;

/// Weak Wolfe search; one argmin iteration is one trial step.
#[derive(Debug, Clone)]
pub(super) struct WeakWolfe {
    first_length: f64,
    direction: Vec<f64>,
    origin: Vec<f64>,
    value: f64,
    slope: f64,
    step: f64,
    lower: f64,
    upper: f64,
    accepted: bool,
}

impl WeakWolfe {
    /// `first_length` is the length of the first trial along a steepest-descent direction, which says
    /// nothing about scale; quasi-Newton directions start at the unit step.
    pub(super) fn new(first_length: f64) -> Self {
        Self {
            first_length,
            direction: Vec::new(),
            origin: Vec::new(),
            value: f64::NAN,
            slope: f64::NAN,
            step: 1.0,
            lower: 0.0,
            upper: f64::INFINITY,
            accepted: false,
        }
    }

    /// The next trial after a failure of sufficient decrease at `step` with this value: the minimiser of
    /// the parabola through value and slope at the lower end, kept inside the bracket.
    fn shrink(&self, value: f64) -> f64 {
        let width = self.upper - self.lower;
        let parabola =
            -0.5 * self.slope * self.upper * self.upper / (value - self.value - self.slope * self.upper);
        if self.lower == 0.0 && parabola.is_finite() {
            parabola.clamp(0.1 * self.upper, 0.5 * self.upper)
        } else if value.is_finite() {
            self.lower + 0.5 * width
        } else {
            self.lower + 0.2 * width
        }
    }
}

impl LineSearch<Vec<f64>, f64> for WeakWolfe {
    fn search_direction(&mut self, direction: Vec<f64>) {
        self.direction = direction;
    }

    fn initial_step_length(&mut self, step: f64) -> Result<(), Error> {
        self.step = step;
        Ok(())
    }
}

impl<O> Solver<O, SearchState> for WeakWolfe
where
    O: CostFunction<Param = Vec<f64>, Output = f64> + Gradient<Param = Vec<f64>, Gradient = Vec<f64>>,
{
    fn name(&self) -> &str {
        "weak Wolfe line search"
    }

    fn init(
        &mut self,
        _problem: &mut Problem<O>,
        mut state: SearchState,
    ) -> Result<(SearchState, Option<KV>), Error> {
        let gradient = state.take_gradient().unwrap_or_default();
        self.origin = state.take_param().unwrap_or_default();
        self.value = state.cost;
        self.slope = dot(&gradient, &self.direction);
        if self.slope.is_nan() || self.slope >= 0.0 {
            return Err(Error::msg("not a descent direction"));
        }
        let norm = dot(&gradient, &gradient).sqrt();
        let steepest = (self.slope + norm * norm).abs() <= 1e-12 * norm * norm
            && (dot(&self.direction, &self.direction).sqrt() - norm).abs() <= 1e-12 * norm;
        self.step = if steepest { (self.first_length / norm).min(1.0) } else { 1.0 };
        (self.lower, self.upper, self.accepted) = (0.0, f64::INFINITY, false);
        // The state must hold a point from here on: the origin, until a trial is accepted.
        let origin = self.origin.clone();
        Ok((state.param(origin).max_iters(MAX_TRIALS), None))
    }

    fn next_iter(
        &mut self,
        problem: &mut Problem<O>,
        state: SearchState,
    ) -> Result<(SearchState, Option<KV>), Error> {
        let trial: Vec<f64> =
            self.origin.iter().zip(&self.direction).map(|(x, d)| x + self.step * d).collect();
        let value = problem.cost(&trial)?;
        let decreased = value <= self.value + SUFFICIENT_DECREASE * self.step * self.slope;
        if !decreased {
            self.upper = self.step;
            self.step = self.shrink(value);
        } else if dot(&problem.gradient(&trial)?, &self.direction) < CURVATURE * self.slope {
            self.lower = self.step;
            self.step =
                if self.upper.is_finite() { 0.5 * (self.lower + self.upper) } else { 2.0 * self.step };
        } else {
            self.accepted = true;
            return Ok((state.param(trial).cost(value), None));
        }
        if state.iter + 1 >= MAX_TRIALS {
            return Err(Error::msg("no step satisfies the weak Wolfe conditions"));
        }
        Ok((state, None))
    }

    fn terminate(&mut self, _state: &SearchState) -> TerminationStatus {
        if self.accepted {
            TerminationStatus::Terminated(TerminationReason::SolverConverged)
        } else {
            TerminationStatus::NotTerminated
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
