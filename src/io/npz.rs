//! Archives of arrays, as numpy.savez writes them.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use nalgebra::{DMatrix, DVector};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::array::{self, Array, Problem, Values};
use super::{Error, Result, files};
use crate::Complex64;

/// A small file may unpack to this many bytes, a larger one to `EXPANSION` times its own size.
const ALLOWANCE: u64 = 1 << 28;
const EXPANSION: u64 = 16;
/// More arrays than this are taken for a mistake.
const MOST_ARRAYS: usize = 100_000;

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
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| damaged(e.to_string()))?;
        if archive.len() > MOST_ARRAYS {
            return Err(damaged(format!("{} arrays", archive.len())));
        }
        let mut left = ALLOWANCE.max(EXPANSION.saturating_mul(bytes.len() as u64));
        let mut npz = Self { path: path.to_owned(), order: Vec::new(), arrays: BTreeMap::new() };
        for index in 0..archive.len() {
            let entry = archive.by_index(index).map_err(|e| damaged(e.to_string()))?;
            let name = entry.name().map_err(|e| damaged(e.to_string()))?.into_owned();
            let Some(name) = name.strip_suffix(".npy").map(str::to_owned) else { continue };
            let mut content = Vec::new();
            entry
                .take(left + 1)
                .read_to_end(&mut content)
                .map_err(|e| damaged(format!("array `{name}`, which cannot be unpacked: {e}")))?;
            left = left.checked_sub(content.len() as u64).ok_or_else(|| {
                damaged(format!("{} bytes that unpack to more than {EXPANSION} times as many", bytes.len()))
            })?;
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
    zip: ZipWriter<Cursor<Vec<u8>>>,
    method: CompressionMethod,
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
        Self { zip: ZipWriter::new(Cursor::new(Vec::new())), method: CompressionMethod::Stored }
    }

    /// The same, compressed.
    pub fn compressed() -> Self {
        Self { method: CompressionMethod::Deflated, ..Self::new() }
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
        let failed = |e: zip::result::ZipError| Error::Write { path: PathBuf::new(), source: e.into() };
        Ok(self.zip.finish().map_err(failed)?.into_inner())
    }

    fn add(mut self, name: &str, encoded: std::io::Result<Vec<u8>>) -> Result<Self> {
        let failed = |source| Error::Write { path: PathBuf::from(name), source };
        let bytes = encoded.map_err(failed)?;
        let options = SimpleFileOptions::default()
            .compression_method(self.method)
            .large_file(bytes.len() >= u32::MAX as usize);
        self.zip.start_file(format!("{name}.npy"), options).map_err(|e| failed(e.into()))?;
        self.zip.write_all(&bytes).map_err(failed)?;
        Ok(self)
    }
}
