//! Tanh networks in training, or trained, as `.npz` files.

use std::path::Path;

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::content::{content, in_array};
use super::header::Header;
use super::npz::{Npz, NpzWriter};
use super::stored::Stored;
use crate::Result;
use crate::motif::Motif;
use crate::rnn::{
    Adam, Architecture, Checkpoint, Parameters, TanhNetwork, TanhOptions, TrainingOptions, TransitionModule,
};

const HEADER: Header = Header {
    format: "thalamo tanh network",
    version: 1,
    upgrades: &[],
    remedy: "give a file that `thalamo train` wrote",
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    options: TanhOptions,
    training: TrainingOptions,
    motifs: usize,
    stride: usize,
    /// Adam's steps, when its moments are there.
    steps: Option<u64>,
}

/// `b` (N, M), `u` and `v` (N, M) if multiplicative, `J` (N, N) and `w` (N,) in the control
/// network, `U` and `V` (N, P) with a transition module, `curve`, for each motif `motif_i` (T,),
/// Adam's `first` and `second` moments (all learned numbers in this order, each array column by
/// column), and `metadata` (JSON as uint8). A network that its options do not draw is not written.
impl Stored for Checkpoint {
    type Missing = ();

    fn to_bytes(&self, _: &Path) -> Result<Vec<u8>> {
        self.verify()?;
        let Self { options, training, motifs, network, adam, curve, stride } = self;
        let Parameters { biases, left, right, recurrent, readout } = network.parameters();
        let metadata = Metadata {
            options: options.clone(),
            training: training.clone(),
            motifs: motifs.len(),
            stride: *stride,
            steps: adam.as_ref().map(|adam| adam.steps),
        };
        let mut npz = NpzWriter::compressed();
        npz.vector("metadata", &HEADER.encode(&metadata)?)?;
        npz.matrix("b", biases)?;
        for (name, matrix) in [("u", left), ("v", right), ("J", recurrent)] {
            if !matrix.is_empty() {
                npz.matrix(name, matrix)?;
            }
        }
        if !readout.is_empty() {
            npz.vector("w", readout.as_slice())?;
        }
        if let Some(module) = network.module() {
            npz.matrix("U", &module.input)?;
            npz.matrix("V", &module.feedback)?;
        }
        npz.vector("curve", curve)?;
        for (index, motif) in motifs.iter().enumerate() {
            npz.vector(&format!("motif_{index}"), motif.values())?;
        }
        if let Some(adam) = adam {
            npz.vector("first", &adam.first)?;
            npz.vector("second", &adam.second)?;
        }
        npz.finish()
    }

    fn from_bytes(bytes: &[u8], _: &Path, (): ()) -> Result<Self> {
        let npz = Npz::decode(bytes)?;
        let (metadata, _) = HEADER.decode(npz.bytes("metadata")?)?;
        let Metadata { options, training, motifs: count, stride, steps } = metadata;
        let motif = |index| Motif::new(options.dt, npz.series(&format!("motif_{index}"))?);
        let motifs: Vec<Motif> = (0..count).map(motif).collect::<Result<_>>()?;
        let units = options.units;
        if npz.matrix("b", units)?.ncols() != count {
            let expected = format!("shape ({units}, {count})");
            let remedy = "restore it, or train anew";
            return Err(in_array("b", content(expected, "another number of columns", remedy)));
        }
        // Only now that the file has shown as many numbers is a network of that size drawn.
        let drawn = TanhNetwork::<f32>::random(&options, count)?;
        let matrix = |name: &str, there: bool| -> Result<DMatrix<f32>> {
            if there { Ok(npz.matrix(name, units)?.map(|x| x as f32)) } else { Ok(DMatrix::zeros(0, 0)) }
        };
        let series =
            |name: &str| -> Result<Vec<f32>> { Ok(npz.series(name)?.iter().map(|&x| x as f32).collect()) };
        let loops = options.architecture == Architecture::Multiplicative;
        let control = options.architecture == Architecture::Control;
        let parameters = Parameters {
            biases: matrix("b", true)?,
            left: matrix("u", loops)?,
            right: matrix("v", loops)?,
            recurrent: matrix("J", control)?,
            readout: if control { series("w")?.into() } else { DVector::zeros(0) },
        };
        let mut network = drawn.with_parameters(parameters)?;
        if npz.contains("U") {
            let module = TransitionModule { input: matrix("U", true)?, feedback: matrix("V", true)? };
            network = network.with_module(module)?;
        }
        let restored = |steps| {
            let (first, second) = (series("first")?, series("second")?);
            let adam = Adam { options: training.adam, first, second, steps };
            adam.validate().map(|()| adam)
        };
        let adam = steps.map(restored).transpose()?;
        let curve = npz.series("curve")?;
        Ok(Self { options, training, motifs, network, adam, curve, stride })
    }
}
