//! Archives of arrays, as numpy.savez writes them.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::Write;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};
use nalgebra::{DMatrix, DVector, Scalar};
use rawzip::{CompressionMethod, DataDescriptorOutput, ZipArchive, ZipArchiveWriter, ZipVerification, crc32};

use super::array::{self, Array, Number, Values};
use super::content::{content, in_array, short};
use crate::{Complex64, Error, Result};

/// A small file may unpack to this many bytes, a larger one to `EXPANSION` times its own size.
const ALLOWANCE: u64 = 1 << 28;
const EXPANSION: u64 = 16;
/// Of 0 to 10; more takes longer and saves little.
const COMPRESSION: u8 = 6;
/// More arrays than this are taken for a mistake.
const MOST_ARRAYS: u64 = 100_000;

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
        let damaged = |given: &dyn Display| {
            content("a .npz archive", given.to_string(), "copy it again, or write it with numpy.savez")
        };
        let archive = ZipArchive::from_slice(bytes).map_err(|e| damaged(&e))?;
        if archive.entries_hint() > MOST_ARRAYS {
            return Err(damaged(&format_args!("{} arrays", archive.entries_hint())));
        }
        let left = ALLOWANCE.max(EXPANSION.saturating_mul(bytes.len() as u64));
        let mut left = usize::try_from(left).unwrap_or(usize::MAX);
        let mut npz = Self { order: Vec::new(), arrays: BTreeMap::new() };
        let mut entries = archive.entries();
        while let Some(entry) = entries.next_entry().map_err(|e| damaged(&e))? {
            let name = String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned();
            let Some(name) = name.strip_suffix(".npy").map(str::to_owned) else { continue };
            let quoted = short(&name);
            let packed = |error: &dyn Display| {
                damaged(&format_args!("array `{quoted}`, which cannot be unpacked: {error}"))
            };
            let part = archive.get_entry(entry.wayfinder()).map_err(|e| packed(&e))?;
            let content = unpack(part.data(), entry.compression_method(), left).map_err(|e| packed(&e))?;
            let Some(content) = content else {
                let size = bytes.len();
                let bomb = format!("{size} bytes that unpack to more than {EXPANSION} times as many");
                return Err(damaged(&bomb));
            };
            left -= content.len();
            let found = ZipVerification { crc: crc32(&content), uncompressed_size: content.len() as u64 };
            part.claim_verifier().valid(found).map_err(|e| packed(&e))?;
            let array = Array::decode(&content).map_err(|error| in_array(&name, error))?;
            if npz.arrays.insert(name.clone(), array).is_some() {
                return Err(damaged(&format_args!("two arrays `{quoted}`")));
            }
            npz.order.push(name);
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
        self.real(name, "a single number", |shape| matches!(shape, [] | [1])).map(|(values, _)| values[0])
    }

    /// Real numbers of shape `(n,)`.
    pub(super) fn series(&self, name: &str) -> Result<Vec<f64>> {
        self.real(name, "shape (n,)", |shape| shape.len() == 1).map(|(values, _)| values.to_vec())
    }

    /// Real numbers of shape `(length,)`.
    pub(super) fn vector(&self, name: &str, length: usize) -> Result<DVector<f64>> {
        let (values, _) = self.real(name, &format!("shape ({length},)"), |shape| shape == [length])?;
        Ok(DVector::from_column_slice(values))
    }

    /// Real numbers of shape `(rows, n)`, in either order of storage.
    pub(super) fn matrix(&self, name: &str, rows: usize) -> Result<DMatrix<f64>> {
        let fits = |shape: &[usize]| shape.len() == 2 && shape[0] == rows;
        let (values, array) = self.real(name, &format!("shape ({rows}, n)"), fits)?;
        let columns = array.shape[1];
        let read = if array.fortran { DMatrix::from_column_slice } else { DMatrix::from_row_slice };
        Ok(read(rows, columns, values))
    }

    /// Real numbers of shape `(rows,)` or `(rows, n)`.
    pub(super) fn one_or_more(&self, name: &str, rows: usize) -> Result<DMatrix<f64>> {
        if self.array(name)?.shape.len() == 1 {
            return Ok(DMatrix::from_columns(&[self.vector(name, rows)?]));
        }
        self.matrix(name, rows)
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
        let mut names = self.order.iter().take(8).map(|name| short(name)).collect::<Vec<_>>().join(", ");
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

    fn real(&self, name: &str, expected: &str, fits: impl Fn(&[usize]) -> bool) -> Result<(&[f64], &Array)> {
        let array = self.array(name)?;
        let Values::Real(values) = &array.values else {
            return Err(shape(name, "real numbers", array));
        };
        if !fits(&array.shape) {
            return Err(shape(name, expected, array));
        }
        all_finite(name, values, |x| x.is_finite())?;
        Ok((values, array))
    }
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
    zip: ZipArchiveWriter<Vec<u8>>,
    compressed: bool,
}

impl NpzWriter {
    /// No arrays yet. Random numbers do not compress; stored ones can be mapped into memory.
    pub(super) fn stored() -> Self {
        Self { zip: ZipArchiveWriter::new(Vec::new()), compressed: false }
    }

    /// The same, compressed.
    pub(super) fn compressed() -> Self {
        Self { compressed: true, ..Self::stored() }
    }

    /// Adds numbers, given in C order: as many as the shape says.
    pub(super) fn array<T: Number>(
        &mut self,
        name: &str,
        shape: &[usize],
        values: impl IntoIterator<Item = T>,
    ) -> Result<()> {
        let bytes = array::encode(shape, values).map_err(|error| in_array(name, error))?;
        let descriptor = DataDescriptorOutput::new(crc32(&bytes), bytes.len() as u64);
        let (method, packed) = if self.compressed {
            (CompressionMethod::DEFLATE, compress_to_vec(&bytes, COMPRESSION))
        } else {
            (CompressionMethod::STORE, bytes)
        };
        let file = format!("{name}.npy");
        let started = self.zip.new_file(&file).compression_method(method).start();
        let (mut entry, _) = started.map_err(unwritten)?;
        entry.write_all(&packed).map_err(|error| Error::Write { reason: error.into() })?;
        entry.finish(descriptor).map(|_| ()).map_err(unwritten)
    }

    /// Adds a vector.
    pub(super) fn vector<T: Number>(&mut self, name: &str, values: &[T]) -> Result<()> {
        self.array(name, &[values.len()], values.iter().copied())
    }

    /// Adds a single number.
    pub(super) fn number(&mut self, name: &str, value: f64) -> Result<()> {
        self.array(name, &[], [value])
    }

    /// Adds a matrix, row by row.
    pub(super) fn matrix<T: Number + Scalar>(&mut self, name: &str, matrix: &DMatrix<T>) -> Result<()> {
        let (rows, columns) = matrix.shape();
        self.array(name, &[rows, columns], matrix.transpose().iter().copied())
    }

    /// The file's bytes.
    pub(super) fn finish(self) -> Result<Vec<u8>> {
        self.zip.finish().map_err(unwritten)
    }
}

/// The bytes of an array, or nothing where they are more than the limit.
fn unpack(data: &[u8], method: CompressionMethod, limit: usize) -> Result<Option<Vec<u8>>, String> {
    match method {
        CompressionMethod::STORE => Ok((data.len() <= limit).then(|| data.to_vec())),
        CompressionMethod::DEFLATE => match decompress_to_vec_with_limit(data, limit) {
            Err(error) if error.status == TINFLStatus::HasMoreOutput => Ok(None),
            other => other.map(Some).map_err(|error| error.to_string()),
        },
        other => Err(format!("compression method {other:?}")),
    }
}

fn unwritten(error: rawzip::Error) -> Error {
    Error::Write { reason: std::io::Error::other(error).into() }
}
