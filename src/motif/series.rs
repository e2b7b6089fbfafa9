//! A validated target series.

use crate::check::root_mean_square;
use crate::{Error, Result, check};

/// A target series for the readout, sampled at `t = 0, dt, 2 dt, ...` (time in tau).
///
/// Never empty, never all zeros, every sample finite.
///
/// ```
/// use thalamo::motif::Motif;
///
/// let ramp = Motif::new(0.1, vec![0.0, 1.0, 2.0, 3.0])?;
/// assert_eq!(ramp.len(), 4);
/// assert_eq!(ramp.mean(), 1.5);
/// assert_eq!(ramp.standard_deviation(), 1.25_f64.sqrt());
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(remote = "Self", deny_unknown_fields))]
pub struct Motif {
    dt: f64,
    values: Vec<f64>,
}

impl Motif {
    /// A motif from its samples, `dt` apart (in tau).
    ///
    /// # Errors
    /// [`Error::OutOfRange`] when `dt` is not finite and positive, [`Error::Empty`] without samples,
    /// [`Error::NotFinite`] on a NaN or infinity, [`Error::ZeroMotif`] when there are only zeros.
    pub fn new(dt: f64, values: Vec<f64>) -> Result<Self> {
        check::positive("motif dt", dt)?;
        if values.is_empty() {
            return Err(Error::Empty { what: "motif", remedy: "give at least one sample" });
        }
        check::finite("motif", &values)?;
        if values.iter().all(|&y| y == 0.0) {
            return Err(Error::ZeroMotif { samples: values.len() });
        }
        Ok(Self { dt, values })
    }

    /// Sampling step, in tau.
    pub fn dt(&self) -> f64 {
        self.dt
    }

    /// The samples.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Number of samples.
    #[allow(clippy::len_without_is_empty)] // a motif is never empty
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Duration `len * dt`, in tau.
    pub fn duration(&self) -> f64 {
        self.len() as f64 * self.dt
    }

    /// Sample times `0, dt, 2 dt, ...`, in tau.
    pub fn times(&self) -> impl ExactSizeIterator<Item = f64> + '_ {
        (0..self.len()).map(|i| i as f64 * self.dt)
    }

    /// Mean of the samples.
    pub fn mean(&self) -> f64 {
        let (sum, count) = (self.values.iter().sum::<f64>(), self.len() as f64);
        if sum.is_finite() { sum / count } else { self.values.iter().map(|y| y / count).sum() }
    }

    /// Root mean square of the samples.
    pub fn rms(&self) -> f64 {
        root_mean_square(self.values.iter().copied())
    }

    /// Population standard deviation of the samples: the root mean square deviation from [`mean`](Self::mean).
    pub fn standard_deviation(&self) -> f64 {
        let mean = self.mean();
        // Halves: the distance of two numbers may overflow, half of it does not.
        2.0 * root_mean_square(self.values.iter().map(|y| 0.5 * y - 0.5 * mean))
    }
}
