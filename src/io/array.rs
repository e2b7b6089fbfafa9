//! One array in NumPy's format.

use npyz::{AutoSerialize, DType, Deserialize, NpyFile, NpyHeader, Order, TypeChar, WriterBuilder};

use super::content::content;
use crate::{Complex64, Error, Result};

/// NumPy itself refuses longer headers of arrays that it does not trust.
const LONGEST_HEADER: usize = 10_000;
/// A header is one flat dictionary with one tuple in it.
const MOST_BRACKETS: usize = 8;
/// With this many digits in a header, no product of its numbers overflows 64 bits.
const MOST_DIGITS: usize = 19;

fn malformed(given: impl Into<String>) -> Error {
    content("an array in NumPy's format", given, "write it again with numpy.savez")
}

/// The numbers, as stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Values {
    /// `float64`, or what converts to it exactly.
    Real(Vec<f64>),
    /// `complex128`.
    Complex(Vec<Complex64>),
    /// `uint8`.
    Bytes(Vec<u8>),
}

/// An array of up to any number of dimensions, in C order or, where `fortran`, in Fortran order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Array {
    pub(super) shape: Vec<usize>,
    pub(super) fortran: bool,
    pub(super) values: Values,
}

impl Array {
    /// From the bytes of a `.npy` file. The shape that the header claims is compared with the bytes
    /// that are there before anything is allocated.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self> {
        check_header(bytes)?;
        let mut rest = bytes;
        let header = NpyHeader::from_reader(&mut rest).map_err(|e| malformed(e.to_string()))?;
        let DType::Plain(kind) = header.dtype() else {
            return Err(unusable("a structured array"));
        };
        let count = header.len();
        let size = kind.num_bytes().unwrap_or(0) as u64;
        if count.checked_mul(size) != Some(rest.len() as u64) {
            let shape = header.shape();
            return Err(content(
                format!("{count} entries of {size} bytes for its shape {shape:?}"),
                format!("{} bytes", rest.len()),
                "the file is damaged: copy or write it again",
            ));
        }
        let shape = header.shape().iter().map(|&n| n as usize).collect(); // fits, or the bytes would not
        let fortran = header.order() == Order::Fortran;
        let values = match (kind.type_char(), kind.size_field()) {
            (TypeChar::Float, 8) => Values::Real(numbers(header, rest)?),
            (TypeChar::Float, 4) => Values::Real(widened::<f32>(header, rest)?),
            (TypeChar::Int, 4) => Values::Real(widened::<i32>(header, rest)?),
            (TypeChar::Int, 8) => Values::Real(integers(numbers(header, rest)?)?),
            (TypeChar::Complex, 16) => Values::Complex(numbers(header, rest)?),
            (TypeChar::Uint, 1) => Values::Bytes(rest.to_vec()),
            _ => return Err(unusable(&format!("dtype {kind}"))),
        };
        Ok(Self { shape, fortran, values })
    }

    /// What it is, in words.
    pub(super) fn describe(&self) -> String {
        let kind = match self.values {
            Values::Real(_) => "real",
            Values::Complex(_) => "complex128",
            Values::Bytes(_) => "uint8",
        };
        format!("{kind} numbers of shape {:?}", self.shape)
    }
}

/// The bytes of a `.npy` file, in C order.
pub(super) fn encode<T: AutoSerialize + Copy>(
    shape: &[usize],
    values: impl IntoIterator<Item = T>,
) -> Result<Vec<u8>> {
    let shape: Vec<u64> = shape.iter().map(|&n| n as u64).collect();
    let mut bytes = Vec::new();
    let write = || {
        let options = npyz::WriteOptions::new().default_dtype().shape(&shape);
        let mut writer = options.writer(&mut bytes).begin_nd()?;
        writer.extend(values)?;
        writer.finish()
    };
    write().map_err(|error: std::io::Error| Error::Write { reason: error.into() })?;
    Ok(bytes)
}

/// Refuses headers on which a parser could run out of stack, memory or 64 bits.
fn check_header(bytes: &[u8]) -> Result<()> {
    let length = match bytes {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, 0, a, b, ..] => usize::from(u16::from_le_bytes([*a, *b])),
        [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, 0, a, b, c, d, ..] => {
            u32::from_le_bytes([*a, *b, *c, *d]) as usize
        }
        [0x93, b'N', b'U', b'M', b'P', b'Y', _, _, ..] => {
            return Err(malformed("a header of unknown version, or cut short"));
        }
        _ => return Err(malformed("other bytes")),
    };
    let text = bytes.get(10..10 + length.min(LONGEST_HEADER)).unwrap_or(bytes);
    let count = |test: fn(&u8) -> bool| text.iter().filter(|b| test(b)).count();
    if length > LONGEST_HEADER
        || count(|b| b"([{".contains(b)) > MOST_BRACKETS
        || count(u8::is_ascii_digit) > MOST_DIGITS
    {
        return Err(malformed("a header too long for a plain array"));
    }
    Ok(())
}

fn unusable(given: &str) -> Error {
    let expected = "float64, float32, int64, int32, complex128 or uint8";
    content(expected, given, "convert it with astype before saving")
}

fn numbers<T: Deserialize>(header: NpyHeader, data: &[u8]) -> Result<Vec<T>> {
    NpyFile::with_header(header, data).into_vec().map_err(|e| malformed(e.to_string()))
}

fn widened<T: Deserialize + Into<f64>>(header: NpyHeader, data: &[u8]) -> Result<Vec<f64>> {
    Ok(numbers::<T>(header, data)?.into_iter().map(Into::into).collect())
}

fn integers(values: Vec<i64>) -> Result<Vec<f64>> {
    const EXACT: u64 = 1 << 53;
    match values.iter().find(|x| x.unsigned_abs() > EXACT) {
        Some(x) => Err(content("integers that float64 holds exactly", x.to_string(), "save it as float64")),
        None => Ok(values.into_iter().map(|x| x as f64).collect()),
    }
}
