//! The readout of a motif on its sampling grid, as a linear function of the state it starts from.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use crate::linalg::product::{product, view};
use crate::play::{Centre, Flow, Phase};
use crate::{Error, Result, check};

/// The samples $y_k = r_k^T x(0)$, $r_k = (e^{A\\,dt})^{T k} w$, $k < n$, of the readout of
/// $\dot x = A x$.
///
/// ```
/// use nalgebra::{dmatrix, dvector};
/// use thalamo::analysis::noise::{InitialNoise, MotifReadout};
/// // One unit that decays at rate a: a deviation of variance s^2 leaves s^2 exp(-2 a t).
/// let motif = MotifReadout::new(&dmatrix![-0.5], &dvector![1.0], 0.1, 3)?;
/// let variance = motif.initial_variance(&InitialNoise::Independent(2.0))?;
/// assert!((variance.values[2] - 4.0 * (-0.2_f64).exp()).abs() < 1e-15);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct MotifReadout {
    pub(super) phase: Phase,
}

impl MotifReadout {
    /// For the system `A` (N x N, 1/tau), readout `w` (N), and a grid of `samples` points `dt`
    /// (tau) apart. To measure a motif of a network, ask [`expected_rmse`](super::expected_rmse).
    ///
    /// Exists for every A; an unstable one whose readout overflows within the grid is refused.
    ///
    /// # Errors
    /// A matrix that is not square, empty or not finite; a readout of another length or not finite;
    /// a step that is not positive; no samples, or more than 1e7 or than fit in memory
    /// ([`Error::OutOfRange`]).
    pub fn new(system: &DMatrix<f64>, readout: &DVector<f64>, dt: f64, samples: usize) -> Result<Self> {
        check::positive("dt", dt)?;
        check::samples("samples", samples)?;
        if samples == 0 {
            return Err(Error::OutOfRange { what: "samples", expected: "at least 1", given: 0.0 });
        }
        let flow = Flow::new(system, readout, dt, samples)?;
        check::shape("readout w", readout.shape(), (system.nrows(), 1), "give one weight per unit")?;
        check::finite("readout w", readout.as_slice())?;
        Self::of(&Phase::new(Arc::new(flow), Centre::Origin, None))
    }

    /// For the phase that plays a motif.
    pub(super) fn of(phase: &Phase) -> Result<Self> {
        check::no_overflow("readout within the grid", phase.flow.rows()?.as_slice())?;
        Ok(Self { phase: phase.of_deviations() })
    }

    pub(super) fn units(&self) -> usize {
        self.phase.flow.readout.len()
    }

    pub(super) fn samples(&self) -> usize {
        self.phase.steps()
    }

    /// `|F^T r_k|^2` for each sample: the variance that `F z`, `z ~ N(0, I)`, added to x(0) leaves
    /// in the readout.
    pub(super) fn factor_variance(&self, factor: &DMatrix<f64>) -> Result<ReadoutVariance> {
        let image = product(view(factor).transpose(), view(self.phase.flow.rows()?));
        ReadoutVariance::new(image.column_iter().map(|column| column.norm_squared()).collect())
    }
}

/// Variance of the readout about its noise-free value.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadoutVariance {
    /// At each sample of a motif.
    pub values: Vec<f64>,
}

impl ReadoutVariance {
    pub(super) fn new(values: Vec<f64>) -> Result<Self> {
        check::no_overflow("variance of the readout", &values)?;
        Ok(Self { values })
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
