//! Validated target series.

use nalgebra::DMatrix;

use crate::check::root_mean_square;
use crate::{Error, Result, check};

/// Target series for the D readouts, sampled at `t = 0, dt, 2 dt, ...` (time in tau): T x D numbers.
///
/// Never empty, never all zeros, every sample finite.
///
/// ```
/// use thalamo::motif::Motif;
///
/// let ramp = Motif::new(0.1, vec![0.0, 1.0, 2.0, 3.0])?;
/// assert_eq!((ramp.len(), ramp.outputs()), (4, 1));
/// assert_eq!(ramp.mean(), 1.5);
/// assert_eq!(ramp.standard_deviation(), 1.25_f64.sqrt());
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(remote = "Self", deny_unknown_fields))]
pub struct Motif {
    dt: f64,
    #[cfg_attr(feature = "serde", serde(rename = "values", with = "one_output"))]
    samples: DMatrix<f64>,
}

#[cfg(feature = "serde")]
crate::check::checked_when_read!(Motif: |it| Motif::from_samples(it.dt, it.samples));

impl Motif {
    /// A motif for one readout from its samples, `dt` apart (in tau).
    ///
    /// # Errors
    /// As [`Motif::from_samples`].
    pub fn new(dt: f64, values: Vec<f64>) -> Result<Self> {
        Self::from_samples(dt, DMatrix::from_vec(values.len(), 1, values))
    }

    /// A motif from its samples, a row every `dt` (in tau) and a column for each readout (T x D).
    ///
    /// # Errors
    /// [`Error::OutOfRange`] when `dt` is not finite and positive, [`Error::Empty`] without samples,
    /// [`Error::NotFinite`] on a NaN or infinity, [`Error::ZeroMotif`] when there are only zeros.
    pub fn from_samples(dt: f64, samples: DMatrix<f64>) -> Result<Self> {
        check::positive("motif dt", dt)?;
        if samples.is_empty() {
            return Err(Error::Empty { what: "motif", remedy: "give at least one sample" });
        }
        check::finite("motif", samples.as_slice())?;
        if samples.iter().all(|&y| y == 0.0) {
            return Err(Error::ZeroMotif { samples: samples.nrows() });
        }
        Ok(Self { dt, samples })
    }

    /// Sampling step, in tau.
    pub fn dt(&self) -> f64 {
        self.dt
    }

    /// The samples, T x D.
    pub fn samples(&self) -> &DMatrix<f64> {
        &self.samples
    }

    /// The samples of the first readout.
    pub fn values(&self) -> &[f64] {
        &self.samples.as_slice()[..self.len()]
    }

    /// The samples of a motif for one readout.
    ///
    /// # Errors
    /// [`Error::Outputs`] for a motif of several.
    pub(crate) fn single_output(&self) -> Result<&[f64]> {
        match self.outputs() {
            1 => Ok(self.values()),
            given => Err(Error::Outputs { given }),
        }
    }

    /// Number of samples T.
    #[allow(clippy::len_without_is_empty)] // a motif is never empty
    pub fn len(&self) -> usize {
        self.samples.nrows()
    }

    /// Number of readouts D.
    pub fn outputs(&self) -> usize {
        self.samples.ncols()
    }

    /// Duration `len * dt`, in tau.
    pub fn duration(&self) -> f64 {
        self.len() as f64 * self.dt
    }

    /// Sample times `0, dt, 2 dt, ...`, in tau.
    pub fn times(&self) -> impl ExactSizeIterator<Item = f64> + '_ {
        (0..self.len()).map(|i| i as f64 * self.dt)
    }

    /// Mean of the samples of the first readout.
    pub fn mean(&self) -> f64 {
        let (sum, count) = (self.values().iter().sum::<f64>(), self.len() as f64);
        if sum.is_finite() { sum / count } else { self.values().iter().map(|y| y / count).sum() }
    }

    /// Root mean square of the samples of the first readout.
    pub fn rms(&self) -> f64 {
        root_mean_square(self.values().iter().copied())
    }

    /// Population standard deviation of the samples of the first readout: the root mean square
    /// deviation from [`mean`](Self::mean).
    pub fn standard_deviation(&self) -> f64 {
        let mean = self.mean();
        // Halves: the distance of two numbers may overflow, half of it does not.
        2.0 * root_mean_square(self.values().iter().map(|y| 0.5 * y - 0.5 * mean))
    }
}

/// Samples T x 1 as a list; those of several outputs are refused.
#[cfg(feature = "serde")]
mod one_output {
    use nalgebra::DMatrix;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(samples: &DMatrix<f64>, serializer: S) -> Result<S::Ok, S::Error> {
        match samples.ncols() {
            1 => samples.as_slice().serialize(serializer),
            given => Err(serde::ser::Error::custom(crate::Error::Outputs { given })),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<DMatrix<f64>, D::Error> {
        Vec::deserialize(from).map(|list: Vec<f64>| DMatrix::from_vec(list.len(), 1, list))
    }
}
