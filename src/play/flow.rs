//! Propagators of linear dynamics on a time grid, with a readout.

use std::sync::OnceLock;

use nalgebra::{DMatrix, DVector};

use crate::linalg::product::{apply, view};
use crate::linalg::{expm, noise_covariance, noise_factor};
use crate::{Result, check};

/// Samples taken at once: enough for products of matrices to pay, few enough for one readout of the
/// whole block to cost no more than carrying the state on.
pub(super) const BLOCK: usize = 128;

/// Dynamics `d' = F d` for a number of steps dt, `w^T d` being read: propagators made once, the
/// costlier ones on first use.
///
/// What a sample or a block needs is asked for by its place ([`Flow::step`], [`Flow::blocks`]). F
/// is constant today, so that all places have the same propagators; only this file knows.
#[derive(Debug)]
pub(crate) struct Flow {
    /// F (N x N, 1/tau).
    pub(crate) system: DMatrix<f64>,
    /// w (N).
    pub(crate) readout: DVector<f64>,
    /// tau.
    pub(crate) dt: f64,
    pub(crate) steps: usize,
    step: DMatrix<f64>,
    whole: OnceLock<DMatrix<f64>>,
    block: OnceLock<DMatrix<f64>>,
    rest: OnceLock<DMatrix<f64>>,
    block_rows: OnceLock<DMatrix<f64>>,
    rows: OnceLock<DMatrix<f64>>,
    noise: OnceLock<DMatrix<f64>>,
    gathered_noise: OnceLock<DMatrix<f64>>,
    pub(super) block_noise: [OnceLock<DMatrix<f64>>; 2],
}

/// Some samples of a flow, one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<'a> {
    pub(super) samples: usize,
    /// The propagator over the block.
    pub(super) carry: &'a DMatrix<f64>,
    /// Readouts of its samples, `y_n = r_n^T d` from the deviation at its beginning: columns `r_n`,
    /// of which the block uses as many as it has samples.
    pub(super) rows: &'a DMatrix<f64>,
}

impl Flow {
    /// Of `F` (N x N, 1/tau), read by `w` (N), for `steps` samples `dt` (tau) apart.
    pub(crate) fn new(system: &DMatrix<f64>, readout: &DVector<f64>, dt: f64, steps: usize) -> Result<Self> {
        Ok(Self {
            system: system.clone(),
            readout: readout.clone(),
            dt,
            steps,
            step: expm(&(system * dt))?,
            whole: OnceLock::new(),
            block: OnceLock::new(),
            rest: OnceLock::new(),
            block_rows: OnceLock::new(),
            rows: OnceLock::new(),
            noise: OnceLock::new(),
            gathered_noise: OnceLock::new(),
            block_noise: [OnceLock::new(), OnceLock::new()],
        })
    }

    /// Of all steps, in tau.
    pub(crate) fn duration(&self) -> f64 {
        self.dt * self.steps as f64
    }

    /// From one sample to the next: `e^{F dt}`.
    pub(crate) fn step(&self, _sample: usize) -> &DMatrix<f64> {
        &self.step
    }

    /// From the first sample to one step past the last, by its own exponential.
    pub(crate) fn whole(&self) -> Result<&DMatrix<f64>> {
        cached(&self.whole, || self.power(self.steps))
    }

    /// The samples in blocks.
    pub(super) fn blocks(&self) -> Result<impl Iterator<Item = Block<'_>>> {
        let (count, rest) = (self.steps / BLOCK, self.steps % BLOCK);
        let full = if count > 0 { Some(self.block()?) } else { None };
        let last = if rest > 0 { Some(cached(&self.rest, || self.power(rest))?) } else { None };
        let rows = self.block_rows();
        let full = full.into_iter().flat_map(move |p| std::iter::repeat_n((BLOCK, p), count));
        let all = full.chain(last.map(|p| (rest, p)));
        Ok(all.map(move |(samples, carry)| Block { samples, carry, rows }))
    }

    /// The propagator over a full block.
    pub(super) fn block(&self) -> Result<&DMatrix<f64>> {
        cached(&self.block, || self.power(BLOCK))
    }

    /// `r_n` of all samples, one column each (N x steps): the readout at sample n is `r_n^T d` from
    /// the deviation at the first one.
    pub(crate) fn rows(&self) -> Result<&DMatrix<f64>> {
        cached(&self.rows, || {
            let (units, first) = (self.readout.len(), self.block_rows());
            let mut columns = check::zeros("samples", units, self.steps)?;
            columns.columns_mut(0, first.ncols()).copy_from(first);
            let mut done = first.ncols();
            while done < self.steps {
                // A block is the last one carried over a block.
                let next = BLOCK.min(self.steps - done);
                let (past, future) = columns.as_mut_slice().split_at_mut(done * units);
                let past = &past[(done - BLOCK) * units..][..next * units];
                apply(view(self.block()?).transpose(), past, &mut future[..next * units]);
                done += next;
            }
            Ok(columns)
        })
    }

    /// Factor of the covariance that white noise of unit intensity gathers in one step.
    pub(crate) fn noise(&self, _sample: usize) -> Result<&DMatrix<f64>> {
        cached(&self.noise, || noise_factor(&self.noise_covariance()?))
    }

    /// Factor of the covariance that it gathers over all steps.
    pub(crate) fn gathered_noise(&self) -> Result<&DMatrix<f64>> {
        cached(&self.gathered_noise, || match self.steps {
            0 => Ok(DMatrix::zeros(self.readout.len(), 0)),
            _ => noise_factor(&noise_covariance(&self.system, self.duration())?),
        })
    }

    pub(super) fn noise_covariance(&self) -> Result<DMatrix<f64>> {
        noise_covariance(&self.system, self.dt)
    }

    pub(super) fn block_rows(&self) -> &DMatrix<f64> {
        self.block_rows.get_or_init(|| {
            let mut columns = DMatrix::zeros(self.readout.len(), self.steps.min(BLOCK));
            let mut row = self.readout.clone();
            let mut next = row.clone();
            for mut column in columns.column_iter_mut() {
                column.copy_from(&row);
                apply(view(&self.step).transpose(), row.as_slice(), next.as_mut_slice());
                std::mem::swap(&mut row, &mut next);
            }
            columns
        })
    }

    fn power(&self, steps: usize) -> Result<DMatrix<f64>> {
        expm(&(&self.system * (self.dt * steps as f64)))
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
