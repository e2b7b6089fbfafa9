//! One array in NumPy's format.

use serde::Deserialize;
use serde_json::Value;

use super::content::{content, short};
use crate::{Complex64, Error, Result};

/// No plain array has a longer one.
const LONGEST_HEADER: usize = 1000;
/// With this many digits in a header, no product of its numbers overflows 64 bits.
const MOST_DIGITS: usize = 18;

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
        let (header, data) = split(bytes)?;
        let header = Header::parse(header)?;
        let unusable = |given: &str| {
            let expected = "float64, float32, int64, int32, complex128 or uint8";
            content(expected, given, "convert it with astype before saving")
        };
        let Value::String(kind) = header.descr else { return Err(unusable("a structured array")) };
        let (big, size) = match kind.split_at_checked(1) {
            Some((">", rest)) => (true, rest),
            Some(("<" | "=" | "|", rest)) => (false, rest),
            _ => (false, ""),
        };
        let bytes_each = size.get(1..).and_then(|digits| digits.parse::<u64>().ok()).unwrap_or(0);
        let shape = header.shape;
        if shape.iter().any(|&size| size < 0) {
            return Err(malformed("a dimension that is negative: a dimension cannot be negative"));
        }
        let count: i64 = shape.iter().product(); // few enough digits not to overflow
        if bytes_each > 0 && (count as u64).checked_mul(bytes_each) != Some(data.len() as u64) {
            return Err(content(
                format!("{count} entries of {bytes_each} bytes for its shape {shape:?}"),
                format!("{} bytes", data.len()),
                "the file is damaged: copy or write it again",
            ));
        }
        let values = match size {
            "f8" => Values::Real(numbers(data, big)),
            "f4" => Values::Real(numbers(data, big).into_iter().map(f32::into).collect()),
            "i4" => Values::Real(numbers(data, big).into_iter().map(i32::into).collect()),
            "i8" => Values::Real(integers(numbers(data, big))?),
            "c16" => Values::Complex(numbers(data, big)),
            "u1" => Values::Bytes(data.to_vec()),
            _ => return Err(unusable(&format!("dtype {}", short(&kind)))),
        };
        let shape = shape.iter().map(|&n| n as usize).collect(); // fits, or the bytes would not
        Ok(Self { shape, fortran: header.fortran_order, values })
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
pub(super) fn encode<T: Number>(shape: &[usize], values: impl IntoIterator<Item = T>) -> Result<Vec<u8>> {
    let sizes = shape.iter().map(|n| format!("{n},")).collect::<Vec<_>>().join(" ");
    // A tuple of one has a comma, longer ones need none.
    let sizes = if shape.len() > 1 { sizes.trim_end_matches(',') } else { &sizes };
    let kind = T::KIND;
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({sizes}), }}");
    let padding = ALIGNMENT - (PREFIX + header.len() + 1) % ALIGNMENT;
    header.extend(std::iter::repeat_n(' ', padding % ALIGNMENT));
    header.push('\n');
    let mut bytes = [MAGIC, &[1, 0], &(header.len() as u16).to_le_bytes(), header.as_bytes()].concat();
    let start = bytes.len();
    values.into_iter().for_each(|value| value.write(&mut bytes));
    let (expected, given) = (shape.iter().product::<usize>(), (bytes.len() - start) / size_of::<T>());
    if given != expected {
        let expected = format!("{expected} numbers for its shape {shape:?}");
        return Err(content(expected, given.to_string(), "give one number per entry"));
    }
    Ok(bytes)
}

const MAGIC: &[u8] = b"\x93NUMPY";
/// Bytes of a file before the text of its header.
const PREFIX: usize = 10;
/// Numbers begin at a multiple of this, as NumPy has it.
const ALIGNMENT: usize = 64;

/// The header's text and the numbers' bytes.
fn split(bytes: &[u8]) -> Result<(&str, &[u8])> {
    let (length, rest) = match bytes {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, 0, a, b, rest @ ..] => {
            (usize::from(u16::from_le_bytes([*a, *b])), rest)
        }
        [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, 0, a, b, c, d, rest @ ..] => {
            (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest)
        }
        [0x93, b'N', b'U', b'M', b'P', b'Y', _, _, ..] => {
            return Err(malformed("a header of unknown version, or cut short"));
        }
        _ => return Err(malformed("other bytes")),
    };
    let (text, data) = rest.split_at_checked(length).ok_or_else(|| malformed("a header cut short"))?;
    let digits = text.iter().filter(|b| b.is_ascii_digit()).count();
    if length > LONGEST_HEADER || digits > MOST_DIGITS {
        return Err(malformed("a header too long for a plain array"));
    }
    let text = std::str::from_utf8(text).map_err(|_| malformed("a header that is no text"))?;
    Ok((text, data))
}

/// What NumPy's header says: a dictionary as Python writes it, which is nearly JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    descr: Value,
    fortran_order: bool,
    shape: Vec<i64>,
}

impl Header {
    fn parse(text: &str) -> Result<Self> {
        let json = |c: char| match c {
            '\'' => '"',
            '(' => '[',
            ')' => ']',
            other => other,
        };
        let mut json: String = text.chars().filter(|c| !c.is_whitespace()).map(json).collect();
        for (python, plain) in [(",]", "]"), (",}", "}"), (":True", ":true"), (":False", ":false")] {
            json = json.replace(python, plain);
        }
        serde_json::from_str(&json).map_err(|_| malformed(format!("the header `{}`", short(text.trim()))))
    }
}

/// A type of numbers that NumPy's format knows.
pub(super) trait Number: Copy {
    /// Its name there.
    const KIND: &'static str;
    /// From as many bytes, the least significant first, or the most significant where `big`.
    fn read(bytes: &[u8], big: bool) -> Self;
    /// Appends its bytes, the least significant first.
    fn write(self, out: &mut Vec<u8>);
}

macro_rules! number {
    ($type:ty, $kind:literal) => {
        impl Number for $type {
            const KIND: &'static str = $kind;

            fn read(bytes: &[u8], big: bool) -> Self {
                let mut own = [0; size_of::<$type>()];
                own.copy_from_slice(bytes);
                if big { Self::from_be_bytes(own) } else { Self::from_le_bytes(own) }
            }

            fn write(self, out: &mut Vec<u8>) {
                out.extend(self.to_le_bytes());
            }
        }
    };
}

number!(f64, "<f8");
number!(f32, "<f4");
number!(i64, "<i8");
number!(i32, "<i4");
number!(u8, "|u1");

impl Number for Complex64 {
    const KIND: &'static str = "<c16";

    fn read(bytes: &[u8], big: bool) -> Self {
        let (re, im) = bytes.split_at(8);
        Self::new(f64::read(re, big), f64::read(im, big))
    }

    fn write(self, out: &mut Vec<u8>) {
        self.re.write(out);
        self.im.write(out);
    }
}

fn numbers<T: Number>(data: &[u8], big: bool) -> Vec<T> {
    data.chunks_exact(size_of::<T>()).map(|bytes| T::read(bytes, big)).collect()
}

fn integers(values: Vec<i64>) -> Result<Vec<f64>> {
    const EXACT: u64 = 1 << 53;
    match values.iter().find(|x| x.unsigned_abs() > EXACT) {
        Some(x) => Err(content("integers that float64 holds exactly", x.to_string(), "save it as float64")),
        None => Ok(values.into_iter().map(|x| x as f64).collect()),
    }
}
