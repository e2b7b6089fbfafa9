//! What is played: a schedule of motifs, and the state it starts from.

use nalgebra::DVector;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::{Error, Result, check};

/// A sequence of motifs, each preceded by preparation.
///
/// ```
/// use thalamo::play::Sequence;
/// let sequence = Sequence::new(&[0, 3, 3, 1])?;
/// assert_eq!(sequence.motifs(), [0, 3, 3, 1]);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(remote = "Self", transparent))]
pub struct Sequence {
    motifs: Vec<usize>,
}

#[cfg(feature = "serde")]
crate::check::checked_when_read!(Sequence: |it| Sequence::new(&it.motifs));

impl Sequence {
    /// The motifs of a library, by index, in the order of play; any order, any repetition.
    ///
    /// # Errors
    /// No motifs.
    pub fn new(motifs: &[usize]) -> Result<Self> {
        if motifs.is_empty() {
            return Err(Error::Empty { what: "sequence", remedy: "name at least one motif" });
        }
        Ok(Self { motifs: motifs.to_vec() })
    }

    /// Indices of the motifs.
    pub fn motifs(&self) -> &[usize] {
        &self.motifs
    }
}

/// The state of cortex when the first preparation begins.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// All units at zero.
    Rest,
    /// Entries drawn from N(0, std^2), by ChaCha8.
    Random {
        /// Standard deviation, >= 0.
        std: f64,
        /// Seed.
        seed: u64,
    },
    /// A given state (N).
    State(DVector<f64>),
}

impl Start {
    /// The state, for a cortex of this many units.
    ///
    /// # Errors
    /// A standard deviation that is negative, not finite, or so large that the state overflows; a state of the wrong length or not finite.
    pub fn state(&self, units: usize) -> Result<DVector<f64>> {
        match self {
            Self::Rest => Ok(DVector::zeros(units)),
            Self::Random { std, seed } => {
                check::non_negative("standard deviation of the start", *std)?;
                let mut rng = ChaCha8Rng::seed_from_u64(*seed);
                let state = DVector::from_fn(units, |_, _| {
                    let z: f64 = StandardNormal.sample(&mut rng);
                    std * z
                });
                check::no_overflow("start", state.as_slice())?;
                Ok(state)
            }
            Self::State(state) => {
                check::shape("start", (state.len(), 1), (units, 1), "give one entry per unit")?;
                check::finite("start", state.as_slice())?;
                Ok(state.clone())
            }
        }
    }
}
