//! Motifs from columns of times, standard input and in seconds; presets, fits and names on the command line.
//! What a message advises is done, and works.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use thalamo::direct::DirectOptions;
use thalamo::fit::{FitOptions, FitStart};
use thalamo::io::{self, Fits, Model};
use thalamo::{NetworkOptions, Rate};

use crate::program::{done, failed, folder_of_motifs};

const QUICK: &str = "--units 40 --preset interpretable --modes 4 --prep-rank 20 --quiet";

fn bytes(at: &Path, name: &str) -> Vec<u8> {
    fs::read(at.join(name)).unwrap()
}

fn model(at: &Path, name: &str) -> Model {
    io::read(&at.join(name)).unwrap()
}

#[test]
fn times_in_seconds() {
    let folder = folder_of_motifs();
    let at = folder.path();
    done(at, &format!("build motifs.csv --dt 0.1 {QUICK} --out plain.npz"));
    // the same motifs every 2 ms, with tau = 20 ms
    done(at, &format!("build timed.csv --tau 0.02 {QUICK} --out timed.npz"));
    assert_eq!(bytes(at, "timed.npz"), bytes(at, "plain.npz"));
    done(at, &format!("build motifs.csv --tau 0.02 --dt 0.002 --transition 0.1 {QUICK} --out given.npz"));
    assert_eq!(bytes(at, "given.npz"), bytes(at, "plain.npz"));
    let told = done(at, "info plain.npz --tau 0.02");
    assert!(told.contains("5 tau (0.1 s) before each motif"), "{told}");
    assert!(told.contains("sampled every 0.1 tau (0.002 s)"), "{told}");
    // in tau, where tau is not given
    done(at, &format!("build timed.csv --transition 0.1 {QUICK} --out raw.npz"));
    assert_eq!(model(at, "raw.npz").network.motifs()[0].motif().dt(), 0.002);
    let told = done(at, "simulate plain.npz --sequence reach --tau 0.02 --transition 0.06 --out t.npz");
    assert!(told.contains("1 trial with 3 tau (0.06 s) of preparation"), "{told}");

    let build = |more: &str| format!("build {more} {QUICK} --out no.npz");
    let message = failed(at, &build("motifs.csv --tau 0.02"), 2);
    let said = "--tau: expected the time between samples of motifs.csv in seconds, given none; add --dt, or a column of times";
    assert!(message.contains(said), "{message}"); // both are done above
    let message = failed(at, &build("timed.csv --tau 0.02 --dt 0.003"), 2);
    let said = "timed.csv: expected times 0.003 apart as given by dt, given 0.002; leave dt out";
    assert!(message.contains(said), "{message}"); // as above
    let message = failed(at, &build("motifs.csv --tau=-1"), 2);
    assert!(message.contains("expected a finite number > 0, such as 0.02"), "{message}");
    assert!(!at.join("no.npz").exists());
    // What is learned has the step of the model, which its times have to agree with.
    done(at, "learn plain.npz timed.csv --tau 0.02 --quiet --out more.npz");
    assert_eq!(model(at, "more.npz").names, ["reach", "grasp", "release", "motif_3", "motif_4", "motif_5"]);
    let message = failed(at, "learn plain.npz timed.csv --quiet --out no.npz", 2);
    assert!(message.contains("expected times 0.1 apart as given by dt, given 0.002"), "{message}");
}

#[test]
fn motifs_from_standard_input() {
    let folder = folder_of_motifs();
    let at = folder.path();
    done(at, "motifs --count 2 --kind oscillating --out m.npz");
    done(at, "motifs --count 2 --kind oscillating --out m.json");
    let piped = |input: &str, line: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_thalamo"))
            .current_dir(at)
            .args(line.split_whitespace())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&bytes(at, input)).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for (input, format) in [
        ("m.npz", ""),
        ("m.json", ""),
        ("motifs.csv", ""),
        ("motifs.csv", "--format csv"),
        ("m.npz", "--format npz"),
    ] {
        let fit = |file: &str, out: &str| format!("fit {file} --modes 2 {format} --out {out}");
        done(at, &fit(input, "file.json"));
        assert_eq!(piped(input, &fit("-", "piped.json")), (Some(0), String::new()), "{input} {format}");
        assert_eq!(bytes(at, "piped.json"), bytes(at, "file.json"), "{input} {format}");
        fs::remove_file(at.join("piped.json")).unwrap();
    }
    let (code, message) = piped("m.npz", "fit - --modes 2 --format csv --out piped.json");
    assert_eq!(code, Some(2));
    assert!(message.contains("thalamo: standard input: "), "{message}");
    // a name that does not tell the format
    fs::copy(at.join("motifs.csv"), at.join("motifs.txt")).unwrap();
    let message = failed(at, "fit motifs.txt --modes 2 --out f.json", 2);
    assert!(message.contains("motifs.txt: expected a name that ends in .npz, .csv or .json"), "{message}");
    done(at, "fit motifs.txt --format csv --modes 2 --out f.json");
}

#[test]
fn flags_have_the_last_word_over_presets() {
    let folder = folder_of_motifs();
    let at = folder.path();
    let options = |flags: &str| {
        done(at, &format!("build motifs.csv --units 30 {flags} --quiet --out o.npz"));
        model(at, "o.npz").network.options().clone()
    };
    let direct = |change: fn(&mut DirectOptions)| {
        let mut options = NetworkOptions::default().with(|o| o.transition = Some(5.0));
        change(&mut options.direct);
        options
    };
    let quick = |o: &mut DirectOptions| o.random_starts = 0;
    assert_eq!(options("--random-starts 0"), direct(quick));
    assert_eq!(
        options("--random-starts 1 --loop-rank 2 --relative-noise 0.2 --exact-start"),
        direct(|o| (o.random_starts, o.rank, o.relative_noise, o.exact_start) = (1, 2, 0.2, true))
    );
    let made = options("--preset robust --random-starts 0 --module-error 0.01 --input-error 0.03");
    let expected =
        DirectOptions::robust().with(|o| (o.random_starts, o.module_error, o.input_error) = (0, 0.01, 0.03));
    assert_eq!(made.direct, expected);
    assert_eq!(
        options("--random-starts 0 --weight-error 0.01"),
        direct(|o| (o.random_starts, o.weight_error) = (0, 0.01))
    );
    let published = "--preset published --prep-rank 20";
    let expected = NetworkOptions::published().with(|o| o.preparation.rank = Some(20));
    assert_eq!(options(published), expected);
    let flags = "--modes 4 --separation 8/T --margin 0.02 --decay-limit 40/T --amplitude-bound 5 --fit-start free \
                 --playback-tolerance 1e-5 --beta 0.1";
    let changed = |preset: NetworkOptions| {
        preset.with(|o| {
            o.fit = o.fit.clone().with(|o| {
                (o.modes, o.separation, o.margin) = (4, Rate::Relative(8.0), Rate::PerTau(0.02));
                (o.decay_limit, o.amplitude_bound) = (Some(Rate::Relative(40.0)), Some(5.0));
                o.start = FitStart::Free;
            });
            o.motif_loop.playback_tolerance = 1e-5;
            (o.preparation.beta, o.preparation.output_null) = (0.1, None);
        })
    };
    let placed = format!("--preset interpretable {flags}");
    assert_eq!(options(&placed), changed(NetworkOptions::interpretable()));
    assert_eq!(options(&format!("{published} {flags}")), changed(expected));
    let fits = |flags: &str| {
        done(at, &format!("fit motifs.csv {flags} --quiet --out f.json"));
        io::read::<Fits>(&at.join("f.json")).unwrap().options
    };
    assert_eq!(fits(""), FitOptions::default().with(|o| o.seed = 1));
    let expected = FitOptions::published().with(|o| (o.seed, o.separation) = (2, Rate::Relative(5.0)));
    assert_eq!(fits("--preset published --separation 5/T --seed 2"), expected);
    let message = failed(at, "fit motifs.csv --separation 6/t --out f.json", 2);
    assert!(
        message.contains("expected a number in 1/tau such as 0.07, or a multiple of 1/T such as 6/T"),
        "{message}"
    );
}

#[test]
fn networks_of_given_fits() {
    let folder = folder_of_motifs();
    let at = folder.path();
    done(at, "fit motifs.csv --modes 4 --quiet --out fits.json");
    done(at, "build motifs.csv --units 40 --fits fits.json --quiet --out m.npz");
    let Fits { options, fits } = io::read(&at.join("fits.json")).unwrap();
    let built = model(at, "m.npz");
    let played: Vec<_> =
        built.network.motifs().iter().map(|learned| learned.placed().unwrap().0.clone()).collect();
    assert_eq!(played, fits.into_iter().map(|named| named.fit).collect::<Vec<_>>());
    assert_eq!(built.network.options().fit, options);
    let message = failed(at, "build hold.csv --units 40 --fits fits.json --out no.npz", 2);
    assert!(message.contains("fits.json: expected a fit of the motif `hold`, given `reach`, `grasp`, `release`; fit these motifs"), "{message}");
    done(at, "fit hold.csv --modes 4 --quiet --out hold.json");
    done(at, "build hold.csv --units 40 --fits hold.json --quiet --out hold.npz");
    let message = failed(at, "build motifs.csv --dt 0.2 --units 40 --fits fits.json --out no.npz", 2);
    assert!(message.contains("or give the motifs and --dt of the fits"), "{message}");
    let message = failed(at, "build motifs.csv --modes 4 --fits fits.json --out no.npz", 2);
    assert!(message.contains("--modes") && message.contains("cannot be used with"), "{message}");
    assert!(!at.join("no.npz").exists());
}

#[test]
fn motifs_are_named() {
    let folder = folder_of_motifs();
    let at = folder.path();
    done(at, &format!("build motifs.csv {QUICK} --out m.npz"));
    done(at, "simulate m.npz --sequence release,reach,1 --out named.npz --quiet");
    done(at, "simulate m.npz --sequence 2,0,grasp --out numbered.npz --quiet");
    assert_eq!(bytes(at, "named.npz"), bytes(at, "numbered.npz"));
    let message = failed(at, "simulate m.npz --sequence reach,wave --out no.npz", 2);
    let said =
        "--sequence: expected motifs of m.npz (`reach`, `grasp`, `release`) or indices below 3, given `wave`";
    assert!(message.contains(said), "{message}");
    done(at, "report m.npz --sequence grasp,0 --out m.html");
    // A name has precedence over an index.
    let swapped = String::from_utf8(bytes(at, "motifs.csv")).unwrap().replacen("reach,grasp", "1,0x", 1);
    fs::write(at.join("swapped.csv"), swapped).unwrap();
    done(at, &format!("build swapped.csv {QUICK} --out swapped.npz"));
    let told = done(at, "simulate swapped.npz --sequence 1,0 --out s.npz");
    assert_eq!(told.lines().nth(1).and_then(|line| line.split_whitespace().nth(1)), Some("1"), "{told}");
}

#[test]
fn what_cannot_work_is_refused_before_any_work() {
    let folder = folder_of_motifs();
    let at = folder.path();
    fs::write(at.join("brief.csv"), "long,brief\n1,0\n2,1\n3,0\n2,\n1,\n0,\n1,\n2,\n3,\n2,\n1,\n0,\n")
        .unwrap();
    done(at, &format!("build motifs.csv {QUICK} --out m.npz"));
    let message = failed(at, "fit brief.csv --modes 6 --out f.json", 2);
    let said = "motif `brief` (index 1): fit: expected at most as many exponentials as samples, given 6 for 3 samples; use fewer modes";
    assert!(message.contains(said), "{message}");
    for (flags, is, preset) in [
        ("--modes 4", "placed", "interpretable"),
        ("--preset robust --playback-tolerance 1e-6", "placed", "interpretable"),
        ("--preset published --loop-rank 2", "designed directly", "default"),
        ("--preset published --weight-error 0.02", "designed directly", "default"),
        ("--fits f.json --exact-start", "designed directly", "default"),
    ] {
        let message = failed(at, &format!("build motifs.csv {flags} --out no.npz"), 2);
        let said = format!(
            "expected loops that are {is}, given a preset of others; add --preset {preset}, or leave"
        );
        assert!(message.contains(&said), "{message}");
    }
    let message = failed(at, "build motifs.csv --units 20 --loop-rank 21 --out no.npz", 2);
    assert!(message.contains("rank of a direct loop: expected 1 to the number of units N"), "{message}");
    let message = failed(at, "build brief.csv --preset interpretable --modes 6 --units 20 --out no.npz", 2);
    assert!(message.contains(said), "{message}");
    let message = failed(at, "learn m.npz brief.csv --out no.npz", 2);
    assert!(message.contains("motif `brief` (index 4): fit: expected at most"), "{message}");
    done(at, "fit brief.csv --modes 2 --quiet --out f.json");
    let message = failed(at, "build motifs.csv --preset interpretable --units 8 --modes 9 --out no.npz", 2);
    let said =
        "--modes: expected at most the number of units N = 8, given 9; use fewer --modes, or more --units";
    assert!(message.contains(said), "{message}");
    let message = failed(
        at,
        "build motifs.csv --preset interpretable --units 40 --playback-tolerance 1e-30 --out no.npz",
        1,
    );
    assert!(
        message.contains("motif `reach` (index 0): motif played by its loop: expected residual"),
        "{message}"
    );
    assert!(message.contains("or accept it by a larger playback tolerance"), "{message}");
    done(
        at,
        "build motifs.csv --preset interpretable --units 40 --playback-tolerance 1e-6 --quiet --out yes.npz",
    );
    for (line, ending) in [
        ("build motifs.csv --out m.txt", ".npz"),
        ("learn m.npz motifs.csv --out m.csv", ".npz"),
        ("fit motifs.csv --out fits.npz", ".json"),
        ("simulate m.npz --sequence reach --out traj.csv", ".npz"),
        ("simulate m.npz --sequence reach --out traj.npz --plot seq", ".svg or .png"),
        ("report m.npz --out report.pdf", ".html or .htm"),
        ("train additive motifs.csv --out network", ".npz"),
        ("motifs --out m.txt", ".npz, .csv or .json"),
    ] {
        let message = failed(at, line, 2);
        assert!(
            message.contains(&format!("expected a name that ends in {ending}; rename the output")),
            "{message}"
        );
    }
    assert!(!at.join("no.npz").exists() && !at.join("traj.npz").exists());
}
