//! Whole files in and out.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::content::content;
use crate::{Error, Result, SystemError};

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

/// Writes all bytes or nothing.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    crate::whole::write(path, bytes).map_err(|error| Error::Write { reason: error.into() })
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
    let folder = output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let refused = |kind: ErrorKind| Err(Error::Write { reason: SystemError::from(kind) }.in_file(output));
    if !folder.is_dir() {
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
