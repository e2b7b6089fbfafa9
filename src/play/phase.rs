//! One phase of a sequence: linear dynamics around a fixed point, on the library's time grid.

use std::sync::OnceLock;

use faer::Accum;
use nalgebra::{DMatrix, DVector};

use super::noise::Source;
use crate::Result;
use crate::linalg::product::{Op, mul_into};
use crate::linalg::{expm, multiply, noise_covariance, noise_factor};

/// Samples taken at once: enough for products of matrices to pay, few enough for one readout of the whole block to cost
/// no more than carrying the state on.
pub(super) const BLOCK: usize = 128;

/// Dynamics `x' = A x` for a number of steps dt: propagators made once, the costlier ones on first use.
#[derive(Debug)]
pub(super) struct Phase {
    system: DMatrix<f64>,
    readout: DVector<f64>,
    dt: f64,
    steps: usize,
    step: DMatrix<f64>,
    whole: OnceLock<DMatrix<f64>>,
    block_readout: OnceLock<DMatrix<f64>>,
    block: OnceLock<DMatrix<f64>>,
    rest: OnceLock<DMatrix<f64>>,
    readout_rows: OnceLock<DMatrix<f64>>,
    noise: OnceLock<DMatrix<f64>>,
    pub(super) block_noise: [OnceLock<DMatrix<f64>>; 2],
}

impl Phase {
    pub(super) fn new(system: &DMatrix<f64>, readout: &DVector<f64>, dt: f64, steps: usize) -> Result<Self> {
        let step = expm(&(system * dt))?;
        Ok(Self {
            system: system.clone(),
            readout: readout.clone(),
            dt,
            steps,
            step,
            whole: OnceLock::new(),
            block_readout: OnceLock::new(),
            block: OnceLock::new(),
            rest: OnceLock::new(),
            readout_rows: OnceLock::new(),
            noise: OnceLock::new(),
            block_noise: [OnceLock::new(), OnceLock::new()],
        })
    }

    pub(super) fn steps(&self) -> usize {
        self.steps
    }

    /// `e^{A dt}`.
    pub(super) fn step(&self) -> &DMatrix<f64> {
        &self.step
    }

    pub(super) fn readout(&self) -> &DVector<f64> {
        &self.readout
    }

    /// `e^{A steps dt}`, by its own exponential.
    pub(super) fn whole(&self) -> Result<&DMatrix<f64>> {
        cached(&self.whole, || self.power(self.steps))
    }

    fn power(&self, steps: usize) -> Result<DMatrix<f64>> {
        expm(&(&self.system * (self.dt * steps as f64)))
    }

    /// The phase in blocks: samples of each, and the propagator over it.
    pub(super) fn blocks(&self) -> Result<impl Iterator<Item = (usize, &DMatrix<f64>)>> {
        let (count, rest) = (self.steps / BLOCK, self.steps % BLOCK);
        let full = if count > 0 { Some(cached(&self.block, || self.power(BLOCK))?) } else { None };
        let last = if rest > 0 { Some(cached(&self.rest, || self.power(rest))?) } else { None };
        let full = full.into_iter().flat_map(move |p| std::iter::repeat_n((BLOCK, p), count));
        Ok(full.chain(last.map(|p| (rest, p))))
    }

    /// Columns `(w^T e^{A n dt})^T` for the steps n of a block (N x at most [`BLOCK`]).
    pub(super) fn block_readout(&self) -> &DMatrix<f64> {
        self.block_readout.get_or_init(|| {
            let units = self.readout.len();
            let mut columns = DMatrix::zeros(units, self.steps.min(BLOCK));
            let mut row = self.readout.clone();
            let mut next = row.clone();
            for mut column in columns.column_iter_mut() {
                column.copy_from(&row);
                multiply::apply_transpose(&self.step, row.as_slice(), next.as_mut_slice());
                std::mem::swap(&mut row, &mut next);
            }
            columns
        })
    }

    /// `w^T e^{A n dt}` for n = 0, 1, ..., steps - 1, one row each.
    pub(super) fn readout_rows(&self) -> Result<&DMatrix<f64>> {
        cached(&self.readout_rows, || {
            let units = self.readout.len();
            let first = self.block_readout();
            let mut columns = DMatrix::zeros(units, self.steps);
            columns.columns_mut(0, first.ncols()).copy_from(first);
            let mut done = first.ncols();
            while done < self.steps {
                // A block is the last one carried over a block.
                let next = BLOCK.min(self.steps - done);
                let carry = cached(&self.block, || self.power(BLOCK))?;
                let (past, future) = columns.as_mut_slice().split_at_mut(done * units);
                let past = &past[(done - BLOCK) * units..][..next * units];
                multiply::transposed_columns(carry, units, past, &mut future[..next * units]);
                done += next;
            }
            Ok(columns.transpose())
        })
    }

    /// Factor of the noise covariance of one step.
    pub(super) fn noise(&self) -> Result<&DMatrix<f64>> {
        cached(&self.noise, || noise_factor(&self.noise_covariance()?))
    }

    pub(super) fn noise_covariance(&self) -> Result<DMatrix<f64>> {
        noise_covariance(&self.system, self.dt)
    }

    /// Readout of all steps around `centre`, block by block; `state` ends past the last.
    pub(super) fn read(
        &self,
        state: &mut DVector<f64>,
        centre: &DVector<f64>,
        readout: &mut Vec<f64>,
    ) -> Result<()> {
        if self.steps == 0 {
            return Ok(());
        }
        let offset = self.readout.dot(centre);
        *state -= centre;
        let (columns, mut next) = (self.block_readout(), state.clone());
        for (samples, carry) in self.blocks()? {
            let from = readout.len();
            readout.resize(from + samples, 0.0);
            let used = &columns.as_slice()[..samples * state.len()];
            multiply::readout(used, state.as_slice(), &mut readout[from..]);
            readout[from..].iter_mut().for_each(|y| *y += offset);
            multiply::apply(carry, state.as_slice(), next.as_mut_slice());
            std::mem::swap(state, &mut next);
        }
        *state += centre;
        Ok(())
    }

    /// All states around `centre`, into the columns of `states` (N x steps, packed); `state` ends past the last.
    pub(super) fn record(
        &self,
        state: &mut DVector<f64>,
        centre: &DVector<f64>,
        states: &mut [f64],
    ) -> Result<()> {
        if self.steps == 0 {
            return Ok(());
        }
        let (units, start) = (state.len(), state.clone());
        *state -= centre;
        let first = BLOCK.min(self.steps);
        for column in states.chunks_exact_mut(units.max(1)).take(first) {
            column.copy_from_slice(state.as_slice());
            multiply::apply(&self.step, column, state.as_mut_slice());
        }
        let mut done = first;
        while done < self.steps {
            let next = BLOCK.min(self.steps - done);
            let carry = cached(&self.block, || self.power(BLOCK))?;
            let (past, future) = states.split_at_mut(done * units);
            multiply::apply(
                carry,
                &past[(done - BLOCK) * units..][..next * units],
                &mut future[..next * units],
            );
            done += next;
        }
        if self.steps > first {
            multiply::apply(&self.step, &states[(self.steps - 1) * units..], state.as_mut_slice());
        }
        for column in states.chunks_exact_mut(units.max(1)) {
            column.iter_mut().zip(centre.iter()).for_each(|(x, c)| *x += c);
        }
        states[..units].copy_from_slice(start.as_slice()); // to the last bit
        *state += centre;
        Ok(())
    }

    /// Runs all steps around `centre` with process noise, showing each state before it is left; `state` ends past
    /// the last.
    pub(super) fn run_noisy(
        &self,
        state: &mut DVector<f64>,
        centre: &DVector<f64>,
        source: &mut Source,
        mut visit: impl FnMut(&DVector<f64>),
    ) -> Result<()> {
        let factor = self.noise()?;
        let (mut next, mut deviation) = (state.clone(), state.clone());
        let (mut draws, mut kicks) = (DMatrix::zeros(0, 0), DMatrix::zeros(0, 0));
        for step in 0..self.steps {
            let column = step % BLOCK;
            if column == 0 {
                let count = BLOCK.min(self.steps - step);
                draws.resize_mut(factor.ncols(), count, 0.0);
                source.draw(draws.as_mut_slice());
                kicks.resize_mut(state.len(), count, 0.0);
                mul_into(&mut kicks, Accum::Replace, 1.0, (factor, Op::Plain), (&draws, Op::Plain));
            }
            visit(state);
            deviation.copy_from(state);
            deviation -= centre;
            multiply::apply(&self.step, deviation.as_slice(), next.as_mut_slice());
            next += centre;
            next.axpy(source.process(), &kicks.column(column), 1.0);
            std::mem::swap(state, &mut next);
        }
        Ok(())
    }
}

pub(super) fn cached(
    cell: &OnceLock<DMatrix<f64>>,
    make: impl FnOnce() -> Result<DMatrix<f64>>,
) -> Result<&DMatrix<f64>> {
    match cell.get() {
        Some(value) => Ok(value),
        None => {
            let value = make()?;
            Ok(cell.get_or_init(|| value))
        }
    }
}
