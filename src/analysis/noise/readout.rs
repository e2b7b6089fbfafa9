//! The readout of a motif on its sampling grid, as a linear function of the state it starts from.

use faer::Accum;
use nalgebra::{DMatrix, DVector};

use crate::linalg::Propagator;
use crate::linalg::product::{Op, mirror_lower, mul_into, mul_lower_into};
use crate::{Error, Network, Result, check};

/// The samples $y_k = r_k^T x(0)$, $r_k = (e^{A\\,dt})^{T k} w$, $k < n$, of the readout of $\dot x = A x$.
///
/// ```
/// use nalgebra::{DMatrix, DVector};
/// use thalamo::analysis::noise::{InitialNoise, MotifReadout};
/// // One unit that decays at rate a: a deviation of variance s^2 leaves s^2 exp(-2 a t).
/// let motif = MotifReadout::new(&DMatrix::from_element(1, 1, -0.5), &DVector::from_element(1, 1.0), 0.1, 3)?;
/// let variance = motif.initial_variance(&InitialNoise::Independent(2.0))?;
/// assert!((variance.values()[2] - 4.0 * (-0.2_f64).exp()).abs() < 1e-15);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct MotifReadout {
    pub(super) system: DMatrix<f64>,
    pub(super) readout: DVector<f64>,
    pub(super) dt: f64,
    pub(super) step: DMatrix<f64>,
    /// `r_k`, one column per sample.
    pub(super) rows: DMatrix<f64>,
}

impl MotifReadout {
    /// For the system `A` (N x N, 1/tau), readout `w` (N), and a grid of `samples` points `dt` (tau) apart.
    ///
    /// Exists for every A; an unstable one whose readout overflows within the grid is refused.
    ///
    /// # Errors A matrix that is not square, empty or not finite; a readout of another length or not finite; a
    /// step that is not positive; no samples, or more than 1e7 or than fit in memory ([`Error::Count`]).
    pub fn new(system: &DMatrix<f64>, readout: &DVector<f64>, dt: f64, samples: usize) -> Result<Self> {
        let step = transition(system, readout, dt, samples)?;
        let units = readout.len();
        let mut rows = check::zeros("samples", units, samples)?;
        let mut row = readout.clone();
        let mut next = row.clone();
        for mut column in rows.column_iter_mut() {
            column.copy_from(&row);
            next.gemv_tr(1.0, &step, &row, 0.0);
            std::mem::swap(&mut row, &mut next);
        }
        check::no_overflow("readout within the grid", rows.as_slice())?;
        Ok(Self { system: system.clone(), readout: readout.clone(), dt, step, rows })
    }

    /// For a motif of a network.
    ///
    /// # Errors
    /// An unknown motif.
    pub fn of_motif(network: &Network, motif: usize) -> Result<Self> {
        let learned = network.motif(motif)?;
        let (series, system) = (learned.motif(), learned.motif_loop().system());
        Self::new(system, &network.system().single_readout()?, series.dt(), series.len())
    }

    /// Number of units N.
    pub fn units(&self) -> usize {
        self.readout.len()
    }

    /// Number of samples n.
    pub fn samples(&self) -> usize {
        self.rows.ncols()
    }

    /// Sampling step, in tau.
    pub fn dt(&self) -> f64 {
        self.dt
    }

    /// `r_k`, one column per sample (N x n): the sensitivities of the readout to the initial state.
    pub fn sensitivities(&self) -> &DMatrix<f64> {
        &self.rows
    }

    /// `|F^T r_k|^2` for each sample: the variance that `F z`, `z ~ N(0, I)`, added to x(0) leaves in the readout.
    pub(super) fn factor_variance(&self, factor: &DMatrix<f64>) -> Vec<f64> {
        let mut image = DMatrix::zeros(factor.ncols(), self.samples());
        mul_into(&mut image, Accum::Replace, 1.0, (factor, Op::Transposed), (&self.rows, Op::Plain));
        image.column_iter().map(|column| column.norm_squared()).collect()
    }
}

/// $$ G = \frac{1}{n} \sum_{k<n} r_k r_k^T, \qquad r_k = (e^{A\\,dt})^{T k} w, $$
///
/// N x N: the finite-horizon Gramian of the readout on its sampling grid. A deviation $\delta x$ at the motif's
/// start shifts the readout by $\delta x^T G\\, \delta x$ in mean square over the samples, a random one of
/// covariance $\Sigma_0$ by $\mathrm{tr}(G \Sigma_0)$. By doubling, in $O(N^3 \log n)$, for stable and unstable
/// A alike.
///
/// # Errors
/// As [`MotifReadout::new`]; a Gramian that overflows ([`Error::OutOfRange`]).
///
/// ```
/// use nalgebra::{DMatrix, DVector};
/// let (a, w) = (DMatrix::from_element(1, 1, -0.5), DVector::from_element(1, 1.0));
/// let g = thalamo::analysis::noise::readout_gramian(&a, &w, 0.1, 200)?;
/// let series = (1.0 - (-20_f64).exp()) / (1.0 - (-0.1_f64).exp());
/// assert!((g[(0, 0)] * 200.0 / series - 1.0).abs() < 1e-14);
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn readout_gramian(
    system: &DMatrix<f64>,
    readout: &DVector<f64>,
    dt: f64,
    samples: usize,
) -> Result<DMatrix<f64>> {
    let step = transition(system, readout, dt, samples)?;
    let units = readout.len();
    let mut sum = DMatrix::zeros(units, units);
    let mut power = DMatrix::identity(units, units);
    let mut product = sum.clone();
    // sum and power stand for m samples; the binary digits of n say how m grows.
    for bit in (0..usize::BITS - samples.leading_zeros()).rev() {
        mul_into(&mut product, Accum::Replace, 1.0, (&sum, Op::Plain), (&power, Op::Plain));
        mul_lower_into(&mut sum, Accum::Add, 1.0, (&power, Op::Transposed), (&product, Op::Plain));
        mirror_lower(&mut sum);
        mul_into(&mut product, Accum::Replace, 1.0, (&power, Op::Plain), (&power, Op::Plain));
        std::mem::swap(&mut power, &mut product);
        if samples >> bit & 1 == 1 {
            mul_into(&mut product, Accum::Replace, 1.0, (&sum, Op::Plain), (&step, Op::Plain));
            mul_lower_into(&mut sum, Accum::Replace, 1.0, (&step, Op::Transposed), (&product, Op::Plain));
            mirror_lower(&mut sum);
            sum.ger(1.0, readout, readout, 1.0);
            mul_into(&mut product, Accum::Replace, 1.0, (&power, Op::Plain), (&step, Op::Plain));
            std::mem::swap(&mut power, &mut product);
        }
    }
    sum /= samples as f64;
    check::no_overflow("Gramian of the readout", sum.as_slice())?;
    Ok(sum)
}

/// Variance of the readout about its noise-free value, at each sample of a motif.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadoutVariance {
    values: Vec<f64>,
}

impl ReadoutVariance {
    pub(super) fn new(values: Vec<f64>) -> Result<Self> {
        check::no_overflow("variance of the readout", &values)?;
        Ok(Self { values })
    }

    /// At each sample.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Mean over the samples: the expected mean-square deviation.
    pub fn mean(&self) -> f64 {
        let (sum, count) = (self.values.iter().sum::<f64>(), self.values.len() as f64);
        if sum.is_finite() { sum / count } else { self.values.iter().map(|x| x / count).sum() }
    }

    /// Square root of the mean, in units of the readout.
    pub fn rms(&self) -> f64 {
        self.mean().sqrt()
    }
}

/// `e^{A dt}`, all arguments checked.
fn transition(
    system: &DMatrix<f64>,
    readout: &DVector<f64>,
    dt: f64,
    samples: usize,
) -> Result<DMatrix<f64>> {
    let step = Propagator::new(system, dt)?.transition().clone();
    check::shape("readout w", readout.shape(), (system.nrows(), 1), "give one weight per unit")?;
    check::finite("readout w", readout.as_slice())?;
    check::samples("samples", samples)?;
    if samples == 0 {
        return Err(Error::Count { what: "samples", expected: "at least 1", given: 0 });
    }
    Ok(step)
}
