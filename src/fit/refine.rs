//! Local refinement: Newton's method with Levenberg-Marquardt damping and linearised constraints.

use nalgebra::{Cholesky, DMatrix, Dyn};

use super::cholesky::cholesky;
use super::objective::derivatives::Evaluation;
use super::poles::Poles;
use super::problem::Problem;
use super::quadratic_program;
use super::result::ActiveConstraint;

/// When to stop refining.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// Largest number of evaluations.
    pub(crate) evaluations: usize,
    /// Stop when a step promises less than this, relative to the value.
    pub(crate) relative: f64,
    /// Stop when a step promises less than this, in units of half the motif's mean square.
    pub(crate) absolute: f64,
}

/// What a refinement did.
#[derive(Debug, Clone)]
pub(crate) struct Refined {
    /// The objective where it ended.
    pub(crate) best: Evaluation,
    pub(crate) evaluations: usize,
    pub(crate) converged: bool,
}

/// Lowers the objective from feasible poles, in place; every iterate is feasible.
///
/// Each step solves `min g p + 1/2 p (H + nu D) p` over the linearised constraints, an inner approximation of
/// the feasible set, so acceptance needs nothing but the objective. H is the exact Hessian where it
/// is positive definite, and Gauss-Newton's elsewhere.
pub(crate) fn refine(
    problem: &Problem,
    poles: &mut Poles,
    budget: Budget,
    evaluate: impl Fn(&Problem, &Poles) -> Evaluation,
) -> Refined {
    let mut best = evaluate(problem, poles);
    let (mut evaluations, mut converged) = (1, false);
    let mut damping = 1e-3;
    let mut constraints = problem.bounds.linearise(poles);
    while evaluations < budget.evaluations {
        let factor = damped(&best, damping);
        let step =
            quadratic_program::solve(&factor, &best.gradient, &constraints.matrix(), &constraints.rhs).step;
        // Decrease promised by the damped model, at least half of -g p.
        let promised = -0.5 * best.gradient.dot(&step);
        if promised.is_nan() || promised <= budget.absolute + budget.relative * best.value {
            converged = promised.is_finite();
            break;
        }
        let mut trial = poles.clone();
        trial.theta.iter_mut().zip(&step).for_each(|(x, p)| *x += p);
        evaluations += 1;
        let moved = problem.bounds.repair(&mut trial).then(|| evaluate(problem, &trial));
        let ratio = moved.as_ref().map_or(f64::NEG_INFINITY, |moved| (best.value - moved.value) / promised);
        if let Some(moved) = moved.filter(|_| ratio > 1e-3) {
            (*poles, best) = (trial, moved);
            constraints = problem.bounds.linearise(poles);
            if ratio > 0.7 {
                damping = (damping * 0.1).max(1e-12);
            } else if ratio < 0.2 {
                damping *= 3.0;
            }
        } else {
            damping = (damping * 8.0).max(1e-8);
            if damping > 1e12 {
                break;
            }
        }
    }
    Refined { best, evaluations, converged }
}

/// Cholesky factor of `H + nu D`, D the diagonal of Gauss-Newton's H with a floor.
fn damped(at: &Evaluation, mut damping: f64) -> Cholesky<f64, Dyn> {
    let diagonal = at.gauss_newton.diagonal();
    let top = diagonal.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    for attempt in 0..40 {
        let mut matrix = if attempt == 0 { at.hessian.clone() } else { at.gauss_newton.clone() };
        for (i, d) in diagonal.iter().enumerate() {
            matrix[(i, i)] += damping * d.max(1e-7 * top) + 1e-14 * top;
        }
        if let Some(factor) = cholesky(matrix) {
            return factor;
        }
        if attempt > 0 {
            damping = (10.0 * damping).max(1e-14);
        }
    }
    // Not a number in the Hessian: an identity yields a step whose promise is not finite, which ends the
    // loop.
    identity(diagonal.len())
}

fn identity(n: usize) -> Cholesky<f64, Dyn> {
    Cholesky::pack_dirty(DMatrix::identity(n, n))
}

/// Norm of the gradient projected on the directions that the constraints allow, and the constraints that hold
/// it back.
///
/// Zero exactly at a Karush-Kuhn-Tucker point; `tolerance` (in 1/T) decides which constraints are met with
/// equality.
pub(crate) fn stationarity(
    problem: &Problem,
    poles: &Poles,
    best: &Evaluation,
    tolerance: f64,
) -> (f64, Vec<ActiveConstraint>) {
    let constraints = problem.bounds.linearise(poles);
    let met: Vec<usize> = (0..constraints.rhs.len()).filter(|&i| constraints.rhs[i] > -tolerance).collect();
    let rows = constraints.matrix().select_columns(&met);
    let projected =
        quadratic_program::solve(&identity(poles.modes()), &best.gradient, &rows, &vec![0.0; met.len()]);
    let active = projected.active.iter().map(|&(i, _)| constraints.kinds[met[i]]).collect();
    (projected.step.norm(), active)
}
