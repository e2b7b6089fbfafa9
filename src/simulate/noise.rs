//! Noise during a run.

use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::{Result, validate};

/// Noise of one run, drawn by ChaCha8 from its seed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// Standard deviation of each unit's deviation, added to the state once, before the first preparation.
    pub initial: f64,
    /// Intensity s of white process noise, `dx = (A x + b) dt + s dW`: in each step the exact discrete
    /// covariance $s^2 \int_0^{dt} e^{A r} e^{A^T r} dr$ of the phase's own dynamics. Units of x per sqrt(tau).
    pub process: f64,
    /// Seed.
    pub seed: u64,
}

impl Noise {
    pub(super) fn check(&self) -> Result<()> {
        validate::non_negative("initial noise", self.initial)?;
        validate::non_negative("process noise", self.process)
    }

    pub(super) fn source(&self) -> Source {
        Source { noise: *self, rng: ChaCha8Rng::seed_from_u64(self.seed), draw: DVector::zeros(0) }
    }
}

/// A stream of noise.
pub(super) struct Source {
    noise: Noise,
    rng: ChaCha8Rng,
    draw: DVector<f64>,
}

impl Source {
    pub(super) fn has_process_noise(&self) -> bool {
        self.noise.process > 0.0
    }

    pub(super) fn perturb_start(&mut self, state: &mut DVector<f64>) {
        if self.noise.initial > 0.0 {
            for x in state.iter_mut() {
                let z: f64 = StandardNormal.sample(&mut self.rng);
                *x += self.noise.initial * z;
            }
        }
    }

    /// Adds `s F z`, `z ~ N(0, I)`, for a factor F of the unit-intensity covariance of a step.
    pub(super) fn perturb_step(&mut self, factor: &DMatrix<f64>, state: &mut DVector<f64>) {
        if self.draw.len() != factor.ncols() {
            self.draw = DVector::zeros(factor.ncols());
        }
        for z in self.draw.iter_mut() {
            *z = StandardNormal.sample(&mut self.rng);
        }
        state.gemv(self.noise.process, factor, &self.draw, 1.0);
    }
}
