//! One phase of a sequence: linear dynamics around a fixed point, on the library's time grid.

use std::sync::OnceLock;

use nalgebra::{DMatrix, DVector};

use super::noise::Source;
use crate::Result;
use crate::linalg::{expm, noise_covariance, noise_factor};

/// Dynamics `x' = A x` for a number of steps dt: propagators made once, the costlier ones on first use.
#[derive(Debug)]
pub(super) struct Phase {
    system: DMatrix<f64>,
    readout: DVector<f64>,
    dt: f64,
    steps: usize,
    step: DMatrix<f64>,
    whole: OnceLock<DMatrix<f64>>,
    readout_rows: OnceLock<DMatrix<f64>>,
    noise: OnceLock<DMatrix<f64>>,
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
            readout_rows: OnceLock::new(),
            noise: OnceLock::new(),
        })
    }

    pub(super) fn steps(&self) -> usize {
        self.steps
    }

    /// `e^{A steps dt}`, by its own exponential.
    pub(super) fn whole(&self) -> Result<&DMatrix<f64>> {
        cached(&self.whole, || expm(&(&self.system * (self.dt * self.steps as f64))))
    }

    /// `w^T e^{A n dt}` for n = 0, 1, ..., steps - 1, one row each.
    pub(super) fn readout_rows(&self) -> &DMatrix<f64> {
        self.readout_rows.get_or_init(|| {
            let units = self.readout.len();
            // Columns first: each is the last one propagated by the transposed step.
            let mut columns = DMatrix::zeros(units, self.steps);
            let mut row = self.readout.clone();
            let mut next = row.clone();
            for mut column in columns.column_iter_mut() {
                column.copy_from(&row);
                next.gemv_tr(1.0, &self.step, &row, 0.0);
                std::mem::swap(&mut row, &mut next);
            }
            columns.transpose()
        })
    }

    /// Factor of the noise covariance of one step.
    fn noise(&self) -> Result<&DMatrix<f64>> {
        cached(&self.noise, || noise_factor(&noise_covariance(&self.system, self.dt)?))
    }

    /// Runs all steps around `centre`, showing each state before it is left; `state` ends past the last.
    pub(super) fn run(
        &self,
        state: &mut DVector<f64>,
        centre: &DVector<f64>,
        mut noise: Option<&mut Source>,
        mut visit: impl FnMut(&DVector<f64>),
    ) -> Result<()> {
        let factor = match &noise {
            Some(source) if source.has_process_noise() => Some(self.noise()?),
            _ => None,
        };
        let mut next = state.clone();
        for _ in 0..self.steps {
            visit(state);
            *state -= centre;
            next.copy_from(centre);
            next.gemv(1.0, &self.step, state, 1.0);
            if let (Some(source), Some(factor)) = (noise.as_deref_mut(), factor) {
                source.perturb_step(factor, &mut next);
            }
            std::mem::swap(state, &mut next);
        }
        Ok(())
    }
}

fn cached(
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
