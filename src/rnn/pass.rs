//! The forward and backward passes of one group of trials.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use nalgebra::DMatrix;

use super::kernels::{Backward, Forward, Motifs, Tanh};
use super::plan::{self, Interval};
use super::weights::Weights;
use super::{Architecture, Learned, Loss, Parameters, Real, Response, TanhNetwork, Trial};

/// Memory of one group of trials; every array holds one column per trial and is kept between minibatches.
#[derive(Debug)]
pub(super) struct Pass<T: Real> {
    units: usize,
    width: usize,
    intervals: Vec<Interval>,
    /// What drives each step: blocks of N x width, one per step and one more.
    history: Vec<T>,
    states: Vec<T>,
    product: Vec<T>,
    /// P x width, twice.
    inner: [Vec<T>; 2],
    dots: Vec<T>,
    outputs: Vec<T>,
    norms: Vec<T>,
    sources: Vec<T>,
    pub(super) adjoint: Vec<T>,
    pub(super) gradient: Parameters<T>,
    pub(super) module_gradient: [Vec<T>; 2],
}

impl<T: Real> Default for Pass<T> {
    fn default() -> Self {
        Self {
            units: 0,
            width: 0,
            intervals: Vec::new(),
            history: Vec::new(),
            states: Vec::new(),
            product: Vec::new(),
            inner: [Vec::new(), Vec::new()],
            dots: Vec::new(),
            outputs: Vec::new(),
            norms: Vec::new(),
            sources: Vec::new(),
            adjoint: Vec::new(),
            gradient: Parameters::zeros(Architecture::Additive, 0, 0),
            module_gradient: [Vec::new(), Vec::new()],
        }
    }
}

impl<T: Real> Pass<T> {
    pub(super) fn bytes(&self) -> usize {
        let arrays = [&self.history, &self.states, &self.product, &self.dots, &self.outputs, &self.adjoint];
        arrays.iter().map(|a| a.capacity() * size_of::<T>()).sum()
    }

    /// Runs the trials (longest first). With `keep`, all that the backward pass needs is kept; without, the norms of
    /// the states instead.
    pub(super) fn forward(
        &mut self,
        network: &TanhNetwork<T>,
        weights: &Weights<T>,
        trials: &[&Trial<T>],
        keep: bool,
    ) {
        self.prepare(network, trials, keep);
        let n = self.units;
        let block = n * self.width;
        let motifs = Motifs {
            biases: network.parameters().biases.as_slice(),
            left: network.parameters().left.as_slice(),
            right: network.parameters().right.as_slice(),
        };
        let intervals = std::mem::take(&mut self.intervals);
        for interval in &intervals {
            let columns = interval.drives.len();
            for step in interval.first..interval.end {
                let (now, later) = blocks(&mut self.history, block, step, keep);
                if interval.linear {
                    linear_activity(n, interval, &self.states, now);
                }
                multiply(&mut self.product, &weights.recurrent, now, columns, Accum::Replace);
                if let (true, Some([u, v_t, ..])) = (interval.module, &weights.module) {
                    low_rank(&mut self.product, u, v_t, now, interval, &mut self.inner[0]);
                }
                let line = step * self.width..step * self.width + columns;
                Forward {
                    units: n,
                    dt: T::of(network.dt()),
                    drives: &interval.drives,
                    motifs,
                    readout: network.readout().as_slice(),
                    product: &self.product,
                    activity: now,
                    states: &mut self.states,
                    next: later,
                    dots: &mut self.dots[line.clone()],
                    outputs: &mut self.outputs[line.clone()],
                }
                .run();
                if !keep {
                    let norms = self.norms[line].iter_mut().zip(self.states.chunks_exact(n));
                    norms.for_each(|(norm, x)| *norm = euclidean(x));
                }
            }
        }
        self.intervals = intervals;
    }

    /// Sizes the arrays and sets the starts.
    fn prepare(&mut self, network: &TanhNetwork<T>, trials: &[&Trial<T>], keep: bool) {
        self.units = network.units();
        self.width = trials.len();
        self.intervals = plan::intervals(network, trials);
        let steps = trials.first().map_or(0, |t| t.steps());
        let block = self.units * self.width;
        let rank = network.module().map_or(0, |m| m.rank());
        let zero = T::zero();
        // Whatever is read was written before, so old numbers may stay.
        self.history.resize(block * if keep { steps + 1 } else { 2 }, zero);
        self.states.resize(block, zero);
        self.product.resize(block, zero);
        self.inner.iter_mut().for_each(|i| i.resize(rank * self.width, zero));
        self.dots.resize(steps * self.width, zero);
        self.outputs.resize(steps * self.width, zero);
        self.norms.resize(if keep { 0 } else { steps * self.width }, zero);
        self.sources.resize(self.width, zero);
        for (x, trial) in self.states.chunks_exact_mut(self.units).zip(trials) {
            x.copy_from_slice(trial.start());
        }
        Tanh { from: &self.states, to: &mut self.history[..block] }.run();
    }

    /// Propagates the loss backwards; returns its sum over scored steps. The adjoint of the starts stays in
    /// `adjoint`, gradients in `gradient` and `module_gradient`.
    pub(super) fn backward(
        &mut self,
        network: &TanhNetwork<T>,
        weights: &Weights<T>,
        trials: &[&Trial<T>],
        loss: Loss,
        learned: Learned,
        count: usize,
    ) -> f64 {
        let sum = match loss {
            Loss::Readout => self.score(trials, count),
            Loss::Activity => self.score_activity(),
        };
        let activity_source = if loss == Loss::Activity { T::of(2.0 / count as f64) } else { T::zero() };
        self.reset_gradients(network, learned);
        let (n, width) = (self.units, self.width);
        let block = n * width;
        let dt = T::of(network.dt());
        let motifs = Motifs {
            biases: &[],
            left: network.parameters().left.as_slice(),
            right: network.parameters().right.as_slice(),
        };
        let readout = network.readout().as_slice();
        let control = network.architecture() == Architecture::Control;
        let intervals = std::mem::take(&mut self.intervals);
        let mut running = 0;
        for (index, interval) in intervals.iter().enumerate().rev() {
            let columns = interval.drives.len();
            self.begin_adjoint(running..columns, interval, readout, activity_source);
            running = columns;
            for step in (interval.first..interval.end).rev() {
                let activity = &self.history[step * block..(step + 1) * block];
                multiply(
                    &mut self.product,
                    &weights.recurrent_transpose,
                    &self.adjoint,
                    columns,
                    Accum::Replace,
                );
                if let (true, Some([_, v_t, v, u_t])) = (interval.module, &weights.module) {
                    low_rank(&mut self.product, v, u_t, &self.adjoint, interval, &mut self.inner[0]);
                    if learned == Learned::Module {
                        masked(&mut self.inner[1], v_t, activity, interval);
                        let [left, right] = &mut self.module_gradient;
                        outer(left, dt, &self.adjoint, &self.inner[1], n, columns);
                        outer(right, dt, activity, &self.inner[0], n, columns);
                    }
                }
                if control && learned == Learned::Parameters {
                    let later = &self.history[(step + 1) * block..(step + 2) * block];
                    let outputs = &self.outputs[step * width..];
                    readout_gradient(self.gradient.readout.as_mut_slice(), later, outputs, columns, n, |j| {
                        next_linear(&intervals, index, step, j)
                    });
                    let scale = dt * T::of(network.gain());
                    outer(self.gradient.recurrent.as_mut_slice(), scale, &self.adjoint, activity, n, columns);
                }
                // The readout errors of the step before; those of this one are in the adjoint already.
                if step > 0 {
                    self.sources.copy_from_slice(&self.outputs[(step - 1) * width..step * width]);
                } else {
                    self.sources.fill(T::zero());
                }
                Backward {
                    units: n,
                    dt,
                    drives: &interval.drives,
                    motifs,
                    readout,
                    product: &self.product,
                    activity,
                    dots: &self.dots[step * width..],
                    sources: &self.sources,
                    activity_source: if step > 0 { activity_source } else { T::zero() },
                    adjoint: &mut self.adjoint,
                    biases: self.gradient.biases.as_mut_slice(),
                    left: self.gradient.left.as_mut_slice(),
                    right: self.gradient.right.as_mut_slice(),
                }
                .run();
            }
        }
        self.intervals = intervals;
        sum
    }

    /// Replaces each readout by the derivative of the loss with respect to it, and sums the squared errors.
    fn score(&mut self, trials: &[&Trial<T>], count: usize) -> f64 {
        let scale = T::of(2.0 / count as f64);
        let mut sum = 0.0;
        for interval in &self.intervals {
            for step in interval.first..interval.end {
                let line = &mut self.outputs[step * self.width..(step + 1) * self.width];
                for ((y, drive), trial) in line.iter_mut().zip(&interval.drives).zip(trials) {
                    let target = drive.scored.and_then(|(segment, first)| {
                        trial.segments()[segment].target.as_ref().map(|t| t[step - first])
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
        if self.gradient.biases.shape() != network.parameters().biases.shape()
            || self.gradient.count() != network.parameters().count()
        {
            self.gradient = Parameters::zeros(network.architecture(), network.units(), network.motifs());
        }
        self.gradient.fill_zero();
        let rank = network.module().filter(|_| learned == Learned::Module).map_or(0, |m| m.rank());
        for part in &mut self.module_gradient {
            part.clear();
            part.resize(rank * self.units, T::zero());
        }
        self.adjoint.resize(self.units * self.width, T::zero());
    }

    /// Starts the adjoint of the trials that end with this interval.
    fn begin_adjoint(
        &mut self,
        columns: std::ops::Range<usize>,
        interval: &Interval,
        readout: &[T],
        activity: T,
    ) {
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

    /// What one column did, after a forward pass without `keep`.
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
fn blocks<T>(history: &mut [T], block: usize, step: usize, keep: bool) -> (&mut [T], &mut [T]) {
    if keep {
        history[step * block..(step + 2) * block].split_at_mut(block)
    } else {
        let (a, b) = history.split_at_mut(block);
        if step.is_multiple_of(2) { (a, b) } else { (b, a) }
    }
}

/// In linear columns the state itself drives the step.
fn linear_activity<T: Copy>(n: usize, interval: &Interval, states: &[T], activity: &mut [T]) {
    for (j, _) in interval.drives.iter().enumerate().filter(|(_, d)| d.linear) {
        activity[j * n..(j + 1) * n].copy_from_slice(&states[j * n..(j + 1) * n]);
    }
}

/// Whether column `j` is linear in the step after `step`: then the history holds its state, not its activity.
fn next_linear(intervals: &[Interval], index: usize, step: usize, j: usize) -> bool {
    let next = if step + 1 < intervals[index].end { index } else { index + 1 };
    intervals.get(next).and_then(|i| i.drives.get(j)).is_some_and(|d| d.linear)
}

/// `tanh x` from the history's entry of a column.
fn activity<T: Real>(entry: T, linear: bool) -> T {
    if linear { entry.tanh_lane() } else { entry }
}

fn readout_gradient<T: Real>(
    gradient: &mut [T],
    later: &[T],
    errors: &[T],
    columns: usize,
    n: usize,
    linear: impl Fn(usize) -> bool,
) {
    for j in (0..columns).filter(|&j| errors[j] != T::zero()) {
        let linear = linear(j);
        for (g, &r) in gradient.iter_mut().zip(&later[j * n..(j + 1) * n]) {
            *g += errors[j] * activity(r, linear);
        }
    }
}

/// `to = M from` (or `+=`) for the first columns.
fn multiply<T: Real>(to: &mut [T], m: &DMatrix<T>, from: &[T], columns: usize, accum: Accum) {
    let (rows, inner) = m.shape();
    let to = MatMut::from_column_major_slice_mut(&mut to[..rows * columns], rows, columns);
    let from = MatRef::from_column_major_slice(&from[..inner * columns], inner, columns);
    let m = MatRef::from_column_major_slice(m.as_slice(), rows, inner);
    matmul(to, accum, m, from, T::one(), Par::Seq);
}

/// `inner = M from`, with zeros in the columns whose module is off.
fn masked<T: Real>(inner: &mut [T], m: &DMatrix<T>, from: &[T], interval: &Interval) {
    multiply(inner, m, from, interval.drives.len(), Accum::Replace);
    let rank = m.nrows();
    for (j, _) in interval.drives.iter().enumerate().filter(|(_, d)| !d.module) {
        inner[j * rank..(j + 1) * rank].fill(T::zero());
    }
}

/// `to += left right from` in the columns whose module is on.
fn low_rank<T: Real>(
    to: &mut [T],
    left: &DMatrix<T>,
    right: &DMatrix<T>,
    from: &[T],
    interval: &Interval,
    inner: &mut [T],
) {
    masked(inner, right, from, interval);
    multiply(to, left, inner, interval.drives.len(), Accum::Add);
}

/// `to += scale a b^T`, summed over columns: `a` is n x columns, `to` is n x m.
fn outer<T: Real>(to: &mut [T], scale: T, a: &[T], b: &[T], n: usize, columns: usize) {
    let m = to.len() / n.max(1);
    let to = MatMut::from_column_major_slice_mut(to, n, m);
    let a = MatRef::from_column_major_slice(&a[..n * columns], n, columns);
    let b = MatRef::from_column_major_slice(&b[..m * columns], m, columns);
    matmul(to, Accum::Add, a, b.transpose(), scale, Par::Seq);
}

fn euclidean<T: Real>(x: &[T]) -> T {
    let sum = x.iter().map(|x| x.widen() * x.widen()).sum::<f64>();
    T::of(sum.sqrt())
}
