//! The transition module U V^T of a tanh network.

use nalgebra::DMatrix;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{Real, real::finite};
use crate::{Error, Result, check};

/// A low-rank loop $U V^T \tanh x$ that is on during transitions and brings the network to rest, or
/// near the fixed point of the next motif's bias.
#[derive(Debug, Clone, PartialEq)]
pub struct TransitionModule<T: Real> {
    left: DMatrix<T>,
    right: DMatrix<T>,
}

impl<T: Real> TransitionModule<T> {
    /// A module from `U` and `V` (each N x P).
    ///
    /// # Errors
    /// [`Error::Empty`] without columns or rows, [`Error::Shape`] when the shapes differ,
    /// [`Error::NotFinite`] on a NaN or infinity.
    pub fn new(left: DMatrix<T>, right: DMatrix<T>) -> Result<Self> {
        if left.is_empty() {
            return Err(Error::Empty { what: "transition module U", remedy: "give N x P numbers" });
        }
        check::shape("transition module V", right.shape(), left.shape(), "give U and V of one shape")?;
        finite("transition module U", left.as_slice())?;
        finite("transition module V", right.as_slice())?;
        Ok(Self { left, right })
    }

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
        let left = DMatrix::from_fn(units, rank, |_, _| std * T::normal(&mut rng));
        let right = DMatrix::from_fn(units, rank, |_, _| std * T::normal(&mut rng));
        Self::new(left, right)
    }

    /// `U`, N x P.
    pub fn left(&self) -> &DMatrix<T> {
        &self.left
    }

    /// `V`, N x P.
    pub fn right(&self) -> &DMatrix<T> {
        &self.right
    }

    /// Rank P.
    pub(super) fn rank(&self) -> usize {
        self.left.ncols()
    }

    pub(super) fn arrays_mut(&mut self) -> [&mut [T]; 2] {
        [self.left.as_mut_slice(), self.right.as_mut_slice()]
    }
}
