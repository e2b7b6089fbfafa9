//! Archives made by hand, as other programs write them, and models with one array changed.

use std::io::{Cursor, Write};
use std::path::Path;
use std::sync::OnceLock;

use thalamo::io::{Model, encode};
use thalamo::{Complex64, Error};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use super::npz::{Npz, Numbers};
use super::small_network;

/// A model of 40 units and two short motifs.
pub(crate) fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| Model::named(small_network(2, 1), 5.0, vec!["a".into(), "b c".into()]).unwrap())
}

/// Its file.
pub(crate) fn model_bytes() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| encode(model(), Path::new("model.npz")).unwrap())
}

/// A `.npy` file with this header and data.
pub(crate) fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    raw_npy(&format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"), data)
}

/// A `.npy` file of version 1 with any text as its header.
pub(crate) fn raw_npy(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

/// Numbers as little-endian bytes.
pub(crate) fn le(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// A zip archive of these entries.
pub(crate) fn archive(entries: &[(&str, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in entries {
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// What becomes of one array.
#[derive(Debug, Clone)]
pub(crate) enum Change<'a> {
    /// It is left out.
    Remove,
    /// Its real numbers are changed.
    Numbers(fn(&mut Vec<f64>)),
    /// Its complex numbers are changed.
    Complex(fn(&mut Vec<Complex64>)),
    /// It becomes real numbers of another shape.
    Replace(&'a [usize], Vec<f64>),
    /// It becomes bytes.
    Bytes(Vec<u8>),
}

/// The model's file with one array changed; all others keep their bits.
pub(crate) fn changed(name: &str, change: &Change<'_>) -> Vec<u8> {
    changed_in(model_bytes(), name, change)
}

/// Any archive, with one array changed.
pub(crate) fn changed_in(bytes: &[u8], name: &str, change: &Change<'_>) -> Vec<u8> {
    let mut npz = Npz::decode(bytes);
    let place = npz.names().iter().position(|other| *other == name).unwrap();
    match (&mut npz.0[place].1, change) {
        (_, Change::Remove) => drop(npz.0.remove(place)),
        (array, Change::Replace(shape, values)) => *array = Numbers::Real(shape.to_vec(), values.clone()),
        (array, Change::Bytes(bytes)) => *array = Numbers::Bytes(bytes.clone()),
        (Numbers::Real(_, values), Change::Numbers(change)) => change(values),
        (Numbers::Complex(values), Change::Complex(change)) => change(values),
        (array, change) => panic!("{change:?} of {array:?}"),
    }
    npz.encode()
}

/// The message a file is refused with.
#[track_caller]
pub(crate) fn refusal<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => panic!("accepted"),
        Err(error) => error.to_string(),
    }
}
