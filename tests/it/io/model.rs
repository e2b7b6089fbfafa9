//! Models as files: the same bits again, and nothing wrong gets in.
use std::path::Path;

use crate::support::archives::*;
use crate::support::guarantees::parameter_bits;
use crate::support::npz::{Npz, Numbers};
use crate::support::{cases, short_motifs, short_options, small_network};
use proptest::prelude::*;
use thalamo::direct::{DirectCost, DirectModule};
use thalamo::io::{self, Model};
use thalamo::linalg::expm;
use thalamo::motif::{OscillationOptions, oscillating_motif};
use thalamo::network::DesignedLoop;
use thalamo::preparation::Input;
use thalamo::{Cortex, Error, Network, NetworkOptions};

const PATH: &str = "model.npz";

fn decode(bytes: &[u8]) -> Result<Model, Error> {
    io::decode(bytes, Path::new(PATH), ())
}

fn encode(model: &Model) -> Result<Vec<u8>, Error> {
    io::encode(model, Path::new(PATH))
}

#[track_caller]
fn same(a: &Model, b: &Model) {
    assert_eq!(parameter_bits(&a.network), parameter_bits(&b.network));
    assert_eq!(a.network.motifs(), b.network.motifs());
    assert_eq!(a.network.preparation(), b.network.preparation());
    assert_eq!((a.network.options(), a.network.seed()), (b.network.options(), b.network.seed()));
    assert_eq!((a.transition.to_bits(), &a.names), (b.transition.to_bits(), &b.names));
}

proptest! {
    #![proptest_config(cases(6))]
    #[test]
    fn round_trips_keep_every_bit(seed in 0_u64..1000, motifs in 1_usize..4, transition in 0.0..20.0_f64) {
        let model = Model::new(small_network(motifs, seed), transition).unwrap();
        let bytes = encode(&model).unwrap();
        let again = decode(&bytes).unwrap();
        same(&model, &again);
        prop_assert_eq!(encode(&again).unwrap(), bytes);
    }
}

#[test]
fn a_network_learns_on_as_if_it_had_never_been_a_file() {
    let shape = OscillationOptions::default().with(|o| (o.duration, o.harmonics) = (30.0, 2));
    let motif = oscillating_motif(&shape, 9, 7).unwrap();
    let mut again = decode(model_bytes()).unwrap().network;
    let mut before = model().network.clone();
    assert_eq!(again.learn(&motif).unwrap(), before.learn(&motif).unwrap());
    assert_eq!(parameter_bits(&again), parameter_bits(&before));
}

#[test]
fn the_file_holds_what_is_documented() {
    let npz = Npz::decode(model_bytes());
    let own = ["target", "eigenvalues", "amplitudes", "u", "v", "x_init", "b"];
    let mut names: Vec<String> =
        ["dt", "beta", "transition", "J", "w", "gain", "U_prep", "V_prep"].map(String::from).to_vec();
    names.extend((0..2).flat_map(|i| own.map(|name| format!("motif_{i}/{name}"))));
    names.push("metadata".into());
    assert_eq!(npz.names(), names);
    let network = &model().network;
    assert_eq!(npz.real("J").0, [40, 40]);
    assert_eq!(npz.real("J").1[1], network.system().cortex().unwrap().recurrent()[(0, 1)]); // row by row
    assert_eq!(npz.real("gain"), (&[][..], &[0.5][..]));
    assert_eq!(npz.real("U_prep").0, [40, 20]);
    let Numbers::Complex(eigenvalues) = npz.get("motif_1/eigenvalues") else { panic!("not complex") };
    assert_eq!(eigenvalues[..], network.motifs()[1].placed().unwrap().0.eigenvalues()[..]);
    let metadata: serde_json::Value = serde_json::from_slice(npz.bytes("metadata")).unwrap();
    assert_eq!((&metadata["version"], &metadata["scale"]), (&3.into(), &1.0.into()));
    assert_eq!(metadata["names"][1], "b c");
    assert_eq!(metadata["options"]["fit"]["modes"], 6);
    assert_eq!(metadata["seed"], 1);
}

#[test]
fn every_array_is_missed() {
    let npz = Npz::decode(model_bytes());
    for name in npz.names() {
        let message = refusal(decode(&changed(name, &Change::Remove)));
        let start = format!("{PATH}: array `{name}`: expected to find it, given ");
        assert!(message.starts_with(&start) && message.ends_with("; add it under this name"), "{message}");
    }
}

#[test]
fn no_array_may_have_another_shape_or_type_or_hold_a_nan() {
    let npz = Npz::decode(model_bytes());
    for name in npz.names().into_iter().filter(|name| *name != "metadata") {
        let prefix = format!("{PATH}: array `{name}`: expected ");
        let wrong = [
            (Change::Replace(&[2, 2, 2], vec![0.5; 8]), "given real numbers of shape [2, 2, 2]"),
            (Change::Bytes(vec![1, 2, 3]), "given uint8 numbers of shape [3]"),
        ];
        for (change, given) in wrong {
            let message = refusal(decode(&changed(name, &change)));
            assert!(message.starts_with(&prefix) && message.contains(given), "{message}");
        }
        let complex = matches!(npz.get(name), Numbers::Complex(_));
        let nan = if complex {
            Change::Complex(|z| z[0].im = f64::NAN)
        } else {
            Change::Numbers(|x| x[0] = f64::NAN)
        };
        let message = refusal(decode(&changed(name, &nan)));
        assert!(message.starts_with(&format!("{prefix}finite numbers, given ")), "{message}");
        assert!(message.ends_with("at index 0; remove or replace it"), "{message}");
    }
}

#[test]
fn numbers_that_contradict_each_other_are_found() {
    let nudge: fn(&mut Vec<f64>) = |x| x[0] += 1e-3 * (1.0 + x[0].abs());
    for (name, said) in [
        ("J", "expected"),
        ("w", "expected"),
        ("gain", "expected"),
        ("U_prep", "motif `a` (index 0): bias b: expected within"),
        ("V_prep", "motif `a` (index 0): bias b: expected within"),
        ("beta", "array `beta`: expected 0.05 as in the metadata, given 0.05105"),
        ("motif_0/target", "motif `a` (index 0): RMSE of the fit: expected within"),
        ("motif_0/u", "motif `a` (index 0): norm of the input u: expected within"),
        ("motif_1/v", "motif `b c` (index 1): feedback v: expected within"),
        ("motif_1/x_init", "motif `b c` (index 1): initial state x_init: expected within"),
        ("motif_0/b", "motif `a` (index 0): bias b: expected within"),
        ("dt", "expected within"),
    ] {
        let message = refusal(decode(&changed(name, &Change::Numbers(nudge))));
        assert!(message.starts_with(&format!("{PATH}: ")) && message.contains(said), "{name}: {message}");
    }
    let turn: fn(&mut Vec<f64>) = |x| x.swap(0, 1);
    let message = refusal(decode(&changed("motif_0/u", &Change::Numbers(turn))));
    assert!(message.contains("motif `a` (index 0): feedback v: expected within"), "{message}");
    let scale: fn(&mut Vec<thalamo::Complex64>) = |z| z.iter_mut().for_each(|z| *z *= 1.001);
    for name in ["motif_0/eigenvalues", "motif_0/amplitudes"] {
        let message = refusal(decode(&changed(name, &Change::Complex(scale))));
        assert!(message.contains("motif `a` (index 0): RMSE of the fit: expected within"), "{message}");
    }
    let lone: fn(&mut Vec<thalamo::Complex64>) = |z| z.iter_mut().for_each(|z| z.im += 0.1);
    let message = refusal(decode(&changed("motif_0/eigenvalues", &Change::Complex(lone))));
    assert!(
        message.contains("motif `a` (index 0): eigenvalues: expected numbers closed under conjugation"),
        "{message}"
    );
}

#[test]
fn lengths_are_checked() {
    for (name, given) in [("motif_0/u", 39), ("motif_1/b", 41), ("motif_0/v", 0)] {
        let change = Change::Replace(&[given], vec![0.1; given]);
        let message = refusal(decode(&changed(name, &change)));
        let expected =
            format!("{PATH}: array `{name}`: expected shape (40,), given real numbers of shape [{given}]");
        assert!(message.starts_with(&expected), "{message}");
    }
    let message = refusal(decode(&changed("J", &Change::Replace(&[40, 39], vec![0.1; 40 * 39]))));
    assert!(message.contains("connectivity J: expected shape 40 x 40, given 40 x 39"), "{message}");
    let message = refusal(decode(&changed("V_prep", &Change::Replace(&[40, 19], vec![0.1; 40 * 19]))));
    assert!(message.contains("V: expected shape 40 x 20, given 40 x 19"), "{message}");
}

#[test]
fn metadata_are_validated() {
    let npz = Npz::decode(model_bytes());
    let metadata: serde_json::Value = serde_json::from_slice(npz.bytes("metadata")).unwrap();
    let refuse = |edit: fn(&mut serde_json::Value)| {
        let mut changed_metadata = metadata.clone();
        edit(&mut changed_metadata);
        assert_ne!(changed_metadata, metadata);
        refusal(decode(&changed("metadata", &Change::Bytes(serde_json::to_vec(&changed_metadata).unwrap()))))
    };
    let message = refuse(|m| m["version"] = 4.into());
    assert_eq!(
        message,
        "model.npz: expected format version 3, given 4; use the version of thalamo that wrote it"
    );
    let message = refuse(|m| m["format"] = "else".into());
    assert!(message.contains("expected the format `thalamo model`, given `else`"), "{message}");
    let message = refuse(|m| m["options"]["fit"]["modes"] = 0.into());
    assert!(message.contains("fit modes: expected a count in 1..=64, given 0"), "{message}");
    let message = refuse(|m| m["options"]["motif_loop"]["starts"] = 0.into());
    assert!(message.contains("starts: expected 1 to 10000, given 0"), "{message}");
    let message = refuse(|m| m["options"]["colour"] = 1.into());
    assert!(message.contains("unknown field `colour`"), "{message}");
    let message = refuse(|m| m["names"] = serde_json::json!(["one"]));
    assert!(message.contains("names of motifs: expected shape 2 x 1, given 1 x 1"), "{message}");
    let message = refuse(|m| m["motifs"][0]["best"] = 99.into());
    assert!(
        message.contains("motif `a` (index 0): start kept: expected an index below 2, given 99"),
        "{message}"
    );
    let message = refuse(|m| m["motifs"][0]["fit"]["rmse"] = (-1.0).into());
    assert!(
        message.contains("motif `a` (index 0): RMSE of the fit: expected a finite number >= 0"),
        "{message}"
    );
    let message = refuse(|m| {
        m["motifs"].as_array_mut().unwrap().pop();
        m["names"].as_array_mut().unwrap().pop();
    });
    assert!(message.contains("array `motif_1/target`: expected 1 motifs as in the metadata"), "{message}");
    for bytes in [&b"{"[..], b"", b"[]", b"\xff\xfe", b"null"] {
        let message = refusal(decode(&changed("metadata", &Change::Bytes(bytes.to_vec()))));
        assert!(
            message.starts_with("model.npz: expected metadata with format and version, given "),
            "{message}"
        );
    }
}

#[test]
fn truncated_and_damaged_archives_are_refused() {
    let bytes = model_bytes();
    for end in (0..bytes.len()).step_by(bytes.len() / 97 + 1) {
        let message = refusal(decode(&bytes[..end]));
        assert!(message.starts_with("model.npz: expected a .npz archive, given "), "{message}");
    }
    // A flipped bit of a number is found by the archive's checksums.
    let mut damaged = bytes.to_vec();
    let number = model().network.system().readout()[0].to_le_bytes();
    let at = damaged.windows(8).position(|window| window == number).unwrap();
    damaged[at] ^= 4;
    let message = refusal(decode(&damaged));
    assert!(message.contains("which cannot be unpacked"), "{message}");
}

#[test]
fn a_library_without_motifs_is_not_written() {
    let options = model().network.options().clone();
    let network = Network::design(Cortex::random(40, 0.5, 1).unwrap(), &options, 1).unwrap();
    let message = refusal(encode(&Model::new(network, 5.0).unwrap()));
    assert!(message.contains("library of motifs: expected at least one element"), "{message}");
    let unnamed = Model { names: vec![], ..model().clone() };
    assert!(refusal(encode(&unnamed)).contains("names of motifs"));
    assert!(Model::new(model().network.clone(), -1.0).is_err());
}

#[test]
fn files_are_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.npz");
    io::write(&path, model()).unwrap();
    same(&io::read(&path).unwrap(), model());
    // What cannot be written leaves the old file and nothing else.
    let broken = Model { transition: f64::NAN, ..model().clone() };
    assert!(io::write(&path, &broken).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), model_bytes());
    let message = refusal(io::write(&folder.path().join("no/model.npz"), model()));
    assert!(message.contains("expected to write it, given"), "{message}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let message = refusal(io::read::<Model>(&folder.path().join("absent.npz")));
    assert!(message.contains("absent.npz: expected to read it, given"), "{message}");
}

/// Inputs that switch are stored with their time, and verified.
#[test]
fn compensated_inputs_are_kept() {
    let with = |input: Input| {
        let options = short_options().with(|o| o.input = input);
        let cortex = Cortex::random(40, 0.5, 1).unwrap();
        Model::new(Network::build(cortex, &short_motifs(2, 1), &options, 1).unwrap(), 5.0).unwrap()
    };
    for input in [
        Input::Compensated { shortest: None },
        Input::Compensated { shortest: Some(1.234) },
        Input::Constant { preparation: 5.0 },
    ] {
        let made = with(input);
        let bytes = encode(&made).unwrap();
        let again = decode(&bytes).unwrap();
        same(&made, &again);
        assert_eq!(encode(&again).unwrap(), bytes);
        let npz = Npz::decode(&bytes);
        let switches = made.network.preparation().switch();
        assert_eq!(npz.names().contains(&"switch"), switches.is_some());
        let Some(switch) = switches else { continue };
        assert_eq!(npz.real("switch"), (&[][..], &[switch][..]));
        let own = &made.network.motifs()[1];
        assert_eq!(npz.real("motif_1/b_start").1, own.starting_bias().unwrap().as_slice());
        assert_eq!(npz.real("motif_1/b").1, model().network.motifs()[1].bias().as_slice());
        for (name, said) in [
            ("switch", "time at which inputs switch: expected within"),
            ("motif_0/b_start", "motif `motif_0` (index 0): bias b_start: expected within"),
        ] {
            let message = refusal(decode(&changed_in(&bytes, name, &Change::Remove)));
            assert!(message.contains(&format!("array `{name}`: expected to find it")), "{message}");
            let nudge = Change::Numbers(|x| x[0] += 1e-3 * (1.0 + x[0].abs()));
            let message = refusal(decode(&changed_in(&bytes, name, &nudge)));
            assert!(message.contains(said), "{message}");
        }
        // The options may not say otherwise.
        let metadata = String::from_utf8(npz.bytes("metadata").to_vec()).unwrap();
        let mut metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
        metadata["options"]["input"] = "Published".into();
        let change = Change::Bytes(serde_json::to_vec(&metadata).unwrap());
        let message = refusal(decode(&changed_in(&bytes, "metadata", &change)));
        assert!(message.contains("array `switch`: expected no such array"), "{message}");
    }
}

#[test]
fn models_from_before_inputs_could_switch_have_the_published_one() {
    let npz = Npz::decode(model_bytes());
    let mut metadata: serde_json::Value = serde_json::from_slice(npz.bytes("metadata")).unwrap();
    metadata["version"] = 2.into();
    for name in ["input", "design"] {
        metadata["options"].as_object_mut().unwrap().remove(name).unwrap();
    }
    let old = decode(&changed("metadata", &Change::Bytes(serde_json::to_vec(&metadata).unwrap()))).unwrap();
    same(&old, model());
    assert_eq!(old.network.options().input, Input::Published);
}

/// Loops designed for errors of their weights, of the module's and of the input's, and the module they know.
#[test]
fn designs_for_errors_are_kept() {
    let mut options = NetworkOptions::robust().with(|o| o.placed_starts = Vec::new());
    options.direct = options.direct.with(|o| {
        (o.module_error, o.input_error) = (0.01, 0.02);
        (o.random_starts, o.first_iterations, o.iterations) = (0, 20, 20);
    });
    let cortex = Cortex::random(24, 0.5, 1).unwrap();
    let made = Model::new(Network::build(cortex, &short_motifs(2, 1), &options, 1).unwrap(), 5.0).unwrap();
    let bytes = encode(&made).unwrap();
    let again = decode(&bytes).unwrap();
    assert_eq!(parameter_bits(&made.network), parameter_bits(&again.network));
    assert_eq!(encode(&again).unwrap(), bytes);
    let (network, system) = (&made.network, made.network.system());
    let duration = 3.5 / system.rate();
    let left = expm(&(network.preparation().system() * duration)).unwrap();
    let left = &left * left.transpose();
    let left = (&left + left.transpose()) * 0.5;
    let module = DirectModule::new(system, network.preparation().weights(), duration).unwrap();
    let own = options.direct.clone().with(|o| o.scale = network.scale());
    for (before, after) in network.motifs().iter().zip(again.network.motifs()) {
        let reports = [before, after].map(|learned| match learned.designed() {
            DesignedLoop::Direct(own) => own.report(),
            DesignedLoop::Placed(..) => panic!("placed"),
        });
        let mut cost = DirectCost::new(system, (&left, &module), before.motif(), &own).unwrap();
        let expected = cost.evaluate_from(before.weights(), before.initial_state()).unwrap().unwrap();
        for report in reports {
            let terms = report.terms;
            for (given, expected) in [
                (terms.objective, expected.objective),
                (terms.weight_errors, expected.weight_errors),
                (terms.module_errors, expected.module_errors),
                (terms.barrier, expected.barrier),
            ] {
                assert!((given - expected).abs() <= 1e-5 * expected, "{terms:?} {expected:?}");
            }
            assert!(terms.module_errors > 0.0 && report.tolerated_error().unwrap() > 0.0);
        }
    }
}
