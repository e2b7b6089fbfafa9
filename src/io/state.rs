//! A state of cortex from a file.

use std::path::Path;

use nalgebra::DVector;

use super::array::{Array, Values};
use super::motifs::{Format, Series};
use super::{Error, Result, delimited, files, json};

/// Reads a state: a `.npy` array of shape (N,), one column of a `.csv`, or a `.json` list in a list.
///
/// # Errors
/// As [`decode_state`]; a file that cannot be read.
pub fn read_state(path: &Path) -> Result<DVector<f64>> {
    decode_state(&files::read(path)?, path)
}

/// Decodes the bytes of a file that holds a state; the format follows from the name.
///
/// # Errors
/// Another extension, more than one array, column or list, or entries that are no finite numbers.
pub fn decode_state(bytes: &[u8], path: &Path) -> Result<DVector<f64>> {
    let wrong = |expected: &str, given: String| Error::Format {
        path: path.to_owned(),
        expected: expected.into(),
        given,
        remedy: "save the state with numpy.save, as one column or as [[...]]",
    };
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("npy")) {
        let array = Array::decode(bytes).map_err(|p| wrong(&p.expected, p.given))?;
        return match (array.shape.as_slice(), &array.values) {
            ([_], Values::Real(values)) => Ok(DVector::from_column_slice(values)),
            _ => Err(wrong("real numbers of shape (N,)", array.describe())),
        };
    }
    let series = match Format::of(path) {
        Ok(Format::Csv) => delimited::decode(bytes, path)?,
        Ok(Format::Json) => json::lists(bytes, path)?,
        _ => return Err(wrong("a .npy, .csv or .json file", "another extension".into())),
    };
    match <[Series; 1]>::try_from(series) {
        Ok([one]) => Ok(DVector::from_vec(one.values)),
        Err(many) => Err(wrong("one column or list", format!("{}", many.len()))),
    }
}
