//! A trial: a start, what drives the network from there, and what its readout should be.

use std::sync::Arc;

use super::{Real, TanhNetwork, real::finite};
use crate::{Error, Result, check};

/// More steps than this in one trial are taken for a mistake.
pub(super) const MAX_STEPS: usize = 10_000_000;

/// What drives the network during a segment of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrialPhase {
    /// The motif plays.
    Motif,
    /// The transition module acts on $\tanh x$, towards the motif's start.
    Transition,
    /// The same with every unit linear: $\dot x = A_{prep} x + b_\mu$.
    LinearTransition,
}

/// A stretch of one trial under one drive.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialSegment<T: Real> {
    /// Whose bias and loop.
    pub motif: usize,
    /// What acts.
    pub phase: TrialPhase,
    /// How many Euler steps.
    pub steps: usize,
    /// What the readout should be after each step (at least `steps` values; the first ones count), or
    /// nothing when it is free.
    pub target: Option<Arc<[T]>>,
}

impl<T: Real> TrialSegment<T> {
    /// All of a motif.
    pub(super) fn whole(motif: usize, target: &Arc<[T]>) -> Self {
        Self { motif, phase: TrialPhase::Motif, steps: target.len(), target: Some(target.clone()) }
    }

    /// A stretch without a target.
    pub(super) fn free(motif: usize, phase: TrialPhase, steps: usize) -> Self {
        Self { motif, phase, steps, target: None }
    }
}

/// A start and segments, one after the other; checked where it is run.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial<T: Real> {
    /// The start $x_0$, N.
    pub start: Vec<T>,
    /// What follows it.
    pub segments: Vec<TrialSegment<T>>,
}

impl<T: Real> Trial<T> {
    /// Fails when `network` cannot run the trial: see [`respond`](super::respond).
    pub(super) fn validate(&self, network: &TanhNetwork<T>) -> Result<()> {
        let remedy = "give one entry per unit";
        check::shape("start x(0)", (self.start.len(), 1), (network.units(), 1), remedy)?;
        finite("start x(0)", &self.start)?;
        let len = network.motifs();
        for segment in &self.segments {
            if segment.motif >= len {
                return Err(Error::UnknownIndex { what: "motif of a segment", index: segment.motif, len });
            }
            if segment.phase != TrialPhase::Motif && network.module().is_none() {
                return Err(Error::MissingModule);
            }
            let Some(target) = &segment.target else { continue };
            if target.len() < segment.steps {
                let (given, expected) = ((target.len(), 1), (segment.steps, 1));
                let remedy = "give one target per step";
                return Err(Error::Shape { what: "target of a segment", expected, given, remedy });
            }
            finite("target of a segment", target)?;
        }
        match self.steps() {
            0 => {
                let remedy = "give at least one segment with at least one step";
                Err(Error::Empty { what: "trial", remedy })
            }
            1..=MAX_STEPS => Ok(()),
            given => Err(Error::Count { what: "steps of a trial", expected: "at most 1e7", given }),
        }
    }

    /// Number of Euler steps.
    pub(super) fn steps(&self) -> usize {
        self.segments.iter().fold(0, |sum, s| sum.saturating_add(s.steps))
    }

    /// Number of steps with a target.
    pub(super) fn scored_steps(&self) -> usize {
        self.segments.iter().filter(|s| s.target.is_some()).map(|s| s.steps).sum()
    }
}

/// What a trial did.
#[derive(Debug, Clone, PartialEq)]
pub struct Response<T: Real> {
    /// Readout after each step.
    pub readout: Vec<T>,
    /// Euclidean norm $|x|$ of the state after each step.
    pub norm: Vec<T>,
    /// The last state, N.
    pub last: Vec<T>,
}
