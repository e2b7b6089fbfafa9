//! How well a trained network plays: from random starts, and after each other motif.

use std::sync::Arc;

use nalgebra::DMatrix;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::protocol::targets;
use super::{Real, Response, TanhNetwork, Trial, TrialPhase, TrialSegment, respond};
use crate::motif::Motif;
use crate::{Error, Result, check};

/// What happens before a motif.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TanhTransition {
    /// Nothing: the motif begins where the network is.
    None,
    /// The module is on for some steps.
    Module {
        /// How many Euler steps.
        steps: usize,
    },
    /// The module is on for some steps and units are linear.
    Linear {
        /// How many Euler steps.
        steps: usize,
    },
}

impl TanhTransition {
    /// A motif with what comes before it.
    fn before<T: Real>(self, motif: usize, target: &Arc<[T]>) -> Vec<TrialSegment<T>> {
        let play = TrialSegment::whole(motif, target);
        match self {
            Self::None => vec![play],
            Self::Module { steps } => vec![TrialSegment::free(motif, TrialPhase::Transition, steps), play],
            Self::Linear { steps } => {
                vec![TrialSegment::free(motif, TrialPhase::LinearTransition, steps), play]
            }
        }
    }
}

/// Root mean square errors of each motif, averaged over trials.
#[derive(Debug, Clone, PartialEq)]
pub struct TanhErrors {
    /// From random starts, one per motif.
    pub random: Vec<f64>,
    /// Of each motif (row) after each other motif (column); NaN on the diagonal.
    pub after: DMatrix<f64>,
    /// Last states of the motifs played from random starts, one row of N per trial, motif after motif.
    pub ends: Vec<Vec<f64>>,
}

impl TanhErrors {
    /// Mean over the other motifs that came before, one per motif.
    pub fn after_others(&self) -> Vec<f64> {
        let mean = |row: usize| {
            let there: Vec<f64> = self.after.row(row).iter().copied().filter(|e| !e.is_nan()).collect();
            there.iter().sum::<f64>() / there.len().max(1) as f64
        };
        (0..self.after.nrows()).map(mean).collect()
    }

    /// The largest error of a pair.
    pub fn worst(&self) -> f64 {
        self.after.iter().copied().filter(|e| !e.is_nan()).fold(0.0, f64::max)
    }
}

/// Plays every motif from random starts $N(0, s^2 I)$, then every motif after every other one, `trials`
/// times each.
///
/// # Errors
/// [`Error::Shape`] unless there is a motif for each of the network's, [`Error::TimeStep`] on another
/// step, [`Error::Count`] without trials, [`Error::OutOfRange`] on a negative `start`,
/// [`Error::MissingModule`] when the transition needs one.
pub fn transition_errors<T: Real>(
    network: &TanhNetwork<T>,
    motifs: &[Motif],
    transition: TanhTransition,
    start: f64,
    trials: usize,
    seed: u64,
) -> Result<TanhErrors> {
    check::non_negative("standard deviation of starts", start)?;
    if !(1..=10_000).contains(&trials) {
        return Err(Error::Count { what: "trials", expected: "1 to 10000", given: trials });
    }
    let targets = targets::<T>(network, motifs)?;
    let count = motifs.len();
    let trial =
        |start: Vec<T>, motif: usize| Trial { start, segments: transition.before(motif, &targets[motif]) };
    let error = |response: &Response<T>, motif: usize| error(response, &targets[motif]);

    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut draw = || (0..network.units()).map(|_| T::of(start) * T::normal(&mut rng)).collect();
    let played: Vec<usize> = (0..count).flat_map(|motif| std::iter::repeat_n(motif, trials)).collect();
    let random: Vec<Trial<T>> = played.iter().map(|&motif| trial(draw(), motif)).collect();
    let responses = respond(network, &random)?;

    // Each of these trials leads into every other motif.
    let others = |(i, &own)| (0..count).filter(move |&motif| motif != own).map(move |motif| (i, motif));
    let pairs: Vec<(usize, usize)> = played.iter().enumerate().flat_map(others).collect();
    let mut after = DMatrix::zeros(count, count);
    if !pairs.is_empty() {
        let list: Vec<Trial<T>> =
            pairs.iter().map(|&(i, motif)| trial(responses[i].last.clone(), motif)).collect();
        for (&(i, motif), response) in pairs.iter().zip(respond(network, &list)?) {
            after[(motif, played[i])] += error(&response, motif) / trials as f64;
        }
    }
    after.fill_diagonal(f64::NAN);
    let mean = |motif: usize| {
        let own = &responses[motif * trials..(motif + 1) * trials];
        own.iter().map(|r| error(r, motif)).sum::<f64>() / trials as f64
    };
    let ends = responses.iter().map(|r| r.last.iter().map(|x| x.widen()).collect()).collect();
    Ok(TanhErrors { random: (0..count).map(mean).collect(), after, ends })
}

/// Root mean square error over the target, which ends the trial.
fn error<T: Real>(response: &Response<T>, target: &[T]) -> f64 {
    let played = &response.readout[response.readout.len() - target.len()..];
    let sum: f64 = played.iter().zip(target).map(|(&y, &t)| (y.widen() - t.widen()).powi(2)).sum();
    (sum / target.len() as f64).sqrt()
}

/// A sequence of motifs from one start, each after its transition: the readout after every step.
///
/// # Errors
/// [`Error::UnknownIndex`] on a motif that is not there, and as [`transition_errors`].
pub fn play<T: Real>(
    network: &TanhNetwork<T>,
    motifs: &[Motif],
    transition: TanhTransition,
    sequence: &[usize],
    start: &[T],
) -> Result<Response<T>> {
    let targets = targets::<T>(network, motifs)?;
    let len = targets.len();
    let mut segments = Vec::new();
    for &index in sequence {
        let target =
            targets.get(index).ok_or(Error::UnknownIndex { what: "motif of the sequence", index, len })?;
        segments.extend(transition.before(index, target));
    }
    let mut responses = respond(network, &[Trial { start: start.to_vec(), segments }])?;
    Ok(responses.swap_remove(0))
}
