//! Robustness cost of a loop in O(N^2): how much of initial noise reaches the readout.

mod batch;
mod forward;
mod reverse;
mod tables;
mod workspace;

pub use batch::{RobustnessBatch, RobustnessHessian};

use std::sync::Arc;

use nalgebra::DVector;
use num_complex::Complex64;

use crate::linalg::multiply;
use crate::loops::placement::{CONJUGATE, Placement};
use crate::modal::algebra::Independent;
use crate::optim::Objective;
use crate::spectrum::Spectrum;
use crate::system::System;
use crate::{Error, Result, check};
use batch::evaluate;
use forward::{Formula, power_near_unit};
use tables::Tables;
use workspace::Workspace;

/// Over which time a loop's noise is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
pub enum Horizon {
    /// The motif's duration T: what is played, and no more.
    #[default]
    Motif,
    /// All times: the published cost.
    Infinite,
}

/// The published robustness cost of a loop, as a function of its input weights u:
///
/// $$ C(u) = \frac{1}{T} \sqrt{\frac{E\\, G}{N}}, \qquad
///    E = \int |x|^2 dt, \qquad G = \mathbb E_{\delta x \sim N(0, I)} \int (w^T e^{A_\mu t} \delta x)^2 dt, $$
///
/// the expected readout deviation when the initial state carries noise in proportion to the activity. Both
/// integrals run over the motif's duration T or to infinity.
///
/// In the coordinates where A is diagonal the closed loop is diagonal plus rank one, so its Gramians have
/// low displacement rank and the cost takes a handful of products with matrices fixed in advance:
/// $O(N^2)$ for value and gradient together, without an eigendecomposition or a Lyapunov equation.
/// `docs/theory.md` derives it. As an [`Objective`] the value is $\ln C$, over the N entries of u.
///
/// ```
/// use thalamo::{Complex64, Cortex, System, optim::Objective};
/// use thalamo::loops::{Horizon, Placement, PlacementOptions, RobustnessCost};
/// let cortex = System::from(Cortex::random(30, 0.5, 1)?);
/// let modes = [Complex64::new(-0.05, 0.3), Complex64::new(-0.05, -0.3)];
/// let amplitudes = [Complex64::new(0.0, 0.4), Complex64::new(0.0, -0.4)];
/// let placement = Placement::new(&cortex, &modes, &PlacementOptions::default())?;
/// let mut cost = RobustnessCost::new(&cortex, &placement, &modes, &amplitudes, 50.0, Horizon::Motif)?;
/// let u: Vec<f64> = (0..30).map(|i| (i as f64).sin()).collect();
/// let (mut gradient, scaled) = (vec![0.0; 30], u.iter().map(|x| -3.0 * x).collect::<Vec<_>>());
/// let ln_c = cost.evaluate(&u, &mut gradient);
/// // Only the direction of u matters: the gradient is orthogonal to u.
/// assert!(gradient.iter().zip(&u).map(|(g, u)| g * u).sum::<f64>().abs() < 1e-9);
/// assert!((cost.evaluate(&scaled, &mut gradient) - ln_c).abs() < 1e-9);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RobustnessCost<'a> {
    /// Shared by all clones and batches.
    formula: Arc<Formula<'a>>,
    work: Workspace<1>,
}

/// The two integrals behind a cost.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize))]
pub struct CostTerms {
    /// Activity `E = int |x|^2 dt` along the noise-free motif.
    pub activity: f64,
    /// Noise gain `G = E int (w^T e^{A_mu t} dx)^2 dt`.
    pub noise_gain: f64,
    /// `C = sqrt(E G / N) / T`.
    pub cost: f64,
    /// Sum of the magnitudes of the terms of E and of G over their value, the larger: digits lost to
    /// cancellation are its decimal logarithm. Large where two eigenvalues of A nearly sum to zero.
    pub cancellation: f64,
}

impl<'a> RobustnessCost<'a> {
    /// The cost of playing `sum_k amplitudes_k exp(eigenvalues_k t)` for `duration` (tau) through a loop with
    /// this placement. The eigenvalues are the placement's targets, in any order.
    ///
    /// # Errors
    /// Amplitudes that do not match the eigenvalues in number or symmetry, or are all zero, eigenvalues that are
    /// not the placement's targets, a cortex other than the placement's, a duration that is not positive, an unstable loop with an infinite horizon, or
    /// two eigenvalues of the loop that sum to zero.
    pub fn new(
        system: &'a System,
        placement: &Placement,
        eigenvalues: &[Complex64],
        amplitudes: &[Complex64],
        duration: f64,
        horizon: Horizon,
    ) -> Result<Self> {
        check::positive("duration", duration)?;
        placement.check_cortex(system)?;
        let amplitudes = placed_amplitudes(placement, eigenvalues, amplitudes)?;
        let spectrum = placement.spectrum();
        let abscissa = spectrum.iter().map(|z| z.re).fold(f64::NEG_INFINITY, f64::max);
        if horizon == Horizon::Infinite && abscissa >= 0.0 {
            return Err(Error::Unstable {
                what: "loop",
                abscissa,
                limit: 0.0,
                remedy: "use the horizon of the motif, or eigenvalues that decay",
            });
        }
        let modes = system.modes()?;
        let tables = Tables::new(modes, placement, duration, horizon);
        if !tables.is_finite() {
            return Err(Error::Singular {
                what: "Gramians of the loop (two of its eigenvalues sum to zero)",
                remedy: "use eigenvalues with a margin to the imaginary axis",
            });
        }
        let residues = placement.residues().to_vec();
        let formula = Formula { modes, duration, noise_floor: 0.0, residues, amplitudes, tables };
        let work = Workspace::new::<Independent>(&formula);
        Ok(Self { formula: Arc::new(formula), work })
    }

    /// The objective with noise that does not vanish with the activity: `ln C` with `E + N T floor^2` in place
    /// of `E`. [`RobustnessCost::terms`] is not affected.
    ///
    /// # Errors
    /// A floor (in units of x) that is negative or not finite.
    pub fn with_noise_floor(mut self, floor: f64) -> Result<Self> {
        check::non_negative("noise floor", floor)?;
        Arc::make_mut(&mut self.formula).noise_floor = floor;
        Ok(self)
    }

    /// Activity, noise gain and cost at u, with the digits lost to cancellation.
    ///
    /// # Errors
    /// u of the wrong length or not finite, or orthogonal to an eigenvector of A (infinite cost).
    pub fn terms(&mut self, u: &[f64]) -> Result<CostTerms> {
        let units = self.dimension();
        check::shape("input weights u", (u.len(), 1), (units, 1), "give one weight per unit")?;
        check::finite("input weights u", u)?;
        let at = self.formula.forward::<Independent, 1>(u.as_chunks().0, &mut self.work);
        let ([activity], [noise_gain]) = (at.activity, at.noise_gain);
        let cost = (activity * noise_gain / units as f64).sqrt() / self.formula.duration;
        let cancellation = (at.noise_size[0] / noise_gain).max(at.activity_size[0] / activity);
        if activity > 0.0 && noise_gain > 0.0 && cost.is_finite() {
            return Ok(CostTerms { activity, noise_gain, cost, cancellation });
        }
        Err(Error::Singular {
            what: "robustness cost (u has no component along some eigenvector of A)",
            remedy: "choose another u, a random one for instance",
        })
    }

    /// Products with the Hessian of the objective.
    pub fn hessian(&self) -> RobustnessHessian<'a> {
        RobustnessHessian::new(Arc::clone(&self.formula))
    }

    /// The same cost at B points at once: each matrix is read once for all of them, which takes a fraction of B
    /// evaluations, to the same bits.
    pub fn batch<const B: usize>(&self) -> RobustnessBatch<'a, B> {
        RobustnessBatch::new(Arc::clone(&self.formula))
    }

    /// Initial state of the motif, `x0 = R (a * (C_K^T c))` with `c_k = alpha_k / rho_k`, at the u of the
    /// last evaluation.
    pub(super) fn initial_state(&self) -> DVector<f64> {
        let n = self.dimension();
        let mut weighted = self.work.x0_a_h_xt[..n].as_flattened().to_vec();
        // R x = sum over representatives of columns: D weights count each pair twice.
        self.formula.modes.layout.weight(&mut weighted);
        let mut state = DVector::zeros(n);
        multiply::apply(&self.formula.modes.right, &weighted, state.as_mut_slice());
        state
    }
}

impl Objective for RobustnessCost<'_> {
    fn dimension(&self) -> usize {
        self.formula.units()
    }

    fn evaluate(&mut self, u: &[f64], gradient: &mut [f64]) -> f64 {
        let units = self.dimension();
        if u.len() != units || gradient.len() != units {
            return f64::INFINITY;
        }
        let [value] = evaluate(&self.formula, &mut self.work, u.as_chunks().0, gradient.as_chunks_mut().0);
        value
    }
}

/// The power of two that brings the largest entry near one: scaling by it is exact.
pub(super) fn near_unit(u: &[f64]) -> f64 {
    power_near_unit(u.iter().fold(0.0_f64, |m, x| m.max(x.abs())))
}

/// Amplitudes in the order of the placed eigenvalues, zero at the stabilising ones.
fn placed_amplitudes(
    placement: &Placement,
    eigenvalues: &[Complex64],
    amplitudes: &[Complex64],
) -> Result<Vec<f64>> {
    let (set, amplitudes) = Spectrum::with_amplitudes(eigenvalues, amplitudes, CONJUGATE)?;
    let given = set.to_vec();
    if given != placement.targets() {
        let (shape, expected) = ((given.len(), 1), (placement.targets().len(), 1));
        let remedy = "give the eigenvalues the placement was made for";
        check::shape("eigenvalues of the motif", shape, expected, remedy)?;
        let pairs = given.iter().zip(placement.targets());
        return Err(Error::OutOfRange {
            what: "distance of the motif's eigenvalues from the placement's targets",
            expected: "0",
            given: pairs.map(|(g, t)| (g - t).norm()).fold(0.0, f64::max),
        });
    }
    if amplitudes.iter().all(|alpha| alpha.norm() == 0.0) {
        return Err(Error::OutOfRange { what: "largest amplitude", expected: "a number > 0", given: 0.0 });
    }
    let of = |mu: &Complex64| given.iter().position(|g| g == mu).map_or(Complex64::ZERO, |k| amplitudes[k]);
    let placed: Vec<Complex64> = placement.placed().iter().map(of).collect();
    Ok(placement.placed_layout().pack(&placed))
}
