//! What can be a file: five functions for every kind of it.

use std::path::Path;

use super::files;
use crate::Result;

/// A value that has a file format. The path tells formats apart by the end of the name and is not
/// opened.
pub trait Stored: Sized {
    /// What its files do not hold and whoever reads them has to give: `()` for most.
    type Missing;

    /// The bytes of its file.
    ///
    /// # Errors
    /// A value that could not be read again.
    fn to_bytes(&self, path: &Path) -> Result<Vec<u8>>;

    /// The value of a file's bytes, verified.
    ///
    /// # Errors
    /// A damaged file, an unknown version, and whatever makes no valid value; without the file's
    /// name.
    fn from_bytes(bytes: &[u8], path: &Path, missing: Self::Missing) -> Result<Self>;
}

/// Reads a file that holds all that its value needs: a [`Model`](super::Model),
/// [`Fits`](super::Fits), a [`Checkpoint`](crate::rnn::Checkpoint), or a state.
///
/// # Errors
/// A file that cannot be read, or as [`decode`].
pub fn read<T: Stored<Missing = ()>>(path: &Path) -> Result<T> {
    read_with(path, ())
}

/// Reads a file and adds what it does not hold: the time step of motifs, the gain of a system.
///
/// # Errors
/// As [`read`].
pub fn read_with<T: Stored>(path: &Path, missing: T::Missing) -> Result<T> {
    decode(&files::read(path).map_err(|error| error.in_file(path))?, path, missing)
}

/// Decodes the bytes of a file; the path decides the format and serves messages.
///
/// ```
/// use thalamo::io::{NamedMotif, decode};
/// let text = "reach,grasp\n0.0,0.0\n0.5,1.0\n0.25,\n";
/// let motifs: Vec<NamedMotif> = decode(text.as_bytes(), "motifs.csv".as_ref(), 0.1)?;
/// assert_eq!((motifs[1].name.as_str(), motifs[1].motif.len()), ("grasp", 2));
/// # Ok::<(), thalamo::Error>(())
/// ```
///
/// # Errors
/// In [`Error::InFile`](crate::Error::InFile): a damaged file, an unknown version, a missing array,
/// shapes that do not match, numbers that are not finite or contradict each other, named by array,
/// or row and column.
pub fn decode<T: Stored>(bytes: &[u8], path: &Path, missing: T::Missing) -> Result<T> {
    T::from_bytes(bytes, path, missing).map_err(|error| error.in_file(path))
}

/// Writes a file, whole or not at all, once it is certain that it can be read again.
///
/// # Errors
/// A file that cannot be written, or as [`encode`].
pub fn write<T: Stored>(path: &Path, value: &T) -> Result<()> {
    let bytes = encode(value, path)?;
    files::write(path, &bytes).map_err(|error| error.in_file(path))
}

/// The bytes of a file; the path decides the format and serves messages. The same value gives the
/// same bytes.
///
/// # Errors
/// A value that could not be read again.
pub fn encode<T: Stored>(value: &T, path: &Path) -> Result<Vec<u8>> {
    value.to_bytes(path).map_err(|error| error.in_file(path))
}
