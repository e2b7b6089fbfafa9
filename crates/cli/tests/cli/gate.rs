//! Warnings, `--strict`, and remedies: each warning goes where its remedy is followed.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::{done, failed, folder_of_motifs};

/// Builds with `--strict` what is refused with a warning and nothing written, then follows the remedy.
#[track_caller]
fn remedied(at: &Path, base: &str, bad: &str, said: &[&str], remedy: &str) {
    let message = failed(at, &format!("build {base} {bad} --strict --out strict.npz"), 2);
    assert!(message.starts_with("thalamo: --strict: expected no warnings, given\n  `"), "{message}");
    assert!(said.iter().all(|said| message.contains(said)), "{message}");
    assert!(!at.join("strict.npz").exists(), "{bad}");
    let told = done(at, &format!("build {base} {bad} --out warned.npz"));
    let first = message.lines().nth(1).unwrap_or_default().trim();
    assert!(told.contains(&format!("\nwarning: {first}\n")), "{told}");
    let told = done(at, &format!("build {base} {remedy} --strict --out strict.npz"));
    assert!(!told.contains("warning"), "{told}");
    fs::remove_file(at.join("strict.npz")).unwrap();
}

#[test]
fn transitions_that_lose_the_motif() {
    let folder = folder_of_motifs();
    let at = folder.path();
    let said = ["`reach`: played after ", "the transition of 5 tau limits it", "larger --prep-rank than 5 "];
    let base = "motifs.csv --preset interpretable --units 60";
    let message = failed(at, &format!("build {base} --prep-rank 5 --strict --out strict.npz"), 2);
    let (_, enough) = message.split_once("--transition ").unwrap();
    let (enough, _) = enough.split_once(' ').unwrap();
    remedied(at, base, "--prep-rank 5", &said, &format!("--prep-rank 5 --transition {enough}"));
    remedied(at, base, "--prep-rank 5", &said, "--prep-rank 50");
}

#[test]
fn fits_that_miss_the_motif() {
    let folder = folder_of_motifs();
    let at = folder.path();
    let base = "motifs.csv --preset interpretable --units 60 --transition 20";
    remedied(at, base, "--modes 2", &["build with more --modes than 2"], "--modes 6");
    let said = ["build with more --modes than 6; the fit is also bound by --separation"];
    remedied(at, base, "--modes 6 --separation 40/T", &said, "--modes 6 --separation 6/T");
    let said = ["build with a larger --amplitude-bound"];
    remedied(at, base, "--amplitude-bound 0.2", &said, "--amplitude-bound 4");

    let hold = "hold.csv --preset interpretable --units 40 --transition 20";
    let said = [
        "`hold`: its fit misses 41 % of its root mean square, being constant, more than 30 %; build with more --modes \
         than 1; the fit is also bound by --fit-start, --margin",
    ];
    for remedy in ["--modes 2", "--modes 1 --fit-start free", "--modes 1 --margin 0.1/T"] {
        remedied(at, hold, "--modes 1", &said, remedy);
    }
    let said = ["build with more --modes than 1; the fit is also bound by --decay-limit"];
    let fade = "fade.csv --preset interpretable --units 40 --transition 20 --modes 1 --fit-start free --amplitude-bound 9";
    remedied(at, fade, "--decay-limit 3/T", &said, "--decay-limit 30/T");
}

/// Ten close exponentials are too noisy for sixty units: the fits that are kept are not close.
#[test]
fn fits_that_noise_keeps_apart() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    done(at, "motifs --count 3 --seed 1 --kind oscillating --out smooth.npz");
    let said = ["a closer fit would amplify noise on 60 units; build with more --units"];
    remedied(at, "smooth.npz --preset interpretable --transition 20", "--units 60", &said, "--units 150");
}

#[test]
fn info_learn_and_report_warn_as_well() {
    let folder = folder_of_motifs();
    let at = folder.path();
    done(at, "build motifs.csv --preset interpretable --units 60 --modes 2 --transition 20 --out m.npz");
    let message = failed_after_output(at, "info m.npz --strict");
    let warnings: Vec<&str> = message.lines().skip(1).map(str::trim).collect();
    let told = done(at, "info m.npz");
    assert!(
        !warnings.is_empty() && warnings.iter().all(|w| told.contains(&format!("warning: {w}\n"))),
        "{told}"
    );
    let listing: Value = serde_json::from_str(&done(at, "info m.npz --json")).unwrap();
    assert_eq!(listing["warnings"].as_array().unwrap().len(), warnings.len());
    assert_eq!(listing["warnings"][0], warnings[0]);
    let quality = &listing["motifs"][0]["quality"];
    let of = |name: &str| quality[name].as_f64().unwrap();
    assert!(of("fit") > 0.3 && of("worst") >= of("mean") && quality["after"].is_string(), "{quality}");
    assert_eq!(quality["fit"].as_f64().map(|fit| format!("{fit:.4}")), column(&told, "reach", 5), "{told}");

    failed_after_output(at, "report m.npz --strict --out m.html");
    let page = fs::read_to_string(at.join("m.html")).unwrap();
    assert!(page.contains("class=\"warning\"") && page.contains("build with more --modes than 2"));

    fs::copy(at.join("hold.csv"), at.join("more.csv")).unwrap();
    failed(at, "learn m.npz more.csv --strict --out larger.npz", 2);
    assert!(!at.join("larger.npz").exists());
    done(at, "learn m.npz more.csv --out larger.npz");
}

/// A cell of the table of motifs.
fn column(table: &str, name: &str, place: usize) -> Option<String> {
    let line = table.lines().find(|line| line.split_whitespace().nth(1) == Some(name))?;
    line.split_whitespace().nth(place).map(str::to_owned)
}

/// Message of a run that prints or writes what it was asked for and fails then.
#[track_caller]
fn failed_after_output(at: &Path, line: &str) -> String {
    let output = crate::program::thalamo(at, line);
    assert_eq!(output.status.code(), Some(2), "{line}");
    assert!(!output.stdout.is_empty(), "{line}");
    String::from_utf8(output.stderr).unwrap()
}
