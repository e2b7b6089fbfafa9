//! L-BFGS for objectives that may be infinite, as a solver of argmin: the only place the library touches it.
//!
//! Argmin's executor owns the loop, counts its iterations, pauses at a limit of them and ends where the
//! solver has converged or the observer interrupts. One iteration is one evaluation of the trial points of
//! all descents. Its own L-BFGS takes one start, clones the point and the gradient several times per
//! iteration and allocates each pair anew, which costs as much as a small loop's gradient.

use std::ops::ControlFlow;

use argmin::core::{
    Error as Failure, Executor, IterState, KV, Problem, Solver, State, TerminationReason, TerminationStatus,
};

use super::descent::Descent;
use super::objective::{BatchObjective, Objective, Single};
use super::options::LbfgsOptions;
use super::report::{Minimum, Observer, Termination};
use crate::{Error, Result, check};

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
    minimise_observed(objective, start, options, &mut |_| ControlFlow::Continue(()))
}

/// The same, watched: the observer is told of every evaluation, and ends the minimisation where it breaks.
/// The best point met is kept.
///
/// # Errors
/// As [`minimise`].
///
/// ```
/// use std::ops::ControlFlow;
/// use thalamo::optim::{LbfgsOptions, Objective, Termination, minimise_observed};
/// /// x^4.
/// struct Quartic;
/// impl Objective for Quartic {
///     fn dimension(&self) -> usize { 1 }
///     fn evaluate(&mut self, x: &[f64], g: &mut [f64]) -> f64 {
///         g[0] = 4.0 * x[0].powi(3);
///         x[0].powi(4)
///     }
/// }
/// let good_enough = &mut |progress: &thalamo::optim::Progress| {
///     if progress.value < 1e-3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
/// };
/// let found = minimise_observed(&mut Quartic, &[1.0], &LbfgsOptions::default(), good_enough)?;
/// assert!(found.value < 1e-3 && found.status == Termination::Cancelled);
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn minimise_observed(
    objective: &mut dyn Objective,
    start: &[f64],
    options: &LbfgsOptions,
    observer: &mut Observer<'_>,
) -> Result<Minimum> {
    let mut single = Single(objective);
    let descents = begin(&mut single, &[start], options)?;
    let descents = run(&mut single, descents, usize::MAX, observer)?;
    let minimum = descents.into_iter().next().map(Descent::finish);
    minimum.ok_or(Error::Empty { what: "starts", remedy: "give at least one" })
}

/// Descents from at least one and at most B starts, each with its first trial.
pub(crate) fn begin<const B: usize>(
    objective: &mut dyn BatchObjective<B>,
    starts: &[&[f64]],
    options: &LbfgsOptions,
) -> Result<Vec<Descent>> {
    options.validate()?;
    debug_assert!((1..=B).contains(&starts.len()), "{} starts in a batch of {B}", starts.len());
    for start in starts {
        let (given, expected) = ((start.len(), 1), (objective.dimension(), 1));
        check::shape("start", given, expected, "give one entry per variable of the objective")?;
        check::finite("start", start)?;
    }
    Shared::new(objective).begin(starts, options)
}

/// Carries at most B descents on, in step, until each is over or has that many evaluations. All that are not
/// over have as many to begin with. Every descent takes the steps, to the last bit, that it would take alone.
pub(crate) fn advance<const B: usize>(
    objective: &mut dyn BatchObjective<B>,
    descents: Vec<Descent>,
    evaluations: usize,
) -> Result<Vec<Descent>> {
    run(objective, descents, evaluations, &mut |_| ControlFlow::Continue(()))
}

fn run<const B: usize>(
    objective: &mut dyn BatchObjective<B>,
    descents: Vec<Descent>,
    evaluations: usize,
    observer: &mut Observer<'_>,
) -> Result<Vec<Descent>> {
    let done = descents.iter().filter(|d| !d.is_over()).map(|d| d.progress().evaluations).max();
    let more = done.map_or(0, |done| evaluations.saturating_sub(done));
    let executor = Executor::new(Shared::new(objective), Lbfgs { descents, observer })
        .configure(|state: Iterations| state.max_iters(more as u64))
        .ctrlc(false)
        .timer(false);
    match executor.run() {
        Ok(outcome) => Ok(outcome.solver.descents),
        // The solver itself fails nowhere.
        Err(_) => Err(Error::Empty { what: "optimisation", remedy: "report this: the executor failed" }),
    }
}

/// Argmin's record of a run. Points stay in the descents, so that no iteration copies one.
type Iterations = IterState<Vec<f64>, Vec<f64>, (), (), (), f64>;

/// L-BFGS as a solver of argmin.
struct Lbfgs<'a, 'o> {
    descents: Vec<Descent>,
    observer: &'a mut Observer<'o>,
}

impl<const B: usize> Solver<Shared<'_, B>, Iterations> for Lbfgs<'_, '_> {
    fn name(&self) -> &str {
        "L-BFGS"
    }

    fn next_iter(
        &mut self,
        problem: &mut Problem<Shared<'_, B>>,
        state: Iterations,
    ) -> std::result::Result<(Iterations, Option<KV>), Failure> {
        let shared = problem.problem.as_mut().ok_or_else(|| Failure::msg("no objective"))?;
        shared.evaluate(&mut self.descents);
        let values = self.descents.iter().map(Descent::value);
        let state = state.cost(values.fold(f64::INFINITY, f64::min));
        let mut broken = false;
        for descent in &self.descents {
            broken |= (self.observer)(&descent.progress()).is_break();
        }
        if broken {
            self.descents.iter_mut().for_each(|descent| descent.end(Termination::Cancelled));
            return Ok((state.terminate_with(TerminationReason::Interrupt), None));
        }
        Ok((state, None))
    }

    fn terminate(&mut self, _: &Iterations) -> TerminationStatus {
        if self.descents.iter().all(Descent::is_over) {
            TerminationStatus::Terminated(TerminationReason::SolverConverged)
        } else {
            TerminationStatus::NotTerminated
        }
    }
}

/// The objective and the points that wait for their values.
struct Shared<'a, const B: usize> {
    objective: &'a mut dyn BatchObjective<B>,
    points: Vec<[f64; B]>,
    gradients: Vec<[f64; B]>,
}

impl<'a, const B: usize> Shared<'a, B> {
    fn new(objective: &'a mut dyn BatchObjective<B>) -> Self {
        let zeros = vec![[0.0; B]; objective.dimension()];
        Self { objective, points: zeros.clone(), gradients: zeros }
    }

    /// Descents from all starts; places without one follow the first.
    fn begin(&mut self, starts: &[&[f64]], options: &LbfgsOptions) -> Result<Vec<Descent>> {
        for place in 0..B {
            self.set(place, starts.get(place).unwrap_or(&starts[0]));
        }
        let values = self.objective.evaluate(&self.points, &mut self.gradients);
        let descents = starts.iter().enumerate().map(|(place, start)| {
            let gradient = self.gradients.iter().map(|g| g[place]).collect();
            Descent::new(start, values[place], gradient, options)
        });
        descents.collect()
    }

    fn set(&mut self, place: usize, point: &[f64]) {
        self.points.iter_mut().zip(point).for_each(|(to, from)| to[place] = *from);
    }

    /// One evaluation of all trials; descents that are over keep their last one.
    fn evaluate(&mut self, descents: &mut [Descent]) {
        for (place, descent) in descents.iter().enumerate().filter(|(_, d)| !d.is_over()) {
            self.set(place, descent.trial());
        }
        let values = self.objective.evaluate(&self.points, &mut self.gradients);
        for (place, descent) in descents.iter_mut().enumerate().filter(|(_, d)| !d.is_over()) {
            descent.tell(values[place], self.gradients.iter().map(|g| g[place]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's function in three variables, infinite far out.
    struct Valley;

    impl Objective for Valley {
        fn dimension(&self) -> usize {
            3
        }

        fn evaluate(&mut self, x: &[f64], g: &mut [f64]) -> f64 {
            g.fill(0.0);
            let mut value = 0.0;
            for i in 0..2 {
                let (a, b) = (x[i + 1] - x[i] * x[i], 1.0 - x[i]);
                value += 100.0 * a * a + b * b;
                g[i] -= 400.0 * a * x[i] + 2.0 * b;
                g[i + 1] += 200.0 * a;
            }
            if x.iter().map(|x| x * x).sum::<f64>() > 36.0 { f64::INFINITY } else { value }
        }
    }

    impl BatchObjective<4> for Valley {
        fn dimension(&self) -> usize {
            3
        }

        fn evaluate(&mut self, x: &[[f64; 4]], gradient: &mut [[f64; 4]]) -> [f64; 4] {
            std::array::from_fn(|i| {
                let mut own = [0.0; 3];
                let value = Objective::evaluate(self, &[x[0][i], x[1][i], x[2][i]], &mut own);
                gradient.iter_mut().zip(own).for_each(|(to, from)| to[i] = from);
                value
            })
        }
    }

    const STARTS: [&[f64]; 4] = [&[-1.2, 1.0, 0.3], &[1.0, 1.0, 1.0], &[3.0, -2.0, 2.5], &[0.0, 0.0, 0.0]];

    #[test]
    fn starts_in_step_are_starts_alone() {
        let options = LbfgsOptions::default();
        let alone = STARTS.map(|start| minimise(&mut Valley, start, &options).unwrap());
        // One begins in the minimum.
        assert!(alone[0].evaluations > 2 * alone[1].evaluations, "starts of different lengths");
        for count in 1..=4 {
            let mut descents = begin(&mut Valley, &STARTS[..count], &options).unwrap();
            // With a pause.
            descents = advance(&mut Valley, descents, 20).unwrap();
            assert!(descents.iter().all(|d| d.progress().evaluations <= 20));
            descents = advance(&mut Valley, descents, usize::MAX).unwrap();
            let together: Vec<Minimum> = descents.into_iter().map(Descent::finish).collect();
            assert_eq!(together, alone[..count]);
        }
    }

    #[test]
    fn a_start_outside_the_domain_is_refused() {
        let begun = begin(&mut Valley, &[STARTS[0], &[9.0, 0.0, 0.0]], &LbfgsOptions::default());
        assert!(matches!(begun, Err(Error::OutOfRange { .. })));
    }
}
