//! Whole files in and out.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{Error, Result};

/// Larger files are refused.
const LARGEST: u64 = 1 << 34;

/// All bytes of a file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Error::Format {
            path: path.to_owned(),
            expected: "at most 16 GiB".into(),
            given: "more".into(),
            remedy: "check that it is the right file",
        });
    }
    Ok(bytes)
}

/// Writes all bytes or nothing.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    crate::whole::write(path, bytes).map_err(|source| Error::Write { path: path.to_owned(), source })
}

/// Refuses an output that is one of the inputs, or whose folder is not there: to be called before the work is done.
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
/// [`Error::OverwritesInput`], also through links; [`Error::Write`] for a folder that is not there, or a name that is a
/// folder.
pub fn check_output(output: &Path, inputs: &[&Path]) -> Result<()> {
    let folder = output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let refused = |kind: std::io::ErrorKind| Error::Write { path: output.to_owned(), source: kind.into() };
    if !folder.is_dir() {
        return Err(refused(std::io::ErrorKind::NotFound));
    }
    if output.is_dir() {
        return Err(refused(std::io::ErrorKind::IsADirectory));
    }
    // What does not exist yet is no input.
    let Ok(real) = output.canonicalize() else { return Ok(()) };
    let same = |input: &&Path| input.canonicalize().is_ok_and(|input| input == real);
    if inputs.iter().any(same) {
        return Err(Error::OverwritesInput { path: output.to_owned() });
    }
    Ok(())
}
