//! The command line as a user meets it: files, numbers, messages and exit codes.

#[path = "../../../../tests/it/support/npz.rs"]
mod npz;

#[path = "../../../../tests/it/support/guarantees/mod.rs"]
mod guarantees;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use guarantees::{nothing_forgotten, parameter_bits};
use npz::Npz;
use serde_json::Value;
use tempfile::TempDir;
use thalamo::io::{self, Fits, Model, NamedMotif};
use thalamo::play::{Keep, Sequence, Simulator, Start};

use crate::program::{done, failed};

/// A folder with motifs.npz and model.npz, built once: three smooth motifs on 40 units.
fn shared() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            done(folder.path(), "motifs --count 3 --seed 1 --kind oscillating --out motifs.npz");
            done(
                folder.path(),
                "build motifs.npz --units 40 --preset interpretable --modes 6 --prep-rank 20 --out model.npz",
            );
            folder
        })
        .path()
}

/// A folder of one's own with copies of both.
fn copy() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["motifs.npz", "model.npz"] {
        fs::copy(shared().join(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn motifs_are_those_of_the_library() {
    let folder = tempfile::tempdir().unwrap();
    let expected = thalamo::motif::step_motifs(4, 9).unwrap();
    for name in ["m.npz", "m.csv", "m.json"] {
        let told = done(folder.path(), &format!("motifs --count 4 --seed 9 --out {name}"));
        assert_eq!(told, format!("4 motifs, sampled every 0.1 tau: {name}\n"));
        let motifs = io::read_with::<Vec<NamedMotif>>(&folder.path().join(name), 0.1).unwrap();
        assert!(motifs.iter().map(|m| &m.motif).eq(&expected));
    }
    assert_eq!(done(folder.path(), "motifs --count 1 --kind oscillating --out o.csv --quiet"), "");
    let smooth = io::read_with::<Vec<NamedMotif>>(&folder.path().join("o.csv"), 0.1).unwrap();
    assert_eq!(smooth[0].motif, thalamo::motif::oscillating_motifs(1, 1).unwrap()[0]);
}

#[test]
fn fits_are_those_of_the_library() {
    let folder = copy();
    let path = folder.path();
    let told = done(
        path,
        "fit motifs.npz --modes 5 --margin 0.02 --separation 0.1 --amplitude-bound 2 --seed 3 --out f.json",
    );
    assert_eq!(told.lines().count(), 6);
    assert!(told.ends_with("\nfits of 3 motifs, sampled every 0.1 tau: f.json\n"), "{told}");
    let Fits { options, fits } = io::read(&path.join("f.json")).unwrap();
    assert_eq!((options.modes, options.separation, options.seed), (5, thalamo::Rate::PerTau(0.1), 3));
    assert_eq!((options.margin, options.amplitude_bound), (thalamo::Rate::PerTau(0.02), Some(2.0)));
    for (named, motif) in
        fits.iter().zip(io::read_with::<Vec<NamedMotif>>(&path.join("motifs.npz"), 0.1).unwrap())
    {
        assert_eq!(named.fit, thalamo::fit::fit(&motif.motif, &options).unwrap());
        assert_eq!((&named.name, named.samples), (&motif.name, motif.motif.len()));
    }
}

#[test]
fn models_do_not_depend_on_threads() {
    let folder = copy();
    let line = "build motifs.npz --units 40 --preset interpretable --modes 6 --prep-rank 20 --threads 1 --quiet --out one.npz";
    assert_eq!(done(folder.path(), line), "");
    assert_eq!(
        fs::read(folder.path().join("one.npz")).unwrap(),
        fs::read(shared().join("model.npz")).unwrap()
    );
}

#[test]
fn learning_adds_and_changes_nothing() {
    let folder = copy();
    let path = folder.path();
    done(path, "motifs --count 2 --seed 5 --kind oscillating --out more.csv");
    let told = done(path, "learn model.npz more.csv --out larger.npz");
    assert!(told.contains("motifs       5, sampled every 0.1 tau"), "{told}");
    let (before, after) = (
        io::read::<Model>(&path.join("model.npz")).unwrap(),
        io::read::<Model>(&path.join("larger.npz")).unwrap(),
    );
    nothing_forgotten(&before.network, &after.network).unwrap();
    assert_eq!(after.names, ["motif_0", "motif_1", "motif_2", "motif_3", "motif_4"]);
    // The same model, at once.
    let mut network = before.network.clone();
    for named in io::read_with::<Vec<NamedMotif>>(&path.join("more.csv"), 0.1).unwrap() {
        network.learn(&named.motif).unwrap();
    }
    assert_eq!(parameter_bits(&network), parameter_bits(&after.network));
}

#[test]
fn a_network_of_ones_own() {
    let folder = copy();
    let path = folder.path();
    let cortex = thalamo::System::from(thalamo::Cortex::random(30, 0.6, 4).unwrap());
    io::write(&path.join("net.npz"), &cortex).unwrap();
    let line = "build motifs.npz --network net.npz --preset interpretable --modes 4 --prep-rank 15 --beta 0.1 --transition 6 --seed 2 --out own.npz";
    done(path, line);
    let model = io::read::<Model>(&path.join("own.npz")).unwrap();
    assert_eq!(model.network.system().cortex(), cortex.cortex());
    assert_eq!(model.transition, 6.0);
    assert_eq!((model.network.options().preparation.beta, model.network.seed()), (0.1, 2));
    let message = failed(path, &format!("{line} --gain 0.5"), 2);
    assert!(
        message.contains("net.npz: array `gain`: expected none beside the gain 0.5 that is given"),
        "{message}"
    );
    let message = failed(path, &format!("{line} --units 30"), 2);
    assert!(message.contains("--units") && message.contains("cannot be used with"), "{message}");
}

#[test]
fn simulations_are_those_of_the_library() {
    let folder = copy();
    let path = folder.path();
    let told = done(path, "simulate model.npz --sequence 0,2,1 --states --out traj.npz --plot seq.svg");
    assert_eq!(told.lines().count(), 7);
    let end = "\n1 trial with 5 tau of preparation before each motif: traj.npz\nfigure: seq.svg\n";
    assert!(told.ends_with(end), "{told}");
    let model = io::read::<Model>(&path.join("model.npz")).unwrap();
    let simulator = Simulator::new(&model.network, 5.0).unwrap();
    let run = simulator.run(&Sequence::new(&[0, 2, 1]).unwrap(), &Start::Rest, None, Keep::States).unwrap();
    let npz = Npz::decode(&fs::read(path.join("traj.npz")).unwrap());
    let steps = run.readout.len();
    assert_eq!(npz.real("y"), (&[1, steps][..], run.readout.as_slice()));
    assert_eq!(npz.real("t").1, run.times());
    assert_eq!(npz.real("x"), (&[1, steps, 40][..], run.states.as_ref().unwrap().as_slice()));
    let phases: Vec<f64> = run.phases().iter().map(|p| p.map_or(-1.0, |m| m as f64)).collect();
    assert_eq!(npz.real("phase").1, phases);
    let (_, target) = npz.real("target");
    assert!(
        target.iter().zip(&run.target).all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()))
    );
    assert_eq!(npz.real("rmse"), (&[1, 3][..], &run.rmse()[..]));
    assert_eq!(json(std::str::from_utf8(npz.bytes("metadata")).unwrap())["names"][1], "motif_2");
    let svg = fs::read_to_string(path.join("seq.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("motif_2") && svg.trim_end().ends_with("</svg>"));
}

#[test]
fn trials_differ_and_repeat() {
    let folder = copy();
    let path = folder.path();
    let line =
        "simulate model.npz --sequence 0,1 --transition 3 --start random --noise 0.01 --trials 3 --seed 4";
    done(path, &format!("{line} --out a.npz --plot a.png"));
    done(path, &format!("{line} --out b.npz --threads 2"));
    assert_eq!(fs::read(path.join("a.npz")).unwrap(), fs::read(path.join("b.npz")).unwrap());
    assert!(fs::read(path.join("a.png")).unwrap().starts_with(b"\x89PNG"));
    let npz = Npz::decode(&fs::read(path.join("a.npz")).unwrap());
    let (shape, y) = npz.real("y");
    let (first, rest) = y.split_at(shape[1]);
    assert_eq!(shape, [3, 2 * 30 + 2000]);
    assert!(rest.chunks(shape[1]).all(|trial| trial != first));
    assert!(!npz.contains("x"));
}

#[test]
fn a_start_from_a_file() {
    let folder = copy();
    let path = folder.path();
    fs::write(path.join("x.csv"), "0.5\n".repeat(40)).unwrap();
    done(path, "simulate model.npz --sequence 1 --start x.csv --states --out traj.npz");
    let npz = Npz::decode(&fs::read(path.join("traj.npz")).unwrap());
    assert_eq!(npz.real("x").1[..40], [0.5; 40]);
    fs::write(path.join("x.csv"), "0.5\n".repeat(39)).unwrap();
    let message = failed(path, "simulate model.npz --sequence 1 --start x.csv --out traj.npz", 2);
    assert!(message.contains("start: expected shape 40 x 1, given 39 x 1"), "{message}");
}

#[test]
fn certificates_are_json_and_those_of_the_library() {
    let model = io::read::<Model>(&shared().join("model.npz")).unwrap();
    let report = json(&done(shared(), "certify model.npz --transition 6 --depth 2"));
    let certificate = thalamo::certificate::certify(&model.network, 6.0, 2).unwrap();
    assert_eq!(report["worst"], certificate.worst());
    assert_eq!(report["exact_worst_pair"], certificate.exact_worst());
    assert_eq!((&report["depth"], &report["verified"]), (&2.into(), &true.into()));
    assert_eq!(report["sup_error"][2][1], certificate.sup_error[(2, 1)]);
    assert_eq!(report["motifs"].as_array().unwrap().len(), 3);
    // The model's own transition and depth 3 are the defaults.
    let report = json(&done(shared(), "certify model.npz"));
    assert_eq!((&report["transition"], &report["depth"]), (&5.0.into(), &3.into()));
    // The inverse question.
    let report = json(&done(shared(), "certify model.npz --error 0.05 --depth 1"));
    let shortest = report["transition"].as_f64().unwrap();
    assert!(report["worst"].as_f64().unwrap() <= 0.05);
    assert!(thalamo::certificate::certify(&model.network, shortest - 0.1, 1).unwrap().worst() > 0.05);
    assert!(
        failed(shared(), "certify model.npz --error 0.05 --transition 5", 2).contains("cannot be used with")
    );
}

#[test]
fn info_tells_in_words_and_json() {
    let text = done(shared(), "info model.npz");
    assert!(text.contains("cortex       N = 40, g = 0.5/tau") && text.contains("motif_2"), "{text}");
    let report = json(&done(shared(), "info model.npz --json"));
    let model = io::read::<Model>(&shared().join("model.npz")).unwrap();
    assert_eq!(report["motifs"][1]["fit_rmse"], model.network.motifs()[1].rmse());
    assert_eq!(report["motifs"][2]["noise_cost"], model.network.motifs()[2].noise_cost());
    assert_eq!((&report["units"], &report["preparation"]["rank"]), (&40.into(), &20.into()));
    assert_eq!(report["options"]["fit"]["modes"], 6);
}

/// A motif of 15 tau has no use for ten exponentials: its loop is noisy, and the table says so and what
/// helps.
#[test]
fn noisy_motifs_are_named_with_what_helps() {
    let folder = tempfile::tempdir().unwrap();
    let cell = |k: usize| format!("{:.4}", 0.5 * (0.11 * k as f64).sin());
    let column: Vec<String> = (0..150).map(cell).collect();
    fs::write(folder.path().join("brief.csv"), format!("flick\n{}\n", column.join("\n"))).unwrap();
    let told = done(folder.path(), "build brief.csv --preset interpretable --out model.npz");
    let (_, note) =
        told.split_once("\n\nnoise cost above 0.869: `flick`. ").unwrap_or_else(|| panic!("{told}"));
    let note = note.strip_suffix("\nmodel of 1 motif: model.npz\n").unwrap_or_else(|| panic!("{told}"));
    assert!(note.contains("fewer --modes"), "{note}");
    assert!(done(folder.path(), "info model.npz").ends_with(note));
    let told = done(folder.path(), "build brief.csv --preset interpretable --modes 4 --out calm.npz");
    assert!(!told.contains("noise cost above"), "{told}");
}

#[test]
fn inputs_are_not_overwritten_silently() {
    let folder = copy();
    let path = folder.path();
    done(path, "motifs --count 1 --seed 5 --kind oscillating --out more.npz");
    let before = fs::read(path.join("model.npz")).unwrap();
    for line in [
        "learn model.npz more.npz --out model.npz",
        "learn model.npz more.npz --out ./more.npz",
        "build motifs.npz --units 40 --out motifs.npz",
        "fit motifs.npz --out motifs.npz",
        "simulate model.npz --sequence 0 --out model.npz",
    ] {
        let message = failed(path, line, 2);
        assert!(message.contains("expected an output apart from the inputs"), "{message}");
    }
    assert_eq!(fs::read(path.join("model.npz")).unwrap(), before);
    done(path, "learn model.npz more.npz --out model.npz --overwrite");
    assert_eq!(io::read::<Model>(&path.join("model.npz")).unwrap().names.len(), 4);
    // No command left anything behind.
    let mut names: Vec<_> = fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["model.npz", "more.npz", "motifs.npz"]);
}

#[test]
fn bad_usage_and_input_exit_with_2() {
    let folder = copy();
    let path = folder.path();
    fs::write(path.join("bad.csv"), "a,b\n1,2\n3,oops\n").unwrap();
    fs::write(path.join("half.npz"), &fs::read(path.join("model.npz")).unwrap()[..5000]).unwrap();
    for (line, said) in [
        ("", "Usage: thalamo"),
        ("motifs", "--out <OUT>"),
        ("motifs --count none --out m.npz", "invalid value 'none'"),
        ("motifs --count 0 --out m.npz", "motif count: expected 1 to 100000, given 0"),
        ("motifs --out m.txt", "m.txt: expected a name that ends in .npz, .csv or .json"),
        ("motifs --threads 0 --out m.npz", "0 is not in 1..=1024"),
        ("fit absent.csv --out f.json", "absent.csv: expected to read it, given"),
        (
            "fit bad.csv --out f.json",
            "bad.csv: row 3, column b: expected a finite number, given `oops`; correct the cell",
        ),
        ("fit motifs.npz --modes 0 --out f.json", "fit modes: expected a count in 1..=64, given 0"),
        ("fit motifs.npz --dt -1 --out f.json", "unexpected argument"),
        ("fit motifs.npz --dt=-1 --out f.json", "motif dt: expected a finite number > 0, given -1"),
        (
            "build motifs.npz --units 40 --prep-rank 41 --out m.npz",
            "preparatory rank P: expected 1 to the number of units N, given 41",
        ),
        (
            "build motifs.npz --units 40 --prep-rank 20 --transition 0.05 --out m.npz",
            "transition: expected a multiple of dt = 0.1, given 0.05",
        ),
        ("info half.npz", "half.npz: expected a .npz archive, given"),
        (
            "info motifs.npz",
            "motifs.npz: array `metadata`: expected to find it, given motif_0, motif_1, motif_2",
        ),
        (
            "learn model.npz model.npz --out m.npz",
            "model.npz: expected one array of numbers per motif, given the metadata of a model or checkpoint; give a file of motifs",
        ),
        (
            "simulate model.npz --sequence 0,3 --out t.npz",
            "--sequence: expected motifs of model.npz (`motif_0`, `motif_1`, `motif_2`) or indices below 3, given `3`",
        ),
        ("simulate model.npz --sequence 0 --trials 0 --out t.npz", "0 is not in 1.."),
        (
            "simulate model.npz --sequence 0 --noise=-1 --out t.npz",
            "process noise: expected a finite number >= 0, given -1",
        ),
        (
            "simulate model.npz --sequence 0 --out t.npz --plot t.pdf",
            "t.pdf: expected a name that ends in .svg or .png; rename the output",
        ),
        (
            "simulate model.npz --sequence 0 --transition 0.25 --out t.npz",
            "transition: expected a multiple of dt = 0.1, given 0.25",
        ),
        ("certify model.npz --depth 0", "depth of the certificate: expected 1, or deeper"),
        ("man nothing", "man: expected a command of thalamo, given `nothing`"),
    ] {
        let message = failed(path, line, 2);
        assert!(message.contains(said), "{line}: {message}");
        assert!(!message.contains("panicked"), "{message}");
    }
    assert_eq!(fs::read_dir(path).unwrap().count(), 4); // nothing was written
}

#[test]
fn anything_else_exits_with_1() {
    let folder = copy();
    let path = folder.path();
    let message = failed(path, "motifs --out no/m.npz", 1);
    assert!(message.contains("no/m.npz: expected to write it, given"), "{message}");
    // Brief motifs without preparation have no time to forget.
    let curve = |t: f64| {
        format!("{},{},{}\n", (1.2 * t).sin(), 1.0 - (2.0 * t).cos(), (0.7 * t).sin() * (1.5 * t).sin())
    };
    let brief: String = (0..40).map(|n| curve(0.1 * f64::from(n))).collect();
    fs::write(path.join("brief.csv"), brief).unwrap();
    done(
        path,
        "build brief.csv --out brief.npz --units 40 --preset interpretable --modes 4 --prep-rank 20 --seed 1",
    );
    let message = failed(path, "certify brief.npz --transition 0 --depth 1", 1);
    assert!(
        message.contains("certificate: expected every preparation and motif to contract deviations"),
        "{message}"
    );
}

/// A disk that fills up while a file is written: the old file stays, and nothing else.
#[cfg(unix)]
#[test]
fn nothing_half_written_is_left() {
    let folder = copy();
    let path = folder.path();
    fs::write(path.join("old.csv"), "as it was").unwrap();
    for line in [
        "motifs --count 9 --out old.csv",
        "motifs --count 9 --out new.npz",
        "simulate model.npz --sequence 0,1 --states --out new.npz",
        "simulate model.npz --sequence 0,1 --out new.npz --plot new.svg",
        "build motifs.npz --units 40 --preset interpretable --modes 6 --prep-rank 20 --out new.npz",
    ] {
        // No file may grow past eight blocks; without the signal, writing fails.
        let script = format!("trap '' XFSZ; ulimit -f 8; exec {} {line}", env!("CARGO_BIN_EXE_thalamo"));
        let output = Command::new("sh").current_dir(path).args(["-c", &script]).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}: {message}");
        assert!(
            message.contains("to be written, given: ") || message.contains("to write it, given: "),
            "{message}"
        );
        let mut names: Vec<_> = fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["model.npz", "motifs.npz", "old.csv"], "{line}");
        assert_eq!(fs::read_to_string(path.join("old.csv")).unwrap(), "as it was");
    }
}

/// Names come from files: they must not break the drawing.
#[test]
fn names_are_text_in_figures() {
    let folder = copy();
    let path = folder.path();
    let smooth = io::read_with::<Vec<NamedMotif>>(&path.join("motifs.npz"), 0.1).unwrap().remove(1).motif;
    let cells = smooth.values().iter().map(|y| format!("{y:?}\n")).collect::<String>();
    fs::write(path.join("m.csv"), format!("<b>&'\n{cells}")).unwrap();
    done(path, "build m.csv --units 40 --preset interpretable --modes 6 --prep-rank 20 --out m.npz");
    done(path, "simulate m.npz --sequence 0 --out t.npz --plot t.svg");
    let svg = fs::read_to_string(path.join("t.svg")).unwrap();
    assert!(svg.contains("&lt;b&gt;") && !svg.contains("<b>"));
}

#[test]
fn help_is_a_page_with_an_example() {
    let help = done(shared(), "--help");
    for command in ["motifs", "fit", "build", "learn", "simulate", "certify", "info", "completions", "man"] {
        assert!(help.contains(command));
        let page = done(shared(), &format!("{command} --help"));
        assert!(page.contains("Usage: thalamo"), "{page}");
        assert!(page.contains("Example") && page.contains(&format!("\n  thalamo {command} ")), "{page}");
        assert!(page.len() > 400, "{page}");
        assert!(done(shared(), &format!("man {command}")).starts_with(".ie"));
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(done(shared(), &format!("completions {shell}")).contains("thalamo"));
    }
    assert!(done(shared(), "man").contains("thalamo"));
    assert_eq!(done(shared(), "--version"), format!("thalamo {}\n", env!("CARGO_PKG_VERSION")));
}
