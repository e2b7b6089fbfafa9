//! A system of one's own: `net.npz`.

use std::path::Path;

use nalgebra::DMatrix;

use super::content::{content, in_array};
use super::npz::{Npz, NpzWriter};
use super::source::Arrays;
use super::stored::Stored;
use crate::network::arrays::SystemArrays;
use crate::{Cortex, Result, System};

/// Gain of a file that has none, where none is given either (1/tau).
const GAIN: f64 = 0.5;

/// `J` (N, N) and, optionally, `gain`, else 0.5/tau; or `A` (N, N); and `w` (N,).
impl Stored for System {
    /// The gain, where the file has none; `None` for the default.
    type Missing = Option<f64>;

    fn to_bytes(&self, _: &Path) -> Result<Vec<u8>> {
        let mut npz = NpzWriter::stored();
        SystemArrays::list(self, None).iter().try_for_each(|array| npz.named(array))?;
        npz.finish()
    }

    fn from_bytes(bytes: &[u8], _: &Path, gain: Option<f64>) -> Result<Self> {
        let npz = Npz::decode(bytes)?;
        if let (Some(given), true) = (gain, npz.contains("gain")) {
            let expected = format!("none beside the gain {given} that is given");
            return Err(in_array("gain", content(expected, "one", "leave out one of them (--gain)")));
        }
        system(&npz, Some(gain.unwrap_or(GAIN)))
    }
}

/// The system of an archive; without a default, its gain must be there.
pub(super) fn system(npz: &Npz, default_gain: Option<f64>) -> Result<System> {
    let arrays = SystemArrays::read(&Arrays::of(npz)?, "")?;
    let w = DMatrix::from_column_slice(arrays.readout.len(), 1, arrays.readout.as_slice());
    match (arrays.recurrent, arrays.matrix) {
        (None, Some(a)) => System::new(a, w),
        (None, None) => Err(npz.missing("J")),
        (Some(j), _) => {
            let gain = arrays.gain.or(default_gain).ok_or_else(|| npz.missing("gain"))?;
            Ok(System::from(Cortex::new(j, w, gain)?))
        }
    }
}
