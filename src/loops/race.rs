//! A race of random starts: all begin, few are followed to the end.
//!
//! Local minima of the robustness cost differ widely and cannot be told from their starts, but a descent that
//! is behind after 20 evaluations seldom wins. Halving the field again and again spends on many starts what a
//! few would cost (successive halving; K. Jamieson and A. Talwalkar (2016), AISTATS 51).

use std::ops::Range;

use rayon::prelude::*;

use super::design::LoopDesign;
use crate::Result;
use crate::optim::{Descent, Minimum, Termination, advance, begin};

/// Evaluations of each start in the first heat; each further heat doubles their total.
const HEAT: usize = 20;
/// Most starts in one race, which bounds the memory: all descents of a race exist at once.
const FIELD: usize = 64;
/// Most starts that share evaluations: as many as the widest registers hold.
const BATCH: usize = 8;

struct Runner {
    start: usize,
    descent: Descent,
}

impl LoopDesign {
    /// Minima of all starts, in their order; every start takes the steps it would take alone. `spread` uses
    /// all threads; `ended` is told of each start that ends.
    pub(crate) fn race(
        &self,
        seed: u64,
        spread: bool,
        ended: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<Minimum>> {
        let mut minima = Vec::with_capacity(self.options.starts);
        for from in (0..self.options.starts).step_by(FIELD) {
            let field = from..self.options.starts.min(from + FIELD);
            minima.extend(self.heats(seed, field, spread, ended)?);
        }
        Ok(minima)
    }

    fn heats(
        &self,
        seed: u64,
        field: Range<usize>,
        spread: bool,
        ended: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<Minimum>> {
        let starts: Vec<(usize, Vec<f64>)> =
            field.clone().map(|start| (start, self.random_input(seed, start))).collect();
        let mut runners = in_batches(starts, spread, |some| self.begin(some))?;
        let mut minima = Vec::with_capacity(field.len());
        let mut end = |start: usize, minimum: Minimum| {
            minima.push((start, minimum));
            ended(start);
        };
        let (mut evaluations, finalists) = (HEAT, self.options.finalists);
        while runners.len() > finalists {
            runners = in_batches(runners, spread, |some| self.advance(some, evaluations))?;
            runners
                .sort_by(|a, b| a.descent.value().total_cmp(&b.descent.value()).then(a.start.cmp(&b.start)));
            let stay = runners.len().div_ceil(2).max(finalists);
            for Runner { start, mut descent } in runners.drain(stay..) {
                descent.end(Termination::GaveWay);
                end(start, descent.finish());
            }
            evaluations *= 2;
        }
        let runners = in_batches(runners, spread, |some| self.advance(some, usize::MAX))?;
        runners.into_iter().for_each(|Runner { start, descent }| end(start, descent.finish()));
        minima.sort_by_key(|(start, _)| *start);
        Ok(minima.into_iter().map(|(_, minimum)| minimum).collect())
    }

    fn begin(&self, starts: Vec<(usize, Vec<f64>)>) -> Result<Vec<Runner>> {
        let (cost, options) = (&self.cost, &self.options.optimiser);
        let points: Vec<&[f64]> = starts.iter().map(|(_, point)| point.as_slice()).collect();
        let descents = match points.len() {
            1 => begin(&mut cost.batch::<1>(), &points, options),
            2..=4 => begin(&mut cost.batch::<4>(), &points, options),
            _ => begin(&mut cost.batch::<BATCH>(), &points, options),
        };
        let runner = |((start, _), descent): (&(usize, _), _)| Runner { start: *start, descent };
        Ok(starts.iter().zip(descents?).map(runner).collect())
    }

    fn advance(&self, runners: Vec<Runner>, evaluations: usize) -> Result<Vec<Runner>> {
        let (starts, descents): (Vec<usize>, Vec<Descent>) =
            runners.into_iter().map(|r| (r.start, r.descent)).unzip();
        let descents = match descents.len() {
            1 => advance(&mut self.cost.batch::<1>(), descents, evaluations),
            2..=4 => advance(&mut self.cost.batch::<4>(), descents, evaluations),
            _ => advance(&mut self.cost.batch::<BATCH>(), descents, evaluations),
        };
        Ok(starts.into_iter().zip(descents?).map(|(start, descent)| Runner { start, descent }).collect())
    }
}

/// Work on some items at a time: as many as share evaluations, fewer where threads would stand idle. Results
/// do not depend on it.
fn in_batches<T: Send, U: Send>(
    items: Vec<T>,
    spread: bool,
    work: impl Fn(Vec<T>) -> Result<Vec<U>> + Sync,
) -> Result<Vec<U>> {
    let threads = if spread { rayon::current_num_threads() } else { 1 };
    let each = items.len().div_ceil(threads).clamp(1, BATCH);
    let (mut items, mut batches) = (items.into_iter(), vec![]);
    while items.len() > 0 {
        batches.push(items.by_ref().take(each).collect::<Vec<T>>());
    }
    let done: Result<Vec<Vec<U>>> = if spread {
        batches.into_par_iter().map(&work).collect()
    } else {
        batches.into_iter().map(&work).collect()
    };
    Ok(done?.into_iter().flatten().collect())
}
