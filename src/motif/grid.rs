//! What the generators share: durations on the time grid and one random stream per motif.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::{Error, Result};

/// More samples than this in one series are taken for a mistake.
const MAX_STEPS: f64 = 1e7;

/// More motifs than this are taken for a mistake.
const MAX_MOTIFS: usize = 100_000;

/// Distance from the grid, in steps per step, that is put down to rounding (0.1 has no exact binary form).
const ROUNDING: f64 = 1e-9;

/// Number of steps `dt` in a duration (both in tau).
pub(super) fn steps(what: &'static str, duration: f64, dt: f64) -> Result<usize> {
    let exact = duration / dt;
    if !(0.0..=MAX_STEPS).contains(&exact) {
        return Err(Error::OutOfRange { what, expected: "0 to 1e7 steps dt", given: exact });
    }
    let rounded = exact.round();
    if (exact - rounded).abs() > ROUNDING * rounded.max(1.0) {
        return Err(Error::OffGrid { what, given: duration, dt });
    }
    Ok(rounded as usize)
}

/// Fails when no motif is asked for, or more than anyone means.
pub(super) fn count(given: usize) -> Result<()> {
    if (1..=MAX_MOTIFS).contains(&given) {
        Ok(())
    } else {
        Err(Error::OutOfRange { what: "motif count", expected: "1 to 100000", given: given as f64 })
    }
}

/// The generator of motif `index`: a stream of its own, apart from the other `kind`s' and from stream 0, which
/// whoever else uses the same seed begins with.
pub(super) fn stream(seed: u64, kind: u64, index: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream((kind << 48).wrapping_add(index as u64));
    rng
}
