//! Trials as columns of one matrix: which drive acts on which column, and when that changes.

use super::{Real, TanhNetwork, Trial, TrialPhase};

/// What acts on one column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drive {
    pub(super) motif: usize,
    pub(super) bias: bool,
    pub(super) loops: bool,
    pub(super) module: bool,
    pub(super) linear: bool,
    /// The segment, when it has a target, and the step at which it began.
    pub(super) scored: Option<(usize, usize)>,
}

/// Steps during which no drive changes and no trial ends.
#[derive(Debug)]
pub(super) struct Interval {
    pub(super) first: usize,
    pub(super) end: usize,
    /// One per column still running; columns are sorted by length, longest first.
    pub(super) drives: Vec<Drive>,
    /// Some column has the module on.
    pub(super) module: bool,
}

/// The intervals of some trials, longest trial first.
pub(super) fn intervals<T: Real>(network: &TanhNetwork<T>, trials: &[&Trial<T>]) -> Vec<Interval> {
    let mut changes: Vec<usize> = vec![0];
    for trial in trials {
        let mut at = 0;
        for segment in &trial.segments {
            at += segment.steps;
            changes.push(at);
        }
    }
    changes.sort_unstable();
    changes.dedup();
    changes
        .windows(2)
        .map(|w| {
            let running = trials.iter().take_while(|t| t.steps() > w[0]);
            let drives: Vec<Drive> = running.filter_map(|t| drive(network, t, w[0])).collect();
            let module = drives.iter().any(|d| d.module);
            Interval { first: w[0], end: w[1], drives, module }
        })
        .collect()
}

/// The drive of a trial at a step.
fn drive<T: Real>(network: &TanhNetwork<T>, trial: &Trial<T>, step: usize) -> Option<Drive> {
    let mut first = 0;
    for (index, segment) in trial.segments.iter().enumerate() {
        if step < first + segment.steps {
            let motif = segment.phase == TrialPhase::Motif;
            let loops = network.architecture().has_loops();
            return Some(Drive {
                motif: segment.motif,
                bias: !(motif && loops && network.module().is_some()),
                loops: motif && loops,
                module: !motif,
                linear: segment.phase == TrialPhase::LinearTransition,
                scored: segment.target.as_ref().map(|_| (index, first)),
            });
        }
        first += segment.steps;
    }
    None
}

/// Splits trial indices into groups of similar length and at most `width` trials: each group is one
/// unit of work, whatever the number of threads.
pub(super) fn groups<T: Real>(trials: &[Trial<T>], width: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..trials.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(trials[i].steps()));
    let count = trials.len().div_ceil(width.max(1)).max(1);
    let even = trials.len().div_ceil(count).max(1);
    order.chunks(even).map(<[usize]>::to_vec).collect()
}
