//! What a run leaves behind.

use nalgebra::{DMatrix, DVector};

use crate::check::root_mean_square;

/// One motif of a run, by sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Index of the motif.
    pub motif: usize,
    /// First sample of its preparation.
    pub preparation: usize,
    /// First sample of the motif itself.
    pub start: usize,
    /// One past its last sample.
    pub end: usize,
}

/// Readout (and states, if asked for) of a run, sampled every dt.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Trajectory {
    /// Sampling step, in tau.
    pub dt: f64,
    /// Readout `w^T x` at each sample.
    pub readout: Vec<f64>,
    /// The motif's value at each sample while it plays; NaN during preparation, where there is none.
    pub target: Vec<f64>,
    /// States, one column per sample (N x samples), if they were asked for.
    pub states: Option<DMatrix<f64>>,
    /// Where each motif of the sequence lies.
    pub segments: Vec<Segment>,
    /// State one step past the last sample: where a continued run starts.
    pub end_state: DVector<f64>,
}

impl Trajectory {
    /// Sample times, in tau.
    pub fn times(&self) -> Vec<f64> {
        (0..self.readout.len()).map(|n| n as f64 * self.dt).collect()
    }

    /// The motif playing at each sample; `None` during preparation.
    pub fn phases(&self) -> Vec<Option<usize>> {
        let mut phases = vec![None; self.readout.len()];
        for s in &self.segments {
            phases[s.start..s.end].fill(Some(s.motif));
        }
        phases
    }

    /// Root mean square error of the readout over each motif's own duration, in the order of play.
    pub fn rmse(&self) -> Vec<f64> {
        let error =
            |s: &Segment| root_mean_square((s.start..s.end).map(|n| self.readout[n] - self.target[n]));
        self.segments.iter().map(error).collect()
    }
}
