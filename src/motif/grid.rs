//! What the generators share: durations on the time grid and one random stream per motif.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::Motif;
use crate::{Error, Result, check};

/// More samples than this in one series are taken for a mistake.
const MAX_STEPS: f64 = 1e7;

/// Distance from the grid, in steps per step, that is put down to rounding (0.1 has no exact binary form).
const ROUNDING: f64 = 1e-9;

/// Number of steps `dt` in a duration (both in tau).
pub(super) fn steps(what: &'static str, duration: f64, dt: f64) -> Result<usize> {
    let exact = duration / dt;
    check::number(what, exact, 0.0..=MAX_STEPS, "0 to 1e7 steps dt")?;
    let rounded = exact.round();
    if (exact - rounded).abs() > ROUNDING * rounded.max(1.0) {
        return Err(Error::OffGrid { what, given: duration, dt });
    }
    Ok(rounded as usize)
}

/// Motifs `0..count`; fails when none is asked for, or more than anyone means.
pub(super) fn first(count: usize, draw: impl Fn(usize) -> Result<Motif>) -> Result<Vec<Motif>> {
    check::count("motif count", count, 1..=100_000, "1 to 100000")?;
    (0..count).map(draw).collect()
}

/// The generator of motif `index`: a stream of its own, apart from the other `kind`s' and from stream 0,
/// which whoever else uses the same seed begins with.
pub(super) fn stream(seed: u64, kind: u64, index: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream((kind << 48).wrapping_add(index as u64));
    rng
}
