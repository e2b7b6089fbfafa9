//! The preparatory module: one low-rank U V^T that brings cortex to the start of any motif.

mod cost;
mod restore;

pub use cost::{PreparationCost, PreparationTerms};
pub use restore::PreparationHistory;

use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::linalg::eigenvalues;
use crate::optim::{LbfgsOptions, Minimum, Objective, Status, minimise};
use crate::spectrum::Spectrum;
use crate::system::System;
use crate::{Error, Result, check};
use cost::check_rank;

/// What bounds the weights of the preparatory module. Without a bound there is no optimum: the cost creeps to
/// its infimum while the weights grow past any limit.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum WeightBound {
    /// Every column of U and of V has unit norm.
    #[default]
    UnitColumns,
    /// `weight (|U|_F^2 + |V|_F^2) / (2 P)` is added to the cost per unit C/N.
    FrobeniusPenalty {
        /// Its weight, > 0.
        weight: f64,
    },
}

/// How the preparatory module is designed.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "io", serde(remote = "Self", default, deny_unknown_fields))]
pub struct PreparationOptions {
    /// Rank P: number of thalamic units in the module.
    pub rank: usize,
    /// Weight of the smoothness of the readout during preparation.
    pub beta: f64,
    /// What bounds the weights.
    pub bound: WeightBound,
    /// The optimiser; its value is C/N.
    pub optimiser: LbfgsOptions,
}

#[cfg(feature = "io")]
crate::check::checked_when_read!(PreparationOptions: |it| it.check().map(|()| it));

impl Default for PreparationOptions {
    fn default() -> Self {
        Self {
            rank: 50,
            beta: 0.05,
            bound: WeightBound::UnitColumns,
            optimiser: LbfgsOptions {
                max_iterations: 300,
                gradient_tolerance: 1e-6,
                value_tolerance: 1e-6,
                first_step: 1.0,
                ..LbfgsOptions::default()
            },
        }
    }
}

impl PreparationOptions {
    /// What can be checked without a cortex.
    pub(crate) fn check(&self) -> Result<()> {
        if self.rank == 0 {
            return Err(Error::Count {
                what: "preparatory rank P",
                expected: "at least 1",
                given: self.rank,
            });
        }
        if let WeightBound::FrobeniusPenalty { weight } = self.bound {
            check::positive("Frobenius penalty", weight)?;
        }
        check::non_negative("beta", self.beta)
    }
}

/// What the design of a preparatory module achieved.
#[derive(Debug, Clone, PartialEq)]
pub struct PreparationReport {
    /// Terms of the cost at the end.
    pub terms: PreparationTerms,
    /// Cost per unit C/N at the end, without penalty.
    pub cost_per_unit: f64,
    /// The same at the start.
    pub initial_cost_per_unit: f64,
    /// Largest real part of the eigenvalues of $A + U V^T$.
    pub abscissa: f64,
    /// Frobenius norms of U and V.
    pub norms: (f64, f64),
    /// Evaluations of cost and gradient.
    pub evaluations: usize,
    /// Iterations.
    pub iterations: usize,
    /// Why it ended.
    pub status: Status,
}

/// A preparatory module $U V^T$: during preparation $\dot x = (A + U V^T) x + b_\mu$ with
/// $b_\mu = -(A + U V^T) x_\mathrm{init}(\mu)$, whose only fixed point is the start of motif $\mu$.
///
/// ```
/// use thalamo::{Cortex, System, preparation::{Preparation, PreparationOptions}};
/// let cortex = System::from(Cortex::random(30, 0.5, 1)?);
/// let options = PreparationOptions { rank: 10, ..Default::default() };
/// let preparation = Preparation::optimise(&cortex, &options, 1)?;
/// let report = preparation.report();
/// assert!(report.cost_per_unit < report.initial_cost_per_unit && report.abscissa < 0.0);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Preparation {
    input: DMatrix<f64>,
    feedback: DMatrix<f64>,
    system: DMatrix<f64>,
    eigenvalues: Spectrum,
    pub(in crate::preparation) report: PreparationReport,
}

impl Preparation {
    /// Optimises U and V by L-BFGS with the adjoint gradient from the stable start `V = -U`, random unit
    /// columns. Where A itself is unstable they are an orthonormal basis of the invariant subspace of its rightmost
    /// eigenvalues, which $A - U U^T$ has one unit further left.
    ///
    /// # Errors
    /// A rank outside 1..=N, a negative beta, a penalty that is not positive, or a cortex that the start
    /// cannot stabilise ([`Error::Unstable`]: raise the rank).
    pub fn optimise(system: &System, options: &PreparationOptions, seed: u64) -> Result<Self> {
        let units = system.units();
        check_rank(system, options.rank)?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut u = DMatrix::from_fn(units, options.rank, |_, _| StandardNormal.sample(&mut rng));
        if system.spectrum()?.iter().any(|z| z.re >= 0.0) {
            u = rightmost_subspace(system, u);
        }
        normalise_columns(&mut u);
        let v = -&u;
        Self::optimise_from(system, options, u, v)
    }

    /// Optimises from given U and V (N x P), which must make $A + U V^T$ stable.
    ///
    /// # Errors
    /// As [`Preparation::optimise`]; shapes that do not match.
    pub fn optimise_from(
        system: &System,
        options: &PreparationOptions,
        u: DMatrix<f64>,
        v: DMatrix<f64>,
    ) -> Result<Self> {
        check_rank(system, options.rank)?;
        let shape = (system.units(), options.rank);
        check::shape("U", u.shape(), shape, "give U as N x P")?;
        check::shape("V", v.shape(), shape, "give V as N x P")?;
        if let WeightBound::FrobeniusPenalty { weight } = options.bound {
            check::positive("Frobenius penalty", weight)?;
        }
        let cost = PreparationCost::new(system, options.beta)?;
        let mut objective = Weights { cost, bound: options.bound, u, v };
        let start = objective.point();
        let initial = objective.terms_at(&start)?.ok_or_else(|| unstable_start(system, &objective))?;
        let minimum = minimise(&mut objective, &start, &options.optimiser)?;
        objective.set(&minimum.point);
        let Weights { u, v, .. } = objective;
        // Anew, so that the last digits do not depend on the way there: a restored module has the same.
        let mut cost = PreparationCost::new(system, options.beta)?;
        let mut terms = cost.evaluate(&u, &v)?.unwrap_or(initial);
        terms.residual = cost.residual();
        Self::assemble(system, u, v, (initial, terms), &minimum)
    }

    /// A module from given weights, not optimised.
    ///
    /// # Errors
    /// Shapes that do not match, or a system that is not stable.
    pub fn new(system: &System, u: DMatrix<f64>, v: DMatrix<f64>, beta: f64) -> Result<Self> {
        check_rank(system, u.ncols())?;
        let mut cost = PreparationCost::new(system, beta)?;
        let mut terms = cost.evaluate(&u, &v)?;
        if let Some(terms) = &mut terms {
            terms.residual = cost.residual();
        }
        let objective = Weights { cost, bound: WeightBound::UnitColumns, u, v };
        let terms = terms.ok_or_else(|| unstable_start(system, &objective))?;
        let minimum = Minimum {
            point: Vec::new(),
            value: terms.total() / system.units() as f64,
            initial_value: terms.total() / system.units() as f64,
            gradient_norm: f64::NAN,
            iterations: 0,
            evaluations: 1,
            status: Status::IterationLimit,
        };
        Self::assemble(system, objective.u, objective.v, (terms, terms), &minimum)
    }

    fn assemble(
        system: &System,
        input: DMatrix<f64>,
        feedback: DMatrix<f64>,
        (initial, terms): (PreparationTerms, PreparationTerms),
        minimum: &Minimum,
    ) -> Result<Self> {
        let units = system.units() as f64;
        let system = system.matrix() + &input * feedback.transpose();
        let eigenvalues = eigenvalues(&system)?;
        let report = PreparationReport {
            terms,
            cost_per_unit: terms.total() / units,
            initial_cost_per_unit: initial.total() / units,
            abscissa: eigenvalues.abscissa(),
            norms: (input.norm(), feedback.norm()),
            evaluations: minimum.evaluations,
            iterations: minimum.iterations,
            status: minimum.status,
        };
        Ok(Self { input, feedback, system, eigenvalues, report })
    }

    /// Weights U from module to cortex (N x P).
    pub fn input(&self) -> &DMatrix<f64> {
        &self.input
    }

    /// Weights V from cortex to module (N x P).
    pub fn feedback(&self) -> &DMatrix<f64> {
        &self.feedback
    }

    /// System matrix $A + U V^T$ during preparation (N x N, 1/tau).
    pub fn system(&self) -> &DMatrix<f64> {
        &self.system
    }

    /// Eigenvalues of the system, in canonical order.
    pub fn eigenvalues(&self) -> &Spectrum {
        &self.eigenvalues
    }

    /// What the design achieved.
    pub fn report(&self) -> &PreparationReport {
        &self.report
    }

    /// The constant input $b = -(A + U V^T) x$ that makes a state x (N) the fixed point of preparation.
    ///
    /// # Errors
    /// A state of the wrong length or not finite, or so large that the bias overflows.
    pub fn bias(&self, state: &DVector<f64>) -> Result<DVector<f64>> {
        check::shape("state", (state.len(), 1), (self.system.nrows(), 1), "give one entry per unit")?;
        check::finite("state", state.as_slice())?;
        let bias = -(&self.system * state);
        check::no_overflow("bias", bias.as_slice())?;
        Ok(bias)
    }
}

fn normalise_columns(m: &mut DMatrix<f64>) {
    for mut column in m.column_iter_mut() {
        column.normalize_mut();
    }
}

fn unstable_start(system: &System, weights: &Weights<'_>) -> Error {
    let closed = system.matrix() + &weights.u * weights.v.transpose();
    Error::Unstable {
        what: "preparation A + U V^T at the start",
        abscissa: crate::linalg::spectral_abscissa(&closed).unwrap_or(f64::NAN),
        limit: 0.0,
        remedy: "raise the rank P, lower the gain, or start from other weights",
    }
}

/// C/N as a function of the free weights.
struct Weights<'a> {
    cost: PreparationCost<'a>,
    bound: WeightBound,
    u: DMatrix<f64>,
    v: DMatrix<f64>,
}

impl Weights<'_> {
    fn point(&self) -> Vec<f64> {
        self.u.iter().chain(self.v.iter()).copied().collect()
    }

    /// Sets U and V from the free weights.
    fn set(&mut self, point: &[f64]) {
        let (u, v) = point.split_at(self.u.len());
        self.u.as_mut_slice().copy_from_slice(u);
        self.v.as_mut_slice().copy_from_slice(v);
        if self.bound == WeightBound::UnitColumns {
            normalise_columns(&mut self.u);
            normalise_columns(&mut self.v);
        }
    }

    fn terms_at(&mut self, point: &[f64]) -> Result<Option<PreparationTerms>> {
        self.set(point);
        self.cost.evaluate(&self.u, &self.v)
    }

    fn pull_back(&self, point: &[f64], gradient: &mut [f64]) {
        let (n, split) = (self.u.nrows(), self.u.len());
        let scale = 1.0 / n as f64;
        let (gu, gv) = gradient.split_at_mut(split);
        let (pu, pv) = point.split_at(split);
        for (weights, source, free, out) in
            [(&self.u, self.cost.gradient_input(), pu, gu), (&self.v, self.cost.gradient_feedback(), pv, gv)]
        {
            for (j, (unit, source)) in weights.column_iter().zip(source.column_iter()).enumerate() {
                let (free, out) = (&free[j * n..][..n], &mut out[j * n..][..n]);
                let (along, length) = match self.bound {
                    WeightBound::UnitColumns => {
                        (source.dot(&unit), free.iter().map(|x| x * x).sum::<f64>().sqrt())
                    }
                    WeightBound::FrobeniusPenalty { weight } => {
                        (-weight * n as f64 / self.u.ncols() as f64, 1.0)
                    }
                };
                for ((o, s), x) in out.iter_mut().zip(source.iter()).zip(unit.iter()) {
                    *o = scale * (s - along * x) / length;
                }
            }
        }
    }
}

impl Objective for Weights<'_> {
    fn dimension(&self) -> usize {
        2 * self.u.len()
    }

    fn evaluate(&mut self, point: &[f64], gradient: &mut [f64]) -> f64 {
        let Ok(Some(terms)) = self.terms_at(point) else {
            return f64::INFINITY;
        };
        self.pull_back(point, gradient);
        let penalty = match self.bound {
            WeightBound::UnitColumns => 0.0,
            WeightBound::FrobeniusPenalty { weight } => {
                weight * (self.u.norm_squared() + self.v.norm_squared()) / (2.0 * self.u.ncols() as f64)
            }
        };
        terms.total() / self.u.nrows() as f64 + penalty
    }
}

/// Orthonormal columns that span the eigenvectors of the rightmost eigenvalues, as many as there are columns; a pair
/// that does not fit leaves the last column to the one given.
fn rightmost_subspace(system: &System, mut columns: DMatrix<f64>) -> DMatrix<f64> {
    // Without eigenvectors the random columns are as good as any.
    let Ok(eigen) = system.eigen() else { return columns };
    let mut order: Vec<usize> = (0..system.units()).filter(|&i| eigen.values()[i].im >= 0.0).collect();
    order.sort_by(|&a, &b| eigen.values()[b].re.total_cmp(&eigen.values()[a].re));
    let mut filled = 0;
    for index in order {
        let vector = eigen.right().column(index);
        let pair = eigen.values()[index].im > 0.0;
        if filled + 1 + usize::from(pair) > columns.ncols() {
            break;
        }
        columns.set_column(filled, &vector.map(|z| z.re));
        filled += 1;
        if pair {
            columns.set_column(filled, &vector.map(|z| z.im));
            filled += 1;
        }
    }
    columns.qr().q()
}
