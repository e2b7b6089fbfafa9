//! Files of earlier builds: read as they were, to the bit. What made them:
//! `tests/data/before/README.md`.

use std::path::PathBuf;

use crate::support::npz::{Npz, Numbers};
use thalamo::NetworkOptions;
use thalamo::certificate::certify;
use thalamo::io::{Fits, Model, Summary, encode, read};

fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/data/before")).join(name)
}

#[test]
fn a_model_is_read_and_plays_as_it_did() {
    let model: Model = read(&path("model.npz")).unwrap();
    let mut published = NetworkOptions::published();
    (published.fit.modes, published.preparation.rank) = (5, Some(8));
    assert_eq!((model.network.options(), model.network.scale()), (&published, Some(1.0)));
    assert_eq!((model.crate_version.as_str(), model.transition), ("0.1.0", 5.0));
    // Written again, it holds the same arrays, to the bit.
    let before = Npz::decode(&std::fs::read(path("model.npz")).unwrap());
    let again = Npz::decode(&encode(&model, &path("model.npz")).unwrap());
    assert_eq!(again.0.len(), before.0.len());
    for (name, numbers) in &before.0 {
        match (numbers, again.get(name)) {
            (Numbers::Real(shape, old), Numbers::Real(new_shape, new)) => {
                let bits = |values: &[f64]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                assert_eq!((shape, bits(old)), (new_shape, bits(new)), "{name}");
            }
            (Numbers::Complex(old), Numbers::Complex(new)) => assert_eq!(old, new, "{name}"),
            (Numbers::Bytes(old), Numbers::Bytes(new)) => {
                // The options are written anew, with units; they read as the same.
                let json = |text| serde_json::from_slice::<serde_json::Value>(text).unwrap();
                let (old, new) = (json(old), json(new));
                assert_eq!((&old["seed"], &old["names"]), (&new["seed"], &new["names"]), "{name}");
                assert_eq!((&old["version"], &new["version"]), (&1.into(), &3.into()));
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    // Its summary is the one of then, but for the rounding of what is derived.
    let mut now = serde_json::to_value(Summary::of(&model)).unwrap();
    let mut then: serde_json::Value =
        serde_json::from_slice(&std::fs::read(path("info.json")).unwrap()).unwrap();
    (now["options"], then["options"]) = Default::default();
    alike(&now, &then, "info");
    let worst = certify(&model.network, 5.0, 3).unwrap().worst();
    assert!((worst / 0.25624433619052633 - 1.0).abs() < 1e-9, "{worst}");
}

#[test]
fn fits_are_read() {
    let Fits { options, fits } = read(&path("fits.json")).unwrap();
    assert_eq!((options.modes, fits.len(), fits[1].name.as_str()), (5, 2, "motif_1"));
    assert_eq!(fits[0].samples, 1000);
    assert!((fits[0].fit.rmse() - 0.2113).abs() < 5e-5);
}

/// Equal but for rounding.
fn alike(now: &serde_json::Value, then: &serde_json::Value, place: &str) {
    use serde_json::Value::{Array, Number, Object};
    match (now, then) {
        (Number(a), Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            assert!((a - b).abs() <= 1e-8 * b.abs() + 1e-10, "{place}: {a} was {b}");
        }
        (Array(a), Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().for_each(|(i, (a, b))| alike(a, b, &format!("{place}/{i}")));
        }
        (Object(a), Object(b)) => {
            for (key, b) in b {
                // What only a placed loop has went under a name of its own.
                let now = match key.as_str() {
                    "condition" | "stabilising" | "noise_terms" => &a["placed"][key],
                    "placement_distance" => &a["placed"]["distance"],
                    _ => &a[key],
                };
                alike(now, b, &format!("{place}/{key}"));
            }
        }
        (a, b) => assert_eq!(a, b, "{place}"),
    }
}
