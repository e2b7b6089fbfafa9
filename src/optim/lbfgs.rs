//! L-BFGS by argmin: the only place the library touches it.

use std::cell::RefCell;

use argmin::core::{
    CostFunction, Error as ArgminError, Executor, Gradient, IterState, State, TerminationReason,
    TerminationStatus,
};
use argmin::solver::quasinewton::LBFGS;

use super::line_search::WeakWolfe;
use super::{Minimum, Objective, Status};
use crate::{Error, Result, validate};

/// More pairs than this are taken for a mistake.
const MAX_MEMORY: usize = 10_000;

/// When and how L-BFGS runs.
#[derive(Debug, Clone, PartialEq)]
pub struct LbfgsOptions {
    /// Pairs of steps and gradient changes remembered (1 to 10000).
    pub memory: usize,
    /// Most iterations.
    pub max_iterations: usize,
    /// Ends when the gradient's Euclidean norm is below this.
    pub gradient_tolerance: f64,
    /// Ends when one step lowers the value by less than this (absolute).
    pub value_tolerance: f64,
    /// Euclidean length of the first trial step.
    pub first_step: f64,
}

impl Default for LbfgsOptions {
    fn default() -> Self {
        Self {
            memory: 10,
            max_iterations: 300,
            gradient_tolerance: 1e-8,
            value_tolerance: 1e-12,
            first_step: 0.1,
        }
    }
}

/// Minimises an objective from `start`, which must lie in its domain.
///
/// Infinite values are no obstacle on the way: the line search steps back from them. Value and gradient are
/// evaluated together and once per point.
///
/// # Errors
/// A start of the wrong length, with entries that are not finite, or where the objective is not finite;
/// options outside their ranges.
///
/// ```
/// use thalamo::optim::{LbfgsOptions, Objective, minimise};
/// /// -ln(1 - |x|^2) + x_0 on the open unit disc, infinite outside.
/// struct Barrier;
/// impl Objective for Barrier {
///     fn dimension(&self) -> usize { 2 }
///     fn evaluate(&mut self, x: &[f64], g: &mut [f64]) -> f64 {
///         let inside = 1.0 - x[0] * x[0] - x[1] * x[1];
///         if inside <= 0.0 { return f64::INFINITY; }
///         (g[0], g[1]) = (2.0 * x[0] / inside + 1.0, 2.0 * x[1] / inside);
///         x[0] - inside.ln()
///     }
/// }
/// let minimum = minimise(&mut Barrier, &[0.0, 0.9], &LbfgsOptions::default())?;
/// assert!((minimum.point[0] - (1.0 - 2f64.sqrt())).abs() < 1e-7 && minimum.point[1].abs() < 1e-7);
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn minimise(objective: &mut dyn Objective, start: &[f64], options: &LbfgsOptions) -> Result<Minimum> {
    check(objective, start, options)?;
    let cached = Cached::new(objective, start)?;
    let (initial_value, initial_norm) = cached.start();
    let search = WeakWolfe::new(options.first_step);
    let outcome = LBFGS::new(search, options.memory)
        .with_tolerance_grad(options.gradient_tolerance)
        .and_then(|solver| solver.with_tolerance_cost(options.value_tolerance))
        .and_then(|solver| {
            Executor::new(&cached, solver)
                .configure(|state: IterState<Vec<f64>, Vec<f64>, (), (), (), f64>| {
                    state.param(start.to_vec()).max_iters(options.max_iterations as u64)
                })
                .ctrlc(false)
                .timer(false)
                .run()
        });
    // No call above fails once start and options are checked; should a future argmin disagree, the best
    // point met is still the answer.
    let (iterations, reason) = match &outcome {
        Ok(result) => (result.state().get_iter() as usize, result.state().get_termination_status().clone()),
        Err(_) => (0, TerminationStatus::NotTerminated),
    };
    Ok(cached.into_minimum(initial_value, initial_norm, iterations, &reason, options))
}

fn check(objective: &dyn Objective, start: &[f64], options: &LbfgsOptions) -> Result<()> {
    validate::shape(
        "start",
        (start.len(), 1),
        (objective.dimension(), 1),
        "give one entry per variable of the objective",
    )?;
    validate::finite("start", start)?;
    if !(1..=MAX_MEMORY).contains(&options.memory) {
        return Err(Error::Count { what: "L-BFGS memory", expected: "1 to 10000", given: options.memory });
    }
    validate::positive("first step", options.first_step)?;
    validate::non_negative("gradient tolerance", options.gradient_tolerance)?;
    validate::non_negative("value tolerance", options.value_tolerance)
}

/// Pairs argmin's separate calls for value and gradient, and keeps the best point of all evaluations.
struct Cached<'a> {
    inner: RefCell<Evaluations<'a>>,
}

struct Evaluations<'a> {
    objective: &'a mut dyn Objective,
    point: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
    best: (Vec<f64>, f64, f64),
    count: usize,
}

impl<'a> Cached<'a> {
    fn new(objective: &'a mut dyn Objective, start: &[f64]) -> Result<Self> {
        let mut gradient = vec![0.0; start.len()];
        let value = objective.evaluate(start, &mut gradient);
        if !value.is_finite() {
            return Err(Error::OutOfRange {
                what: "objective at the start",
                expected: "a finite value: start inside the objective's domain",
                given: value,
            });
        }
        let best = (start.to_vec(), value, norm(&gradient));
        let point = start.to_vec();
        Ok(Self { inner: RefCell::new(Evaluations { objective, point, value, gradient, best, count: 1 }) })
    }

    fn start(&self) -> (f64, f64) {
        let inner = self.inner.borrow();
        (inner.best.1, inner.best.2)
    }

    fn into_minimum(
        self,
        initial_value: f64,
        initial_norm: f64,
        iterations: usize,
        reason: &TerminationStatus,
        options: &LbfgsOptions,
    ) -> Minimum {
        let inner = self.inner.into_inner();
        let (point, value, gradient_norm) = inner.best;
        let status = match reason {
            _ if gradient_norm < options.gradient_tolerance || initial_norm < options.gradient_tolerance => {
                Status::GradientSmall
            }
            TerminationStatus::Terminated(TerminationReason::SolverConverged) => Status::ValueStalled,
            TerminationStatus::Terminated(TerminationReason::MaxItersReached) => Status::IterationLimit,
            _ => Status::NoBetterPoint,
        };
        Minimum { point, value, initial_value, gradient_norm, iterations, evaluations: inner.count, status }
    }
}

impl Evaluations<'_> {
    fn at(&mut self, point: &[f64]) {
        if self.point == point {
            return;
        }
        self.point.copy_from_slice(point);
        self.value = self.objective.evaluate(point, &mut self.gradient);
        self.count += 1;
        if self.value.is_nan() || self.gradient.iter().any(|g| !g.is_finite()) {
            self.value = f64::INFINITY;
        }
        if self.value < self.best.1 {
            self.best.0.copy_from_slice(point);
            self.best.1 = self.value;
            self.best.2 = norm(&self.gradient);
        }
    }
}

impl CostFunction for &Cached<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, point: &Self::Param) -> Result<f64, ArgminError> {
        let mut inner = self.inner.borrow_mut();
        inner.at(point);
        Ok(inner.value)
    }
}

impl Gradient for &Cached<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, point: &Self::Param) -> Result<Vec<f64>, ArgminError> {
        let mut inner = self.inner.borrow_mut();
        inner.at(point);
        Ok(inner.gradient.clone())
    }
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}
