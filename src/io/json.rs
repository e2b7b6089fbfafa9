//! JSON in and out.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::motifs::{Series, numbered};
use super::{Error, Result};

/// Decodes JSON.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8], path: &Path, expected: &str) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|error| Error::Format {
        path: path.to_owned(),
        expected: expected.into(),
        given: error.to_string(),
        remedy: "correct it, or write it again",
    })
}

/// Encodes as indented JSON with a line break at the end.
pub(super) fn encode(value: &impl Serialize) -> Result<Vec<u8>> {
    let failed = |error: serde_json::Error| Error::Write { path: "JSON".into(), source: error.into() };
    let mut bytes = serde_json::to_vec_pretty(value).map_err(failed)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// A list of lists of numbers.
pub(super) fn lists(bytes: &[u8], path: &Path) -> Result<Vec<Series>> {
    let lists: Vec<Value> = decode(bytes, path, "a list of lists of numbers")?;
    lists.into_iter().enumerate().map(|(index, list)| series(index, list, path)).collect()
}

fn series(index: usize, list: Value, path: &Path) -> Result<Series> {
    let name = numbered(index);
    let wrong = |row, expected, given: &Value| Error::Row {
        path: path.to_owned(),
        row,
        column: name.clone(),
        expected,
        given: shortened(given),
        remedy: "give one list of numbers per motif",
    };
    let Value::Array(entries) = list else {
        return Err(wrong(index as u64 + 1, "a list of numbers", &list));
    };
    let number = |(i, entry): (usize, &Value)| {
        entry.as_f64().ok_or_else(|| wrong(i as u64 + 1, "a finite number", entry))
    };
    let values = entries.iter().enumerate().map(number).collect::<Result<_>>()?;
    Ok(Series { name, values })
}

fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
