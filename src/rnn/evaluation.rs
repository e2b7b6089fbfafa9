//! How well a trained network plays: from random starts, and after each other motif.

use std::sync::Arc;

use nalgebra::DMatrix;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{Phase, Real, Response, Segment, TanhNetwork, Trial, protocol, respond};
use crate::motif::Motif;
use crate::{Error, Result, check};

/// What happens before a motif.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transition {
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

/// Root mean square errors of each motif, averaged over trials.
#[derive(Debug, Clone, PartialEq)]
pub struct TransitionErrors {
    /// From random starts, one per motif.
    pub random: Vec<f64>,
    /// Motif `j` after motif `i` in row `i`, column `j`; NaN where `i = j`.
    pub after: DMatrix<f64>,
    /// Last states of the motifs played from random starts, one row of N per trial, motif after motif.
    pub ends: Vec<Vec<f64>>,
}

impl TransitionErrors {
    /// Mean over the other motifs that came before, one per motif.
    pub fn after_others(&self) -> Vec<f64> {
        let mean = |column: &[f64]| {
            let finite: Vec<f64> = column.iter().copied().filter(|e| !e.is_nan()).collect();
            finite.iter().sum::<f64>() / finite.len().max(1) as f64
        };
        (0..self.after.ncols()).map(|j| mean(self.after.column(j).as_slice())).collect()
    }

    /// The largest error of a pair.
    pub fn worst(&self) -> f64 {
        self.after.iter().copied().filter(|e| !e.is_nan()).fold(0.0, f64::max)
    }
}

/// Plays every motif from random starts $N(0, s^2 I)$, then every motif after every other one, `trials` times each.
///
/// # Errors
/// [`Error::Shape`] unless there is a motif for each of the network's, [`Error::TimeStep`] on another step,
/// [`Error::Count`] without trials, [`Error::OutOfRange`] on a negative `start`, [`Error::MissingModule`] when the
/// transition needs one.
pub fn transition_errors<T: Real>(
    network: &TanhNetwork<T>,
    motifs: &[Motif],
    transition: Transition,
    start: f64,
    trials: usize,
    seed: u64,
) -> Result<TransitionErrors> {
    check::non_negative("standard deviation of starts", start)?;
    if !(1..=10_000).contains(&trials) {
        return Err(Error::Count { what: "trials", expected: "1 to 10000", given: trials });
    }
    let targets = protocol::targets::<T>(motifs, network.dt())?;
    check::shape(
        "motifs",
        (motifs.len(), 1),
        (network.motifs(), 1),
        "give one motif for each of the network's",
    )?;
    let count = motifs.len();
    let play = |motif: usize| segments(motif, transition, &targets[motif]);

    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut draw =
        || -> Vec<T> { (0..network.units()).map(|_| T::of(start) * T::normal(&mut rng)).collect() };
    let which: Vec<usize> = (0..count).flat_map(|motif| std::iter::repeat_n(motif, trials)).collect();
    let random: Vec<Trial<T>> =
        which.iter().map(|&motif| Trial::new(network, draw(), play(motif))).collect::<Result<_>>()?;
    let responses = respond(network, &random)?;

    let pairs = || {
        which
            .iter()
            .enumerate()
            .flat_map(|(i, &a)| (0..count).filter(move |&b| b != a).map(move |b| (i, a, b)))
    };
    let after: Vec<Trial<T>> = pairs()
        .map(|(i, _, b)| Trial::new(network, responses[i].last.clone(), play(b)))
        .collect::<Result<_>>()?;
    let mut errors = DMatrix::zeros(count, count);
    if !after.is_empty() {
        for ((_, a, b), response) in pairs().zip(respond(network, &after)?) {
            errors[(a, b)] += error(&response, &targets[b]) / trials as f64;
        }
    }
    errors.fill_diagonal(f64::NAN);
    let mean = |motif: usize| {
        let own = &responses[motif * trials..(motif + 1) * trials];
        own.iter().map(|r| error(r, &targets[motif])).sum::<f64>() / trials as f64
    };
    let ends = responses.iter().map(|r| r.last.iter().map(|x| x.widen()).collect()).collect();
    Ok(TransitionErrors { random: (0..count).map(mean).collect(), after: errors, ends })
}

/// A motif with what comes before it.
pub(super) fn segments<T: Real>(motif: usize, transition: Transition, target: &Arc<[T]>) -> Vec<Segment<T>> {
    let before = |phase, steps| Segment { motif, phase, steps, target: None };
    let play = Segment { motif, phase: Phase::Motif, steps: target.len(), target: Some(target.clone()) };
    match transition {
        Transition::None => vec![play],
        Transition::Module { steps } => vec![before(Phase::Transition, steps), play],
        Transition::Linear { steps } => vec![before(Phase::LinearTransition, steps), play],
    }
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
    transition: Transition,
    sequence: &[usize],
    start: &[T],
) -> Result<Response<T>> {
    let targets = protocol::targets::<T>(motifs, network.dt())?;
    let len = targets.len();
    let mut list = Vec::new();
    for &index in sequence {
        let target =
            targets.get(index).ok_or(Error::UnknownIndex { what: "motif of the sequence", index, len })?;
        list.extend(segments(index, transition, target));
    }
    let trial = Trial::new(network, start.to_vec(), list)?;
    let mut responses = respond(network, std::slice::from_ref(&trial))?;
    Ok(responses.swap_remove(0))
}
