//! Robustness cost of a loop in O(N^2): how much of initial noise reaches the readout.

use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;

use super::modes::CortexModes;
use super::placement::{CONJUGATE, Placement};
use super::robustness_tables::Tables;
use super::robustness_workspace::Workspace;
use crate::cortex::Cortex;
use crate::linalg::conjugate_vector::Layout;
use crate::linalg::{ConjugateSet, multiply};
use crate::optim::Objective;
use crate::{Error, Result, validate};

/// Over which time a loop's noise is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
/// use thalamo::{Complex64, Cortex, optim::Objective};
/// use thalamo::thalamus::{Horizon, Placement, PlacementOptions, RobustnessCost};
/// let cortex = Cortex::random(30, 0.5, 1)?;
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
    pub(super) modes: &'a CortexModes,
    pub(super) duration: f64,
    pub(super) noise_floor: f64,
    pub(super) residues: Vec<f64>,
    pub(super) amplitudes: Vec<f64>,
    pub(super) tables: Tables,
    pub(super) work: Workspace,
}

/// The two integrals behind a cost.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
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
        cortex: &'a Cortex,
        placement: &Placement,
        eigenvalues: &[Complex64],
        amplitudes: &[Complex64],
        duration: f64,
        horizon: Horizon,
    ) -> Result<Self> {
        validate::positive("duration", duration)?;
        placement.check_cortex(cortex)?;
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
        let modes = cortex.modes();
        let tables = Tables::new(modes, placement, duration, horizon);
        if !tables.is_finite() {
            return Err(Error::Singular {
                what: "Gramians of the loop (two of its eigenvalues sum to zero)",
                remedy: "use eigenvalues with a margin to the imaginary axis",
            });
        }
        let work = Workspace::new(&tables);
        let residues = placement.residues().to_vec();
        Ok(Self { modes, duration, noise_floor: 0.0, residues, amplitudes, tables, work })
    }

    /// The objective with noise that does not vanish with the activity: `ln C` with `E + N T floor^2` in place
    /// of `E`. [`RobustnessCost::terms`] is not affected.
    ///
    /// # Errors
    /// A floor (in units of x) that is negative or not finite.
    pub fn with_noise_floor(mut self, floor: f64) -> Result<Self> {
        validate::non_negative("noise floor", floor)?;
        self.noise_floor = floor;
        Ok(self)
    }

    /// Activity, noise gain and cost at u, with the digits lost to cancellation.
    ///
    /// # Errors
    /// u of the wrong length or not finite, or orthogonal to an eigenvector of A (infinite cost).
    pub fn terms(&mut self, u: &[f64]) -> Result<CostTerms> {
        let units = self.dimension();
        validate::shape("input weights u", (u.len(), 1), (units, 1), "give one weight per unit")?;
        validate::finite("input weights u", u)?;
        self.forward(u).ok_or(Error::Singular {
            what: "robustness cost (u has no component along some eigenvector of A)",
            remedy: "choose another u, a random one for instance",
        })
    }

    /// Initial state of the motif, `x0 = R (a * (C_K^T c))` with `c_k = alpha_k / rho_k`, at the u of the
    /// last evaluation.
    pub(super) fn initial_state(&self) -> DVector<f64> {
        let n = self.dimension();
        let mut weighted = self.work.x0_a_h_xt[..n].to_vec();
        // R x = sum over representatives of columns: D weights count each pair twice.
        self.modes.layout.weight(&mut weighted);
        let mut state = DVector::zeros(n);
        multiply::apply(&self.modes.right, &weighted, state.as_mut_slice());
        state
    }

    /// The cost at u, leaving every intermediate in the workspace for [`Self::backward`].
    ///
    /// Sections 5.2 to 5.4 of `docs/theory.md` derive each line.
    fn forward(&mut self, u: &[f64]) -> Option<CostTerms> {
        let Self { modes: m, tables: t, work: k, .. } = self;
        let (n, lambda, mu) = (m.layout.len(), m.layout, t.all);
        // a = L u,  b = d / a
        multiply::apply(&m.left, u, &mut k.a);
        // Only u's direction matters; its length must not over- or underflow what follows.
        k.scale = near_unit(u);
        k.a.iter_mut().for_each(|a| *a *= k.scale);
        lambda.divide(&self.residues, &k.a, &mut k.b_z_qt[..n]);
        // rho = C (q * a),  p = rho / n
        lambda.multiply(&m.readout, &k.a, &mut k.lambda_scratch);
        multiply::apply(&t.cauchy, &k.lambda_scratch, &mut k.rho);
        mu.divide(&k.rho, &t.norms, &mut k.p_ep[..n]);
        let columns = t.end.as_ref().map_or(1, |e| {
            let (p, ep) = k.p_ep.split_at_mut(n);
            mu.multiply(e, p, ep);
            2
        });
        // m = p * (S p - e * S (e * p))
        multiply::apply(&t.pairing, &k.p_ep[..columns * n], &mut k.sp_sep[..columns * n]);
        difference(mu, &mut k.sp_sep, t.end.as_deref());
        mu.multiply(&k.p_ep[..n], &k.sp_sep[..n], &mut k.m_ep[..n]);
        k.m_ep[n..].copy_from_slice(&k.p_ep[n..]);
        // s = C^T m,  z = b * s;   q_T = b * f,  f = C^T (e * p)
        transposed(&t.cauchy, mu, lambda, &mut k.m_ep[..columns * n], &mut k.s_f[..columns * n]);
        for column in 0..columns {
            let (b, targets) = k.b_z_qt.split_at_mut(n);
            lambda.multiply(b, &k.s_f[column * n..][..n], &mut targets[column * n..][..n]);
        }
        // G = q^T W q - q_T^T W q_T + 2 b^T W z
        let used = (columns + 1) * n;
        multiply::apply(&m.noise, &k.b_z_qt[..used], &mut k.w_b_z_qt[..used]);
        let carried = if columns == 2 { lambda.dot(&k.b_z_qt[2 * n..], &k.w_b_z_qt[2 * n..]) } else { 0.0 };
        let looped = 2.0 * lambda.dot(&k.b_z_qt[..n], &k.w_b_z_qt[n..2 * n]);
        let noise_gain = m.readout_noise - carried + looped;
        let noise_size = m.readout_noise.abs() + carried.abs() + looped.abs();

        let (activity, activity_size) = self.activity(columns)?;
        let cost = (activity * noise_gain / n as f64).sqrt() / self.duration;
        let cancellation = (noise_size / noise_gain).max(activity_size / activity);
        let valid = activity > 0.0 && noise_gain > 0.0 && cost.is_finite();
        valid.then_some(CostTerms { activity, noise_gain, cost, cancellation })
    }

    /// `E = x0^T V x0 - x_T^T V x_T + 2 a^T V h` and the sum of the terms' magnitudes.
    fn activity(&mut self, columns: usize) -> Option<(f64, f64)> {
        let Self { modes: m, tables: t, work: k, .. } = self;
        let (n, lambda, placed) = (m.layout.len(), m.layout, t.placed);
        // c = alpha / rho_K,  then mode weights c, c * (S c - e * S (e * c)) and e * c
        t.gather(&k.rho, &mut k.rho_placed);
        placed.divide(&self.amplitudes, &k.rho_placed, &mut k.c);
        paired(t, &k.end_placed, &k.c, &mut k.pair_scratch, &mut k.sc);
        let size = placed.len();
        k.weights[..size].copy_from_slice(&k.c);
        placed.multiply(&k.c, &k.sc, &mut k.weights[size..2 * size]);
        if t.end.is_some() {
            placed.multiply(&k.c, &k.end_placed, &mut k.weights[2 * size..]);
        }
        let vectors = columns + 1;
        // y = C_K^T of each;  x0 = a * y_0,  h = a * y_h,  x_T = a * y_T
        transposed(
            &t.cauchy_placed,
            placed,
            lambda,
            &mut k.weights[..vectors * size],
            &mut k.y[..vectors * n],
        );
        k.x0_a_h_xt[n..2 * n].copy_from_slice(&k.a);
        for (y, slot) in [0, 2, 3].into_iter().take(vectors).enumerate() {
            lambda.multiply(&k.a, &k.y[y * n..][..n], &mut k.x0_a_h_xt[slot * n..][..n]);
        }
        let used = (vectors + 1) * n;
        multiply::apply(&m.activity, &k.x0_a_h_xt[..used], &mut k.v_x0_a_h_xt[..used]);
        let form = |i: usize, j: usize| lambda.dot(&k.x0_a_h_xt[i * n..][..n], &k.v_x0_a_h_xt[j * n..][..n]);
        let carried = if columns == 2 { form(3, 3) } else { 0.0 };
        let (start, looped) = (form(0, 0), 2.0 * form(1, 2));
        let activity = start - carried + looped;
        activity.is_finite().then_some((activity, start.abs() + carried.abs() + looped.abs()))
    }

    pub(super) fn floored(&self, activity: f64) -> f64 {
        activity + self.dimension() as f64 * self.duration * self.noise_floor * self.noise_floor
    }
}

impl Objective for RobustnessCost<'_> {
    fn dimension(&self) -> usize {
        self.modes.layout.len()
    }

    fn evaluate(&mut self, u: &[f64], gradient: &mut [f64]) -> f64 {
        if u.len() != self.dimension() || gradient.len() != self.dimension() {
            return f64::INFINITY;
        }
        match self.forward(u) {
            Some(terms) => {
                self.backward(&terms, gradient);
                if gradient.iter().any(|g| !g.is_finite()) {
                    return f64::INFINITY;
                }
                let value = terms.cost.ln() + 0.5 * (self.floored(terms.activity) / terms.activity).ln();
                if value.is_nan() { f64::INFINITY } else { value }
            }
            None => f64::INFINITY,
        }
    }
}

/// The power of two that brings the largest entry near one: scaling by it is exact.
pub(super) fn near_unit(u: &[f64]) -> f64 {
    let largest = u.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    if largest > 0.0 { (-largest.log2().floor()).clamp(-1000.0, 1000.0).exp2() } else { 1.0 }
}

/// `out = M^T x` for columns of packed vectors, given the packed map of M; x is overwritten.
pub(super) fn transposed(map: &DMatrix<f64>, rows: Layout, cols: Layout, x: &mut [f64], out: &mut [f64]) {
    x.chunks_exact_mut(rows.len()).for_each(|column| rows.weight(column));
    multiply::apply_transpose(map, x, out);
    out.chunks_exact_mut(cols.len()).for_each(|column| cols.unweight(column));
}

/// First column minus e times the second, into the first.
pub(super) fn difference(layout: Layout, columns: &mut [f64], end: Option<&[f64]>) {
    if let Some(e) = end {
        let (first, second) = columns.split_at_mut(layout.len());
        layout.multiply_add(-1.0, e, second, first);
    }
}

/// `out = S x - e * S (e * x)` on the placed eigenvalues.
pub(super) fn paired(t: &Tables, end: &[f64], x: &[f64], scratch: &mut [f64], out: &mut [f64]) {
    let (placed, size) = (t.placed, t.placed.len());
    multiply::apply(&t.pairing_placed, x, out);
    if t.end.is_some() {
        let (ex, image) = scratch.split_at_mut(size);
        placed.multiply(end, x, ex);
        multiply::apply(&t.pairing_placed, ex, image);
        placed.multiply_add(-1.0, end, image, out);
    }
}

/// Amplitudes in the order of the placed eigenvalues, zero at the stabilising ones.
fn placed_amplitudes(
    placement: &Placement,
    eigenvalues: &[Complex64],
    amplitudes: &[Complex64],
) -> Result<Vec<f64>> {
    let (set, amplitudes) = ConjugateSet::with_amplitudes(eigenvalues, amplitudes, CONJUGATE)?;
    let given = set.to_vec();
    if given != placement.targets() {
        let (shape, expected) = ((given.len(), 1), (placement.targets().len(), 1));
        let remedy = "give the eigenvalues the placement was made for";
        validate::shape("eigenvalues of the motif", shape, expected, remedy)?;
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
