//! L-BFGS for objectives that may be infinite, as a solver of argmin: the only place the library touches it.

use argmin::core::{
    Executor, IterState, KV, OptimizationResult, Problem, Solver, State, TerminationReason, TerminationStatus,
};

use super::history::History;
use super::line_search::{MAX_TRIALS, Verdict, WeakWolfe};
use super::vector::{dot, norm};
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

impl LbfgsOptions {
    pub(crate) fn check(&self) -> Result<()> {
        if !(1..=MAX_MEMORY).contains(&self.memory) {
            return Err(Error::Count { what: "L-BFGS memory", expected: "1 to 10000", given: self.memory });
        }
        validate::positive("first step", self.first_step)?;
        validate::non_negative("gradient tolerance", self.gradient_tolerance)?;
        validate::non_negative("value tolerance", self.value_tolerance)
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
    let run = Run::new(objective, start)?;
    let (initial_value, initial_norm) = (run.value, norm(&run.gradient));
    let solver = Lbfgs { history: History::new(options.memory), options: options.clone(), status: None };
    let outcome = Executor::new(run, solver)
        .configure(|state: Iterations| state.max_iters(options.max_iterations as u64))
        .ctrlc(false)
        .timer(false)
        .run();
    let OptimizationResult { problem: Problem { problem: Some(run), .. }, solver, state } =
        outcome.map_err(|_| Error::Empty { what: "optimisation", remedy: UNREACHABLE })?
    else {
        return Err(Error::Empty { what: "optimisation", remedy: UNREACHABLE });
    };
    let (point, value, gradient_norm) = run.best;
    let small = gradient_norm < options.gradient_tolerance || initial_norm < options.gradient_tolerance;
    let status = if small { Status::GradientSmall } else { solver.status.unwrap_or(Status::IterationLimit) };
    Ok(Minimum {
        point,
        value,
        initial_value,
        gradient_norm,
        iterations: state.get_iter() as usize,
        evaluations: run.evaluations,
        status,
    })
}

/// No iteration fails, and the executor hands back what it was given.
const UNREACHABLE: &str = "report this: argmin's executor lost it";

/// Argmin's record of a run: how many iterations. Points stay in [`Run`], so that no iteration copies one.
type Iterations = IterState<Vec<f64>, Vec<f64>, (), (), (), f64>;

/// L-BFGS as a solver of argmin, which owns the loop. Its own L-BFGS clones the point and the gradient several times per
/// iteration and allocates each pair anew, which costs as much as a small loop's gradient.
struct Lbfgs {
    history: History,
    options: LbfgsOptions,
    status: Option<Status>,
}

impl Solver<Run<'_>, Iterations> for Lbfgs {
    fn name(&self) -> &str {
        "L-BFGS"
    }

    fn next_iter(
        &mut self,
        problem: &mut Problem<Run<'_>>,
        state: Iterations,
    ) -> std::result::Result<(Iterations, Option<KV>), argmin::core::Error> {
        let Some(run) = problem.problem.as_mut() else { return Ok((state, None)) };
        let before = run.value;
        if !run.advance(&mut self.history, self.options.first_step) {
            self.status = Some(Status::NoBetterPoint);
        } else if norm(&run.gradient) < self.options.gradient_tolerance {
            self.status = Some(Status::GradientSmall);
        } else if (before - run.value).abs() < self.options.value_tolerance {
            self.status = Some(Status::ValueStalled);
        }
        Ok((state, None))
    }

    fn init(
        &mut self,
        problem: &mut Problem<Run<'_>>,
        state: Iterations,
    ) -> std::result::Result<(Iterations, Option<KV>), argmin::core::Error> {
        let start = problem.problem.as_ref().map_or(f64::INFINITY, |run| norm(&run.gradient));
        self.status = (start < self.options.gradient_tolerance).then_some(Status::GradientSmall);
        Ok((state, None))
    }

    fn terminate(&mut self, _: &Iterations) -> TerminationStatus {
        match self.status {
            Some(_) => TerminationStatus::Terminated(TerminationReason::SolverConverged),
            None => TerminationStatus::NotTerminated,
        }
    }
}

fn check(objective: &dyn Objective, start: &[f64], options: &LbfgsOptions) -> Result<()> {
    validate::shape(
        "start",
        (start.len(), 1),
        (objective.dimension(), 1),
        "give one entry per variable of the objective",
    )?;
    validate::finite("start", start)?;
    options.check()
}

/// The iterate, a trial, and the best point of all evaluations.
struct Run<'a> {
    objective: &'a mut dyn Objective,
    point: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
    trial: Vec<f64>,
    trial_gradient: Vec<f64>,
    direction: Vec<f64>,
    best: (Vec<f64>, f64, f64),
    evaluations: usize,
}

impl<'a> Run<'a> {
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
        let (point, trial) = (start.to_vec(), start.to_vec());
        let (trial_gradient, direction) = (gradient.clone(), gradient.clone());
        Ok(Self { objective, point, value, gradient, trial, trial_gradient, direction, best, evaluations: 1 })
    }

    /// One step along the quasi-Newton direction; false where the line search finds none.
    fn advance(&mut self, history: &mut History, first_step: f64) -> bool {
        self.direction.copy_from_slice(&self.gradient);
        history.direction(&mut self.direction);
        // The steepest descent says nothing about scale; quasi-Newton directions do.
        let step = if history.is_empty() { (first_step / norm(&self.gradient)).min(1.0) } else { 1.0 };
        let Some(mut search) = WeakWolfe::new(self.value, dot(&self.gradient, &self.direction), step) else {
            return false;
        };
        for _ in 0..MAX_TRIALS {
            for ((trial, x), d) in self.trial.iter_mut().zip(&self.point).zip(&self.direction) {
                *trial = x + search.step * d;
            }
            let value = self.evaluate_trial();
            let slope = || dot(&self.trial_gradient, &self.direction);
            if search.judge(value, slope) == Verdict::Accept {
                history.push((&self.point, &self.gradient), (&self.trial, &self.trial_gradient));
                std::mem::swap(&mut self.point, &mut self.trial);
                std::mem::swap(&mut self.gradient, &mut self.trial_gradient);
                self.value = value;
                return true;
            }
        }
        false
    }

    fn evaluate_trial(&mut self) -> f64 {
        let mut value = self.objective.evaluate(&self.trial, &mut self.trial_gradient);
        self.evaluations += 1;
        if !value.is_finite() || self.trial_gradient.iter().any(|g| !g.is_finite()) {
            value = f64::INFINITY;
        }
        if value < self.best.1 {
            self.best.0.copy_from_slice(&self.trial);
            (self.best.1, self.best.2) = (value, norm(&self.trial_gradient));
        }
        value
    }
}
