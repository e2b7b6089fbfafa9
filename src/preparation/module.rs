//! Modules: optimised, given, or restored from their stored numbers.

use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::cost::{PreparationCost, PreparationTerms};
use super::input::Input;
use super::options::{PreparationOptions, check_rank};
use super::weights::{Weights, normalise_columns};
use crate::linalg::{eigenvalues, spectral_abscissa};
use crate::low_rank::LowRank;
use crate::optim::{Termination, minimise};
use crate::spectrum::Spectrum;
use crate::system::System;
use crate::{Error, Result, check};

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
    /// Optimises U and V by L-BFGS with the adjoint gradient from the stable start `V = -U`, random unit
    /// columns. Where A itself is unstable they are an orthonormal basis of the invariant subspace of its
    /// rightmost eigenvalues, which $A - U U^T$ has one unit further left; random columns again where more
    /// eigenvalues are on the axis than U has columns.
    ///
    /// # Errors
    /// A rank outside 1..=N, a negative beta, a penalty that is not positive, or a cortex that the start
    /// cannot stabilise ([`Error::Unstable`]: raise the rank).
    pub fn optimise(system: &System, options: &PreparationOptions, seed: u64) -> Result<Self> {
        let rank = options.rank_of(system)?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let u = DMatrix::from_fn(system.units(), rank, |_, _| StandardNormal.sample(&mut rng));
        let unstable = system.spectrum()?.abscissa() >= 0.0;
        let subspace = if unstable { Some(rightmost_subspace(system, u.clone())) } else { None };
        let from = |mut u: DMatrix<f64>| {
            normalise_columns(&mut u);
            u *= options.rate.per_tau(system.rate()).sqrt();
            let v = -&u;
            Self::optimise_from(system, options, LowRank::new(u, v)?)
        };
        match subspace.map(from) {
            // More eigenvalues on the axis than columns: random ones move all of them a little.
            None | Some(Err(Error::Unstable { .. })) => from(u),
            Some(made) => made,
        }
    }

    /// Optimises from given U and V (N x P), which must make $A + U V^T$ stable.
    ///
    /// # Errors
    /// As [`Preparation::optimise`]; weights of another number of units, or another rank than the options'.
    pub fn optimise_from(system: &System, options: &PreparationOptions, start: LowRank) -> Result<Self> {
        options.validate()?;
        let shape = (system.units(), options.rank_of(system)?);
        check::shape("U and V", start.input().shape(), shape, "give both as N x P")?;
        // From here on time is in units of 1/rate; the published rate, 1/tau, leaves every bit as it is.
        let rate = options.rate.per_tau(system.rate());
        let root = rate.sqrt();
        let given = start.closed(system)?;
        let (u, v) = (start.input() / root, start.feedback() / root);
        let slow = System::new(system.matrix() / rate, system.readout().clone())?;
        let cost = PreparationCost::new(&slow, options.beta)?;
        let mut objective = Weights { cost, bound: options.bound, u, v };
        let start = objective.point();
        let Some(initial) = objective.terms_at(&start)? else {
            return Err(unstable(&given));
        };
        let minimum = minimise(&mut objective, &start, &options.optimiser)?;
        objective.set(&minimum.point);
        let history = PreparationHistory {
            initial_cost_per_unit: initial.total() / (rate * system.units() as f64),
            evaluations: minimum.evaluations,
            iterations: minimum.iterations,
            status: minimum.status,
        };
        let weights = LowRank::new(objective.u * root, objective.v * root)?;
        Self::restore(system, weights, options.smoothness_of(system), Some(history))
    }

    /// A module from given weights, not optimised.
    ///
    /// # Errors
    /// Weights of another number of units or without columns, a negative beta, or a system that is not
    /// stable.
    pub fn new(system: &System, weights: LowRank, beta: f64) -> Result<Self> {
        Self::restore(system, weights, beta, None)
    }

    /// A module from its stored weights, which keep their bits, with how they came about; stability and cost
    /// are computed again.
    pub(crate) fn restore(
        system: &System,
        weights: LowRank,
        beta: f64,
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
        let report = PreparationReport {
            terms,
            cost_per_unit: terms.total() / system.units() as f64,
            abscissa: eigenvalues.abscissa(),
            norms: (u.norm(), v.norm()),
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

fn unstable(closed: &DMatrix<f64>) -> Error {
    Error::Unstable {
        what: "preparation A + U V^T at the start",
        abscissa: spectral_abscissa(closed).unwrap_or(f64::NAN),
        limit: 0.0,
        remedy: "raise the rank P, make J smaller, or start from other weights",
    }
}

/// Orthonormal columns that span the eigenvectors of the rightmost eigenvalues, as many as there are columns;
/// a pair that does not fit leaves the last column to the one given.
fn rightmost_subspace(system: &System, mut columns: DMatrix<f64>) -> DMatrix<f64> {
    // Without eigenvectors the random columns are as good as any.
    let Ok(eigen) = system.eigen() else { return columns };
    let mut order: Vec<usize> = (0..system.units()).filter(|&i| eigen.values()[i].im >= 0.0).collect();
    order.sort_by(|&a, &b| eigen.values()[b].re.total_cmp(&eigen.values()[a].re));
    let mut filled = 0;
    for index in order {
        let vector = eigen.right().column(index);
        let width = if eigen.values()[index].im > 0.0 { 2 } else { 1 };
        if filled + width > columns.ncols() {
            break;
        }
        columns.set_column(filled, &vector.map(|z| z.re));
        if width == 2 {
            columns.set_column(filled + 1, &vector.map(|z| z.im));
        }
        filled += width;
    }
    columns.qr().q()
}
