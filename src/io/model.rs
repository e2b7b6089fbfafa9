//! A network with all its motifs as one file: `model.npz`.

use std::path::Path;

use nalgebra::{DMatrix, DVector};

use super::content::content;
use super::header::Header;
use super::metadata::{Metadata, MotifHistory};
use super::npz::{Npz, NpzWriter, in_array};
use super::series::numbered;
use super::stored::Stored;
use crate::fit::Fit;
use crate::motif::Motif;
use crate::network::arrays::{MotifArrays, Numbers, SharedArrays, Source, motif_prefix};
use crate::network::parts::{MotifParts, NetworkParts};
use crate::{Complex64, Error, Network, NetworkOptions, Result, check};

const HEADER: Header =
    Header { format: "thalamo model", version: 1, remedy: "give a file that `thalamo build` wrote" };

/// A network, how long it prepares, and what its motifs are called.
#[derive(Debug, Clone)]
pub struct Model {
    /// The network.
    pub network: Network,
    /// Preparation before each motif, in tau.
    pub transition: f64,
    /// One name per motif.
    pub names: Vec<String>,
    /// Version of this crate that made it.
    pub crate_version: String,
}

impl Model {
    /// A network whose motifs are called `motif_0`, `motif_1` and so on.
    ///
    /// # Errors
    /// A transition that is negative or not finite.
    pub fn new(network: Network, transition: f64) -> Result<Self> {
        let names = (0..network.motifs().len()).map(numbered).collect();
        Self::named(network, transition, names)
    }

    /// A network with a name for each motif.
    ///
    /// # Errors
    /// As [`Model::new`]; more or fewer names than motifs.
    pub fn named(network: Network, transition: f64, names: Vec<String>) -> Result<Self> {
        let model = Self { network, transition, names, crate_version: env!("CARGO_PKG_VERSION").into() };
        model.validate().map(|()| model)
    }

    fn validate(&self) -> Result<()> {
        check::non_negative("transition", self.transition)?;
        let (given, expected) = ((self.names.len(), 1), (self.network.motifs().len(), 1));
        check::shape("names of motifs", given, expected, "give one name per motif")
    }
}

/// `J` (N, N), `w` (N,), `gain`, `U_prep` and `V_prep` (N, P), `dt`, `beta`, `transition`, for motif i `motif_i/target`
/// (T,), `motif_i/eigenvalues` and `motif_i/amplitudes` (complex128, K), `motif_i/u`, `motif_i/v`, `motif_i/x_init`,
/// `motif_i/b` (N,), and `metadata` (JSON as uint8). What is read is verified: the eigenvalues of every $A + u v^T$, the
/// motif it plays from its x_init, v and x_init against those that u implies, b, and the preparation's stability.
impl Stored for Model {
    type Missing = ();

    fn to_bytes(&self, path: &Path) -> Result<Vec<u8>> {
        self.validate()?;
        let network = &self.network;
        let empty = Error::Empty { what: "library of motifs", remedy: "learn a motif first" };
        let first = network.motifs().first().ok_or(empty)?;
        let mut npz = NpzWriter::stored();
        npz.number("dt", first.motif().dt())?;
        npz.number("beta", network.options().preparation.beta)?;
        npz.number("transition", self.transition)?;
        for array in network.arrays() {
            match &array.numbers {
                Numbers::Number(x) => npz.number(&array.name, *x)?,
                Numbers::Vector(x) => npz.vector(&array.name, x)?,
                Numbers::Matrix(x) => npz.matrix(&array.name, x)?,
                Numbers::Complex(z) => npz.vector(&array.name, z)?,
            }
        }
        npz.vector("metadata", &HEADER.encode(&Metadata::of(network, &self.names))?)?;
        let bytes = npz.finish()?;
        Self::from_bytes(&bytes, path, ()).map(|_| bytes)
    }

    fn from_bytes(bytes: &[u8], _: &Path, (): ()) -> Result<Self> {
        let npz = Npz::decode(bytes)?;
        let (metadata, crate_version) = HEADER.decode(npz.bytes("metadata")?)?;
        let Metadata { seed, names, options, preparation, motifs } = metadata;
        check_beta(&npz, &options)?;
        check_count(&npz, motifs.len())?;
        let source = Arrays { npz: &npz, units: npz.vector("w")?.len() };
        let dt = npz.number("dt")?;
        let parts = NetworkParts {
            arrays: SharedArrays::read(&source, "")?,
            preparation_history: preparation,
            motifs: motifs
                .into_iter()
                .enumerate()
                .map(|(index, history)| motif(&source, index, history, dt))
                .collect::<Result<_>>()?,
            options,
            seed,
        };
        let model = Self::named(Network::from_parts(parts)?, npz.number("transition")?, names)?;
        Ok(Self { crate_version, ..model })
    }
}

fn motif(source: &Arrays<'_>, index: usize, history: MotifHistory, dt: f64) -> Result<MotifParts> {
    let arrays = MotifArrays::read(source, &motif_prefix(index))?;
    let MotifHistory { fit: report, starts, best } = history;
    let made = || {
        let fit = report.onto(Fit::new(&arrays.eigenvalues, &arrays.amplitudes, dt)?)?;
        Ok((Motif::new(dt, arrays.target.clone())?, fit))
    };
    let (motif, fit) = made().map_err(|error: Error| error.in_motif(index))?;
    Ok(MotifParts { motif, fit, arrays, starts, best })
}

/// The arrays of a network of so many units.
struct Arrays<'a> {
    npz: &'a Npz,
    units: usize,
}

impl Source for Arrays<'_> {
    fn number(&self, name: &str) -> Result<f64> {
        self.npz.number(name)
    }

    fn series(&self, name: &str) -> Result<Vec<f64>> {
        Ok(self.npz.vector(name)?.data.into())
    }

    fn per_unit(&self, name: &str) -> Result<DVector<f64>> {
        self.npz.vector_of(name, self.units)
    }

    fn columns(&self, name: &str) -> Result<DMatrix<f64>> {
        self.npz.matrix(name, self.units)
    }

    fn complex(&self, name: &str) -> Result<Vec<Complex64>> {
        self.npz.complex(name)
    }
}

fn check_beta(npz: &Npz, options: &NetworkOptions) -> Result<()> {
    let (given, expected) = (npz.number("beta")?, options.preparation.beta);
    if given.to_bits() == expected.to_bits() {
        return Ok(());
    }
    let expected = format!("{expected:?} as in the metadata");
    let remedy = "restore it, or build the network anew";
    Err(in_array("beta", content(expected, format!("{given:?}"), remedy)))
}

/// Motifs beyond those of the metadata would be lost.
fn check_count(npz: &Npz, count: usize) -> Result<()> {
    let index = |name: &String| name.strip_prefix("motif_")?.split_once('/')?.0.parse::<usize>().ok();
    match npz.names().iter().find(|name| index(name).is_some_and(|i| i >= count)) {
        Some(name) => {
            let expected = format!("{count} motifs as in the metadata");
            let remedy = "remove it, or learn it with `thalamo learn`";
            Err(in_array(name, content(expected, "one more", remedy)))
        }
        None => Ok(()),
    }
}
