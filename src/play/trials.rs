//! Many noisy trials of one sequence: the same phases for all of them, so products of matrices
//! throughout.
//!
//! A block of b samples, from deviation x, reads $y_n = w^T P^n x + \eta_n$ and leaves
//! $P^b x + \xi$ with $P = e^{A\,dt}$. The noise $(\eta, \xi)$ is normal, with a covariance known
//! in advance: with $S_n$ the covariance of the state after n steps, $S_0 = 0$,
//! $S_{n+1} = P S_n P^T + Q$,
//!
//! $$ \mathrm{cov}(y_n, y_{n+k}) = w^T P^k S_n w, \qquad \mathrm{cov}(y_n, x_b) = P^{b-n} S_n w, \qquad
//!    \mathrm{cov}(x_b) = S_b. $$
//!
//! Drawing it at once takes b + N normal numbers in place of b N, and the states in between are
//! never formed.

use faer::Accum;
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::flow::{BLOCK, Block, Flow, cached};
use super::noise::{Noise, Source};
use super::phase::Phase;
use super::sequence::{Sequence, Start};
use super::simulator::{Keep, Simulator, samples};
use super::trajectory::Trajectory;
use crate::linalg::noise_factor;
use crate::linalg::product::{apply, mul_into, product, view};
use crate::{Error, Result, check};

/// Trials that one thread takes together; fixed, so that results do not depend on the number of
/// threads.
const TOGETHER: usize = 256;

/// More trials than this are taken for a mistake.
const MAX_TRIALS: usize = 10_000_000;

impl Simulator {
    /// Independent noisy trials of one sequence. Trial i draws from stream i of the seed, whatever
    /// the number of trials or threads.
    ///
    /// With [`Keep::States`] every trial is stepped as in [`Simulator::run`], whose noise is that of
    /// trial 0. With [`Keep::Readout`] the process noise is drawn block by block, which is many times
    /// faster and as exact in distribution; only where there is process noise are the numbers others.
    ///
    /// # Errors
    /// As [`Simulator::run`]; no trials or more than ten million.
    pub fn trials(
        &self,
        sequence: &Sequence,
        start: &Start,
        noise: Noise,
        trials: usize,
        keep: Keep,
    ) -> Result<Vec<Trajectory>> {
        if !(1..=MAX_TRIALS).contains(&trials) {
            return Err(Error::OutOfRange {
                what: "trials",
                expected: "1 to 10000000",
                given: trials as f64,
            });
        }
        noise.check()?;
        let start = start.state(self.network().system().units())?;
        let phases = self.sequence(sequence)?;
        if keep == Keep::States {
            let stepped = (0..trials).into_par_iter();
            return stepped
                .map(|trial| self.play_phases(&phases, start.clone(), Some(noise.source(trial)?), keep))
                .collect();
        }
        // Before the threads start: made once, and refusals come in order.
        for phase in &phases {
            phase.flow.prepare_trials(noise.process > 0.0)?;
        }
        let together = |first: usize| {
            let sources = (first..trials.min(first + TOGETHER)).map(|trial| noise.source(trial));
            let (readouts, ends) = Together::new(&start, sources.collect::<Result<_>>()?).play(&phases)?;
            let ends = ends.column_iter().map(|end| end.into_owned());
            let all = readouts.into_iter().zip(ends);
            all.map(|(readout, end)| self.trajectory(&phases, readout, None, end)).collect::<Result<Vec<_>>>()
        };
        let firsts: Vec<usize> = (0..trials).step_by(TOGETHER).collect();
        let chunks = firsts.into_par_iter().map(together).collect::<Result<Vec<_>>>()?;
        Ok(chunks.into_iter().flatten().collect())
    }
}

impl Flow {
    fn prepare_trials(&self, noisy: bool) -> Result<()> {
        for block in self.blocks()? {
            if noisy {
                self.block_noise(block.samples)?;
            }
        }
        Ok(())
    }

    /// Factor of the covariance of (y, x) over a block, unit intensity: samples first, then units.
    fn block_noise(&self, samples: usize) -> Result<&DMatrix<f64>> {
        cached(&self.block_noise[usize::from(samples != BLOCK)], || {
            noise_factor(&self.block_covariance(samples)?)
        })
    }

    fn block_covariance(&self, samples: usize) -> Result<DMatrix<f64>> {
        let (p, w, units) = (self.step(0), &self.readout, self.readout.len());
        let of_step = self.noise_covariance()?;
        let mut state = DMatrix::zeros(units, units);
        let mut carried = DMatrix::zeros(units, samples);
        let mut next = carried.clone();
        let mut joint = DMatrix::zeros(samples + units, samples + units);
        for n in 0..samples {
            // S_n w, its readouts later in the block, and its way to the end.
            let seen = &state * w;
            let columns = self.block_rows().columns(0, samples - n);
            for (k, column) in columns.column_iter().enumerate() {
                let covariance = column.dot(&seen);
                (joint[(n, n + k)], joint[(n + k, n)]) = (covariance, covariance);
            }
            carried.set_column(n, &seen);
            let used = (n + 1) * units;
            apply(view(p), &carried.as_slice()[..used], &mut next.as_mut_slice()[..used]);
            std::mem::swap(&mut carried, &mut next);
            let image = product(view(p), view(&state));
            state.copy_from(&of_step);
            mul_into(&mut state, Accum::Add, 1.0, view(&image), view(p).transpose());
            state = (&state + state.transpose()) * 0.5;
        }
        joint.view_mut((samples, 0), (units, samples)).copy_from(&carried);
        joint.view_mut((0, samples), (samples, units)).copy_from(&carried.transpose());
        joint.view_mut((samples, samples), (units, units)).copy_from(&state);
        Ok(joint)
    }
}

/// Trials that share every product.
struct Together {
    /// N x trials.
    states: DMatrix<f64>,
    next: DMatrix<f64>,
    /// Of one block: normal numbers, what they become, and the readout (each by trials).
    draws: DMatrix<f64>,
    kicks: DMatrix<f64>,
    readout: DMatrix<f64>,
    sources: Vec<Source>,
}

impl Together {
    fn new(start: &DVector<f64>, mut sources: Vec<Source>) -> Self {
        let mut states = DMatrix::from_fn(start.len(), sources.len(), |i, _| start[i]);
        for (mut state, source) in states.column_iter_mut().zip(&mut sources) {
            source.perturb_start(state.as_mut_slice());
        }
        let empty = || DMatrix::zeros(0, 0);
        Self { next: states.clone(), states, draws: empty(), kicks: empty(), readout: empty(), sources }
    }

    /// The readouts of each trial, and the states at the end (N x trials).
    fn play(mut self, phases: &[&Phase]) -> Result<(Vec<Vec<f64>>, DMatrix<f64>)> {
        let room = || check::room("samples of the run", 1, samples(phases));
        let mut readouts = (0..self.sources.len()).map(|_| room()).collect::<Result<Vec<Vec<f64>>>>()?;
        for phase in phases {
            let mut sample = 0;
            phase.to_deviations(0, self.states.as_mut_slice());
            for block in phase.flow.blocks()? {
                self.block(&phase.flow, block)?;
                for (from, to) in self.readout.column_iter().zip(&mut readouts) {
                    to.extend(from.iter().zip(sample..).map(|(y, n)| y + phase.offset(n)));
                }
                sample += block.samples;
            }
            phase.to_states(phase.steps(), self.states.as_mut_slice());
        }
        Ok((readouts, self.states))
    }

    fn block(&mut self, flow: &Flow, block: Block<'_>) -> Result<()> {
        let (units, trials) = self.states.shape();
        let count = block.samples;
        self.readout.resize_mut(count, trials, 0.0);
        let (states, readout) = (self.states.as_slice(), self.readout.as_mut_slice());
        apply(view(block.rows).subcols(0, count).transpose(), states, readout);
        mul_into(&mut self.next, Accum::Replace, 1.0, view(block.carry), view(&self.states));
        std::mem::swap(&mut self.states, &mut self.next);
        let Some(process) = self.sources.first().filter(|s| s.has_process_noise()).map(Source::process)
        else {
            return Ok(());
        };
        let factor = flow.block_noise(count)?;
        self.draws.resize_mut(factor.ncols(), trials, 0.0);
        for (mut draws, source) in self.draws.column_iter_mut().zip(&mut self.sources) {
            source.draw(draws.as_mut_slice());
        }
        self.kicks.resize_mut(count + units, trials, 0.0);
        mul_into(&mut self.kicks, Accum::Replace, process, view(factor), view(&self.draws));
        self.readout += self.kicks.rows(0, count);
        self.states += self.kicks.rows(count, units);
        Ok(())
    }
}
