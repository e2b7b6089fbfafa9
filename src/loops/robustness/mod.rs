//! Robustness cost of a loop in O(N^2): how much of initial noise reaches the readout.

mod forward;
mod near;
mod pairing;
mod reverse;
mod tables;
mod workspace;

pub use tables::Horizon;

use std::sync::Arc;

use nalgebra::DVector;
use num_complex::Complex64;

use crate::linalg::product::{apply, view};
use crate::loops::placement::Placement;
use crate::loops::targets::CONJUGATE;
use crate::optim::{BatchObjective, Objective};
use crate::spectrum::Spectrum;
use crate::{Error, Result, check};
use tables::{Formula, Tables};
use workspace::Workspace;

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
/// let mut cost = RobustnessCost::new(&placement, &amplitudes, 50.0, Horizon::Motif)?;
/// let u: Vec<f64> = (0..30).map(|i| (i as f64).sin()).collect();
/// let (mut gradient, scaled) = (vec![0.0; 30], u.iter().map(|x| -3.0 * x).collect::<Vec<_>>());
/// let ln_c = cost.evaluate(&u, &mut gradient);
/// // Only the direction of u matters: the gradient is orthogonal to u.
/// assert!(gradient.iter().zip(&u).map(|(g, u)| g * u).sum::<f64>().abs() < 1e-9);
/// assert!((cost.evaluate(&scaled, &mut gradient) - ln_c).abs() < 1e-9);
/// # Ok::<(), thalamo::Error>(())
/// ```
///
/// At B points at once, see [`RobustnessCost::batch`], every matrix is read once for all of them.
#[derive(Debug, Clone)]
pub struct RobustnessCost<const B: usize = 1> {
    /// Shared by all clones and batches.
    formula: Arc<Formula>,
    work: Workspace<B>,
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
    /// cancellation are its decimal logarithm.
    pub cancellation: f64,
}

impl RobustnessCost {
    /// The cost of playing `sum_k amplitudes_k exp(targets_k t)` for `duration` (tau) through a loop with
    /// this placement, one amplitude for each of its [targets](Placement::targets).
    ///
    /// # Errors
    /// Amplitudes that do not match the targets in number or symmetry, or are all zero, a duration that is
    /// not positive, an unstable loop with an infinite horizon, or two eigenvalues of the loop that
    /// coincide.
    pub fn new(
        placement: &Placement,
        amplitudes: &[Complex64],
        duration: f64,
        horizon: Horizon,
    ) -> Result<Self> {
        check::positive("duration", duration)?;
        let amplitudes = placed_amplitudes(placement, amplitudes)?;
        let abscissa = placement.spectrum().abscissa();
        if horizon == Horizon::Infinite && abscissa >= 0.0 {
            return Err(Error::Unstable {
                what: "loop",
                abscissa,
                limit: 0.0,
                remedy: "use the horizon of the motif, or eigenvalues that decay",
            });
        }
        let modes = Arc::clone(placement.system().shared_modes()?);
        let tables = Tables::new(&modes, placement, duration, horizon);
        if !tables.is_finite() {
            return Err(Error::Singular {
                what: "eigenvectors of the loop (two of its eigenvalues coincide, or one stays on one of A)",
                remedy: "move the targets slightly",
            });
        }
        let residues = placement.residues().to_vec();
        let formula = Formula { modes, duration, noise_floor: 0.0, residues, amplitudes, tables };
        let work = Workspace::new(&formula);
        Ok(Self { formula: Arc::new(formula), work })
    }

    /// The objective with noise that does not vanish with the activity: `ln C` with `E + N T floor^2` in
    /// place of `E`. [`RobustnessCost::terms`] is not affected.
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
        let units = self.formula.units();
        check::shape("input weights u", (u.len(), 1), (units, 1), "give one weight per unit")?;
        check::finite("input weights u", u)?;
        let (e, g) = self.formula.forward(u.as_chunks().0, &mut self.work);
        let ([activity], [noise_gain]) = (e.value, g.value);
        let cost = (activity * noise_gain / units as f64).sqrt() / self.formula.duration;
        let cancellation = (e.size[0] / activity).max(g.size[0] / noise_gain);
        if activity > 0.0 && noise_gain > 0.0 && cost.is_finite() {
            return Ok(CostTerms { activity, noise_gain, cost, cancellation });
        }
        Err(Error::Singular {
            what: "robustness cost (u has no component along some eigenvector of A)",
            remedy: "choose another u, a random one for instance",
        })
    }

    /// The same cost at B points at once, see [`RobustnessCost::evaluate_batch`].
    pub fn batch<const B: usize>(&self) -> RobustnessCost<B> {
        RobustnessCost { formula: Arc::clone(&self.formula), work: Workspace::new(&self.formula) }
    }

    /// Initial state of the motif, `R xi_0` (4.3), at the u of the
    /// last evaluation.
    pub(super) fn initial_state(&self) -> DVector<f64> {
        let n = self.formula.units();
        let mut weighted = self.work.xi_0.as_flattened().to_vec();
        // R x = sum over representatives of columns: D weights count each pair twice.
        self.formula.modes.layout.weight(&mut weighted);
        let mut state = DVector::zeros(n);
        apply(view(&self.formula.modes.right), &weighted, state.as_mut_slice());
        state
    }
}

impl<const B: usize> RobustnessCost<B> {
    /// `ln C` at B points and its gradients, in a fraction of the time of B evaluations and to the same bits.
    /// Points are interleaved: `u[j][i]` is weight j of point i, and so are their gradients.
    ///
    /// Infinite, with the gradient left unspecified, where the cost is or does not exist, and for slices of
    /// other lengths than N.
    ///
    /// ```
    /// # use thalamo::{Complex64, Cortex, System, optim::Objective};
    /// # use thalamo::loops::{Horizon, Placement, PlacementOptions, RobustnessCost};
    /// # let cortex = System::from(Cortex::random(30, 0.5, 1)?);
    /// # let modes = [Complex64::new(-0.05, 0.3), Complex64::new(-0.05, -0.3)];
    /// # let amplitudes = [Complex64::new(0.0, 0.4), Complex64::new(0.0, -0.4)];
    /// # let placement = Placement::new(&cortex, &modes, &PlacementOptions::default())?;
    /// let mut cost = RobustnessCost::new(&placement, &amplitudes, 50.0, Horizon::Motif)?;
    /// let points: Vec<[f64; 4]> = (0..30).map(|i| [1.0, 2.0, 3.0, 4.0].map(|k| (k * i as f64).cos())).collect();
    /// let mut gradients = vec![[0.0; 4]; 30];
    /// let values = cost.batch::<4>().evaluate_batch(&points, &mut gradients);
    /// // Bit for bit what each point gives by itself.
    /// let (third, mut gradient): (Vec<f64>, _) = (points.iter().map(|p| p[2]).collect(), vec![0.0; 30]);
    /// assert_eq!(cost.evaluate(&third, &mut gradient), values[2]);
    /// assert!(gradient.iter().zip(&gradients).all(|(g, batch)| *g == batch[2]));
    /// # Ok::<(), thalamo::Error>(())
    /// ```
    pub fn evaluate_batch(&mut self, u: &[[f64; B]], gradient: &mut [[f64; B]]) -> [f64; B] {
        let Self { formula, work } = self;
        if [u.len(), gradient.len()] != [formula.units(); 2] {
            return [f64::INFINITY; B];
        }
        let (e, g) = formula.forward(u, work);
        formula.backward((e.value, g.value), work, gradient);
        std::array::from_fn(|i| {
            let finite = gradient.iter().all(|g| g[i].is_finite());
            if finite { formula.objective(e.value[i], g.value[i]) } else { f64::INFINITY }
        })
    }
}

impl Objective for RobustnessCost {
    fn dimension(&self) -> usize {
        self.formula.units()
    }

    fn evaluate(&mut self, u: &[f64], gradient: &mut [f64]) -> f64 {
        let [value] = self.evaluate_batch(u.as_chunks().0, gradient.as_chunks_mut().0);
        value
    }
}

impl<const B: usize> BatchObjective<B> for RobustnessCost<B> {
    fn dimension(&self) -> usize {
        self.formula.units()
    }

    fn evaluate(&mut self, u: &[[f64; B]], gradient: &mut [[f64; B]]) -> [f64; B] {
        self.evaluate_batch(u, gradient)
    }
}

/// Amplitudes of all placed eigenvalues, packed: zero at the stabilising ones.
fn placed_amplitudes(placement: &Placement, amplitudes: &[Complex64]) -> Result<Vec<f64>> {
    let (targets, amplitudes) = Spectrum::with_amplitudes(placement.targets(), amplitudes, CONJUGATE)?;
    if amplitudes.iter().all(|alpha| alpha.norm() == 0.0) {
        return Err(Error::OutOfRange { what: "largest amplitude", expected: "a number > 0", given: 0.0 });
    }
    let of = |mu: &Complex64| targets.iter().position(|t| t == mu).map_or(Complex64::ZERO, |k| amplitudes[k]);
    let placed: Vec<Complex64> = placement.placed().iter().map(of).collect();
    Ok(placement.placed_layout().pack(&placed))
}
