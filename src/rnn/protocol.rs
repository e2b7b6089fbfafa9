//! What a minibatch consists of: the training sets of the paper.

use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::real::finite;
use super::trial::{MAX_STEPS, Trial, TrialPhase, TrialSegment};
use super::{Real, TanhNetwork, transition_fixed_point};
use crate::motif::Motif;
use crate::{Error, Result, check};

/// The trials of a minibatch.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Protocol {
    /// Set A: all ordered pairs of motifs, each pair one trial from $x_0 \sim N(0, s^2 I)$; the first
    /// motif is appended, as long as needed to make all trials equally long.
    Pairs {
        /// Standard deviation $s$ of the starts.
        start: f64,
    },
    /// Set B: single motifs from $x_0 \sim N(0, s^2 I)$.
    Single {
        /// Standard deviation $s$ of the starts.
        start: f64,
        /// Trials of each motif.
        trials: usize,
    },
    /// Single motifs from $N(0, s^2 I)$, the transition module on before each; the readout is free
    /// meanwhile.
    Prepared {
        /// Standard deviation $s$ of the starts.
        start: f64,
        /// Trials of each motif.
        trials: usize,
        /// Steps with the module on (50 for 5 tau).
        steps: usize,
    },
    /// Single motifs from $N(0, s^2 I)$ and, in one more trial each, from the fixed point
    /// $x^\ast = -A_{prep}^{-1} b_\mu$ in which a linear transition settles.
    Stitched {
        /// Standard deviation $s$ of the random starts.
        start: f64,
        /// Trials of each motif from random starts.
        trials: usize,
    },
    /// The transition module alone, from $N(0, s^2 I)$: what the module itself is trained on.
    Module {
        /// Standard deviation $s$ of the starts.
        start: f64,
        /// Trials.
        trials: usize,
        /// Steps of each (200 for 20 tau).
        steps: usize,
    },
}

impl Protocol {
    /// Set A with $s = 1$.
    pub const SET_A: Self = Self::Pairs { start: 1.0 };
    /// Set B with $s = 1$: 90 trials for ten motifs.
    pub const SET_B: Self = Self::Single { start: 1.0, trials: 9 };
    /// The module on for 5 tau before each motif: 90 trials for ten motifs.
    pub const PREPARED: Self = Self::Prepared { start: 1.0, trials: 9, steps: 50 };
    /// As set B, and each motif from its fixed point.
    pub const STITCHED: Self = Self::Stitched { start: 1.0, trials: 8 };
    /// 64 trials of 20 tau for the module.
    pub const MODULE: Self = Self::Module { start: 1.0, trials: 64, steps: 200 };

    /// Standard deviation of the starts.
    pub fn start(&self) -> f64 {
        match *self {
            Self::Pairs { start }
            | Self::Single { start, .. }
            | Self::Prepared { start, .. }
            | Self::Stitched { start, .. }
            | Self::Module { start, .. } => start,
        }
    }

    /// Fails on numbers outside their range.
    pub(super) fn validate(&self) -> Result<()> {
        check::non_negative("standard deviation of starts", self.start())?;
        let (trials, steps) = match *self {
            Self::Pairs { .. } => (1, 1),
            Self::Single { trials, .. } | Self::Stitched { trials, .. } => (trials, 1),
            Self::Prepared { trials, steps, .. } | Self::Module { trials, steps, .. } => (trials, steps),
        };
        for (what, given, most) in [("trials", trials, 100_000), ("steps", steps, MAX_STEPS)] {
            if given == 0 || given > most {
                let expected = "at least 1, at most 1e5 trials or 1e7 steps";
                return Err(Error::Count { what, expected, given });
            }
        }
        Ok(())
    }

    /// Fails when there is no such trial of `network`.
    pub(super) fn check_network<T: Real>(&self, network: &TanhNetwork<T>) -> Result<()> {
        let needs_module = !matches!(self, Self::Pairs { .. } | Self::Single { .. });
        if needs_module && network.module().is_none() { Err(Error::MissingModule) } else { Ok(()) }
    }

    /// The trials of minibatch `index`, for the motifs listed in `chosen`. Starts are drawn from the
    /// seed's stream number `index`, so minibatches can be made in any order.
    ///
    /// # Errors
    /// [`Error::Singular`] when a fixed point does not exist.
    pub(super) fn trials<T: Real>(
        &self,
        network: &TanhNetwork<T>,
        targets: &[Arc<[T]>],
        chosen: &[usize],
        seed: u64,
        index: u64,
    ) -> Result<Vec<Trial<T>>> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(index);
        let scale = T::of(self.start());
        let mut random = |segments: Vec<TrialSegment<T>>| Trial {
            start: (0..network.units()).map(|_| scale * T::normal(&mut rng)).collect(),
            segments,
        };
        let whole = |motif: usize| TrialSegment::whole(motif, &targets[motif]);
        let free = |motif, steps| TrialSegment::free(motif, TrialPhase::Transition, steps);
        // Each chosen motif so many times.
        let each = |trials| chosen.iter().flat_map(move |&motif| std::iter::repeat_n(motif, trials));
        Ok(match *self {
            Self::Pairs { .. } => pairs(chosen, targets).into_iter().map(random).collect(),
            Self::Single { trials, .. } => each(trials).map(|motif| random(vec![whole(motif)])).collect(),
            Self::Prepared { trials, steps, .. } => {
                each(trials).map(|motif| random(vec![free(motif, steps), whole(motif)])).collect()
            }
            Self::Stitched { trials, .. } => {
                let mut list: Vec<_> = each(trials).map(|motif| random(vec![whole(motif)])).collect();
                for &motif in chosen {
                    let fixed = transition_fixed_point(network, motif)?;
                    let start = fixed.iter().map(|&x| T::of(x)).collect();
                    list.push(Trial { start, segments: vec![whole(motif)] });
                }
                list
            }
            Self::Module { trials, steps, .. } => (0..trials).map(|_| random(vec![free(0, steps)])).collect(),
        })
    }
}

/// Segments of all ordered pairs: first, second, and the first again up to the longest pair.
fn pairs<T: Real>(motifs: &[usize], targets: &[Arc<[T]>]) -> Vec<Vec<TrialSegment<T>>> {
    let ordered = motifs.iter().flat_map(|&a| motifs.iter().map(move |&b| [a, b])).filter(|[a, b]| a != b);
    let ordered: Vec<[usize; 2]> = ordered.collect();
    let steps = |pair: &[usize; 2]| targets[pair[0]].len() + targets[pair[1]].len();
    let longest = ordered.iter().map(steps).max().unwrap_or(0);
    let segments = |pair: &[usize; 2]| {
        let mut segments: Vec<_> =
            pair.iter().map(|&motif| TrialSegment::whole(motif, &targets[motif])).collect();
        let first = segments[0].clone();
        let mut missing = longest - steps(pair);
        while missing > 0 {
            let steps = missing.min(first.steps);
            segments.push(TrialSegment { steps, ..first.clone() });
            missing -= steps;
        }
        segments
    };
    ordered.iter().map(segments).collect()
}

/// The motifs' samples in working precision.
///
/// # Errors
/// [`Error::Empty`] without motifs, [`Error::TimeStep`] on a motif sampled at another step than the
/// network's, [`Error::Outputs`] on one of several outputs, [`Error::Shape`] on another number of
/// motifs.
pub(super) fn targets<T: Real>(network: &TanhNetwork<T>, motifs: &[Motif]) -> Result<Vec<Arc<[T]>>> {
    if motifs.is_empty() {
        return Err(Error::Empty { what: "motifs", remedy: "give at least one" });
    }
    let dt = network.dt;
    let targets = motifs
        .iter()
        .map(|motif| {
            if (motif.dt() - dt).abs() > 1e-9 * dt {
                return Err(Error::TimeStep { expected: dt, given: motif.dt() });
            }
            let values: Vec<T> = motif.single_output()?.iter().map(|&y| T::of(y)).collect();
            finite("motif in single precision", &values)?;
            Ok(values.into())
        })
        .collect::<Result<_>>()?;
    let remedy = "give one motif for each of the network's";
    check::shape("motifs", (motifs.len(), 1), (network.motifs(), 1), remedy)?;
    Ok(targets)
}
