//! Phases: what the network does from one switch of its thalamic inputs to the next.

use std::ops::Range;
use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::flow::{BLOCK, Flow};
use super::noise::Source;
use crate::linalg::product::{apply, product, view};
use crate::{Result, check};

/// A solution of a phase's own equation, its input included; deviations from it follow the phase's
/// homogeneous equation.
#[derive(Debug, Clone)]
pub(crate) enum Centre {
    /// Zero, where there is no input.
    Origin,
    /// The fixed point that a constant input holds.
    Fixed(DVector<f64>),
    /// States at the first samples (N x samples), and the last of them from there on.
    Path(DMatrix<f64>),
}

impl Centre {
    /// At a sample, or one step past the last; nothing for zero.
    pub(crate) fn at(&self, sample: usize) -> Option<&[f64]> {
        match self {
            Self::Origin => None,
            Self::Fixed(state) => Some(state.as_slice()),
            Self::Path(states) => {
                let from = sample.min(states.ncols() - 1) * states.nrows();
                Some(&states.as_slice()[from..][..states.nrows()])
            }
        }
    }

    /// Readouts `w^T x_c` at the first samples, the last of which holds from there on.
    fn readouts(&self, readout: &DVector<f64>) -> Vec<f64> {
        match self {
            Self::Origin => vec![0.0],
            Self::Fixed(state) => vec![readout.dot(state)],
            Self::Path(states) => states.column_iter().map(|state| readout.dot(&state)).collect(),
        }
    }
}

/// What the readout should be during a phase: some samples of a motif.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) motif: usize,
    pub(crate) samples: Range<usize>,
}

/// One phase: $x(t) = x_c(t) + d(t)$ with the deviation $\dot d = F d$ from a centre
/// $\dot x_c = F x_c + b$, for a number of samples.
///
/// The input b appears only through the centre, whether it is constant, switches between two
/// samples, or moves: any solution of the equation will do.
#[derive(Debug, Clone)]
pub(crate) struct Phase {
    pub(crate) flow: Arc<Flow>,
    pub(crate) centre: Centre,
    /// None while a motif is only being prepared.
    pub(super) target: Option<Target>,
    /// Readout of the centre at its first samples.
    offsets: Vec<f64>,
}

impl Phase {
    pub(crate) fn new(flow: Arc<Flow>, centre: Centre, target: Option<Target>) -> Self {
        let offsets = centre.readouts(&flow.readout);
        Self { flow, centre, target, offsets }
    }

    pub(crate) fn steps(&self) -> usize {
        self.flow.steps
    }

    /// The same without input: what it makes of deviations.
    pub(crate) fn of_deviations(&self) -> Self {
        Self::new(Arc::clone(&self.flow), Centre::Origin, self.target.clone())
    }

    /// Readout of the centre at a sample.
    pub(super) fn offset(&self, sample: usize) -> f64 {
        self.offsets[sample.min(self.offsets.len() - 1)]
    }

    /// Turns states (packed columns) at a sample into deviations from the centre.
    pub(super) fn to_deviations(&self, sample: usize, states: &mut [f64]) {
        self.shift(sample, states, -1.0);
    }

    /// Turns deviations back into states.
    pub(super) fn to_states(&self, sample: usize, deviations: &mut [f64]) {
        self.shift(sample, deviations, 1.0);
    }

    fn shift(&self, sample: usize, columns: &mut [f64], by: f64) {
        if let Some(centre) = self.centre.at(sample) {
            for column in columns.chunks_exact_mut(centre.len().max(1)) {
                column.iter_mut().zip(centre.iter()).for_each(|(x, c)| *x += by * c);
            }
        }
    }

    /// States one step past the last sample, from states at the first (N x trials).
    fn carry(&self, mut states: DMatrix<f64>) -> Result<DMatrix<f64>> {
        self.to_deviations(0, states.as_mut_slice());
        let mut carried = product(view(self.flow.whole()?), view(&states));
        self.to_states(self.steps(), carried.as_mut_slice());
        check::no_overflow("states", carried.as_slice())?;
        Ok(carried)
    }

    /// Readouts at all samples, from states at the first (steps x trials).
    fn readouts(&self, mut states: DMatrix<f64>) -> Result<DMatrix<f64>> {
        self.to_deviations(0, states.as_mut_slice());
        let mut readouts = product(view(self.flow.rows()?).transpose(), view(&states));
        for (sample, mut row) in readouts.row_iter_mut().enumerate() {
            row.add_scalar_mut(self.offset(sample));
        }
        check::no_overflow("readouts", readouts.as_slice())?;
        Ok(readouts)
    }

    /// Appends the readouts of all samples; `state` ends past the last.
    pub(super) fn read(&self, state: &mut DVector<f64>, readout: &mut Vec<f64>) -> Result<()> {
        let first = readout.len();
        self.to_deviations(0, state.as_mut_slice());
        let mut next = state.clone();
        for block in self.flow.blocks()? {
            let from = readout.len();
            readout.resize(from + block.samples, 0.0);
            let rows = view(block.rows).subcols(0, block.samples).transpose();
            apply(rows, state.as_slice(), &mut readout[from..]);
            apply(view(block.carry), state.as_slice(), next.as_mut_slice());
            std::mem::swap(state, &mut next);
        }
        for (sample, y) in readout[first..].iter_mut().enumerate() {
            *y += self.offset(sample);
        }
        self.to_states(self.steps(), state.as_mut_slice());
        Ok(())
    }

    /// Writes the states at all samples into the columns of `states` (N x steps, packed); `state`
    /// ends past the last.
    pub(crate) fn record(&self, state: &mut DVector<f64>, states: &mut [f64]) -> Result<()> {
        let (units, steps, start) = (state.len(), self.steps(), state.clone());
        if steps == 0 {
            return Ok(());
        }
        self.to_deviations(0, state.as_mut_slice());
        let first = BLOCK.min(steps);
        for (sample, column) in states.chunks_exact_mut(units.max(1)).take(first).enumerate() {
            column.copy_from_slice(state.as_slice());
            apply(view(self.flow.step(sample)), column, state.as_mut_slice());
        }
        let mut done = first;
        while done < steps {
            // A block is the last one carried over a block.
            let next = BLOCK.min(steps - done);
            let (past, future) = states.split_at_mut(done * units);
            let past = &past[(done - BLOCK) * units..][..next * units];
            apply(view(self.flow.block()?), past, &mut future[..next * units]);
            done += next;
        }
        if steps > first {
            let last = &states[(steps - 1) * units..];
            apply(view(self.flow.step(steps - 1)), last, state.as_mut_slice());
        }
        for (sample, column) in states.chunks_exact_mut(units.max(1)).enumerate() {
            self.to_states(sample, column);
        }
        states[..units].copy_from_slice(start.as_slice()); // to the last bit
        self.to_states(steps, state.as_mut_slice());
        Ok(())
    }

    /// Runs all steps with process noise, showing each state before it is left; `state` ends past
    /// the last.
    pub(super) fn run_noisy(
        &self,
        state: &mut DVector<f64>,
        source: &mut Source,
        mut visit: impl FnMut(&DVector<f64>),
    ) -> Result<()> {
        let (mut next, mut kicks) = (state.clone(), DMatrix::zeros(0, 0));
        for sample in 0..self.steps() {
            if sample % BLOCK == 0 {
                // Of a block of steps, unit intensity.
                let factor = self.flow.noise(sample)?;
                let mut draws = DMatrix::zeros(factor.ncols(), BLOCK.min(self.steps() - sample));
                source.draw(draws.as_mut_slice());
                kicks = product(view(factor), view(&draws));
            }
            visit(state);
            self.to_deviations(sample, state.as_mut_slice());
            apply(view(self.flow.step(sample)), state.as_slice(), next.as_mut_slice());
            self.to_states(sample + 1, next.as_mut_slice());
            next.axpy(source.process(), &kicks.column(sample % BLOCK), 1.0);
            std::mem::swap(state, &mut next);
        }
        Ok(())
    }
}

/// States after some phases, one after the other (N x trials).
pub(crate) fn carry(phases: &[Phase], states: DMatrix<f64>) -> Result<DMatrix<f64>> {
    phases.iter().try_fold(states, |states, phase| phase.carry(states))
}

/// Readouts during some phases, one after the other (samples x trials).
pub(crate) fn readouts(phases: &[Phase], mut states: DMatrix<f64>) -> Result<DMatrix<f64>> {
    let samples = phases.iter().map(Phase::steps).sum();
    let mut all = DMatrix::zeros(samples, states.ncols());
    let mut done = 0;
    for (index, phase) in phases.iter().enumerate() {
        all.rows_mut(done, phase.steps()).copy_from(&phase.readouts(states.clone())?);
        done += phase.steps();
        if index + 1 < phases.len() {
            states = phase.carry(states)?;
        }
    }
    Ok(all)
}
