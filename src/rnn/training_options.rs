//! How a network is trained.

use super::{AdamOptions, Learned, Protocol};
use crate::{Error, Result};

/// When to stop before the last minibatch: when the mean loss of the last `window` minibatches is not
/// below `1 - improvement` times that of the `window` before.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
pub struct Plateau {
    /// Minibatches of each of the two means, at least 1.
    pub window: usize,
    /// Relative improvement below which training ends.
    pub improvement: f64,
}

/// How a network is trained.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct TrainingOptions {
    /// The trials of each minibatch.
    pub protocol: Protocol,
    /// Adam's constants.
    pub adam: AdamOptions,
    /// Motifs to learn; the others' parameters do not change in a single bit. All when `None`.
    pub motifs: Option<Vec<usize>>,
    /// Early stop.
    pub plateau: Option<Plateau>,
    /// Seed of the starts.
    pub seed: u64,
}

crate::check::with!(TrainingOptions);

impl TrainingOptions {
    /// A protocol with the paper's constants, all motifs, no early stop, seed 1.
    pub fn new(protocol: Protocol) -> Self {
        Self { protocol, adam: AdamOptions::default(), motifs: None, plateau: None, seed: 1 }
    }

    /// Fails on a value outside its range.
    ///
    /// # Errors
    /// [`Error::Count`] on no trials, steps or window, or too many, [`Error::OutOfRange`] on a constant
    /// of Adam, a standard deviation or an improvement.
    pub fn validate(&self) -> Result<()> {
        self.protocol.validate()?;
        self.adam.validate()?;
        let Some(Plateau { window, improvement }) = self.plateau else { return Ok(()) };
        if window == 0 {
            return Err(Error::Count { what: "plateau window", expected: "at least 1", given: 0 });
        }
        if !(-1.0..=1.0).contains(&improvement) {
            let (what, expected) = ("plateau improvement", "a fraction in [-1, 1]");
            return Err(Error::OutOfRange { what, expected, given: improvement });
        }
        Ok(())
    }

    /// Which arrays its protocol trains.
    pub(super) fn learned(&self) -> Learned {
        match self.protocol {
            Protocol::Module { .. } => Learned::Module,
            _ => Learned::Parameters,
        }
    }

    /// The motifs to learn of `len`, in ascending order.
    pub(super) fn chosen(&self, len: usize) -> Result<Vec<usize>> {
        let mut chosen = self.motifs.clone().unwrap_or_else(|| (0..len).collect());
        chosen.sort_unstable();
        chosen.dedup();
        let what = "motifs to learn";
        match chosen[..] {
            [] => Err(Error::Empty { what, remedy: "choose at least one, or None for all" }),
            [.., index] if index >= len => Err(Error::UnknownIndex { what: "motif to learn", index, len }),
            [_] if matches!(self.protocol, Protocol::Pairs { .. }) => {
                Err(Error::Count { what, expected: "at least 2 for ordered pairs", given: 1 })
            }
            _ => Ok(chosen),
        }
    }
}
