//! JSON in and out.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::content::{content, in_row, short};
use super::series::{Series, numbered};
use crate::{Error, Result};

/// Decodes JSON.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8], expected: &str) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|error| unlike(expected, &error))
}

/// A value from JSON that was decoded before.
pub(super) fn from_value<T: DeserializeOwned>(value: Value, expected: &str) -> Result<T> {
    serde_json::from_value(value).map_err(|error| unlike(expected, &error))
}

fn unlike(expected: &str, error: &serde_json::Error) -> Error {
    // It quotes unknown words whole, and ends in the place.
    let text = error.to_string();
    let (said, place) = text
        .rsplit_once(" at line ")
        .map_or((&text[..], String::new()), |(said, place)| (said, format!(" at line {place}")));
    content(expected, short(said) + &place, "correct it, or write it again")
}

/// Encodes as indented JSON with a line break at the end.
pub(super) fn encode(value: &impl Serialize) -> Result<Vec<u8>> {
    let failed = |error: serde_json::Error| Error::Write { reason: std::io::Error::from(error).into() };
    let mut bytes = serde_json::to_vec_pretty(value).map_err(failed)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// A list of lists of numbers.
pub(super) fn lists(bytes: &[u8]) -> Result<Vec<Series>> {
    let lists: Vec<Value> = decode(bytes, "a list of lists of numbers")?;
    lists.into_iter().enumerate().map(|(index, list)| series(index, list)).collect()
}

fn series(index: usize, list: Value) -> Result<Series> {
    let name = numbered(index);
    let wrong = |row, expected: &str, given: &Value| {
        in_row(row, &name, content(expected, short(&given.to_string()), "give one list of numbers per motif"))
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
