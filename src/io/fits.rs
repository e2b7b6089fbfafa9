//! Fits as JSON: `fits.json`.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::content::{content, short};
use super::header::Header;
use super::motifs::NamedMotif;
use super::stored::Stored;
use super::upgrade;
use crate::Result;
use crate::fit::{Fit, FitOptions};

const HEADER: Header = Header {
    format: "thalamo fits",
    version: 2,
    upgrades: &[upgrade::fits_of_version_1],
    remedy: "give a file that `thalamo fit` wrote",
};

/// Fits of motifs, and the options they were made with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fits {
    /// The options of all fits.
    pub options: FitOptions,
    /// The fits, in the order of the motifs.
    pub fits: Vec<NamedFit>,
}

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

impl Fits {
    /// The fits in the order of these motifs, which they have to be made for.
    ///
    /// # Errors
    /// [`Error::Content`](crate::Error::Content): a motif without a fit of its name, or of another number of
    /// samples or time step; a fit without a motif.
    pub fn matched(self, motifs: &[NamedMotif]) -> Result<Vec<Fit>> {
        const REMEDY: &str = "fit these motifs with `thalamo fit`, or give the motifs and --dt of the fits";
        let mut fits = self.fits;
        let mut of = |NamedMotif { name, motif }: &NamedMotif| {
            let Some(place) = fits.iter().position(|fit| fit.name == *name) else {
                let names = fits.iter().map(|fit| format!("`{}`", fit.name)).collect::<Vec<_>>().join(", ");
                let given = if names.is_empty() { "no other".into() } else { short(&names) };
                return Err(content(format!("a fit of the motif `{}`", short(name)), given, REMEDY));
            };
            let NamedFit { samples, fit, .. } = fits.remove(place);
            if (samples, fit.dt()) == (motif.len(), motif.dt()) {
                return Ok(fit);
            }
            let expected =
                format!("`{}` with {} samples {:?} tau apart", short(name), motif.len(), motif.dt());
            Err(content(expected, format!("a fit to {samples} samples {:?} tau apart", fit.dt()), REMEDY))
        };
        let matched = motifs.iter().map(&mut of).collect::<Result<_>>()?;
        match fits.first() {
            Some(more) => {
                let given = format!("one of `{}` as well", short(&more.name));
                Err(content(format!("fits of {} motifs", motifs.len()), given, REMEDY))
            }
            None => Ok(matched),
        }
    }
}

impl Stored for Fits {
    type Missing = ();

    fn to_bytes(&self, _: &Path) -> Result<Vec<u8>> {
        HEADER.encode(self)
    }

    fn from_bytes(bytes: &[u8], _: &Path, (): ()) -> Result<Self> {
        let (mut fits, _): (Self, _) = HEADER.decode(bytes)?;
        fits.fits.iter_mut().for_each(|named| named.amplitude_norm = named.fit.amplitude_norm());
        Ok(fits)
    }
}
