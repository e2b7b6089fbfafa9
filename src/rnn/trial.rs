//! A trial: a start, the phases that follow it, and what the readout should do in each.

use std::sync::Arc;

use super::{Real, TanhNetwork, network::finite};
use crate::{Error, Result, check};

/// What drives the network during a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The motif plays.
    Motif,
    /// The transition module acts on $\tanh x$, towards the motif's start.
    Transition,
    /// The same with every unit linear: $\dot x = A_{prep} x + b_\mu$.
    LinearTransition,
}

/// A stretch of one trial under one drive.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment<T: Real> {
    /// Whose bias and loop.
    pub motif: usize,
    /// What acts.
    pub phase: Phase,
    /// How many Euler steps.
    pub steps: usize,
    /// What the readout should be after each step (at least `steps` values; the first ones count), or nothing when
    /// it is free.
    pub target: Option<Arc<[T]>>,
}

/// A start $x_0$ and segments, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial<T: Real> {
    start: Vec<T>,
    segments: Vec<Segment<T>>,
    steps: usize,
}

impl<T: Real> Trial<T> {
    /// A trial of `network` from a start (N).
    ///
    /// # Errors
    /// [`Error::Shape`] on a start of another length or a target shorter than its segment, [`Error::NotFinite`] on a
    /// NaN or infinity, [`Error::Empty`] without a step, [`Error::UnknownIndex`] on a motif that is not there, and
    /// [`Error::MissingModule`] when a transition needs the module of a network that has none.
    pub fn new(network: &TanhNetwork<T>, start: Vec<T>, segments: Vec<Segment<T>>) -> Result<Self> {
        let remedy = "give one entry per unit";
        check::shape("start x(0)", (start.len(), 1), (network.units(), 1), remedy)?;
        finite("start x(0)", &start)?;
        for segment in &segments {
            check_segment(network, segment)?;
        }
        let steps = segments.iter().try_fold(0_usize, |sum, s| sum.checked_add(s.steps));
        let steps = steps.filter(|&s| s <= super::MAX_STEPS).ok_or(Error::Count {
            what: "steps of a trial",
            expected: "at most 1e7",
            given: usize::MAX,
        })?;
        if steps == 0 {
            return Err(Error::Empty {
                what: "trial",
                remedy: "give at least one segment with at least one step",
            });
        }
        Ok(Self { start, segments, steps })
    }

    /// The start, N.
    pub fn start(&self) -> &[T] {
        &self.start
    }

    /// The segments.
    pub fn segments(&self) -> &[Segment<T>] {
        &self.segments
    }

    /// Number of Euler steps.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Number of steps with a target.
    pub fn scored_steps(&self) -> usize {
        self.segments.iter().filter(|s| s.target.is_some()).map(|s| s.steps).sum()
    }
}

fn check_segment<T: Real>(network: &TanhNetwork<T>, segment: &Segment<T>) -> Result<()> {
    let len = network.motifs();
    if segment.motif >= len {
        return Err(Error::UnknownIndex { what: "motif of a segment", index: segment.motif, len });
    }
    if segment.phase != Phase::Motif && network.module().is_none() {
        return Err(Error::MissingModule);
    }
    if let Some(target) = &segment.target {
        if target.len() < segment.steps {
            let (given, expected) = ((target.len(), 1), (segment.steps, 1));
            let remedy = "give one target per step";
            return Err(Error::Shape { what: "target of a segment", expected, given, remedy });
        }
        finite("target of a segment", target)?;
    }
    Ok(())
}
