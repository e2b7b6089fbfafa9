//! Reference numbers from JSON files.

use nalgebra::{DMatrix, DVector};
use serde_json::Value;
use thalamo::Complex64;

/// A file of `tests/data`.
pub(crate) fn reference(name: &str) -> Value {
    let path = format!("{}/data/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub(crate) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

pub(crate) fn vector(value: &Value) -> DVector<f64> {
    DVector::from_vec(value.as_array().unwrap().iter().map(number).collect())
}

pub(crate) fn matrix(value: &Value) -> DMatrix<f64> {
    let rows: Vec<_> = value.as_array().unwrap().iter().map(|row| vector(row).transpose()).collect();
    DMatrix::from_rows(&rows)
}

pub(crate) fn complex(value: &Value) -> Vec<Complex64> {
    value.as_array().unwrap().iter().map(|z| Complex64::new(number(&z[0]), number(&z[1]))).collect()
}
