//! Whole files in and out.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::content::content;
use crate::{Error, Result};

/// Larger files are refused.
const LARGEST: u64 = 1 << 34;

/// All bytes of a file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(|error| Error::Read { reason: error.into() })?;
    if bytes.len() as u64 > LARGEST {
        return Err(content("at most 16 GiB", "more", "check that it is the right file"));
    }
    Ok(bytes)
}

/// Writes a file whole or not at all: to a temporary neighbour that is flushed to the disk and
/// renamed. Whoever opens `path` finds what was there before or all of the new bytes, whatever
/// interrupts the writing.
///
/// # Errors
/// [`Error::Write`], in [`Error::InFile`]; nothing was changed.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, bytes).map_err(|error| error.in_file(path))
}

/// As [`write_whole`]; the error does not name the file.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |error: std::io::Error| Error::Write { reason: error.into() };
    let (neighbour, file) = neighbour(path).map_err(failed)?;
    let written = fill(file, bytes).and_then(|()| std::fs::rename(&neighbour, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&neighbour); // the error that matters is the one returned
    }
    // The new name survives a crash only once the folder is on the disk, too; not all systems
    // allow it.
    #[cfg(unix)]
    let _ = File::open(folder(path)).and_then(|folder| folder.sync_all());
    written.map_err(failed)
}

/// A new, empty file beside `path`, of a name that no other writer has.
fn neighbour(path: &Path) -> std::io::Result<(PathBuf, File)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = folder(path).join(format!(".thalamo-{}-{count}", std::process::id()));
        match File::create_new(&name) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {} // left by a process that was killed
            other => return other.map(|file| (name, file)),
        }
    }
}

fn fill(mut file: File, bytes: &[u8]) -> std::io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Refuses an output that is one of the inputs, or whose folder is not there: to be called before
/// the work is done.
///
/// ```
/// use std::path::Path;
/// let input = Path::new("Cargo.toml");
/// assert!(thalamo::io::check_output(Path::new("./Cargo.toml"), &[input]).is_err());
/// assert!(thalamo::io::check_output(Path::new("new.npz"), &[input]).is_ok());
/// assert!(thalamo::io::check_output(Path::new("nowhere/new.npz"), &[]).is_err());
/// ```
///
/// # Errors
/// [`Error::OverwritesInput`], also through links; [`Error::Write`] for a folder that is not there,
/// or a name that is a folder; in [`Error::InFile`].
pub fn check_output(output: &Path, inputs: &[&Path]) -> Result<()> {
    let refused =
        |kind: ErrorKind| Err(Error::Write { reason: std::io::Error::from(kind).into() }.in_file(output));
    if !folder(output).is_dir() {
        return refused(ErrorKind::NotFound);
    }
    if output.is_dir() {
        return refused(ErrorKind::IsADirectory);
    }
    // What does not exist yet is no input.
    let Ok(real) = output.canonicalize() else { return Ok(()) };
    let same = |input: &&Path| input.canonicalize().is_ok_and(|input| input == real);
    if inputs.iter().any(same) {
        return Err(Error::OverwritesInput.in_file(output));
    }
    Ok(())
}
