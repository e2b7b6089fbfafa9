//! Feasibility: will a placement succeed, and how many modes can this cortex carry?

use std::ops::RangeInclusive;

use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::cauchy;
use super::placement::{Placement, PlacementOptions};
use super::residues::residues;
use super::targets::CONJUGATE;
use super::verdict::{Doubt, Verdict};
use crate::fit::{Fit, FitOptions, sweep};
use crate::linalg::product::{largest, product, view};
use crate::linalg::tolerance::EIGEN_SUSPICIOUS;
use crate::modal::eigenvectors;
use crate::motif::Motif;
use crate::spectrum::Spectrum;
use crate::system::System;
use crate::{Error, Result};

/// Predicted error up to which loops reach their own tolerance (1e-6) for nearly every u: measured errors of
/// random directions are within a factor of ten of the prediction.
const ACCURATE: f64 = 1e-7;
/// Predicted error above which even an optimised u, ten to a hundred times better than a random one, misses
/// it.
const INACCURATE: f64 = 1e-4;
/// Rounding errors are independent: measured over the first-order bound, times the square root of N (median
/// near 0.15 for N = 100 and 500, 0.3 for 30).
const TYPICAL: f64 = 0.2;
/// Condition number up to which a singular value decomposition of Q resolves its smallest singular value.
const RESOLVED: f64 = 1e13;
/// Random directions u, the median of which is the prediction.
const PROBES: usize = 3;

/// What can be said about a placement before any u is chosen. Rates in 1/tau.
#[derive(Debug, Clone, PartialEq)]
pub struct Feasibility {
    /// Number of targets K.
    pub modes: usize,
    /// Number of units N.
    pub units: usize,
    /// Condition number of Q in the 2-norm, accurate however large; infinite where targets coincide with each
    /// other or with eigenvalues of A, or are more than its distinct eigenvalues.
    pub condition: f64,
    /// Euclidean norm of the residues $d = Q^+ \mathbf 1$.
    pub residue_norm: f64,
    /// The target nearest to the spectrum of A.
    pub nearest_target: Complex64,
    /// The eigenvalue of A nearest to it.
    pub nearest_eigenvalue: Complex64,
    /// Their distance.
    pub nearest_distance: f64,
    /// Largest real part of the eigenvalues beside the targets (stabilised ones included): minus infinity
    /// without any, `None` where the placement cannot be computed.
    pub rest_abscissa: Option<f64>,
    /// Targets added to keep the rest stable.
    pub stabilising: usize,
    /// Condition number of the eigenvectors of A (1-norm).
    pub basis_condition: f64,
    /// Predicted largest distance of a target from the eigenvalue achieved.
    pub predicted_error: f64,
    /// The verdict.
    pub verdict: Verdict,
}

/// Predicts whether these targets (1/tau; closed under conjugation, K at most N) can be placed on this
/// cortex.
///
/// With $Q_{kj} = 1/(\hat\lambda_k - \lambda_j)$ and $d = Q^+ \mathbf 1$ the error of the eigenvalues of
/// $A + u v^T$ is, to first order in the rounding $\epsilon \\|A + u v^T\\|$ of that matrix, bounded by
///
/// $$ \epsilon \\, (\\|A\\|_F + |u||v|) \max_k \frac{|R (a \circ Q_k)| \\, |L^T (b \circ Q_k)|}{|\sum_j d_j Q_{kj}^2|},
///    \qquad a = L u, \quad b = d / a, $$
///
/// and typically $0.2 / \sqrt N$ times that: rounding errors do not conspire. The prediction is the median
/// over three random directions u; an optimised u does better. It takes no eigendecomposition beyond the
/// cortex's own, while the stability of the rest takes one of N x N. What the thresholds rest on is measured
/// in `docs/feasibility.md`.
///
/// # Errors
/// No targets or more than units, not finite, or a conjugate missing; options out of range. Targets that
/// cannot be placed are no error but a verdict.
///
/// ```
/// use thalamo::{Complex64, Cortex, System, loops::{PlacementOptions, Verdict, feasibility}};
/// let cortex = System::from(Cortex::random(60, 0.5, 1)?);
/// let evenly = |pairs: i32| -> Vec<Complex64> {
///     let pole = |k| Complex64::new(-0.01, 0.063 * f64::from(k));
///     (1..=pairs).flat_map(|k| [pole(k), pole(k).conj()]).collect()
/// };
/// let few = feasibility(&cortex, &evenly(4), &PlacementOptions::default())?;
/// assert!(few.verdict.is_feasible() && few.predicted_error < 1e-9, "{}", few.verdict);
/// let many = feasibility(&cortex, &evenly(20), &PlacementOptions::default())?;
/// assert!(matches!(many.verdict, Verdict::Infeasible { .. }) && many.condition > 1e12);
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn feasibility(
    system: &System,
    targets: &[Complex64],
    options: &PlacementOptions,
) -> Result<Feasibility> {
    let unlimited = PlacementOptions { condition_limit: f64::MAX, ..options.clone() };
    let (placement, refusal) = match Placement::new(system, targets, &unlimited) {
        Ok(placement) => (Some(placement), None),
        Err(
            error @ (Error::RepeatedTarget { .. }
            | Error::TargetOnEigenvalue { .. }
            | Error::IllConditionedPlacement { .. }
            | Error::PlacementInaccurate { .. }
            | Error::RepeatedEigenvalues { .. }
            | Error::Unstable { .. }),
        ) => (None, Some(error)),
        // Others are errors of the input.
        Err(error) => return Err(error),
    };
    let hopeless = refusal.as_ref().is_some_and(is_hopeless);
    let residues = if hopeless { None } else { Residues::new(system, targets)? };
    let spectrum = system.spectrum()?;
    let (nearest_target, nearest_eigenvalue) = nearest(spectrum, targets);
    let mut made = Feasibility {
        modes: targets.len(),
        units: system.units(),
        condition: match &residues {
            Some(found) if found.condition < RESOLVED => found.condition,
            _ if hopeless => f64::INFINITY,
            _ => cauchy::condition(targets, &system.modes()?.moved()),
        },
        residue_norm: residues.as_ref().map_or(f64::INFINITY, |r| beyond(r.values.norm())),
        nearest_target,
        nearest_eigenvalue,
        nearest_distance: (nearest_target - nearest_eigenvalue).norm(),
        rest_abscissa: placement.as_ref().map(|p| p.rest().abscissa()),
        stabilising: placement.as_ref().map_or(0, |p| p.stabilising().len()),
        basis_condition: system.eigen()?.condition(),
        predicted_error: residues.map_or(f64::INFINITY, |r| r.predicted_error(system)),
        verdict: Verdict::Feasible,
    };
    // With stabilising targets Q has more rows: all of them count.
    let condition = placement.map_or(made.condition, |p| made.condition.max(p.condition()));
    made.verdict = made.judge(refusal, condition, options.condition_limit);
    Ok(made)
}

impl Feasibility {
    fn judge(&self, refusal: Option<Error>, condition: f64, limit: f64) -> Verdict {
        let (predicted, basis) = (self.predicted_error, self.basis_condition);
        let refused = if refusal.as_ref().is_some_and(is_hopeless) {
            refusal
        } else if condition > limit {
            let (modes, units) = (self.modes + self.stabilising, self.units);
            Some(Error::IllConditionedPlacement { condition, limit, modes, units })
        } else if predicted > INACCURATE {
            Some(Error::PlacementInaccurate { distance: predicted, tolerance: INACCURATE })
        } else {
            refusal
        };
        if let Some(reason) = refused {
            return Verdict::Infeasible { reason: Box::new(reason) };
        }
        let reason = if predicted > ACCURATE {
            Doubt::Accuracy { predicted, limit: ACCURATE }
        } else if self.stabilising > 0 {
            Doubt::Stabilised { count: self.stabilising }
        } else if basis > EIGEN_SUSPICIOUS {
            Doubt::Basis { condition: basis, limit: EIGEN_SUSPICIOUS }
        } else {
            return Verdict::Feasible;
        };
        Verdict::Doubtful { reason }
    }
}

/// Whether Q has no inverse at all: two targets coincide, one does with an eigenvalue of A, or there are more
/// of them than distinct eigenvalues.
fn is_hopeless(error: &Error) -> bool {
    use Error::{RepeatedEigenvalues, RepeatedTarget, TargetOnEigenvalue};
    matches!(error, RepeatedTarget { .. } | TargetOnEigenvalue { .. } | RepeatedEigenvalues { .. })
}

fn nearest(spectrum: &[Complex64], targets: &[Complex64]) -> (Complex64, Complex64) {
    let all = targets.iter().flat_map(|t| spectrum.iter().map(move |z| (*t, *z)));
    all.min_by(|a, b| (a.0 - a.1).norm().total_cmp(&(b.0 - b.1).norm())).unwrap_or_default()
}

/// Q^T of the targets in the upper half plane, the residues, and the condition number of the whole Q.
struct Residues {
    rows: DMatrix<Complex64>,
    values: DVector<Complex64>,
    condition: f64,
    right: DMatrix<Complex64>,
    left: DMatrix<Complex64>,
}

impl Residues {
    /// `None` where Q has no inverse in double precision.
    fn new(system: &System, targets: &[Complex64]) -> Result<Option<Self>> {
        let placed = Spectrum::new(targets, CONJUGATE)?;
        let (packed, condition) = match residues(system, &placed, f64::MAX) {
            Ok(found) => found,
            Err(Error::IllConditionedPlacement { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let values = DVector::from_vec(system.modes()?.layout.unpack_all(&packed));
        let (lambda, right, left) = eigenvectors(system.eigen()?, &system.single_readout()?);
        let upper: Vec<Complex64> = placed.into_iter().filter(|t| t.im >= 0.0).collect();
        let rows = DMatrix::from_fn(lambda.len(), upper.len(), |j, k| 1.0 / (upper[k] - lambda[j]));
        Ok(Some(Self { rows, values, condition, right, left }))
    }

    fn predicted_error(&self, system: &System) -> f64 {
        let mut errors: Vec<f64> = (0..PROBES as u64).map(|probe| self.error(system, probe)).collect();
        errors.sort_by(f64::total_cmp);
        errors[PROBES / 2]
    }

    /// First-order error for one random u of unit norm.
    fn error(&self, system: &System, probe: u64) -> f64 {
        let (left, right) = (&self.left, &self.right);
        let mut rng = ChaCha8Rng::seed_from_u64(probe);
        let u = DMatrix::from_fn(system.units(), 1, |_, _| {
            let z: f64 = StandardNormal.sample(&mut rng);
            Complex64::from(z)
        })
        .normalize();
        let a = product(view(left), view(&u));
        // Copies that stay put have no residue, nor need u reach them.
        let quotient = |d: Complex64, a: Complex64| if d == Complex64::ZERO { d } else { d / a };
        let b = self.values.zip_map(&a.column(0), quotient);
        let scaled = |by: &dyn Fn(usize) -> Complex64| {
            DMatrix::from_fn(self.rows.nrows(), self.rows.ncols(), |j, k| by(j) * self.rows[(j, k)])
        };
        let rights = product(view(right), view(&scaled(&|j| a[j])));
        // conj(L^T y) = L^H conj(y): the norms are the same.
        let lefts = product(view(left).adjoint(), view(&scaled(&|j| b[j]).conjugate()));
        let feedback = DMatrix::from_column_slice(b.len(), 1, b.conjugate().as_slice());
        let feedback = product(view(left).adjoint(), view(&feedback));
        let kappa = |k: usize| {
            let n: Complex64 = self.rows.column(k).iter().zip(&self.values).map(|(q, d)| d * q * q).sum();
            rights.column(k).norm() * lefts.column(k).norm() / n.norm()
        };
        let worst = largest((0..self.rows.ncols()).map(kappa));
        let typical = TYPICAL / (system.units() as f64).sqrt();
        beyond(typical * f64::EPSILON * (system.matrix().norm() + feedback.norm()) * worst)
    }
}

/// Numbers that overflow on the way, such as an infinity over another, are as large as can be.
fn beyond(value: f64) -> f64 {
    if value.is_nan() { f64::INFINITY } else { value }
}

/// How many modes of a motif a cortex can carry.
#[derive(Debug, Clone, PartialEq)]
pub struct FeasibleModes {
    /// The largest K found feasible, if any.
    pub largest: Option<usize>,
    /// The fit with every K, ascending, and the prediction for its eigenvalues.
    pub rows: Vec<(Fit, Feasibility)>,
}

/// The largest K in a range whose fit (by [`sweep`]; `options.modes` is not used) can be placed on this
/// cortex.
///
/// A larger K fits better, but cond(Q) grows exponentially with it. Feasibility need not be monotone in K.
///
/// # Errors
/// As [`sweep`], an empty range, and more modes than units.
///
/// ```
/// use thalamo::{Cortex, System, fit::FitOptions, motif::step_motifs, loops::largest_feasible_modes};
/// let cortex = System::from(Cortex::random(40, 0.5, 1)?);
/// let options = FitOptions::default().with(|o| o.effort = 100);
/// let found = largest_feasible_modes(&cortex, &step_motifs(1, 1)?[0], &options, 4..=6)?;
/// assert_eq!(found.largest, Some(6));
/// assert!(found.rows.iter().all(|(_, predicted)| predicted.predicted_error < 1e-8));
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn largest_feasible_modes(
    system: &System,
    motif: &Motif,
    options: &FitOptions,
    range: RangeInclusive<usize>,
) -> Result<FeasibleModes> {
    if *range.end() > system.units() {
        let (expected, given) = ("at most as many as units", *range.end());
        return Err(Error::OutOfRange { what: "modes", expected, given: given as f64 });
    }
    let modes: Vec<usize> = range.collect();
    if modes.is_empty() {
        return Err(Error::Empty { what: "range of modes", remedy: "give it as smallest..=largest" });
    }
    let predicted = |fit: Fit| {
        let found = feasibility(system, fit.eigenvalues(), &PlacementOptions::default())?;
        Ok((fit, found))
    };
    let rows = sweep(motif, &modes, options)?.into_iter().map(predicted).collect::<Result<Vec<_>>>()?;
    let largest =
        rows.iter().rev().find(|(_, found)| found.verdict.is_feasible()).map(|(fit, _)| fit.modes());
    Ok(FeasibleModes { largest, rows })
}
