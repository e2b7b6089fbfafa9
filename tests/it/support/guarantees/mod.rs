//! What the model promises, as assertions for property tests.
//!
//! Each assertion recomputes a promise from parameters and returns a [`Violation`] where it is broken: with
//! what was achieved, the limit and the place. In proptest they go with `?`, elsewhere with `unwrap`.
//!
//! | promise | assertion | compared |
//! |---|---|---|
//! | eigenvalues are where they were asked | [`eigenvalues_placed`] | to rounding |
//! | x_init plays the exponentials | [`starts_play_fits`] | to rounding |
//! | preparation ends at x_init from anywhere | [`preparation_settles`] | to rounding |
//! | learning changes nothing learned | [`nothing_forgotten`] | bits |
//! | no sequence exceeds its certificate | [`sequence_certified`], [`pairs_certified`] | certified bound |
//! | the number of threads changes nothing | [`same_on_any_threads`] | bits |
//! | runs can be continued | [`runs_compose`], [`trajectories_compose`] | bits |

#![allow(dead_code, unused_imports)] // the fuzz targets and an example share this, each a part of it

mod bits;
mod parameters;
mod sequences;
mod threads;

use thalamo::Error;

pub(crate) use bits::{nothing_forgotten, parameter_bits};
pub(crate) use parameters::{eigenvalues_placed, preparation_settles, starts_play_fits};
pub(crate) use sequences::{pairs_certified, runs_compose, sequence_certified, trajectories_compose};
pub(crate) use threads::same_on_any_threads;

/// A promise that is not kept.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Violation {
    /// A number past its limit.
    #[error("{what}: expected at most {limit:.6e}, achieved {achieved:.6e} {place}")]
    Exceeded {
        /// The number.
        what: &'static str,
        /// Its value.
        achieved: f64,
        /// The largest one that keeps the promise.
        limit: f64,
        /// Where: motif, eigenvalue, position in the sequence.
        place: String,
    },
    /// Two things that must be the same to the bit.
    #[error("{what}: expected the same bits, achieved different ones {place}")]
    Differs {
        /// What was compared.
        what: &'static str,
        /// Where the first difference is.
        place: String,
    },
    /// A comparison between objects that do not belong together.
    #[error("{what}: expected {expected}, given {given}; compare objects of one network")]
    Unrelated {
        /// What does not match.
        what: &'static str,
        /// Its value on one side.
        expected: f64,
        /// And on the other.
        given: f64,
    },
    /// A pool of threads that the system refuses.
    #[error("threads: expected a pool of {threads}, given none; ask for fewer threads")]
    Threads {
        /// The number asked for.
        threads: usize,
    },
    /// The promise could not even be examined.
    #[error(transparent)]
    Refused(#[from] Error),
}

/// `achieved <= limit`, and not NaN.
fn within(
    what: &'static str,
    achieved: f64,
    limit: f64,
    place: impl FnOnce() -> String,
) -> Result<(), Violation> {
    if achieved <= limit {
        Ok(())
    } else {
        Err(Violation::Exceeded { what, achieved, limit, place: place() })
    }
}
