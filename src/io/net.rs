//! A cortex of one's own: `net.npz`.

use std::path::Path;

use super::content::content;
use super::npz::{Npz, NpzWriter, in_array};
use super::stored::Stored;
use crate::{Cortex, Result};

/// Gain of a file that has none, where none is given either (1/tau).
const GAIN: f64 = 0.5;

/// `J` (N, N), `w` (N,) and, optionally, `gain`: else 0.5/tau.
impl Stored for Cortex {
    /// The gain, where the file has none; `None` for the default.
    type Missing = Option<f64>;

    fn to_bytes(&self, _: &Path) -> Result<Vec<u8>> {
        let mut npz = NpzWriter::stored();
        npz.matrix("J", self.recurrent())?;
        npz.vector("w", self.readout().as_slice())?;
        npz.number("gain", self.gain())?;
        npz.finish()
    }

    fn from_bytes(bytes: &[u8], _: &Path, gain: Option<f64>) -> Result<Self> {
        let npz = Npz::decode(bytes)?;
        let gain = match (gain, npz.contains("gain")) {
            (Some(given), true) => {
                let (expected, given) = ("no gain, as one is given", format!("another one beside {given}"));
                return Err(in_array("gain", content(expected, given, "leave out one of them (--gain)")));
            }
            (None, true) => npz.number("gain")?,
            (given, false) => given.unwrap_or(GAIN),
        };
        let w = npz.vector("w")?;
        let j = npz.matrix("J", w.len())?;
        Self::new(j, w, gain)
    }
}
