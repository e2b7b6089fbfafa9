//! Building many loops at once: every fit and every start of every loop is independent.

use rayon::prelude::*;

use super::direct::{directly, left_over};
use super::motif::{DesignedLoop, LearnedMotif};
use super::options::{Design, NetworkOptions};
use crate::fit::{Fit, fit};
use crate::loops::{LoopDesign, MotifLoop};
use crate::motif::Motif;
use crate::preparation::Preparation;
use crate::system::System;
use crate::{Error, Result};

/// A fit with the loop that plays it.
type Made = (Fit, MotifLoop);

/// A finished step of [`Network::build_observed`](super::Network::build_observed).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildStep {
    /// A motif was fitted.
    Fit {
        /// Its index.
        motif: usize,
    },
    /// One start of a loop's optimisation ended.
    LoopStart {
        /// The motif's index.
        motif: usize,
        /// The start's index.
        start: usize,
    },
    /// The preparatory module was optimised.
    Preparation,
    /// A motif's loop was designed directly.
    Direct {
        /// Its index.
        motif: usize,
    },
    /// A motif is noisier than tolerated: its fit and all starts of its loop follow once more.
    Again {
        /// Its index.
        motif: usize,
    },
}

/// The seed of motif `index`: the same whether it is built with others or learned later.
pub(super) fn seed_of(seed: u64, index: usize) -> u64 {
    // An odd multiplier keeps seeds of different motifs apart (Weyl sequence of the golden ratio).
    seed.wrapping_add((index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// One motif.
pub(super) fn one(
    system: &System,
    preparation: &Preparation,
    motif: &Motif,
    (options, scale): (&NetworkOptions, f64),
    seed: u64,
) -> Result<LearnedMotif> {
    let settings = (options, scale);
    let designed: DesignedLoop = match options.design {
        Design::Direct => {
            let left = left_over(system, preparation, options)?;
            directly(system, &left, motif, settings, seed)?.into()
        }
        Design::Placed => {
            let task = Task { index: 0, motif, given: None, seed };
            let made = fits_and_loops(system, &[task], settings, &|_| ());
            made.map_err(|error| error.root().clone())?.remove(0).into()
        }
    };
    LearnedMotif::new(motif.clone(), designed, preparation)
}

/// The preparatory module and all motifs. The module depends on the cortex alone: it is optimised beside
/// fits and placed loops, and before direct designs, which ask what it leaves.
pub(super) fn all(
    system: &System,
    motifs: &[(&Motif, Option<&Fit>)],
    (options, scale): (&NetworkOptions, f64),
    seed: u64,
    observer: &(dyn Fn(BuildStep) + Sync),
) -> Result<(Preparation, Vec<LearnedMotif>)> {
    let task = |(index, &(motif, given))| Task { index, motif, given, seed: seed_of(seed, index) };
    let tasks: Vec<_> = motifs.iter().enumerate().map(task).collect();
    let prepare = || {
        let preparation = Preparation::optimise(system, &options.preparation, seed);
        observer(BuildStep::Preparation);
        preparation?.with_input(system, options.input)
    };
    let settings = (options, scale);
    let (preparation, designed): (_, Vec<DesignedLoop>) = match options.design {
        Design::Placed => {
            let place = || fits_and_loops(system, &tasks, settings, observer);
            let (preparation, loops) = rayon::join(prepare, place);
            (preparation?, loops?.into_iter().map(DesignedLoop::from).collect())
        }
        Design::Direct => {
            let preparation = prepare()?;
            let left = left_over(system, &preparation, options)?;
            let of_task = |task: &Task<'_>| {
                let found = directly(system, &left, task.motif, settings, task.seed);
                observer(BuildStep::Direct { motif: task.index });
                found.map(DesignedLoop::from).map_err(|error| error.in_motif(task.index))
            };
            let found: Vec<_> = tasks.par_iter().map(of_task).collect();
            (preparation, found.into_iter().collect::<Result<_>>()?)
        }
    };
    let learned = |(task, designed): (&Task<'_>, DesignedLoop)| {
        LearnedMotif::new(task.motif.clone(), designed, &preparation)
    };
    let learned = tasks.iter().zip(designed).map(learned).collect::<Result<_>>()?;
    Ok((preparation, learned))
}

/// All motifs, in rounds: one that is noisier than tolerated is fitted again with its eigenvalues
/// farther apart. Exponentials that were given stay as they are.
fn fits_and_loops(
    system: &System,
    tasks: &[Task<'_>],
    (options, scale): (&NetworkOptions, f64),
    observer: &(dyn Fn(BuildStep) + Sync),
) -> Result<Vec<Made>> {
    let tolerance = &options.noise;
    let mut kept: Vec<Option<Made>> = vec![None; tasks.len()];
    let mut pending = tasks.to_vec();
    let mut round_options = options.clone();
    for round in 0..=tolerance.rounds {
        for (task, made) in pending.iter().zip(one_round(system, &pending, (&round_options, scale), observer))
        {
            let (slot, played) = (&mut kept[task.index], (task.motif.duration(), scale));
            match made {
                Ok(new) if slot.as_ref().is_none_or(|old| tolerance.prefers(&new, old, played)) => {
                    *slot = Some(new);
                }
                // A wider separation may ask the impossible: only the first round's refusal counts.
                Err(error) if round == 0 => return Err(error.in_motif(task.index)),
                _ => (),
            }
        }
        pending.retain(|task| {
            let noisy = |made: &Made| tolerance.exceeded_by(made, (task.motif.duration(), scale));
            task.given.is_none() && kept[task.index].as_ref().is_some_and(noisy)
        });
        if round < tolerance.rounds {
            pending.iter().for_each(|task| observer(BuildStep::Again { motif: task.index }));
        }
        round_options.fit.separation = round_options.fit.separation.times(tolerance.wider);
    }
    Ok(kept.into_iter().flatten().collect())
}

/// One motif to be fitted, or one whose fit is given.
#[derive(Debug, Clone, Copy)]
struct Task<'a> {
    index: usize,
    motif: &'a Motif,
    given: Option<&'a Fit>,
    seed: u64,
}

/// Fits and loops of some motifs, spread over threads: first every fit, then every loop.
fn one_round(
    system: &System,
    tasks: &[Task<'_>],
    (options, scale): (&NetworkOptions, f64),
    observer: &(dyn Fn(BuildStep) + Sync),
) -> Vec<Result<Made>> {
    let loop_options = options.loop_of(scale);
    let designs: Vec<Result<(Fit, LoopDesign)>> = tasks
        .par_iter()
        .map(|task| {
            let fit = match task.given {
                Some(given) => given.clone(),
                None => fit(task.motif, &options.fit_of(system, scale, task.motif, task.seed))?,
            };
            let (eigenvalues, amplitudes) = (fit.eigenvalues(), fit.amplitudes().as_slice());
            let duration = task.motif.duration();
            let design = LoopDesign::new(system, eigenvalues, amplitudes, duration, &loop_options)?;
            observer(BuildStep::Fit { motif: task.index });
            Ok((fit, design))
        })
        .collect();
    // One level of threads: over motifs where there are enough, else over the starts of one motif
    // after the other.
    let spread = tasks.len() < rayon::current_num_threads();
    let finish = |(task, designed): (&Task<'_>, Result<(Fit, LoopDesign)>)| {
        let ended = |start| observer(BuildStep::LoopStart { motif: task.index, start });
        let finished = designed
            .and_then(|(fit, design)| Ok((fit, design.finish(&design.race(task.seed, spread, &ended)?)?)));
        finished.map_err(|error| unsuited(system, task.motif, error))
    };
    if spread {
        return tasks.iter().zip(designs).map(finish).collect();
    }
    tasks.par_iter().zip(designs).map(finish).collect()
}

/// An error of placement, with its reason where the motif's duration is one.
fn unsuited(system: &System, motif: &Motif, error: Error) -> Error {
    use Error::{IllConditionedPlacement, PlacementInaccurate, Residual};
    let (duration, (shortest, longest)) = (motif.duration(), system.suited_durations());
    let of_placement =
        matches!(error, IllConditionedPlacement { .. } | PlacementInaccurate { .. } | Residual { .. });
    if of_placement && !(shortest..=longest).contains(&duration) {
        return Error::Duration { duration, shortest, longest, source: Box::new(error) };
    }
    error
}
