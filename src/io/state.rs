//! A state of cortex as a file.

use std::path::Path;

use nalgebra::DVector;

use super::array::{self, Array, Values};
use super::content::content;
use super::series::{Series, Table};
use super::stored::Stored;
use super::table;
use crate::{Error, Result};

/// A `.npy` array of shape (N,), one column of a `.csv` file, a list in a list of a `.json` one, or
/// the only array of a `.npz` archive.
impl Stored for DVector<f64> {
    type Missing = ();

    fn to_bytes(&self, path: &Path) -> Result<Vec<u8>> {
        if is_npy(path) {
            return array::encode(&[self.len()], self.iter().copied());
        }
        table::encode(&[("state", self.as_slice())], path)
    }

    fn from_bytes(bytes: &[u8], path: &Path, (): ()) -> Result<Self> {
        if is_npy(path) {
            let array = Array::decode(bytes)?;
            return match (array.shape.as_slice(), array.values) {
                ([_], Values::Real(values)) => Ok(DVector::from_vec(values)),
                (_, values) => Err(wrong("real numbers of shape (N,)", Array { values, ..array }.describe())),
            };
        }
        if !table::is_known(path) {
            return Err(wrong("a name that ends in .npy, .npz, .csv or .json", "another".into()));
        }
        let Table { series, step } = table::decode(bytes, path)?;
        if step.is_some() {
            return Err(wrong("one column or list", "a column of times".into()));
        }
        match <[Series; 1]>::try_from(series) {
            Ok([one]) => Ok(DVector::from_vec(one.values)),
            Err(many) => Err(wrong("one column or list", format!("{}", many.len()))),
        }
    }
}

fn is_npy(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npy"))
}

fn wrong(expected: &str, given: String) -> Error {
    content(expected, given, "save the state with numpy.save, as one column or as [[...]]")
}
