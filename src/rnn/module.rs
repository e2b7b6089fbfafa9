//! The transition module U V^T of a tanh network.

use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::network::finite;
use super::{Real, TanhNetwork};
use crate::preparation::{Preparation, PreparationOptions};
use crate::{Error, Result, System, check};

/// A low-rank loop $U V^T \tanh x$ that is on during transitions and brings the network to rest, or near the fixed
/// point of the next motif's bias.
#[derive(Debug, Clone, PartialEq)]
pub struct TransitionModule<T: Real> {
    left: DMatrix<T>,
    right: DMatrix<T>,
}

impl<T: Real> TransitionModule<T> {
    /// A module from `U` and `V` (each N x P).
    ///
    /// # Errors
    /// [`Error::Empty`] without columns or rows, [`Error::Shape`] when the shapes differ, [`Error::NotFinite`] on a
    /// NaN or infinity.
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
    /// [`Error::Count`] unless `1 <= rank <= units`.
    pub fn random(units: usize, rank: usize, seed: u64) -> Result<Self> {
        if !(1..=units).contains(&rank) {
            return Err(Error::Count {
                what: "module rank P",
                expected: "1 to the number of units",
                given: rank,
            });
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let std = T::of((0.05 / ((rank * units) as f64).sqrt()).sqrt());
        let left = DMatrix::from_fn(units, rank, |_, _| std * T::normal(&mut rng));
        let right = DMatrix::from_fn(units, rank, |_, _| std * T::normal(&mut rng));
        Self::new(left, right)
    }

    /// The module that is optimal for the linearisation at the origin: the [`Preparation`] of a cortex with
    /// $A = -I + g J$, whose decay from anywhere is a closed form. It needs no training and fits any tanh network;
    /// $\\tanh x$ being flatter than $x$, the network then decays more slowly far from the origin.
    ///
    /// # Errors
    /// As [`System::new`] and [`Preparation::optimise`].
    pub fn analytic(network: &TanhNetwork<T>, options: &PreparationOptions, seed: u64) -> Result<Self> {
        let recurrent = network.recurrent().map(|x| network.gain() * x.widen());
        let (units, readout) = (network.units(), network.readout().map(T::widen));
        let readout = DMatrix::from_column_slice(units, 1, readout.as_slice());
        let system = System::new(recurrent - DMatrix::identity(units, units), readout)?;
        let found = Preparation::optimise(&system, options, seed)?;
        Self::new(found.input().map(T::of), found.feedback().map(T::of))
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
    pub fn rank(&self) -> usize {
        self.left.ncols()
    }

    pub(super) fn arrays_mut(&mut self) -> [&mut [T]; 2] {
        [self.left.as_mut_slice(), self.right.as_mut_slice()]
    }
}

/// The linear system of the transition phase at the origin, $A_{prep} = -I + g J + U V^T$ (N x N, 1/tau).
///
/// Without a module it is $-I + g J$.
pub fn linearisation<T: Real>(network: &TanhNetwork<T>) -> DMatrix<f64> {
    let units = network.units();
    let mut system =
        network.recurrent().map(|x| network.gain() * x.widen()) - DMatrix::identity(units, units);
    if let Some(module) = network.module() {
        system += module.left.map(T::widen) * module.right.map(T::widen).transpose();
    }
    system
}

/// The state that a linear transition settles in, $x^\ast = -A_{prep}^{-1} b_\mu$ (N).
///
/// # Errors
/// [`Error::UnknownIndex`] on a motif that is not there, [`Error::Singular`] when $A_{prep}$ is.
pub fn transition_fixed_point<T: Real>(network: &TanhNetwork<T>, motif: usize) -> Result<DVector<f64>> {
    let len = network.motifs();
    if motif >= len {
        return Err(Error::UnknownIndex { what: "motif", index: motif, len });
    }
    let bias = network.parameters().biases.column(motif).map(T::widen);
    linearisation(network).lu().solve(&-bias).filter(|x| x.iter().all(|x| x.is_finite())).ok_or(
        Error::Singular {
            what: "transition system A_prep",
            remedy: "optimise the transition module: a contracting one is regular",
        },
    )
}
