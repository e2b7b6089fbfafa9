//! `thalamo train` as a user meets it.

use thalamo::io::{self, NamedMotif};
use thalamo::rnn::{Architecture, Checkpoint, Protocol, TanhNetwork, TanhOptions, Trainer, TrainingOptions};

use crate::program::{done, failed};

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("m.csv"), "a,b\n0,1\n1,0.5\n0.5,0\n0.2,-0.5\n,-1\n").expect("written");
    folder
}

#[test]
fn a_stop_changes_nothing() {
    let folder = folder();
    let at = folder.path();
    let settings = "multiplicative m.csv --units 10 --trials 3 --learning-rate 1e-2 --seed 4";
    let told = done(at, &format!("train {settings} --minibatches 6 --out once.npz"));
    assert!(told.starts_with("6 minibatches (done), last loss "), "{told}");
    assert!(told.contains("60 learned parameters") && told.contains("after other motifs"), "{told}");
    done(at, &format!("train {settings} --minibatches 2 --out twice.npz"));
    done(at, &format!("train {settings} --minibatches 6 --resume --out twice.npz --threads 1 --quiet"));
    let read = |name: &str| io::read::<Checkpoint>(&at.join(name)).expect("a checkpoint");
    assert_eq!(read("once.npz"), read("twice.npz"));

    // The library does the same.
    let motifs: Vec<_> = io::read_with::<Vec<NamedMotif>>(&at.join("m.csv"), 0.1)
        .expect("motifs")
        .into_iter()
        .map(|m| m.motif)
        .collect();
    let options = TanhOptions::new(Architecture::Multiplicative).with(|o| (o.units, o.seed) = (10, 4));
    let mut training = TrainingOptions::new(Protocol::Single { start: 1.0, trials: 3 });
    (training.adam.learning_rate, training.seed) = (1e-2, 4);
    let network = TanhNetwork::random(&options, 2).expect("a network");
    let mut trainer = Trainer::new(network, &motifs, &training).expect("a trainer");
    for _ in 0..6 {
        trainer.step().expect("finite");
    }
    assert_eq!(trainer.network(), &read("once.npz").network);

    let other = failed(at, &format!("train {settings} --minibatches 9 --start 2 --resume --out once.npz"), 2);
    assert!(other.contains("expected the motifs and settings of once.npz"), "{other}");
}

#[test]
fn every_protocol_and_architecture() {
    let folder = folder();
    for architecture in ["additive", "multiplicative", "control"] {
        for protocol in ["pairs", "single", "prepared", "stitched"] {
            let line = format!(
                "train {architecture} m.csv --protocol {protocol} --units 8 --rank 8 --transition 0.5 --trials 2 \
                 --minibatches 2 --out {architecture}_{protocol}.npz"
            );
            let told = done(folder.path(), &line);
            assert!(told.contains("2 minibatches (done)"), "{told}");
        }
    }
}

#[test]
fn wrong_use_exits_with_2_and_leaves_no_file() {
    let folder = folder();
    let at = folder.path();
    for (line, expected) in [
        ("train recurrent m.csv --out x.npz", "possible values: additive, multiplicative, control"),
        ("train additive none.csv --out x.npz", "none.csv"),
        ("train additive m.csv --units 0 --out x.npz", "units N: expected 1 to 10000, given 0"),
        ("train additive m.csv --trials 0 --out x.npz", "trials: expected at least 1"),
        ("train additive m.csv --learning-rate 0 --out x.npz", "learning rate: expected a finite number > 0"),
        ("train additive m.csv --protocol prepared --units 8 --rank 9 --out x.npz", "expected"),
    ] {
        let message = failed(at, line, 2);
        assert!(message.contains(expected), "{line}: {message}");
        assert!(!at.join("x.npz").exists(), "{line}");
    }
    let message = failed(at, "train additive m.csv --units 8 --out m.csv", 2);
    assert!(message.contains("choose another name"), "{message}");
    done(at, "train additive m.csv --units 8 --minibatches 1 --out x.npz");
    let message = failed(at, "info x.npz", 2);
    assert!(message.contains("x.npz"), "{message}");
}

#[test]
fn a_damaged_checkpoint_is_an_error_and_stays() {
    let folder = folder();
    let path = folder.path().join("x.npz");
    done(folder.path(), "train additive m.csv --units 8 --minibatches 1 --out x.npz");
    let bytes = std::fs::read(&path).expect("a file");
    for keep in [0, 10, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..keep]).expect("written");
        let message =
            failed(folder.path(), "train additive m.csv --units 8 --minibatches 2 --resume --out x.npz", 2);
        assert!(message.contains("x.npz") && message.contains("expected"), "{message}");
        assert_eq!(std::fs::read(&path).expect("a file").len(), keep);
    }
}
