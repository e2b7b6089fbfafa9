//! A network with all its motifs as one file: `model.npz`.

use std::path::Path;

use super::content::{content, in_array};
use super::header::Header;
use super::net;
use super::npz::{Npz, NpzWriter};
use super::series::numbered;
use super::source::Arrays;
use super::stored::Stored;
use super::upgrade;
use crate::network::arrays::{ModuleArrays, MotifArrays, motif_prefix};
use crate::network::parts::{History, NetworkParts};
use crate::preparation::Input;
use crate::{Error, Network, Result, check};

const HEADER: Header = Header {
    format: "thalamo model",
    version: 3,
    upgrades: &[upgrade::model_of_version_1, upgrade::model_of_version_2],
    remedy: "give a file that `thalamo build` wrote",
};

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

/// `J` (N, N) and `gain`, or `A` (N, N), `w` (N,), `U_prep` and `V_prep` (N, P), `dt`, `beta`, `transition`,
/// for motif i `motif_i/target` (T,), `motif_i/u`, `motif_i/v` (N,), of a loop of rank r > 1 (N, r),
/// `motif_i/x_init`, `motif_i/b` (N,), and `metadata` (JSON as uint8); of a placed loop `motif_i/eigenvalues`
/// and `motif_i/amplitudes` (complex128, K); where the input switches, `switch` (T_c) and `motif_i/b_start`
/// (N,), the input until then. What is read is verified: of a placed loop the eigenvalues of $A + u v^T$, the
/// motif it plays from its x_init, v and x_init against those that u implies; of a direct one its objective
/// by modes and by propagation, and its x_init against the best one; the inputs, and the preparation's
/// stability.
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
        network.arrays().iter().try_for_each(|array| npz.named(array))?;
        npz.vector("metadata", &HEADER.encode(&History::of(network, &self.names))?)?;
        let bytes = npz.finish()?;
        Self::from_bytes(&bytes, path, ()).map(|_| bytes)
    }

    fn from_bytes(bytes: &[u8], _: &Path, (): ()) -> Result<Self> {
        let npz = Npz::decode(bytes)?;
        let (mut history, crate_version) = HEADER.decode::<History>(npz.bytes("metadata")?)?;
        check_metadata(&npz, &history)?;
        let source = Arrays::of(&npz)?;
        let motif = |index| MotifArrays::read(&source, &motif_prefix(index));
        let parts = NetworkParts {
            system: net::system(&npz, None)?,
            module: ModuleArrays::read(&source, "")?,
            dt: npz.number("dt")?,
            motifs: (0..history.motifs.len()).map(motif).collect::<Result<_>>()?,
        };
        let names = std::mem::take(&mut history.names);
        let network = Network::from_parts(parts, history).map_err(|error| error.with_names(&names))?;
        let model = Self::named(network, npz.number("transition")?, names)?;
        Ok(Self { crate_version, ..model })
    }
}

/// The number stands twice, and motifs beyond those of the metadata would be lost.
fn check_metadata(npz: &Npz, history: &History) -> Result<()> {
    let (given, expected) = (npz.number("beta")?, history.options.preparation.beta);
    if given.to_bits() != expected.to_bits() {
        let expected = format!("{expected:?} as in the metadata");
        let remedy = "restore it, or build the network anew";
        return Err(in_array("beta", content(expected, format!("{given:?}"), remedy)));
    }
    let count = history.motifs.len();
    let switches = matches!(history.options.input, Input::Compensated { .. });
    let starting = |index| format!("{}b_start", motif_prefix(index));
    for name in std::iter::once("switch".into()).chain((0..count).map(starting)) {
        match (switches, npz.contains(&name)) {
            (true, false) => return Err(npz.missing(&name)),
            (false, true) => {
                let (expected, given) = ("no such array, as the input does not switch", "one");
                let remedy = "remove it, or correct `input` in the metadata";
                return Err(in_array(&name, content(expected, given, remedy)));
            }
            _ => {}
        }
    }
    for (index, _) in history.motifs.iter().enumerate().filter(|(_, motif)| motif.is_placed()) {
        let exponentials = ["eigenvalues", "amplitudes"].map(|name| motif_prefix(index) + name);
        if let Some(name) = exponentials.iter().find(|name| !npz.contains(name)) {
            return Err(npz.missing(name));
        }
    }
    let index = |name: &String| name.strip_prefix("motif_")?.split_once('/')?.0.parse::<usize>().ok();
    if let Some(name) = npz.names().iter().find(|name| index(name).is_some_and(|i| i >= count)) {
        let expected = format!("{count} motifs as in the metadata");
        let remedy = "remove it, or learn it with `thalamo learn`";
        return Err(in_array(name, content(expected, "one more", remedy)));
    }
    Ok(())
}
