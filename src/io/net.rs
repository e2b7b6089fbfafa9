//! A cortex of one's own: `net.npz`.

use std::path::Path;

use super::npz::{Npz, NpzBuilder};
use super::{Error, Result, files};
use crate::Cortex;

/// Reads a cortex: `J` (N, N), `w` (N) and, where it is there, `gain`; else `default_gain` is taken.
///
/// # Errors
/// As [`decode_cortex`]; a file that cannot be read.
pub fn read_cortex(path: &Path, default_gain: f64) -> Result<Cortex> {
    decode_cortex(&files::read(path)?, path, default_gain)
}

/// Decodes the bytes of a `net.npz`; the path serves messages only.
///
/// # Errors
/// A damaged file, a missing array, shapes that do not match, numbers that are not finite, and as [`Cortex::new`].
pub fn decode_cortex(bytes: &[u8], path: &Path, default_gain: f64) -> Result<Cortex> {
    let npz = Npz::decode(bytes, path)?;
    let gain = if npz.contains("gain") { npz.scalar("gain")? } else { default_gain };
    cortex(&npz, gain, path)
}

/// `J` and `w` of an archive as a cortex.
pub(super) fn cortex(npz: &Npz, gain: f64, path: &Path) -> Result<Cortex> {
    let w = npz.vector("w")?;
    let j = npz.matrix("J", w.len())?;
    Cortex::new(j, w, gain).map_err(Error::invalid(path))
}

/// Writes a cortex.
///
/// # Errors
/// A file that cannot be written.
pub fn write_cortex(path: &Path, cortex: &Cortex) -> Result<()> {
    files::write_whole(path, &encode_cortex(cortex)?)
}

/// The bytes of a `net.npz`.
///
/// # Errors
/// None in practice.
pub fn encode_cortex(cortex: &Cortex) -> Result<Vec<u8>> {
    NpzBuilder::new()
        .matrix("J", cortex.recurrent())?
        .real("w", &[cortex.units()], cortex.readout().iter().copied())?
        .real("gain", &[], [cortex.gain()])?
        .finish()
}
