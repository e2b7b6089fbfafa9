//! Tanh networks in training, or trained, as `.npz` files.

use std::path::Path;

use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use super::npz::{Npz, NpzBuilder};
use super::{Error, Result, files, json};
use crate::motif::Motif;
use crate::rnn::{
    Adam, Architecture, Checkpoint, Parameters, TanhNetwork, TanhOptions, TrainingOptions, TransitionModule,
};

const FORMAT: &str = "thalamo tanh network";
/// Version of the format that this program writes, and the only one it reads.
const VERSION: u64 = 1;

/// What every version has.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    format: String,
    version: u64,
    crate_version: String,
    options: TanhOptions,
    training: TrainingOptions,
    motifs: usize,
    stride: usize,
    /// Adam's steps, when its moments are there.
    steps: Option<u64>,
}

/// Reads a checkpoint or a trained network.
///
/// # Errors
/// As [`decode_checkpoint`]; a file that cannot be read.
pub fn read_checkpoint(path: &Path) -> Result<Checkpoint> {
    decode_checkpoint(&files::read(path)?, path)
}

/// Writes a checkpoint or a trained network, whole or not at all.
///
/// # Errors
/// As [`encode_checkpoint`]; a file that cannot be written.
pub fn write_checkpoint(path: &Path, checkpoint: &Checkpoint) -> Result<()> {
    files::write_whole(path, &encode_checkpoint(checkpoint)?)
}

/// The bytes of a checkpoint: `b` (N, M), `u` and `v` (N, M) if multiplicative, `J` (N, N) and `w` (N,) in the control
/// network, `U` and `V` (N, P) with a transition module, `curve`, for each motif `motif_i` (T,), Adam's `first` and
/// `second` moments (all learned numbers in this order, each array column by column), and `metadata` (JSON as uint8).
///
/// # Errors
/// A network that its options do not draw ([`Checkpoint::verify`]).
pub fn encode_checkpoint(checkpoint: &Checkpoint) -> Result<Vec<u8>> {
    checkpoint.verify().map_err(Error::invalid(Path::new("checkpoint")))?;
    let Checkpoint { options, training, motifs, network, adam, curve, stride } = checkpoint;
    let Parameters { biases, left, right, recurrent, readout } = network.parameters();
    let metadata = Metadata {
        format: FORMAT.into(),
        version: VERSION,
        crate_version: env!("CARGO_PKG_VERSION").into(),
        options: options.clone(),
        training: training.clone(),
        motifs: motifs.len(),
        stride: *stride,
        steps: adam.as_ref().map(|adam| adam.steps),
    };
    let mut npz = NpzBuilder::compressed().bytes("metadata", &json::encode(&metadata)?)?;
    npz = single_matrix(npz, "b", biases)?;
    for (name, matrix) in [("u", left), ("v", right), ("J", recurrent)] {
        if !matrix.is_empty() {
            npz = single_matrix(npz, name, matrix)?;
        }
    }
    if !readout.is_empty() {
        npz = npz.single("w", &[readout.len()], readout.iter().copied())?;
    }
    if let Some(module) = network.module() {
        npz = single_matrix(single_matrix(npz, "U", module.left())?, "V", module.right())?;
    }
    npz = npz.real("curve", &[curve.len()], curve.iter().copied())?;
    for (index, motif) in motifs.iter().enumerate() {
        npz = npz.real(&format!("motif_{index}"), &[motif.len()], motif.values().iter().copied())?;
    }
    if let Some(adam) = adam {
        for (name, moments) in [("first", &adam.first), ("second", &adam.second)] {
            npz = npz.single(name, &[moments.len()], moments.iter().copied())?;
        }
    }
    npz.finish()
}

fn single_matrix(npz: NpzBuilder, name: &str, matrix: &DMatrix<f32>) -> Result<NpzBuilder> {
    let (rows, columns) = matrix.shape();
    npz.single(name, &[rows, columns], matrix.transpose().iter().copied())
}

/// Decodes the bytes of a checkpoint; the path serves messages only.
///
/// # Errors
/// A damaged file, an unknown version, a missing array, shapes that do not match, numbers that are not finite.
pub fn decode_checkpoint(bytes: &[u8], path: &Path) -> Result<Checkpoint> {
    let npz = Npz::decode(bytes, path)?;
    let Metadata { options, training, motifs: count, stride, steps, .. } =
        metadata(npz.bytes("metadata")?, path)?;
    let motifs: Vec<Motif> = (0..count)
        .map(|index| {
            let values = npz.vector(&format!("motif_{index}"))?.as_slice().to_vec();
            Motif::new(options.dt, values).map_err(Error::invalid(path))
        })
        .collect::<Result<_>>()?;
    let units = options.units;
    if npz.matrix("b", units)?.ncols() != count {
        let given = "another number of columns";
        return Err(npz.error("b", format!("shape ({units}, {count})"), given, "restore it, or train anew"));
    }
    // Only now that the file has shown as many numbers is a network of that size drawn.
    let drawn = TanhNetwork::<f32>::random(&options, count).map_err(Error::invalid(path))?;
    let matrix = |name: &str, there: bool| -> Result<DMatrix<f32>> {
        if there { Ok(npz.matrix(name, units)?.map(|x| x as f32)) } else { Ok(DMatrix::zeros(0, 0)) }
    };
    let loops = options.architecture == Architecture::Multiplicative;
    let control = options.architecture == Architecture::Control;
    let parameters = Parameters {
        biases: matrix("b", true)?,
        left: matrix("u", loops)?,
        right: matrix("v", loops)?,
        recurrent: matrix("J", control)?,
        readout: if control { npz.vector("w")?.map(|x| x as f32) } else { nalgebra::DVector::zeros(0) },
    };
    let mut network = drawn.with_parameters(parameters).map_err(Error::invalid(path))?;
    if npz.contains("U") {
        let module =
            TransitionModule::new(matrix("U", true)?, matrix("V", true)?).map_err(Error::invalid(path))?;
        network = network.with_module(module).map_err(Error::invalid(path))?;
    }
    let moments =
        |name: &str| -> Result<Vec<f32>> { Ok(npz.vector(name)?.iter().map(|&x| x as f32).collect()) };
    let adam = steps
        .map(|steps| {
            let (first, second) = (moments("first")?, moments("second")?);
            let adam = Adam { options: training.adam, first, second, steps };
            adam.validate().map_err(Error::invalid(path))?;
            Ok(adam)
        })
        .transpose()?;
    let curve = npz.vector("curve")?.as_slice().to_vec();
    Ok(Checkpoint { options, training, motifs, network, adam, curve, stride })
}

/// From JSON, the version first: what follows it may differ.
fn metadata(bytes: &[u8], path: &Path) -> Result<Metadata> {
    let header: Header = json::decode(bytes, path, "metadata with format and version")?;
    if header.format != FORMAT {
        return Err(Error::Format {
            path: path.to_owned(),
            expected: format!("metadata of a {FORMAT}"),
            given: format!("`{}`", header.format),
            remedy: "give a file that `thalamo train` wrote",
        });
    }
    if header.version != VERSION {
        return Err(Error::Version { path: path.to_owned(), given: header.version, supported: VERSION });
    }
    json::decode(bytes, path, "metadata of a tanh network")
}
