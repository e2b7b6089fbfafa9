//! A validated target series.

use crate::{Error, Result, validate};

/// A target series for the readout, sampled at `t = 0, dt, 2 dt, ...` (time in tau).
#[derive(Debug, Clone, PartialEq)]
pub struct Motif {
    dt: f64,
    values: Vec<f64>,
}

impl Motif {
    /// A motif from its samples.
    ///
    /// # Errors
    /// `dt` not finite and positive, no samples, a NaN or infinity, or zeros only.
    pub fn new(dt: f64, values: Vec<f64>) -> Result<Self> {
        validate::positive("motif dt", dt)?;
        if values.is_empty() {
            return Err(Error::Empty { what: "motif", remedy: "give at least one sample" });
        }
        validate::finite("motif", &values)?;
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
}
