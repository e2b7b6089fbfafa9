//! Fits as JSON: `fits.json`.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Error, Result, files, json};
use crate::fit::{Fit, FitOptions};

const FORMAT: &str = "thalamo fits";
const VERSION: u64 = 1;

/// A fit with the name of its motif.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamedFit {
    /// Name of the motif.
    pub name: String,
    /// Number of samples it was fitted to.
    pub samples: usize,
    /// Norm of the amplitudes, each conjugate pair counted once. Derived; not read.
    #[serde(default, skip_deserializing)]
    pub amplitude_norm: f64,
    /// The exponentials and their errors.
    pub fit: Fit,
}

impl NamedFit {
    /// A fit to a motif of this name and number of samples.
    pub fn new(name: &str, samples: usize, fit: Fit) -> Self {
        Self { name: name.to_owned(), samples, amplitude_norm: fit.amplitude_norm(), fit }
    }
}

#[derive(Serialize, Deserialize)]
struct File {
    format: String,
    version: u64,
    crate_version: String,
    options: FitOptions,
    fits: Vec<NamedFit>,
}

/// Reads fits and the options they were made with.
///
/// # Errors
/// As [`decode_fits`]; a file that cannot be read.
pub fn read_fits(path: &Path) -> Result<(FitOptions, Vec<NamedFit>)> {
    decode_fits(&files::read(path)?, path)
}

/// Decodes the bytes of a `fits.json`; the path serves messages only.
///
/// # Errors
/// Anything but fits of a known version whose numbers are valid.
pub fn decode_fits(bytes: &[u8], path: &Path) -> Result<(FitOptions, Vec<NamedFit>)> {
    let mut file: File = json::decode(bytes, path, "the fits of `thalamo fit`")?;
    if file.format != FORMAT {
        return Err(Error::Format {
            path: path.to_owned(),
            expected: format!("the format `{FORMAT}`"),
            given: format!("`{}`", file.format),
            remedy: "give a file that `thalamo fit` wrote",
        });
    }
    if file.version != VERSION {
        return Err(Error::Version { path: path.to_owned(), given: file.version, supported: VERSION });
    }
    file.fits.iter_mut().for_each(|named| named.amplitude_norm = named.fit.amplitude_norm());
    Ok((file.options, file.fits))
}

/// Writes fits and the options they were made with.
///
/// # Errors
/// A file that cannot be written.
pub fn write_fits(path: &Path, options: &FitOptions, fits: &[NamedFit]) -> Result<()> {
    files::write_whole(path, &encode_fits(options, fits)?)
}

/// The bytes of a `fits.json`.
///
/// # Errors
/// None in practice.
pub fn encode_fits(options: &FitOptions, fits: &[NamedFit]) -> Result<Vec<u8>> {
    json::encode(&File {
        format: FORMAT.into(),
        version: VERSION,
        crate_version: env!("CARGO_PKG_VERSION").into(),
        options: options.clone(),
        fits: fits.to_vec(),
    })
}
