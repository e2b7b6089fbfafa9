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
