//! Arbitrary bytes for every decoder: each must return, and what it accepts must survive another round.

#![allow(unreachable_pub)] // the fuzz target shares this file

#[allow(clippy::duplicate_mod)] // the fuzz target includes this file by itself
#[path = "../support/npz.rs"]
mod npz;

use std::path::Path;
use std::sync::OnceLock;

use npz::{Npz, Numbers};
use thalamo::io::{Fits, Model, NamedMotif, decode, encode};
use thalamo::motif::{Motif, OscillationOptions, oscillating_motif};
use thalamo::nalgebra::DVector;
use thalamo::rnn::{
    Architecture, Checkpoint, Protocol, TanhNetwork, TanhOptions, Trainer, TrainingOptions, TransitionModule,
};
use thalamo::{Cortex, Network, NetworkOptions, System};

/// The first byte chooses a decoder, the others are its file.
pub fn run(data: &[u8]) {
    let Some((&kind, bytes)) = data.split_first() else { return };
    match kind % 12 {
        0 => motifs(bytes, "motifs.csv"),
        1 => motifs(bytes, "motifs.json"),
        2 => motifs(bytes, "motifs.npz"),
        3 => drop(decode::<DVector<f64>>(bytes, Path::new("x.npy"), ())),
        4 => drop(decode::<System>(bytes, Path::new("net.npz"), None)),
        5 => drop(decode::<Fits>(bytes, Path::new("fits.json"), ())),
        6 => drop(decode::<Model>(bytes, Path::new("model.npz"), ())),
        7 => drop(decode::<Model>(&altered(model(), bytes, overwrite), Path::new("model.npz"), ())),
        8 => drop(decode::<Model>(&altered(model(), bytes, exchange), Path::new("model.npz"), ())),
        9 => drop(decode::<Checkpoint>(bytes, Path::new("training.npz"), ())),
        10 => resume(&altered(checkpoint(), bytes, overwrite)),
        _ => resume(&altered(checkpoint(), bytes, exchange)),
    }
}

fn motifs(bytes: &[u8], name: &str) {
    if let Ok(accepted) = decode::<Vec<NamedMotif>>(bytes, Path::new(name), 0.1) {
        let path = Path::new("motifs.npz");
        let again = encode(&accepted, path).and_then(|b| decode::<Vec<NamedMotif>>(&b, path, 0.1));
        assert_eq!(again.expect("what was accepted is valid"), accepted);
    }
}

/// A valid model of ten units.
fn model() -> &'static Npz {
    static MODEL: OnceLock<Npz> = OnceLock::new();
    MODEL.get_or_init(|| {
        let shape = OscillationOptions::default().with(|o| (o.duration, o.harmonics) = (20.0, 1));
        let motif = oscillating_motif(&shape, 1, 0).expect("valid");
        let mut options = NetworkOptions::published();
        options.preparation = options.preparation.with(|o| o.rank = Some(5));
        (options.fit.modes, options.fit.effort, options.fit.separation) = (3, 50, thalamo::Rate::PerTau(0.1));
        options.motif_loop.starts = 1;
        let cortex = System::from(Cortex::random(10, 0.5, 1).expect("valid"));
        let network = Network::build(cortex, &[motif], &options, 1).expect("feasible");
        let model = Model::new(network, 2.0).expect("valid");
        Npz::decode(&encode(&model, Path::new("model.npz")).expect("valid"))
    })
}

/// A valid training of five units.
fn checkpoint() -> &'static Npz {
    static CHECKPOINT: OnceLock<Npz> = OnceLock::new();
    CHECKPOINT.get_or_init(|| {
        let options = TanhOptions::new(Architecture::Multiplicative).with(|o| o.units = 5);
        let network = TanhNetwork::random(&options, 2).expect("valid");
        let module = TransitionModule::random(5, 2, 1).expect("valid");
        let motif = Motif::new(0.1, vec![0.0, 1.0, 0.5]).expect("valid");
        let training = TrainingOptions::new(Protocol::Stitched { start: 1.0, trials: 1 });
        let network = network.with_module(module).expect("valid");
        let mut trainer = Trainer::new(network, &[motif.clone(), motif], &training).expect("valid");
        trainer.step().expect("finite");
        let checkpoint = Checkpoint::new(&trainer, &options).expect("valid");
        Npz::decode(&encode(&checkpoint, Path::new("x.npz")).expect("valid"))
    })
}

/// What is accepted can be stored again, and going on with it may fail but not panic.
fn resume(bytes: &[u8]) {
    let path = Path::new("training.npz");
    if let Ok(checkpoint) = decode::<Checkpoint>(bytes, path, ()) {
        let again = encode(&checkpoint, path).expect("what was accepted is valid");
        assert_eq!(decode::<Checkpoint>(&again, path, ()).expect("valid"), checkpoint);
        if let Ok(mut trainer) = checkpoint.into_trainer() {
            drop(trainer.step());
        }
    }
}

/// A valid file with one array changed, in well-formed archives that checksums let pass.
fn altered(npz: &Npz, bytes: &[u8], change: fn(&mut Vec<f64>, &[u8])) -> Vec<u8> {
    let target = bytes.first().map_or(0, |&b| usize::from(b) % npz.0.len());
    let rest = bytes.get(1..).unwrap_or_default();
    let mut altered = npz.clone();
    match &mut altered.0[target].1 {
        Numbers::Real(shape, values) => {
            let before = values.len();
            change(values, rest);
            if values.len() != before {
                *shape = vec![values.len()];
            }
        }
        Numbers::Complex(values) => {
            let mut parts: Vec<f64> = values.iter().flat_map(|z| [z.re, z.im]).collect();
            change(&mut parts, rest);
            *values = parts.chunks_exact(2).map(|z| thalamo::Complex64::new(z[0], z[1])).collect();
        }
        Numbers::Bytes(text) => {
            for pair in rest.chunks_exact(2) {
                let at = usize::from(pair[0]) * 7 % text.len();
                text[at] = pair[1];
            }
        }
    }
    altered.encode()
}

/// Any eight bytes become a number somewhere.
#[allow(clippy::ptr_arg)] // of one type with `exchange`
fn overwrite(values: &mut Vec<f64>, bytes: &[u8]) {
    for chunk in bytes.chunks_exact(9) {
        let at = usize::from(chunk[0]) % values.len();
        values[at] = f64::from_bits(u64::from_le_bytes(chunk[1..].try_into().expect("eight bytes")));
    }
}

/// Swaps, scales and cuts.
fn exchange(values: &mut Vec<f64>, bytes: &[u8]) {
    for chunk in bytes.chunks_exact(3) {
        let (a, b) = (usize::from(chunk[1]) % values.len(), usize::from(chunk[2]) % values.len());
        match chunk[0] % 4 {
            0 => values.swap(a, b),
            1 => values[a] *= 10_f64.powi(i32::from(chunk[2]) - 128),
            2 => values.iter_mut().for_each(|x| *x *= f64::from(chunk[1]) / 128.0),
            _ => values.truncate(a + 1),
        }
    }
}
