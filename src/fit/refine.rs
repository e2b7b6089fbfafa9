//! Local refinement: Newton's method with Levenberg-Marquardt damping and linearised constraints.

use super::cholesky;
use super::objective::derivatives::Evaluation;
use super::poles::{Linearised, Poles, RowKind};
use super::problem::Problem;
use super::quadratic_program::QuadraticProgram;

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

/// Workspace of the refinement; holds the best evaluation after a call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refiner {
    pub(crate) best: Evaluation,
    trial: Evaluation,
    program: QuadraticProgram,
    constraints: Linearised,
    factor: Vec<f64>,
}

/// What a refinement did.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    pub(crate) evaluations: usize,
    pub(crate) converged: bool,
}

impl Refiner {
    /// Lowers the objective from a feasible spectrum, in place; every iterate is feasible.
    ///
    /// Each step solves `min g p + 1/2 p (H + nu D) p` over the linearised constraints, an inner approximation of
    /// the feasible set, so acceptance needs nothing but the objective. H is the exact Hessian where it
    /// is positive definite, and Gauss-Newton's elsewhere.
    pub(crate) fn refine(
        &mut self,
        problem: &Problem,
        spectrum: &mut Poles,
        budget: Budget,
        mut evaluate: impl FnMut(&Poles, &mut Evaluation),
    ) -> Outcome {
        let n = spectrum.modes();
        evaluate(spectrum, &mut self.best);
        let mut outcome = Outcome { evaluations: 1, converged: false };
        let mut damping = 1e-3;
        let mut trial = spectrum.clone();
        problem.bounds.linearise(spectrum, &mut self.constraints);
        while outcome.evaluations < budget.evaluations {
            self.factor_damped(n, damping);
            self.program.solve(
                &self.factor,
                &self.best.gradient,
                &self.constraints.rows,
                &self.constraints.rhs,
            );
            let step = &self.program.step;
            // Decrease promised by the damped model, at least half of -g p.
            let promised = -0.5 * cholesky::dot(&self.best.gradient, step);
            if promised.is_nan() || promised <= budget.absolute + budget.relative * self.best.value {
                outcome.converged = promised.is_finite();
                break;
            }
            trial.theta.clone_from(&spectrum.theta);
            for (x, p) in trial.theta.iter_mut().zip(step) {
                *x += p;
            }
            outcome.evaluations += 1;
            let ratio = if problem.bounds.repair(&mut trial) {
                evaluate(&trial, &mut self.trial);
                (self.best.value - self.trial.value) / promised
            } else {
                f64::NEG_INFINITY
            };
            if ratio > 1e-3 {
                std::mem::swap(&mut spectrum.theta, &mut trial.theta);
                std::mem::swap(&mut self.best, &mut self.trial);
                problem.bounds.linearise(spectrum, &mut self.constraints);
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
        outcome
    }

    /// Cholesky factor of `H + nu D`, D the diagonal of Gauss-Newton's H with a floor.
    fn factor_damped(&mut self, n: usize, damping: f64) {
        let diagonal = |i: usize| self.best.gauss_newton[i * n + i];
        let top = (0..n).map(diagonal).fold(f64::MIN_POSITIVE, f64::max);
        let floor = 1e-7 * top;
        let mut damping = damping;
        for attempt in 0..40 {
            let source = if attempt == 0 { &self.best.hessian } else { &self.best.gauss_newton };
            self.factor.clear();
            self.factor.extend_from_slice(source);
            for i in 0..n {
                self.factor[i * n + i] += damping * diagonal(i).max(floor) + 1e-14 * top;
            }
            if cholesky::factor(&mut self.factor, n) {
                return;
            }
            if attempt > 0 {
                damping = (10.0 * damping).max(1e-14);
            }
        }
        // Not a number in the Hessian: an identity yields a step whose promise is not finite, which ends the loop.
        self.factor.clear();
        self.factor.resize(n * n, 0.0);
        for i in 0..n {
            self.factor[i * n + i] = 1.0;
        }
    }

    /// Norm of the gradient projected on the directions that the constraints allow, and the rows that hold it back.
    ///
    /// Zero exactly at a Karush-Kuhn-Tucker point; `tolerance` (in 1/T) decides which constraints are met with equality.
    pub(crate) fn stationarity(
        &mut self,
        problem: &Problem,
        spectrum: &Poles,
        tolerance: f64,
    ) -> (f64, Vec<(RowKind, f64)>) {
        let n = spectrum.modes();
        problem.bounds.linearise(spectrum, &mut self.constraints);
        let mut rows = Vec::new();
        let mut kinds = Vec::new();
        for (i, &kind) in self.constraints.kinds.iter().enumerate() {
            if self.constraints.rhs[i] > -tolerance {
                rows.extend_from_slice(&self.constraints.rows[i * n..(i + 1) * n]);
                kinds.push(kind);
            }
        }
        self.factor.clear();
        self.factor.resize(n * n, 0.0);
        for i in 0..n {
            self.factor[i * n + i] = 1.0;
        }
        self.program.solve(&self.factor, &self.best.gradient, &rows, &vec![0.0; kinds.len()]);
        let active = self.program.active.iter().map(|&(i, nu)| (kinds[i], nu)).collect();
        (cholesky::norm(&self.program.step), active)
    }
}
