//! Archives of arrays, as numpy.savez writes them.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use nalgebra::{DMatrix, DVector, Scalar};
use npyz::AutoSerialize;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::array::{self, Array, Values};
use super::content::content;
use crate::{Complex64, Error, Result};

/// A small file may unpack to this many bytes, a larger one to `EXPANSION` times its own size.
const ALLOWANCE: u64 = 1 << 28;
const EXPANSION: u64 = 16;
/// More arrays than this are taken for a mistake.
const MOST_ARRAYS: usize = 100_000;

/// The arrays of a `.npz` file. What it returns is finite and of the shape asked for.
#[derive(Debug)]
pub(super) struct Npz {
    order: Vec<String>,
    arrays: BTreeMap<String, Array>,
}

impl Npz {
    /// Refuses what is no zip archive, is damaged, unpacks to many times its size, or holds an
    /// array that is not in NumPy's format or of a type that is neither real, complex128 nor uint8.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self> {
        let damaged =
            |given: String| content("a .npz archive", given, "copy it again, or write it with numpy.savez");
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| damaged(e.to_string()))?;
        if archive.len() > MOST_ARRAYS {
            return Err(damaged(format!("{} arrays", archive.len())));
        }
        let mut left = ALLOWANCE.max(EXPANSION.saturating_mul(bytes.len() as u64));
        let mut npz = Self { order: Vec::new(), arrays: BTreeMap::new() };
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
            let array = Array::decode(&content).map_err(|error| in_array(&name, error))?;
            npz.order.push(name.clone());
            if npz.arrays.insert(name.clone(), array).is_some() {
                return Err(damaged(format!("two arrays `{name}`")));
            }
        }
        Ok(npz)
    }

    /// Names of the arrays, in the order of the file.
    pub(super) fn names(&self) -> &[String] {
        &self.order
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.arrays.contains_key(name)
    }

    /// A single real number: shape `()` or `(1,)`.
    pub(super) fn number(&self, name: &str) -> Result<f64> {
        let (values, array) = self.reals(name)?;
        match (values, array.shape.as_slice()) {
            (&[x], [] | [1]) => Ok(x),
            _ => Err(shape(name, "a single number", array)),
        }
    }

    /// Real numbers of shape `(n,)`.
    pub(super) fn vector(&self, name: &str) -> Result<DVector<f64>> {
        let (values, array) = self.reals(name)?;
        if array.shape.len() != 1 {
            return Err(shape(name, "shape (n,)", array));
        }
        Ok(DVector::from_column_slice(values))
    }

    /// Real numbers of shape `(length,)`.
    pub(super) fn vector_of(&self, name: &str, length: usize) -> Result<DVector<f64>> {
        let vector = self.vector(name)?;
        if vector.len() == length {
            return Ok(vector);
        }
        Err(shape(name, &format!("shape ({length},)"), &self.arrays[name]))
    }

    /// Real numbers of shape `(rows, n)`, in either order of storage.
    pub(super) fn matrix(&self, name: &str, rows: usize) -> Result<DMatrix<f64>> {
        let (values, array) = self.reals(name)?;
        match *array.shape.as_slice() {
            [r, c] if r == rows && array.fortran => Ok(DMatrix::from_column_slice(r, c, values)),
            [r, c] if r == rows => Ok(DMatrix::from_row_slice(r, c, values)),
            _ => Err(shape(name, &format!("shape ({rows}, n)"), array)),
        }
    }

    /// Complex numbers of shape `(n,)`.
    pub(super) fn complex(&self, name: &str) -> Result<Vec<Complex64>> {
        let array = self.array(name)?;
        let (Values::Complex(values), [_]) = (&array.values, array.shape.as_slice()) else {
            return Err(shape(name, "complex128 numbers of shape (n,)", array));
        };
        all_finite(name, values, |z| z.is_finite())?;
        Ok(values.clone())
    }

    /// Bytes: `uint8` of shape `(n,)`.
    pub(super) fn bytes(&self, name: &str) -> Result<&[u8]> {
        let array = self.array(name)?;
        match (&array.values, array.shape.as_slice()) {
            (Values::Bytes(bytes), [_]) => Ok(bytes),
            _ => Err(shape(name, "uint8 numbers of shape (n,)", array)),
        }
    }

    /// The error about an array that is not there.
    pub(super) fn missing(&self, name: &str) -> Error {
        let mut names = self.order.iter().take(8).map(String::as_str).collect::<Vec<_>>().join(", ");
        match self.order.len() {
            0 => names = "an empty archive".into(),
            1..=8 => {}
            more => names += &format!(" and {} more", more - 8),
        }
        in_array(name, content("to find it", names, "add it under this name"))
    }

    fn array(&self, name: &str) -> Result<&Array> {
        self.arrays.get(name).ok_or_else(|| self.missing(name))
    }

    fn reals(&self, name: &str) -> Result<(&[f64], &Array)> {
        let array = self.array(name)?;
        let Values::Real(values) = &array.values else {
            return Err(shape(name, "real numbers", array));
        };
        all_finite(name, values, |x| x.is_finite())?;
        Ok((values, array))
    }
}

/// An error about an array.
pub(super) fn in_array(name: &str, error: Error) -> Error {
    Error::InArray { array: name.to_owned(), source: Box::new(error) }
}

fn all_finite<T: ToString>(name: &str, values: &[T], finite: impl Fn(&T) -> bool) -> Result<()> {
    match values.iter().position(|x| !finite(x)) {
        None => Ok(()),
        Some(index) => {
            let given = format!("{} at index {index}", values[index].to_string());
            Err(in_array(name, content("finite numbers", given, "remove or replace it")))
        }
    }
}

fn shape(name: &str, expected: &str, array: &Array) -> Error {
    in_array(name, content(expected, array.describe(), "save it with this shape and type"))
}

/// A `.npz` file in the making. The same arrays give the same bytes.
#[derive(Debug)]
pub(super) struct NpzWriter {
    zip: ZipWriter<Cursor<Vec<u8>>>,
    method: CompressionMethod,
}

impl NpzWriter {
    /// No arrays yet. Random numbers do not compress; stored ones can be mapped into memory.
    pub(super) fn stored() -> Self {
        Self { zip: ZipWriter::new(Cursor::new(Vec::new())), method: CompressionMethod::Stored }
    }

    /// The same, compressed.
    pub(super) fn compressed() -> Self {
        Self { method: CompressionMethod::Deflated, ..Self::stored() }
    }

    /// Adds numbers, given in C order: as many as the shape says.
    pub(super) fn array<T: AutoSerialize + Copy>(
        &mut self,
        name: &str,
        shape: &[usize],
        values: impl IntoIterator<Item = T>,
    ) -> Result<()> {
        let bytes = array::encode(shape, values).map_err(|error| in_array(name, error))?;
        let options = SimpleFileOptions::default()
            .compression_method(self.method)
            .large_file(bytes.len() >= u32::MAX as usize);
        self.zip.start_file(format!("{name}.npy"), options).map_err(unwritten)?;
        self.zip.write_all(&bytes).map_err(|error| unwritten(error.into()))
    }

    /// Adds a vector.
    pub(super) fn vector<T: AutoSerialize + Copy>(&mut self, name: &str, values: &[T]) -> Result<()> {
        self.array(name, &[values.len()], values.iter().copied())
    }

    /// Adds a single number.
    pub(super) fn number(&mut self, name: &str, value: f64) -> Result<()> {
        self.array(name, &[], [value])
    }

    /// Adds a matrix, row by row.
    pub(super) fn matrix<T: AutoSerialize + Copy + Scalar>(
        &mut self,
        name: &str,
        matrix: &DMatrix<T>,
    ) -> Result<()> {
        let (rows, columns) = matrix.shape();
        self.array(name, &[rows, columns], matrix.transpose().iter().copied())
    }

    /// The file's bytes.
    pub(super) fn finish(self) -> Result<Vec<u8>> {
        Ok(self.zip.finish().map_err(unwritten)?.into_inner())
    }
}

fn unwritten(error: zip::result::ZipError) -> Error {
    Error::Write { reason: std::io::Error::from(error).into() }
}
