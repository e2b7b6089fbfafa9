//! What can be wrong with a file.

use std::path::{Path, PathBuf};

/// Result with [`io::Error`](Error).
pub type Result<T> = std::result::Result<T, Error>;

/// A file that cannot be read, is not what it should be, or cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refuses to read a file.
    #[error("{path}: expected to read it, given: {source}; check name and permissions")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The system refuses to write a file. Nothing was changed.
    #[error("{path}: expected to write it, given: {source}; check folder, permissions and space")]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file as a whole is not what it should be.
    #[error("{path}: expected {expected}, given {given}; {remedy}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What it must be.
        expected: String,
        /// What it is.
        given: String,
        /// How to mend it.
        remedy: &'static str,
    },
    /// One array of a `.npz` or `.npy` file is missing or not what it should be.
    #[error("{path}: array `{array}`: expected {expected}, given {given}; {remedy}")]
    Array {
        /// The file.
        path: PathBuf,
        /// The array's name.
        array: String,
        /// What it must be.
        expected: String,
        /// What it is.
        given: String,
        /// How to mend it.
        remedy: &'static str,
    },
    /// One row of a `.csv` file, or one entry of a list in a `.json` file.
    #[error("{path}: row {row}, column {column}: expected {expected}, given {given}; {remedy}")]
    Row {
        /// The file.
        path: PathBuf,
        /// Line of a `.csv` file or entry of a list, counted from 1.
        row: u64,
        /// The column's (or list's) name.
        column: String,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        given: String,
        /// How to mend it.
        remedy: &'static str,
    },
    /// A file of a version that this program does not know.
    #[error(
        "{path}: expected format version {supported}, given {given}; use the version of thalamo that wrote it"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        given: u64,
        /// The version known.
        supported: u64,
    },
    /// An output that would overwrite an input.
    #[error(
        "{path}: expected an output apart from the inputs, given the input itself; choose another name, or add --overwrite"
    )]
    OverwritesInput {
        /// The file.
        path: PathBuf,
    },
    /// Well-formed numbers that make no valid object.
    #[error("{path}: {source}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with them.
        source: crate::Error,
    },
}

impl Error {
    /// The file.
    pub fn path(&self) -> &Path {
        match self {
            Self::Read { path, .. }
            | Self::Write { path, .. }
            | Self::Format { path, .. }
            | Self::Array { path, .. }
            | Self::Row { path, .. }
            | Self::Version { path, .. }
            | Self::OverwritesInput { path }
            | Self::Invalid { path, .. } => path,
        }
    }

    /// For `map_err`: an invalid object in this file.
    pub(super) fn invalid(path: &Path) -> impl Fn(crate::Error) -> Self + '_ {
        |source| Self::Invalid { path: path.to_owned(), source }
    }
}
