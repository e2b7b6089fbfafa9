//! The transition module U V^T of a tanh network.

use nalgebra::DMatrix;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::Real;
use crate::{Error, Result};

/// A low-rank loop $U V^T \tanh x$ that is on during transitions and brings the network to rest, or
/// near the fixed point of the next motif's bias.
///
/// Not a [`LowRank`](crate::LowRank), whose numbers are in double precision: these are trained in single.
/// They are checked by [`TanhNetwork::with_module`](super::TanhNetwork::with_module).
#[derive(Debug, Clone, PartialEq)]
pub struct TransitionModule<T: Real> {
    /// Weights `U` from thalamus to the network, N x P.
    pub input: DMatrix<T>,
    /// Weights `V` from the network to thalamus, N x P.
    pub feedback: DMatrix<T>,
}

impl<T: Real> TransitionModule<T> {
    /// A random start: entries of U, then V, from $N(0, \sigma^2)$ with $\sigma^2 = 0.05 / \sqrt{P N}$.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `1 <= rank <= units`.
    pub fn random(units: usize, rank: usize, seed: u64) -> Result<Self> {
        if !(1..=units).contains(&rank) {
            let expected = "1 to the number of units";
            return Err(Error::OutOfRange { what: "module rank P", expected, given: rank as f64 });
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let std = T::of((0.05 / ((rank * units) as f64).sqrt()).sqrt());
        let input = DMatrix::from_fn(units, rank, |_, _| std * T::normal(&mut rng));
        let feedback = DMatrix::from_fn(units, rank, |_, _| std * T::normal(&mut rng));
        Ok(Self { input, feedback })
    }
}
