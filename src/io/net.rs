//! A system of one's own: `net.npz`.

use std::path::Path;

use nalgebra::DMatrix;

use super::npz::{Npz, NpzBuilder};
use super::{Error, Result, files};
use crate::{Cortex, System};

/// Reads a system: `J` (N, N), `w` (N) and, where it is there, `gain`, else `default_gain` is taken; or
/// `A` (N, N) and `w`.
///
/// # Errors
/// As [`decode_system`]; a file that cannot be read.
pub fn read_system(path: &Path, default_gain: f64) -> Result<System> {
    decode_system(&files::read(path)?, path, default_gain)
}

/// Decodes the bytes of a `net.npz`; the path serves messages only.
///
/// # Errors
/// A damaged file, a missing array, shapes that do not match, numbers that are not finite, and as
/// [`Cortex::new`] and [`System::new`].
pub fn decode_system(bytes: &[u8], path: &Path, default_gain: f64) -> Result<System> {
    system(&Npz::decode(bytes, path)?, Some(default_gain), path)
}

/// The system of an archive.
pub(super) fn system(npz: &Npz, default_gain: Option<f64>, path: &Path) -> Result<System> {
    let w = npz.vector("w")?;
    let units = w.len();
    let w = DMatrix::from_column_slice(units, 1, w.as_slice());
    if npz.contains("A") && !npz.contains("J") {
        return System::new(npz.matrix("A", units)?, w).map_err(Error::invalid(path));
    }
    let gain = match default_gain {
        Some(gain) if !npz.contains("gain") => gain,
        _ => npz.scalar("gain")?,
    };
    let cortex = Cortex::new(npz.matrix("J", units)?, w, gain).map_err(Error::invalid(path))?;
    Ok(System::from(cortex))
}

/// Writes a system.
///
/// # Errors
/// A file that cannot be written.
pub fn write_system(path: &Path, system: &System) -> Result<()> {
    files::write(path, &encode_system(system)?)
}

/// The bytes of a `net.npz`.
///
/// # Errors
/// None in practice.
pub fn encode_system(system: &System) -> Result<Vec<u8>> {
    encode(NpzBuilder::new(), system)?.finish()
}

/// Adds a system's arrays to an archive.
pub(super) fn encode(npz: NpzBuilder, system: &System) -> Result<NpzBuilder> {
    let npz = match system.cortex() {
        Some(cortex) => npz.matrix("J", cortex.recurrent())?.real("gain", &[], [cortex.gain()])?,
        None => npz.matrix("A", system.matrix())?,
    };
    npz.real("w", &[system.units()], system.readout().iter().copied())
}
