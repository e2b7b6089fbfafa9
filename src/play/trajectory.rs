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
pub struct Trajectory {
    pub(super) dt: f64,
    pub(super) readout: Vec<f64>,
    pub(super) target: Vec<f64>,
    pub(super) states: Option<DMatrix<f64>>,
    pub(super) segments: Vec<Segment>,
    pub(super) end_state: DVector<f64>,
}

impl Trajectory {
    /// Sampling step, in tau.
    pub fn dt(&self) -> f64 {
        self.dt
    }

    /// Sample times, in tau.
    pub fn times(&self) -> Vec<f64> {
        (0..self.readout.len()).map(|n| n as f64 * self.dt).collect()
    }

    /// Readout `w^T x` at each sample.
    pub fn readout(&self) -> &[f64] {
        &self.readout
    }

    /// Target at each sample: the motif's while it plays, NaN during preparation, where there is none.
    pub fn target(&self) -> &[f64] {
        &self.target
    }

    /// States, one column per sample (N x samples), if they were asked for.
    pub fn states(&self) -> Option<&DMatrix<f64>> {
        self.states.as_ref()
    }

    /// Where each motif of the sequence lies.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
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

    /// State one step past the last sample: where a continued run starts.
    pub fn end_state(&self) -> &DVector<f64> {
        &self.end_state
    }
}
