//! Runs of the program.

use std::path::Path;
use std::process::{Command, Output};

/// Runs `thalamo` in a folder.
pub(crate) fn thalamo(folder: &Path, line: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_thalamo");
    Command::new(program).current_dir(folder).args(line.split_whitespace()).output().unwrap()
}

/// Standard output of a run that must succeed.
#[track_caller]
pub(crate) fn done(folder: &Path, line: &str) -> String {
    let output = thalamo(folder, line);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{line}: {errors}");
    assert_eq!(errors, "", "{line}"); // no progress where there is no terminal
    String::from_utf8(output.stdout).unwrap()
}

/// Message of a run that must fail with this code.
#[track_caller]
pub(crate) fn failed(folder: &Path, line: &str, code: i32) -> String {
    let output = thalamo(folder, line);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{line}: {message}");
    assert!(output.stdout.is_empty(), "{line}");
    message
}

/// A folder with motifs.csv (reach, grasp and release, every 0.1 tau), the same every 2 ms with a column of
/// times as timed.csv, hold.csv (constant) and fade.csv (a fast decay).
pub(crate) fn folder_of_motifs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let wave = |k: usize, n: usize, turns: f64| {
        let phase = std::f64::consts::PI * k as f64 / n as f64;
        phase.sin() * (turns * phase).sin()
    };
    let (mut plain, mut timed) =
        (String::from("reach,grasp,release\n"), String::from("time_s,reach,grasp,release\n"));
    for k in 0..600 {
        let cell = |n: usize, turns| if k < n { format!("{:.5}", wave(k, n, turns)) } else { String::new() };
        let cells = format!("{},{},{}\n", cell(600, 2.0), cell(450, 3.0), cell(520, 1.0));
        timed += &format!("{:.3},{cells}", 0.002 * k as f64);
        plain += &cells;
    }
    let fade: String = (0..200).map(|k| format!("{:.6}\n", (-0.1 * f64::from(k)).exp())).collect();
    for (name, text) in [
        ("motifs.csv", plain),
        ("timed.csv", timed),
        ("hold.csv", format!("hold\n{}", "1.0\n".repeat(300))),
        ("fade.csv", format!("fade\n{fade}")),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}
