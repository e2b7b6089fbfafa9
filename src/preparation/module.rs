//! Modules: optimised, given, or restored from their stored numbers.

use nalgebra::{DMatrix, DVector};

use super::cost::{PreparationCost, PreparationTerms};
use super::input::Input;
use super::null::OutputNull;
use super::options::check_rank;
use crate::linalg::{eigenvalues, spectral_abscissa};
use crate::low_rank::LowRank;
use crate::optim::Termination;
use crate::spectrum::Spectrum;
use crate::system::System;
use crate::{Error, Result, check};

/// Largest residual of an output-null module, relative to its matrix and the readout weights.
const NULL_RESIDUAL: f64 = 1e-12;

/// What the design of a preparatory module achieved.
#[derive(Debug, Clone, PartialEq)]
pub struct PreparationReport {
    /// Terms of the cost at the end.
    pub terms: PreparationTerms,
    /// Cost per unit C/N at the end, without penalty.
    pub cost_per_unit: f64,
    /// Largest real part of the eigenvalues of $A + U V^T$.
    pub abscissa: f64,
    /// Frobenius norms of U and V.
    pub norms: (f64, f64),
    /// How well the readout is kept from seeing preparation, where the module is output-null.
    pub output_null: Option<OutputNull>,
    /// How the weights were found; `None` where they were given.
    pub history: Option<PreparationHistory>,
}

/// How a preparatory module came about: what its weights alone do not tell.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
pub struct PreparationHistory {
    /// Cost per unit C/N at the start of the optimisation.
    pub initial_cost_per_unit: f64,
    /// Evaluations of cost and gradient.
    pub evaluations: usize,
    /// Iterations.
    pub iterations: usize,
    /// Why it ended.
    pub status: Termination,
}

/// Fixed points of preparation, one per input.
#[derive(Debug, Clone)]
pub(crate) struct FixedPoints {
    /// Until the switch.
    pub(crate) first: Option<DVector<f64>>,
    /// From then on, or throughout.
    pub(crate) last: DVector<f64>,
}

/// A preparatory module $U V^T$: during preparation $\dot x = (A + U V^T) x + b_\mu$ with
/// $b_\mu = -(A + U V^T) x_\mathrm{init}(\mu)$, whose only fixed point is the start of motif $\mu$, or with
/// another [`Input`] that leads there.
///
/// ```
/// use thalamo::{Cortex, System, preparation::{Preparation, PreparationOptions}};
/// let system = System::from(Cortex::random(30, 0.5, 1)?);
/// let options = PreparationOptions::default().with(|o| o.rank = Some(10));
/// let preparation = Preparation::optimise(&system, &options, 1)?;
/// let report = preparation.report();
/// let history = report.history.expect("it was optimised");
/// assert!(report.cost_per_unit < history.initial_cost_per_unit && report.abscissa < 0.0);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Preparation {
    weights: LowRank,
    system: DMatrix<f64>,
    eigenvalues: Spectrum,
    report: PreparationReport,
    /// With its times in numbers.
    input: Input,
    /// `(I - e^{M T_c})^{-1}`, where the input is compensated.
    compensation: Option<DMatrix<f64>>,
}

impl Preparation {
    /// A module from given weights, not optimised.
    ///
    /// # Errors
    /// Weights of another number of units or without columns, a negative beta, or a system that is not
    /// stable.
    pub fn new(system: &System, weights: LowRank, beta: f64) -> Result<Self> {
        Self::restore(system, weights, (beta, None), None)
    }

    /// A module from its stored weights, which keep their bits, with how they came about; stability and cost
    /// are computed again, by beta, and whether it is output-null, with gamma.
    pub(crate) fn restore(
        system: &System,
        weights: LowRank,
        (beta, gamma): (f64, Option<f64>),
        history: Option<PreparationHistory>,
    ) -> Result<Self> {
        if let Some(history) = history {
            check::finite("initial preparatory cost", &[history.initial_cost_per_unit])?;
        }
        check_rank(system, weights.rank())?;
        let closed = weights.closed(system)?;
        // A cost of its own, whose last digits depend on nothing but U and V.
        let mut cost = PreparationCost::new(system, beta)?;
        let (u, v) = (weights.input(), weights.feedback());
        let mut terms = cost.evaluate(u, v)?.ok_or_else(|| unstable(&closed))?;
        terms.residual = cost.residual();
        let eigenvalues = eigenvalues(&closed)?;
        let output_null = gamma.map(|gamma| OutputNull::of(system, &closed, gamma)).transpose()?;
        if let Some(null) = output_null {
            check::agrees("module W^T M = -gamma W^T", null.residual, NULL_RESIDUAL)?;
        }
        let report = PreparationReport {
            terms,
            cost_per_unit: terms.total() / system.units() as f64,
            abscissa: eigenvalues.abscissa(),
            norms: (u.norm(), v.norm()),
            output_null,
            history,
        };
        let (input, compensation) = (Input::Published, None);
        Ok(Self { weights, system: closed, eigenvalues, report, input, compensation })
    }

    /// The same module with another input; modules are made with the published one.
    ///
    /// # Errors
    /// As [`Input::validate`]; a time so short that nothing can be compensated ([`Error::Singular`]).
    pub fn with_input(self, system: &System, input: Input) -> Result<Self> {
        input.validate()?;
        let input = input.resolved(system);
        let compensation = input.compensation(&self.system)?;
        Ok(Self { input, compensation, ..self })
    }

    /// The loop $U V^T$, of rank P.
    pub fn weights(&self) -> &LowRank {
        &self.weights
    }

    /// Weights U from module to cortex (N x P).
    pub fn input(&self) -> &DMatrix<f64> {
        self.weights.input()
    }

    /// Weights V from cortex to module (N x P).
    pub fn feedback(&self) -> &DMatrix<f64> {
        self.weights.feedback()
    }

    /// System matrix $A + U V^T$ during preparation (N x N, 1/tau).
    pub fn system(&self) -> &DMatrix<f64> {
        &self.system
    }

    /// Eigenvalues of the system.
    pub fn eigenvalues(&self) -> &Spectrum {
        &self.eigenvalues
    }

    /// What the design achieved.
    pub fn report(&self) -> &PreparationReport {
        &self.report
    }

    /// When the input switches, $T_c$ (tau); `None` where it does not.
    pub fn switch(&self) -> Option<f64> {
        match self.input {
            Input::Compensated { shortest } => shortest,
            _ => None,
        }
    }

    /// The input that leads to a state x (N), from the [switch](Self::switch) on where there is one:
    /// $b = -(A + U V^T) x$, which makes x the fixed point of preparation, or the compensated
    /// [`Input::Constant`].
    ///
    /// # Errors
    /// A state of the wrong length or not finite, or so large that the bias overflows.
    pub fn bias(&self, state: &DVector<f64>) -> Result<DVector<f64>> {
        self.holds(&self.fixed_points(state)?.last)
    }

    /// The input $b_1$ that leads to a state x (N) until the [switch](Self::switch); `None` where there is
    /// none.
    ///
    /// # Errors
    /// As [`Self::bias`].
    pub fn starting_bias(&self, state: &DVector<f64>) -> Result<Option<DVector<f64>>> {
        self.fixed_points(state)?.first.map(|point| self.holds(&point)).transpose()
    }

    /// What the inputs that lead to a state hold.
    pub(crate) fn fixed_points(&self, state: &DVector<f64>) -> Result<FixedPoints> {
        check::shape("state", (state.len(), 1), (self.system.nrows(), 1), "give one entry per unit")?;
        check::finite("state", state.as_slice())?;
        let compensated = self.compensation.as_ref().map(|compensation| compensation * state);
        if let Some(point) = &compensated {
            check::no_overflow("fixed point of the compensated input", point.as_slice())?;
        }
        Ok(match (self.input, compensated) {
            (Input::Constant { .. }, Some(last)) => FixedPoints { first: None, last },
            (_, first) => FixedPoints { first, last: state.clone() },
        })
    }

    /// The input whose fixed point a state is.
    fn holds(&self, state: &DVector<f64>) -> Result<DVector<f64>> {
        let bias = -(&self.system * state);
        check::no_overflow("bias", bias.as_slice())?;
        Ok(bias)
    }
}

pub(super) fn unstable(closed: &DMatrix<f64>) -> Error {
    Error::Unstable {
        what: "preparation A + U V^T at the start",
        abscissa: spectral_abscissa(closed).unwrap_or(f64::NAN),
        limit: 0.0,
        remedy: "raise the rank P, make J smaller, or start from other weights",
    }
}
