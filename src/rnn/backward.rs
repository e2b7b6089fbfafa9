//! The backward pass: the loss of one group of trials and its gradient, after the forward pass.

use std::ops::Range;

use faer::Accum;

use super::kernels::{Backward, run};
use super::loss::Objective;
use super::pass::{Group, Pass};
use super::plan::Interval;
use super::products::{masked, multiply, outer};
use super::{Architecture, Learned, Loss, Parameters, Real, TanhNetwork, Trial};

impl<T: Real> Pass<T> {
    /// Propagates the loss backwards; returns its sum over the steps that count. The adjoint of the
    /// starts stays in `adjoint`, gradients in `gradient` and `module_gradient`.
    pub(super) fn backward(&mut self, group: Group<'_, T>, objective: Objective) -> f64 {
        let Group { network, matrices, trials } = group;
        let scale = T::of(2.0 / objective.steps as f64);
        let (sum, activity_source) = match objective.loss {
            Loss::Readout => (self.score(trials, scale), T::zero()),
            Loss::Activity => (self.score_activity(), scale),
        };
        self.reset_gradients(network, objective.learned);
        let learns_module = objective.learned == Learned::Module;
        let learns_shared = !learns_module && network.architecture() == Architecture::Control;
        let (n, width) = (self.units, self.width);
        let block = n * width;
        let dt = T::of(network.dt);
        let readout = network.readout().as_slice();
        let silence = vec![T::zero(); width];
        let intervals = std::mem::take(&mut self.intervals);
        let mut running = 0;
        for (index, interval) in intervals.iter().enumerate().rev() {
            let columns = interval.drives.len();
            self.begin_adjoint(running..columns, interval, readout, activity_source);
            running = columns;
            for step in (interval.first..interval.end).rev() {
                let activity = &self.history[step * block..(step + 1) * block];
                let product = &mut self.product;
                multiply(product, &matrices.recurrent_transpose, &self.adjoint, columns, Accum::Replace);
                if let (true, Some(module)) = (interval.module, &matrices.module) {
                    let [u_adjoint, v_activity] = &mut self.inner;
                    masked(u_adjoint, &module.left_transpose, &self.adjoint, interval);
                    multiply(product, &module.right, u_adjoint, columns, Accum::Add);
                    if learns_module {
                        masked(v_activity, &module.right_transpose, activity, interval);
                        let [left, right] = &mut self.module_gradient;
                        outer(left, dt, &self.adjoint, v_activity, n, columns);
                        outer(right, dt, activity, u_adjoint, n, columns);
                    }
                }
                if learns_shared {
                    let later = &self.history[(step + 1) * block..(step + 2) * block];
                    let outputs = &self.outputs[step * width..step * width + columns];
                    let linear = |j| next_linear(&intervals, index, step, j);
                    readout_gradient(self.gradient.readout.as_mut_slice(), later, outputs, linear);
                    let scale = dt * T::of(network.gain);
                    outer(self.gradient.recurrent.as_mut_slice(), scale, &self.adjoint, activity, n, columns);
                }
                // Errors after the step before; those after this one are in the adjoint already.
                let (sources, activity_source) = match step.checked_sub(1) {
                    Some(before) => (&self.outputs[before * width..step * width], activity_source),
                    None => (silence.as_slice(), T::zero()),
                };
                run(Backward {
                    network,
                    drives: &interval.drives,
                    product: &self.product,
                    activity,
                    dots: &self.dots[step * width..],
                    sources,
                    activity_source,
                    adjoint: &mut self.adjoint,
                    gradient: &mut self.gradient,
                });
            }
        }
        self.intervals = intervals;
        sum
    }

    /// Replaces each readout by the derivative of the loss with respect to it, `scale` times its
    /// error, and sums the squared errors.
    fn score(&mut self, trials: &[&Trial<T>], scale: T) -> f64 {
        let mut sum = 0.0;
        for interval in &self.intervals {
            for step in interval.first..interval.end {
                let line = &mut self.outputs[step * self.width..(step + 1) * self.width];
                for ((y, drive), trial) in line.iter_mut().zip(&interval.drives).zip(trials) {
                    let target = drive.scored.and_then(|(segment, first)| {
                        trial.segments[segment].target.as_ref().map(|t| t[step - first])
                    });
                    *y = target.map_or(T::zero(), |target| {
                        let error = *y - target;
                        sum += error.widen() * error.widen();
                        scale * error
                    });
                }
                line[interval.drives.len()..].fill(T::zero());
            }
        }
        sum
    }

    /// Clears the readouts, which do not count, and sums `|r|^2` over steps.
    fn score_activity(&mut self) -> f64 {
        self.outputs.fill(T::zero());
        let block = self.units * self.width;
        let mut sum = 0.0;
        for (index, interval) in self.intervals.iter().enumerate() {
            for step in interval.first..interval.end {
                for j in 0..interval.drives.len() {
                    let from = (step + 1) * block + j * self.units;
                    let linear = next_linear(&self.intervals, index, step, j);
                    let column = &self.history[from..from + self.units];
                    sum += column.iter().map(|&r| activity(r, linear).widen().powi(2)).sum::<f64>();
                }
            }
        }
        sum
    }

    fn reset_gradients(&mut self, network: &TanhNetwork<T>, learned: Learned) {
        if self.gradient.shapes() != network.parameters().shapes() {
            self.gradient = Parameters::zeros(network.architecture(), network.units(), network.motifs());
        }
        self.gradient.arrays_mut().into_iter().for_each(|array| array.fill(T::zero()));
        let rank = network.module().filter(|_| learned == Learned::Module).map_or(0, |m| m.input.ncols());
        for part in &mut self.module_gradient {
            part.clear();
            part.resize(rank * self.units, T::zero());
        }
        self.adjoint.resize(self.units * self.width, T::zero());
    }

    /// Starts the adjoint of the trials that end with this interval.
    fn begin_adjoint(&mut self, columns: Range<usize>, interval: &Interval, readout: &[T], activity: T) {
        let (n, one) = (self.units, T::one());
        let block = interval.end * n * self.width;
        let errors = &self.outputs[(interval.end - 1) * self.width..];
        for j in columns {
            let last = &self.history[block + j * n..block + (j + 1) * n];
            let adjoint = &mut self.adjoint[j * n..(j + 1) * n];
            for ((l, &r), &w) in adjoint.iter_mut().zip(last).zip(readout) {
                *l = (one - r * r) * (errors[j] * w + activity * r);
            }
        }
    }
}

/// Whether column `j` is linear in the step after `step`: then the history holds its state, not its
/// activity.
fn next_linear(intervals: &[Interval], index: usize, step: usize, j: usize) -> bool {
    let next = if step + 1 < intervals[index].end { index } else { index + 1 };
    intervals.get(next).and_then(|i| i.drives.get(j)).is_some_and(|d| d.linear)
}

/// `tanh x` from the history's entry of a column.
fn activity<T: Real>(entry: T, linear: bool) -> T {
    if linear { entry.tanh_lane() } else { entry }
}

/// `gradient += c tanh x`, summed over columns, with the derivative `c` of the loss with respect to
/// each readout.
fn readout_gradient<T: Real>(gradient: &mut [T], later: &[T], c: &[T], linear: impl Fn(usize) -> bool) {
    for ((j, &c), column) in c.iter().enumerate().zip(later.chunks_exact(gradient.len())) {
        if c != T::zero() {
            let linear = linear(j);
            gradient.iter_mut().zip(column).for_each(|(g, &r)| *g += c * activity(r, linear));
        }
    }
}
