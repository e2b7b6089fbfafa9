//! L-BFGS for objectives that may be infinite, as a solver of argmin: the only place the library touches it.

use argmin::core::{Executor, IterState, KV, Problem, Solver, TerminationReason, TerminationStatus};

use super::descent::Descent;
use super::objective::Single;
use super::{BatchObjective, Minimum, Objective};
use crate::{Error, Result, check};

/// More pairs than this are taken for a mistake.
const MAX_MEMORY: usize = 10_000;

/// When and how L-BFGS runs.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "io", serde(remote = "Self", default, deny_unknown_fields))]
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

#[cfg(feature = "io")]
crate::check::checked_when_read!(LbfgsOptions: |it| it.check().map(|()| it));

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
        check::positive("first step", self.first_step)?;
        check::non_negative("gradient tolerance", self.gradient_tolerance)?;
        check::non_negative("value tolerance", self.value_tolerance)
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
    let minima = minimise_batch(&mut Single(objective), &[start], options)?;
    minima.into_iter().next().ok_or(Error::Empty { what: "optimisation", remedy: UNREACHABLE })
}

/// Minimises one objective from up to B starts in step with each other: their trial points share evaluations.
///
/// Every start takes the same steps, to the last bit, as it would alone; a start that ends earlier waits. The minima
/// are in the order of the starts.
///
/// # Errors
/// As [`minimise`]; no starts, or more than B.
///
/// ```
/// use thalamo::optim::{BatchObjective, LbfgsOptions, minimise_batch};
/// /// (x^2 - 1)^2, twice at once.
/// struct DoubleWell;
/// impl BatchObjective<2> for DoubleWell {
///     fn dimension(&self) -> usize { 1 }
///     fn evaluate(&mut self, x: &[[f64; 2]], g: &mut [[f64; 2]]) -> [f64; 2] {
///         g[0] = x[0].map(|x| 4.0 * x * (x * x - 1.0));
///         x[0].map(|x| (x * x - 1.0).powi(2))
///     }
/// }
/// let minima = minimise_batch(&mut DoubleWell, &[&[0.3], &[-0.2]], &LbfgsOptions::default())?;
/// assert!((minima[0].point[0] - 1.0).abs() < 1e-6 && (minima[1].point[0] + 1.0).abs() < 1e-6);
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn minimise_batch<const B: usize>(
    objective: &mut dyn BatchObjective<B>,
    starts: &[&[f64]],
    options: &LbfgsOptions,
) -> Result<Vec<Minimum>> {
    if starts.len() > B {
        return Err(Error::Count {
            what: "starts",
            expected: "at least one and at most B",
            given: starts.len(),
        });
    }
    let descents = begin(objective, starts, options)?;
    let descents = advance(objective, descents, usize::MAX)?;
    Ok(descents.into_iter().map(Descent::finish).collect())
}

/// Descents from at least one and at most B starts, each with its first trial.
pub(crate) fn begin<const B: usize>(
    objective: &mut dyn BatchObjective<B>,
    starts: &[&[f64]],
    options: &LbfgsOptions,
) -> Result<Vec<Descent>> {
    options.check()?;
    if starts.is_empty() {
        return Err(Error::Count { what: "starts", expected: "at least one and at most B", given: 0 });
    }
    for start in starts {
        let (given, expected) = ((start.len(), 1), (objective.dimension(), 1));
        check::shape("start", given, expected, "give one entry per variable of the objective")?;
        check::finite("start", start)?;
    }
    Shared::new(objective).begin(starts, options)
}

/// Carries at most B descents on, in step, until each is over or has that many evaluations.
pub(crate) fn advance<const B: usize>(
    objective: &mut dyn BatchObjective<B>,
    descents: Vec<Descent>,
    evaluations: usize,
) -> Result<Vec<Descent>> {
    let solver = Lbfgs { descents, evaluations };
    let outcome = Executor::new(Shared::new(objective), solver).ctrlc(false).timer(false).run();
    let lost = Error::Empty { what: "optimisation", remedy: UNREACHABLE };
    Ok(outcome.map_err(|_| lost)?.solver.descents)
}

/// No iteration fails, and the executor hands back what it was given.
const UNREACHABLE: &str = "report this: argmin's executor lost it";

/// Argmin's record of a run. Points stay in the descents, so that no iteration copies one.
type Iterations = IterState<Vec<f64>, Vec<f64>, (), (), (), f64>;

/// L-BFGS as a solver of argmin, which owns the loop: one iteration is one evaluation of every descent's trial. Its own
/// L-BFGS takes one start, clones the point and the gradient several times per iteration and allocates each pair
/// anew, which costs as much as a small loop's gradient.
struct Lbfgs {
    descents: Vec<Descent>,
    /// When to pause.
    evaluations: usize,
}

impl<const B: usize> Solver<Shared<'_, B>, Iterations> for Lbfgs {
    fn name(&self) -> &str {
        "L-BFGS"
    }

    fn next_iter(
        &mut self,
        problem: &mut Problem<Shared<'_, B>>,
        state: Iterations,
    ) -> std::result::Result<(Iterations, Option<KV>), argmin::core::Error> {
        if let Some(shared) = problem.problem.as_mut() {
            shared.evaluate(&mut self.descents, self.evaluations);
        }
        Ok((state, None))
    }

    fn terminate(&mut self, _: &Iterations) -> TerminationStatus {
        if !self.descents.iter().any(|d| d.wants(self.evaluations)) {
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

    /// One evaluation of all trials; descents that pause or are over keep their last one.
    fn evaluate(&mut self, descents: &mut [Descent], evaluations: usize) {
        for (place, descent) in descents.iter().enumerate().filter(|(_, d)| d.wants(evaluations)) {
            self.set(place, descent.trial());
        }
        let values = self.objective.evaluate(&self.points, &mut self.gradients);
        for (place, descent) in descents.iter_mut().enumerate().filter(|(_, d)| d.wants(evaluations)) {
            descent.tell(values[place], self.gradients.iter().map(|g| g[place]));
        }
    }
}
