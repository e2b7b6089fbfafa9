//! The memory of one group of trials, and the forward pass.

use faer::Accum;

use super::kernels::{Forward, run};
use super::matrices::StepMatrices;
use super::plan::{self, Interval};
use super::products::{masked, multiply};
use super::{Parameters, Real, Response, TanhNetwork, Trial};

/// Trials that run together, longest first, and the network that runs them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group<'a, T: Real> {
    pub(super) network: &'a TanhNetwork<T>,
    pub(super) matrices: &'a StepMatrices<T>,
    pub(super) trials: &'a [&'a Trial<T>],
}

/// What a forward pass leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// What drove each step: all that the backward pass needs.
    History,
    /// The norm of the state after each step.
    Norms,
}

/// Memory of one group of trials; every array holds one column per trial and is kept between
/// minibatches.
#[derive(Debug, Default)]
pub(super) struct Pass<T: Real> {
    pub(super) units: usize,
    /// Number of columns.
    pub(super) width: usize,
    pub(super) intervals: Vec<Interval>,
    /// What drives each step: blocks of N x width, one per step and one more.
    pub(super) history: Vec<T>,
    states: Vec<T>,
    /// The matrix product of a step, N x width.
    pub(super) product: Vec<T>,
    /// P x width: `V^T r` (forward) or `U^T adjoint`, and `V^T r` again (backward).
    pub(super) inner: [Vec<T>; 2],
    /// `v^T r` of each column and step.
    pub(super) dots: Vec<T>,
    /// Readout of each column and step; in the backward pass the loss's derivative by it.
    pub(super) outputs: Vec<T>,
    norms: Vec<T>,
    pub(super) adjoint: Vec<T>,
    pub(super) gradient: Parameters<T>,
    pub(super) module_gradient: [Vec<T>; 2],
}

impl<T: Real> Pass<T> {
    pub(super) fn bytes(&self) -> usize {
        let arrays = [&self.history, &self.states, &self.product, &self.dots, &self.outputs, &self.adjoint];
        arrays.iter().map(|a| a.capacity() * size_of::<T>()).sum()
    }

    /// Runs the trials.
    pub(super) fn forward(&mut self, group: Group<'_, T>, keep: Keep) {
        self.prepare(group, keep);
        let Group { network, matrices, .. } = group;
        let n = self.units;
        let block = n * self.width;
        let intervals = std::mem::take(&mut self.intervals);
        for interval in &intervals {
            let columns = interval.drives.len();
            for step in interval.first..interval.end {
                let (now, later) = blocks(&mut self.history, block, step, keep);
                // In linear columns the state itself drives the step.
                for (j, _) in interval.drives.iter().enumerate().filter(|(_, d)| d.linear) {
                    now[j * n..(j + 1) * n].copy_from_slice(&self.states[j * n..(j + 1) * n]);
                }
                multiply(&mut self.product, &matrices.recurrent, now, columns, Accum::Replace);
                if let (true, Some(module)) = (interval.module, &matrices.module) {
                    masked(&mut self.inner[0], &module.right_transpose, now, interval);
                    multiply(&mut self.product, &module.left, &self.inner[0], columns, Accum::Add);
                }
                let line = step * self.width..step * self.width + columns;
                run(Forward {
                    network,
                    drives: &interval.drives,
                    product: &self.product,
                    activity: now,
                    states: &mut self.states,
                    next: later,
                    dots: &mut self.dots[line.clone()],
                    outputs: &mut self.outputs[line.clone()],
                });
                if keep == Keep::Norms {
                    let norms = self.norms[line].iter_mut().zip(self.states.chunks_exact(n));
                    norms.for_each(|(norm, x)| *norm = euclidean(x));
                }
            }
        }
        self.intervals = intervals;
    }

    /// Sizes the arrays and sets the starts.
    fn prepare(&mut self, group: Group<'_, T>, keep: Keep) {
        let Group { network, trials, .. } = group;
        self.units = network.units();
        self.width = trials.len();
        self.intervals = plan::intervals(network, trials);
        let steps = trials.first().map_or(0, |t| t.steps());
        let block = self.units * self.width;
        let rank = network.module().map_or(0, |m| m.input.ncols());
        let (blocks, norms) = match keep {
            Keep::History => (steps + 1, 0),
            Keep::Norms => (2, steps * self.width),
        };
        let zero = T::zero();
        // Whatever is read was written before, so old numbers may stay.
        self.history.resize(block * blocks, zero);
        self.states.resize(block, zero);
        self.product.resize(block, zero);
        self.inner.iter_mut().for_each(|i| i.resize(rank * self.width, zero));
        self.dots.resize(steps * self.width, zero);
        self.outputs.resize(steps * self.width, zero);
        self.norms.resize(norms, zero);
        let columns = self.states.chunks_exact_mut(self.units).zip(self.history.chunks_exact_mut(self.units));
        for ((state, activity), trial) in columns.zip(trials) {
            state.copy_from_slice(&trial.start);
            activity.iter_mut().zip(state).for_each(|(r, x)| *r = x.tanh_lane());
        }
    }

    /// What one column did, after a forward pass that kept the norms.
    pub(super) fn response(&self, column: usize, trial: &Trial<T>) -> Response<T> {
        let line = |from: &[T]| (0..trial.steps()).map(|k| from[k * self.width + column]).collect();
        let n = self.units;
        Response {
            readout: line(&self.outputs),
            norm: line(&self.norms),
            last: self.states[column * n..(column + 1) * n].to_vec(),
        }
    }
}

/// The block that drives a step and the one it fills: neighbours, or two in turn.
fn blocks<T>(history: &mut [T], block: usize, step: usize, keep: Keep) -> (&mut [T], &mut [T]) {
    if keep == Keep::History {
        history[step * block..(step + 2) * block].split_at_mut(block)
    } else {
        let (a, b) = history.split_at_mut(block);
        if step.is_multiple_of(2) { (a, b) } else { (b, a) }
    }
}

fn euclidean<T: Real>(x: &[T]) -> T {
    let sum = x.iter().map(|x| x.widen() * x.widen()).sum::<f64>();
    T::of(sum.sqrt())
}
