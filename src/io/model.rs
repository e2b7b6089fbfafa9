//! A network with all its motifs as one file: `model.npz`.

use std::path::Path;

use nalgebra::DVector;

use super::metadata::{Metadata, MotifHistory};
use super::motifs::numbered;
use super::npz::{Npz, NpzBuilder};
use super::{Error, Result, files, net};
use crate::fit::Fit;
use crate::loops::LoopParts;
use crate::motif::Motif;
use crate::network::{MotifParts, NetworkParts};
use crate::{Network, NetworkOptions, check};

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
    pub fn new(network: Network, transition: f64) -> crate::Result<Self> {
        let names = (0..network.motifs().len()).map(numbered).collect();
        Self::named(network, transition, names)
    }

    /// A network with a name for each motif.
    ///
    /// # Errors
    /// As [`Model::new`]; more or fewer names than motifs.
    pub fn named(network: Network, transition: f64, names: Vec<String>) -> crate::Result<Self> {
        check::non_negative("transition", transition)?;
        let (given, expected) = ((names.len(), 1), (network.motifs().len(), 1));
        check::shape("names of motifs", given, expected, "give one name per motif")?;
        Ok(Self { network, transition, names, crate_version: env!("CARGO_PKG_VERSION").into() })
    }
}

/// Reads a model and verifies it.
///
/// # Errors
/// As [`decode_model`]; a file that cannot be read.
pub fn read_model(path: &Path) -> Result<Model> {
    decode_model(&files::read(path)?, path)
}

/// Writes a model, whole or not at all, once it is certain that it can be read again.
///
/// # Errors
/// As [`encode_model`]; a file that cannot be written.
pub fn write_model(path: &Path, model: &Model) -> Result<()> {
    let bytes = encode_model(model)?;
    decode_model(&bytes, path)?;
    files::write(path, &bytes)
}

/// The bytes of a `model.npz`: `J` (N, N) and `gain`, or `A` (N, N), `w` (N,), `dt`, `beta`, `transition`, `U_prep` and `V_prep` (N, P),
/// for motif i `motif_i/target` (T,), `motif_i/eigenvalues` and `motif_i/amplitudes` (complex128, K), `motif_i/u`,
/// `motif_i/v`, `motif_i/x_init`, `motif_i/b` (N,), and `metadata` (JSON as uint8).
///
/// # Errors
/// A network without motifs, or whose names or transition [`Model::named`] would refuse.
pub fn encode_model(model: &Model) -> Result<Vec<u8>> {
    let Model { network, transition, names, .. } = model;
    let path = Path::new("model");
    Model::named(network.clone(), *transition, names.clone()).map_err(Error::invalid(path))?;
    let empty = crate::Error::Empty { what: "library of motifs", remedy: "learn a motif first" };
    let first = network.motifs().first().ok_or(empty).map_err(Error::invalid(path))?;
    let module = network.preparation();
    let mut npz = net::encode(NpzBuilder::new(), network.system())?
        .real("dt", &[], [first.motif().dt()])?
        .real("beta", &[], [network.options().preparation.beta])?
        .real("transition", &[], [*transition])?
        .matrix("U_prep", module.input())?
        .matrix("V_prep", module.feedback())?;
    for (index, learned) in network.motifs().iter().enumerate() {
        let (target, own) = (learned.motif().values(), learned.motif_loop());
        npz = npz
            .real(&part(index, "target"), &[target.len()], target.iter().copied())?
            .complex(&part(index, "eigenvalues"), learned.fit().eigenvalues())?
            .complex(&part(index, "amplitudes"), learned.fit().amplitudes())?;
        for (name, vector) in [
            ("u", own.input()),
            ("v", own.feedback()),
            ("x_init", own.initial_state()),
            ("b", learned.bias()),
        ] {
            npz = npz.real(&part(index, name), &[vector.len()], vector.iter().copied())?;
        }
    }
    npz.bytes("metadata", &super::json::encode(&Metadata::of(model))?)?.finish()
}

/// Decodes the bytes of a `model.npz` and verifies the network; the path serves messages only.
///
/// # Errors
/// A damaged file, an unknown version, a missing array, shapes that do not match, numbers that are not finite,
/// arrays that contradict the metadata, and numbers that contradict each other ([`Network::from_parts`]).
pub fn decode_model(bytes: &[u8], path: &Path) -> Result<Model> {
    let npz = Npz::decode(bytes, path)?;
    let Metadata { crate_version, seed, names, options, preparation, motifs, .. } =
        Metadata::decode(npz.bytes("metadata")?, path)?;
    let system = net::system(&npz, None, path)?;
    let units = system.units();
    let dt = npz.scalar("dt")?;
    check_beta(&npz, &options)?;
    check_count(&npz, motifs.len())?;
    let parts = NetworkParts {
        preparation_input: npz.matrix("U_prep", units)?,
        preparation_feedback: npz.matrix("V_prep", units)?,
        preparation_history: preparation,
        motifs: motifs
            .into_iter()
            .enumerate()
            .map(|(index, history)| motif(&npz, index, history, units, dt, path))
            .collect::<Result<_>>()?,
        system,
        options,
        seed,
    };
    let network = Network::from_parts(parts).map_err(Error::invalid(path))?;
    let model = Model::named(network, npz.scalar("transition")?, names).map_err(Error::invalid(path))?;
    Ok(Model { crate_version, ..model })
}

fn motif(
    npz: &Npz,
    index: usize,
    history: MotifHistory,
    units: usize,
    dt: f64,
    path: &Path,
) -> Result<MotifParts> {
    let invalid = |source| {
        let source = crate::Error::InMotif { index, source: Box::new(source) };
        Error::Invalid { path: path.to_owned(), source }
    };
    let vector = |name: &str| -> Result<DVector<f64>> { npz.vector_of(&part(index, name), units) };
    let target = npz.vector(&part(index, "target"))?.as_slice().to_vec();
    let eigenvalues = npz.complex(&part(index, "eigenvalues"))?;
    let amplitudes = npz.complex(&part(index, "amplitudes"))?;
    let fit = Fit::new(&eigenvalues, &amplitudes, dt).and_then(|fit| history.fit.onto(fit));
    Ok(MotifParts {
        motif: Motif::new(dt, target).map_err(invalid)?,
        fit: fit.map_err(invalid)?,
        motif_loop: LoopParts {
            input: vector("u")?,
            feedback: vector("v")?,
            initial_state: vector("x_init")?,
            starts: history.starts,
            best: history.best,
        },
        bias: vector("b")?,
    })
}

fn part(index: usize, name: &str) -> String {
    format!("motif_{index}/{name}")
}

fn check_beta(npz: &Npz, options: &NetworkOptions) -> Result<()> {
    let (given, expected) = (npz.scalar("beta")?, options.preparation.beta);
    if given.to_bits() == expected.to_bits() {
        return Ok(());
    }
    let expected = format!("{expected:?} as in the metadata");
    Err(npz.error("beta", expected, format!("{given:?}"), "restore it, or build the network anew"))
}

/// Motifs beyond those of the metadata would be lost.
fn check_count(npz: &Npz, count: usize) -> Result<()> {
    let index = |name: &String| name.strip_prefix("motif_")?.split_once('/')?.0.parse::<usize>().ok();
    match npz.names().iter().find(|name| index(name).is_some_and(|i| i >= count)) {
        Some(name) => {
            let expected = format!("{count} motifs as in the metadata");
            Err(npz.error(name, expected, "one more", "remove it, or learn it with `thalamo learn`"))
        }
        None => Ok(()),
    }
}
