//! Noise during a run.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::{Result, check};

/// Noise of one run, drawn by ChaCha8 from its seed.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "io", serde(remote = "Self", deny_unknown_fields))]
pub struct Noise {
    /// Standard deviation of each unit's deviation, added to the state once, before the first
    /// preparation.
    pub initial: f64,
    /// Intensity s of white process noise, `dx = (A x + b) dt + s dW`: in each step the exact
    /// discrete covariance $s^2 \int_0^{dt} e^{A r} e^{A^T r} dr$ of the phase's own dynamics.
    /// Units of x per sqrt(tau).
    pub process: f64,
    /// Seed.
    pub seed: u64,
}

#[cfg(feature = "io")]
crate::check::checked_when_read!(Noise: |it| it.check().map(|()| it));

impl Noise {
    pub(crate) fn check(&self) -> Result<()> {
        check::non_negative("initial noise", self.initial)?;
        check::non_negative("process noise", self.process)
    }

    /// The noise of a trial: a stream of its own.
    pub(super) fn source(&self, trial: usize) -> Result<Source> {
        self.check()?;
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(trial as u64);
        Ok(Source { noise: *self, rng })
    }
}

/// A stream of noise.
pub(super) struct Source {
    noise: Noise,
    rng: ChaCha8Rng,
}

impl Source {
    pub(super) fn has_process_noise(&self) -> bool {
        self.noise.process > 0.0
    }

    pub(super) fn process(&self) -> f64 {
        self.noise.process
    }

    pub(super) fn perturb_start(&mut self, state: &mut [f64]) {
        if self.noise.initial > 0.0 {
            for x in state {
                let z: f64 = StandardNormal.sample(&mut self.rng);
                *x += self.noise.initial * z;
            }
        }
    }

    /// Fills a slice with standard normal numbers.
    pub(super) fn draw(&mut self, out: &mut [f64]) {
        for z in out {
            *z = StandardNormal.sample(&mut self.rng);
        }
    }
}
