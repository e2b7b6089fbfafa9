//! The objective of a direct design.

use faer::{Accum, MatRef};
use nalgebra::{DMatrix, DVector};

use super::errors::{Errors, Prepared};
use super::modal::{Modal, Outcome};
use super::options::DirectOptions;
use super::problem::Problem;
use super::propagated::propagated;
use super::rank_one::RankOne;
use super::sensitivity::Sensitivity;
use super::terms::DirectTerms;
use crate::linalg::product::{apply, mul_into, view};
use crate::low_rank::LowRank;
use crate::motif::Motif;
use crate::system::System;
use crate::{Result, check};

/// The objective of a direct design of the loop $M = A + U V^T$ and the start s of a motif y,
///
/// $$ J(U, V, s) = \frac1n \sum_n |y_n - W^T e^{M t_n} s|^2 + \frac1T \mathrm{tr}(O S)
///    + \sigma_0^2 \frac{\mathrm{tr}\\, O}{T} + \sigma_r^2 \frac{\mathrm{tr}\\, O}{T} \frac{E}{N T}
///    + \frac{\kappa}{N} |e^{M T} s|^2 + \gamma T (|U|^2 + |V|^2)
///    + \beta \sum_i \max(0, T \mathrm{Re} \mu_i + 1)^2, $$
///
/// $$ O = \int_0^T e^{M^T t} W W^T e^{M t} dt, \qquad E = \int_0^T |e^{M t} s|^2 dt, $$
///
/// with targets and states in units of the scale c. The first two terms are the expected squared error of the
/// readout in a sequence, where S (N x N, in units of $c^2$) is the covariance of what preparation leaves of
/// a deviation: $P \Sigma P^T$ for a preparation P.
///
/// Errors of weights add $\epsilon_w^2 \Phi_w$ and $\mathrm{tr}(O \Sigma(s)) / T$, and move the barrier by
/// standard deviations of $\mathrm{Re} \mu_i$, where [`DirectOptions`] say so: what relative errors of the
/// loop's weights, of the module's and of its input do to the readout, to first order.
///
/// For a given loop the best s solves a linear problem and is eliminated; the gradient by U and V at that s
/// is then the gradient of the minimum. Sums over the modes of M, at one eigendecomposition and six products
/// of order N whatever D is; modes of a loop of rank one are found from those of the loop evaluated before,
/// so that last digits depend on it. Where eigenvectors are too close to dependent, as at U = V = 0 over a
/// defective A, by propagation.
///
/// ```
/// use nalgebra::DMatrix;
/// use thalamo::direct::{DirectCost, DirectOptions};
/// use thalamo::{Cortex, LowRank, System, motif::Motif};
/// let system = System::from(Cortex::random(12, 0.5, 1)?);
/// let motif = Motif::new(0.5, (0..40).map(|n| (0.3 * n as f64).sin()).collect())?;
/// let mut cost = DirectCost::new(&system, &DMatrix::zeros(12, 12), &motif, &DirectOptions::default())?;
/// let u = DMatrix::from_fn(12, 1, |i, _| (i as f64).sin() * 0.1);
/// let at = |scale: f64| LowRank::new(&u * scale, -&u);
/// let terms = cost.evaluate(&at(1.0)?)?.expect("no eigenvalue is far right");
/// assert!(terms.fit < 1.0 && terms.objective > terms.fit);
/// // Directional derivative along U against a central difference.
/// let (h, slope) = (1e-5, cost.gradient_input().dot(&u));
/// let mut value = |s: f64| cost.evaluate(&at(s)?).map(|t| t.map_or(f64::NAN, |t| t.objective));
/// let difference = (value(1.0 + h)? - value(1.0 - h)?) / (2.0 * h);
/// assert!((slope - difference).abs() < 1e-7 * difference.abs().max(1.0));
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug)]
pub struct DirectCost {
    pub(super) problem: Problem,
    rank: usize,
    closed: DMatrix<f64>,
    modal: Modal,
    sensitivity: Sensitivity,
    rank_one: Option<RankOne>,
    errors: Option<Errors>,
    /// In units of 1/T, c and their roots.
    input: Vec<f64>,
    feedback: Vec<f64>,
    by_input: Vec<f64>,
    by_feedback: Vec<f64>,
    start: DVector<f64>,
    gradient_input: DMatrix<f64>,
    gradient_feedback: DMatrix<f64>,
    /// Whether loops without independent eigenvectors have a value.
    pub(super) propagates: bool,
    propagations: usize,
    closed_forms: usize,
}

impl DirectCost {
    /// The objective of a motif (T x D) over a system, with the covariance S (N x N) of what preparation
    /// leaves, or S and the module where its errors count.
    ///
    /// # Errors
    /// Options out of range, shapes that do not match, a covariance that is not symmetric or not finite.
    pub fn new<'a>(
        system: &System,
        prepared: impl Into<Prepared<'a>>,
        motif: &Motif,
        options: &DirectOptions,
    ) -> Result<Self> {
        Ok(Self::of(Problem::new(system, prepared.into(), motif, options)?, options.rank))
    }

    pub(super) fn of(problem: Problem, rank: usize) -> Self {
        let (n, outputs) = (problem.units(), problem.outputs());
        Self {
            rank,
            closed: DMatrix::zeros(n, n),
            modal: Modal::new(n, outputs),
            sensitivity: Sensitivity::new(n, outputs, rank),
            rank_one: problem.open.clone().filter(|_| rank == 1).map(RankOne::new),
            errors: Errors::new([n, outputs, rank], problem.weights.errors, problem.module.clone()),
            input: vec![0.0; n * rank],
            feedback: vec![0.0; n * rank],
            by_input: vec![0.0; n * rank],
            by_feedback: vec![0.0; n * rank],
            start: DVector::zeros(n),
            gradient_input: DMatrix::zeros(n, rank),
            gradient_feedback: DMatrix::zeros(n, rank),
            propagates: true,
            propagations: 0,
            closed_forms: 0,
            problem,
        }
    }

    /// The parts of the objective at the best start; `None` where an eigenvalue is farther right than the
    /// options allow, or where errors of the loop's weights count and its eigenvectors are too close to
    /// dependent, or its eigenvalues to each other, to know what they do.
    ///
    /// # Errors
    /// A loop of another rank or number of units, an eigenvalue iteration that does not converge.
    pub fn evaluate(&mut self, weights: &LowRank) -> Result<Option<DirectTerms>> {
        self.evaluate_at(weights, None, true)
    }

    /// The same from a given start s (N); gradients are then those at that s.
    ///
    /// # Errors
    /// The same; a start of another length or not finite.
    pub fn evaluate_from(&mut self, weights: &LowRank, start: &DVector<f64>) -> Result<Option<DirectTerms>> {
        let expected = (self.problem.units(), 1);
        check::shape("start s", (start.len(), 1), expected, "give one entry per unit")?;
        check::finite("start s", start.as_slice())?;
        self.evaluate_at(weights, Some(&(start / self.problem.scale)), true)
    }

    /// The same from a start in units of c, with gradients or without.
    pub(super) fn evaluate_at(
        &mut self,
        weights: &LowRank,
        start: Option<&DVector<f64>>,
        gradient: bool,
    ) -> Result<Option<DirectTerms>> {
        let expected = (self.problem.units(), self.rank);
        check::shape(
            "loop U V^T",
            weights.input().shape(),
            expected,
            "use the rank and system of the design",
        )?;
        let root = self.problem.duration.sqrt();
        let mut scaled = std::mem::take(&mut self.input);
        let mut feedback = std::mem::take(&mut self.feedback);
        scaled.iter_mut().zip(weights.input().iter()).for_each(|(to, x)| *to = x * root);
        feedback.iter_mut().zip(weights.feedback().iter()).for_each(|(to, x)| *to = x * root);
        let terms = self.scaled(&scaled, &feedback, start.map(|s| s.as_slice()), gradient);
        (self.input, self.feedback) = (scaled, feedback);
        let terms = terms?;
        for (to, from) in
            [(&mut self.gradient_input, &self.by_input), (&mut self.gradient_feedback, &self.by_feedback)]
        {
            to.iter_mut().zip(from).for_each(|(to, x)| *to = x * root);
        }
        Ok(terms)
    }

    /// dJ/dU (N x r) of the last evaluation that returned a value.
    pub fn gradient_input(&self) -> &DMatrix<f64> {
        &self.gradient_input
    }

    /// dJ/dV (N x r) of the last evaluation that returned a value.
    pub fn gradient_feedback(&self) -> &DMatrix<f64> {
        &self.gradient_feedback
    }

    /// The start s (N) of the last evaluation that returned a value.
    pub fn start(&self) -> DVector<f64> {
        &self.start * self.problem.scale
    }

    /// How many evaluations had to propagate, for want of independent eigenvectors.
    pub fn propagations(&self) -> usize {
        self.propagations
    }

    /// How many evaluations of a loop of rank one found its modes in closed form.
    pub fn closed_forms(&self) -> usize {
        self.closed_forms
    }

    /// Value and gradient in units of 1/T and c.
    pub(super) fn scaled(
        &mut self,
        u: &[f64],
        v: &[f64],
        start: Option<&[f64]>,
        gradient: bool,
    ) -> Result<Option<DirectTerms>> {
        let n = self.problem.units();
        let columns = |x| MatRef::from_column_major_slice(x, n, self.rank);
        self.closed.copy_from(&self.problem.matrix);
        mul_into(&mut self.closed, Accum::Add, 1.0, columns(u), columns(v).transpose());
        // All of them: a loop that may end early is not turned into vector instructions.
        if self.closed.iter().fold(false, |wrong, x| wrong | !x.is_finite()) {
            return Ok(None);
        }
        if let Some(errors) = &mut self.errors {
            errors.set_loop(u, v);
        }
        let outcome = match self.decompose(u, v) {
            true => self.modal.value(&self.problem, start, self.errors.as_mut()),
            false => Outcome::Untrusted,
        };
        let mut terms = match outcome {
            Outcome::TooFar => return Ok(None),
            Outcome::Value(terms) => {
                self.start.copy_from_slice(&self.modal.state_in_units);
                if gradient {
                    self.sensitivity.fill(&mut self.modal, &self.problem, &terms, self.errors.as_mut());
                    let basis = &self.modal.basis;
                    let (by_u, by_v) = (&mut self.by_input, &mut self.by_feedback);
                    self.sensitivity.gradients(basis, u, v, by_u, by_v);
                    if let Some(errors) = &self.errors {
                        errors.add_gradients(by_u, by_v);
                    }
                }
                terms
            }
            Outcome::Untrusted if !self.propagates => return Ok(None),
            Outcome::Untrusted => {
                self.propagations += 1;
                let uv = self.problem.weights.errors.of_loop().then_some([u, v]);
                let found = propagated(&self.problem, &self.closed, uv, start, gradient)?;
                let Some(found) = found else { return Ok(None) };
                self.start.copy_from(&found.start);
                if let Some(by_loop) = found.by_loop {
                    apply(view(&by_loop), v, &mut self.by_input);
                    apply(view(&by_loop).transpose(), u, &mut self.by_feedback);
                }
                found.terms
            }
        };
        let weights = self.problem.weights;
        terms.size = u.iter().chain(v).map(|x| x * x).sum();
        terms.objective = weights.total(&terms);
        let slope = 2.0 * weights.size;
        self.by_input.iter_mut().zip(u).for_each(|(g, x)| *g += slope * x);
        self.by_feedback.iter_mut().zip(v).for_each(|(g, x)| *g += slope * x);
        Ok(terms.objective.is_finite().then_some(terms))
    }

    /// The modes of the closed loop; false where they cannot be trusted.
    fn decompose(&mut self, u: &[f64], v: &[f64]) -> bool {
        let (basis, closed) = (&mut self.modal.basis, &self.closed);
        let closed_form = self.rank_one.as_mut().is_some_and(|known| known.decompose(basis, closed, u, v));
        let trusted = closed_form || basis.decompose(closed);
        self.closed_forms += usize::from(closed_form);
        if let Some(known) = self.rank_one.as_mut().filter(|_| trusted) {
            known.remember(basis);
        }
        trusted
    }

    /// Gradients by U and V in units of 1/T, of the last value.
    pub(super) fn scaled_gradients(&self) -> (&[f64], &[f64]) {
        (&self.by_input, &self.by_feedback)
    }

    /// The start in units of c, of the last value.
    pub(super) fn scaled_start(&self) -> &DVector<f64> {
        &self.start
    }

    /// dJ/dM of a loop of any rank, in units of T, without errors: those of a loop that is not there add
    /// nothing, and those of the module do not tell where to begin.
    pub(super) fn by_loop(&mut self, u: &[f64], v: &[f64]) -> Result<Option<DMatrix<f64>>> {
        self.closed.copy_from(&self.problem.matrix);
        let n = self.problem.units();
        let columns = |x| MatRef::from_column_major_slice(x, n, u.len() / n);
        mul_into(&mut self.closed, Accum::Add, 1.0, columns(u), columns(v).transpose());
        let outcome = match self.modal.basis.decompose(&self.closed) {
            true => self.modal.value(&self.problem, None, None),
            false => Outcome::Untrusted,
        };
        match outcome {
            Outcome::TooFar => Ok(None),
            Outcome::Value(terms) => {
                self.sensitivity.fill(&mut self.modal, &self.problem, &terms, None);
                Ok(Some(self.sensitivity.by_loop(&self.modal.basis)))
            }
            Outcome::Untrusted => {
                self.propagations += 1;
                let found = propagated(&self.problem, &self.closed, None, None, true)?;
                Ok(found.and_then(|found| found.by_loop))
            }
        }
    }
}
