//! The README's command lines, walked through by someone with a CSV of motifs and nothing else.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Two smooth gestures of different length, as a spreadsheet exports them.
fn motifs() -> String {
    let wave = |k: usize, n: usize, turns: f64| {
        let phase = std::f64::consts::PI * k as f64 / n as f64;
        phase.sin() * (turns * phase).sin()
    };
    let mut text = String::from("reach,grasp,release\n");
    for k in 0..600 {
        let cell = |n: usize, turns| if k < n { format!("{:.5}", wave(k, n, turns)) } else { String::new() };
        text += &format!("{},{},{}\n", cell(600, 2.0), cell(450, 3.0), cell(520, 1.0));
    }
    text
}

/// The lines of the README's shell blocks that call the program.
fn lines() -> Vec<String> {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).expect("the README");
    let calls = readme.lines().filter(|line| line.starts_with("thalamo "));
    calls.map(|line| line.split('#').next().unwrap_or(line).trim().to_owned()).collect()
}

fn run(folder: &Path, line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().skip(1).collect();
    let output = Command::new(env!("CARGO_BIN_EXE_thalamo")).current_dir(folder).args(words).output();
    let output = output.expect("to run");
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_readme_leads_from_a_csv_to_a_certified_sequence() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("motifs.csv"), motifs()).expect("written");
    let lines = lines();
    assert!(lines.len() >= 4, "{lines:?}");
    let began = Instant::now();
    for line in &lines {
        let told = run(folder.path(), line);
        if line.contains(" certify ") {
            let certificate: serde_json::Value = serde_json::from_str(&told).expect("JSON");
            assert!(certificate.is_object());
        }
        if line.contains(" build ") {
            assert!(["reach", "grasp", "release"].iter().all(|name| told.contains(name)), "{told}");
        }
    }
    assert!(began.elapsed() < Duration::from_secs(300), "five minutes at most");
    for file in ["model.npz", "traj.npz", "seq.svg"] {
        assert!(folder.path().join(file).exists(), "{file}");
    }
}
