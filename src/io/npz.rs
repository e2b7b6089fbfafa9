//! Archives of arrays, as numpy.savez writes them.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};
use nalgebra::{DMatrix, DVector};
use rawzip::{CompressionMethod, DataDescriptorOutput, ZipArchive, ZipArchiveWriter, ZipVerification, crc32};

use super::array::{self, Array, Problem, Values};
use super::{Error, Result, files};
use crate::Complex64;

/// A small file may unpack to this many bytes, a larger one to `EXPANSION` times its own size.
const ALLOWANCE: u64 = 1 << 28;
const EXPANSION: u64 = 16;
/// Of 0 to 10; more takes longer and saves little.
const COMPRESSION: u8 = 6;
/// More arrays than this are taken for a mistake.
const MOST_ARRAYS: u64 = 100_000;

/// The arrays of a `.npz` file.
///
/// ```
/// use thalamo::io::{Npz, NpzBuilder};
/// let bytes = NpzBuilder::new().real("t", &[3], [0.0, 0.1, 0.2])?.finish()?;
/// let npz = Npz::decode(&bytes, "example.npz".as_ref())?;
/// assert_eq!(npz.vector("t")?.as_slice(), [0.0, 0.1, 0.2]);
/// # Ok::<(), thalamo::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Npz {
    path: PathBuf,
    order: Vec<String>,
    arrays: BTreeMap<String, Array>,
}

impl Npz {
    /// Reads a file.
    ///
    /// # Errors
    /// As [`Npz::decode`]; a file that cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        Self::decode(&files::read(path)?, path)
    }

    /// Decodes the bytes of a file; the path serves messages only.
    ///
    /// # Errors
    /// No zip archive, a damaged or truncated one, one that unpacks to many times its size, an array that is not in
    /// NumPy's format, or of a type that is neither real, complex128 nor uint8.
    pub fn decode(bytes: &[u8], path: &Path) -> Result<Self> {
        let damaged = |error: String| Error::Format {
            path: path.to_owned(),
            expected: "a .npz archive".into(),
            given: error,
            remedy: "copy it again, or write it with numpy.savez",
        };
        let archive = ZipArchive::from_slice(bytes).map_err(|e| damaged(e.to_string()))?;
        if archive.entries_hint() > MOST_ARRAYS {
            return Err(damaged(format!("{} arrays", archive.entries_hint())));
        }
        let mut left = usize::try_from(ALLOWANCE.max(EXPANSION.saturating_mul(bytes.len() as u64)))
            .unwrap_or(usize::MAX);
        let mut npz = Self { path: path.to_owned(), order: Vec::new(), arrays: BTreeMap::new() };
        let mut entries = archive.entries();
        while let Some(entry) = entries.next_entry().map_err(|e| damaged(e.to_string()))? {
            let name = String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned();
            let Some(name) = name.strip_suffix(".npy").map(str::to_owned) else { continue };
            let packed =
                |error: String| damaged(format!("array `{name}`, which cannot be unpacked: {error}"));
            let part = archive.get_entry(entry.wayfinder()).map_err(|e| packed(e.to_string()))?;
            let content = unpack(part.data(), entry.compression_method(), left).map_err(packed)?;
            let bomb = || {
                damaged(format!("{} bytes that unpack to more than {EXPANSION} times as many", bytes.len()))
            };
            let content = content.ok_or_else(bomb)?;
            left = left.checked_sub(content.len()).ok_or_else(bomb)?;
            let found = ZipVerification { crc: crc32(&content), uncompressed_size: content.len() as u64 };
            part.claim_verifier().valid(found).map_err(|e| packed(e.to_string()))?;
            let array = Array::decode(&content).map_err(|problem| npz.problem(&name, problem))?;
            npz.order.push(name.clone());
            if npz.arrays.insert(name.clone(), array).is_some() {
                return Err(damaged(format!("two arrays `{name}`")));
            }
        }
        Ok(npz)
    }

    /// Names of the arrays, in the order of the file.
    pub fn names(&self) -> &[String] {
        &self.order
    }

    /// Whether there is an array of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.arrays.contains_key(name)
    }

    /// A single real number: shape `()` or `(1,)`.
    ///
    /// # Errors
    /// A missing array, another shape or type, or a number that is not finite.
    pub fn scalar(&self, name: &str) -> Result<f64> {
        let (values, array) = self.reals(name)?;
        match (values, array.shape.as_slice()) {
            (&[x], [] | [1]) => Ok(x),
            _ => Err(self.shape(name, "a single number", array)),
        }
    }

    /// Real numbers of shape `(n,)`.
    ///
    /// # Errors
    /// As [`Npz::scalar`].
    pub fn vector(&self, name: &str) -> Result<DVector<f64>> {
        let (values, array) = self.reals(name)?;
        if array.shape.len() != 1 {
            return Err(self.shape(name, "shape (n,)", array));
        }
        Ok(DVector::from_column_slice(values))
    }

    /// Real numbers of shape `(length,)`.
    ///
    /// # Errors
    /// As [`Npz::scalar`].
    pub fn vector_of(&self, name: &str, length: usize) -> Result<DVector<f64>> {
        let vector = self.vector(name)?;
        if vector.len() == length {
            return Ok(vector);
        }
        Err(self.shape(name, &format!("shape ({length},)"), &self.arrays[name]))
    }

    /// Real numbers of shape `(rows, n)`, in either order of storage.
    ///
    /// # Errors
    /// As [`Npz::scalar`].
    pub fn matrix(&self, name: &str, rows: usize) -> Result<DMatrix<f64>> {
        let (values, array) = self.reals(name)?;
        match *array.shape.as_slice() {
            [r, c] if r == rows && array.fortran => Ok(DMatrix::from_column_slice(r, c, values)),
            [r, c] if r == rows => Ok(DMatrix::from_row_slice(r, c, values)),
            _ => Err(self.shape(name, &format!("shape ({rows}, n)"), array)),
        }
    }

    /// Complex numbers of shape `(n,)`.
    ///
    /// # Errors
    /// As [`Npz::scalar`].
    pub fn complex(&self, name: &str) -> Result<Vec<Complex64>> {
        let array = self.array(name)?;
        let (Values::Complex(values), [_]) = (&array.values, array.shape.as_slice()) else {
            return Err(self.shape(name, "complex128 numbers of shape (n,)", array));
        };
        match values.iter().position(|z| !z.is_finite()) {
            Some(index) => Err(self.not_finite(name, index, values[index].to_string())),
            None => Ok(values.clone()),
        }
    }

    /// Bytes: `uint8` of shape `(n,)`.
    ///
    /// # Errors
    /// As [`Npz::scalar`].
    pub fn bytes(&self, name: &str) -> Result<&[u8]> {
        let array = self.array(name)?;
        match (&array.values, array.shape.as_slice()) {
            (Values::Bytes(bytes), [_]) => Ok(bytes),
            _ => Err(self.shape(name, "uint8 numbers of shape (n,)", array)),
        }
    }

    /// Shape and real numbers, NaN included, in C order.
    ///
    /// # Errors
    /// A missing array, one that is not real, or one in Fortran order.
    pub fn real(&self, name: &str) -> Result<(&[usize], &[f64])> {
        let array = self.array(name)?;
        match &array.values {
            Values::Real(values) if !array.fortran || array.shape.len() < 2 => Ok((&array.shape, values)),
            _ => Err(self.shape(name, "real numbers in C order", array)),
        }
    }

    /// An error about an array of this file.
    pub(super) fn error(
        &self,
        name: &str,
        expected: impl Into<String>,
        given: impl Into<String>,
        remedy: &'static str,
    ) -> Error {
        self.problem(name, Problem::new(expected, given, remedy))
    }

    fn array(&self, name: &str) -> Result<&Array> {
        self.arrays.get(name).ok_or_else(|| {
            let mut names = self.order.iter().take(8).map(String::as_str).collect::<Vec<_>>().join(", ");
            match self.order.len() {
                0 => names = "an empty archive".into(),
                1..=8 => {}
                more => names += &format!(" and {} more", more - 8),
            }
            self.error(name, "to find it", names, "add it under this name")
        })
    }

    fn reals(&self, name: &str) -> Result<(&[f64], &Array)> {
        let array = self.array(name)?;
        let Values::Real(values) = &array.values else {
            return Err(self.shape(name, "real numbers", array));
        };
        match values.iter().position(|x| !x.is_finite()) {
            Some(index) => Err(self.not_finite(name, index, values[index].to_string())),
            None => Ok((values, array)),
        }
    }

    fn not_finite(&self, name: &str, index: usize, value: String) -> Error {
        let given = format!("{value} at index {index}");
        self.error(name, "finite numbers", given, "remove or replace it")
    }

    fn shape(&self, name: &str, expected: &str, array: &Array) -> Error {
        self.error(name, expected, array.describe(), "save it with this shape and type")
    }

    fn problem(&self, name: &str, problem: Problem) -> Error {
        let Problem { expected, given, remedy } = problem;
        Error::Array { path: self.path.clone(), array: name.to_owned(), expected, given, remedy }
    }
}

/// A `.npz` file in the making. The same arrays give the same bytes.
#[derive(Debug)]
pub struct NpzBuilder {
    zip: ZipArchiveWriter<Vec<u8>>,
    compressed: bool,
}

impl Default for NpzBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl NpzBuilder {
    /// No arrays yet.
    pub fn new() -> Self {
        // Random numbers do not compress; stored ones can be mapped into memory.
        Self { zip: ZipArchiveWriter::new(Vec::new()), compressed: false }
    }

    /// The same, compressed.
    pub fn compressed() -> Self {
        Self { compressed: true, ..Self::new() }
    }

    /// Adds `float32` numbers, given in C order.
    ///
    /// # Errors
    /// As many numbers as the shape says, no fewer and no more.
    pub fn single(self, name: &str, shape: &[usize], values: impl IntoIterator<Item = f32>) -> Result<Self> {
        self.add(name, array::encode(shape, values))
    }

    /// Adds `float64` numbers, given in C order.
    ///
    /// # Errors
    /// As many numbers as the shape says, no fewer and no more.
    pub fn real(self, name: &str, shape: &[usize], values: impl IntoIterator<Item = f64>) -> Result<Self> {
        self.add(name, array::encode(shape, values))
    }

    /// Adds a matrix, row by row.
    ///
    /// # Errors
    /// None in practice.
    pub fn matrix(self, name: &str, matrix: &DMatrix<f64>) -> Result<Self> {
        let (rows, columns) = matrix.shape();
        self.real(name, &[rows, columns], matrix.transpose().iter().copied())
    }

    /// Adds a vector of `complex128`.
    ///
    /// # Errors
    /// None in practice.
    pub fn complex(self, name: &str, values: &[Complex64]) -> Result<Self> {
        self.add(name, array::encode(&[values.len()], values.iter().copied()))
    }

    /// Adds a vector of `int64`.
    ///
    /// # Errors
    /// None in practice.
    pub fn integers(self, name: &str, values: &[i64]) -> Result<Self> {
        self.add(name, array::encode(&[values.len()], values.iter().copied()))
    }

    /// Adds bytes as `uint8`.
    ///
    /// # Errors
    /// None in practice.
    pub fn bytes(self, name: &str, values: &[u8]) -> Result<Self> {
        self.add(name, array::encode(&[values.len()], values.iter().copied()))
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// None in practice.
    pub fn finish(self) -> Result<Vec<u8>> {
        self.zip.finish().map_err(|error| unwritten("archive", error))
    }

    fn add(mut self, name: &str, encoded: std::result::Result<Vec<u8>, Problem>) -> Result<Self> {
        let bytes = encoded.map_err(|Problem { expected, given, remedy }| Error::Array {
            path: PathBuf::new(),
            array: name.to_owned(),
            expected,
            given,
            remedy,
        })?;
        let descriptor = DataDescriptorOutput::new(crc32(&bytes), bytes.len() as u64);
        let (method, packed) = if self.compressed {
            (CompressionMethod::DEFLATE, compress_to_vec(&bytes, COMPRESSION))
        } else {
            (CompressionMethod::STORE, bytes)
        };
        let file = format!("{name}.npy");
        let (mut entry, _) =
            self.zip.new_file(&file).compression_method(method).start().map_err(|e| unwritten(name, e))?;
        entry.write_all(&packed).map_err(|source| Error::Write { path: PathBuf::from(name), source })?;
        entry.finish(descriptor).map_err(|e| unwritten(name, e))?;
        Ok(self)
    }
}

/// The bytes of an array, or nothing where they are more than the limit.
fn unpack(
    data: &[u8],
    method: CompressionMethod,
    limit: usize,
) -> std::result::Result<Option<Vec<u8>>, String> {
    match method {
        CompressionMethod::STORE => Ok((data.len() <= limit).then(|| data.to_vec())),
        CompressionMethod::DEFLATE => match decompress_to_vec_with_limit(data, limit) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.status == TINFLStatus::HasMoreOutput => Ok(None),
            Err(error) => Err(error.to_string()),
        },
        other => Err(format!("compression method {other:?}")),
    }
}

fn unwritten(name: &str, error: rawzip::Error) -> Error {
    Error::Write { path: PathBuf::from(name), source: std::io::Error::other(error) }
}
