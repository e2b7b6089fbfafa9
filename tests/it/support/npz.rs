//! Archives of arrays, read and written without the library's own code.
#![allow(dead_code, unreachable_pub)] // shared by packages that use a part of it each

use std::io::{Cursor, Read, Write};

use npyz::{AutoSerialize, DType, NpyFile, TypeChar, WriterBuilder};
use thalamo::Complex64;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// Names and arrays, in order.
#[derive(Debug, Clone)]
pub struct Npz(pub Vec<(String, Numbers)>);

/// One array, in C order.
#[derive(Debug, Clone)]
pub enum Numbers {
    Real(Vec<usize>, Vec<f64>),
    Complex(Vec<Complex64>),
    Bytes(Vec<u8>),
}

impl Npz {
    pub fn decode(bytes: &[u8]) -> Self {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).expect("an archive");
        let entry = |index| {
            let mut entry = archive.by_index(index).expect("an entry");
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("unpacked");
            let name = entry.name().expect("a name").into_owned();
            (name.strip_suffix(".npy").expect("an array").to_owned(), numbers(&content))
        };
        Self((0..ZipArchive::new(Cursor::new(bytes)).expect("an archive").len()).map(entry).collect())
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, numbers) in &self.0 {
            let bytes = match numbers {
                Numbers::Real(shape, values) => npy(shape, values),
                Numbers::Complex(values) => npy(&[values.len()], values),
                Numbers::Bytes(bytes) => npy(&[bytes.len()], bytes),
            };
            zip.start_file(format!("{name}.npy"), SimpleFileOptions::default()).expect("in memory");
            zip.write_all(&bytes).expect("in memory");
        }
        zip.finish().expect("in memory").into_inner()
    }

    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }

    pub fn contains(&self, name: &str) -> bool {
        self.names().contains(&name)
    }

    #[track_caller]
    pub fn get(&self, name: &str) -> &Numbers {
        &self.0.iter().find(|(other, _)| other == name).expect("an array of this name").1
    }

    #[track_caller]
    pub fn real(&self, name: &str) -> (&[usize], &[f64]) {
        let Numbers::Real(shape, values) = self.get(name) else { panic!("`{name}` is not real") };
        (shape, values)
    }

    #[track_caller]
    pub fn bytes(&self, name: &str) -> &[u8] {
        let Numbers::Bytes(bytes) = self.get(name) else { panic!("`{name}` are no bytes") };
        bytes
    }
}

fn numbers(bytes: &[u8]) -> Numbers {
    let file = NpyFile::new(bytes).expect("an array");
    let shape = file.shape().iter().map(|&n| n as usize).collect();
    let DType::Plain(kind) = file.dtype() else { panic!("a structured array") };
    match (kind.type_char(), kind.size_field()) {
        (TypeChar::Float, 8) => Numbers::Real(shape, file.into_vec().expect("float64")),
        (TypeChar::Float, _) => {
            let values: Vec<f32> = file.into_vec().expect("float32");
            Numbers::Real(shape, values.into_iter().map(f64::from).collect())
        }
        (TypeChar::Int, _) => {
            let values: Vec<i64> = file.into_vec().expect("int64");
            Numbers::Real(shape, values.into_iter().map(|x| x as f64).collect())
        }
        (TypeChar::Complex, _) => Numbers::Complex(file.into_vec().expect("complex128")),
        _ => Numbers::Bytes(file.into_vec().expect("uint8")),
    }
}

fn npy<T: AutoSerialize + Copy>(shape: &[usize], values: &[T]) -> Vec<u8> {
    let shape: Vec<u64> = shape.iter().map(|&n| n as u64).collect();
    let mut bytes = Vec::new();
    let options = npyz::WriteOptions::new().default_dtype().shape(&shape);
    let mut writer = options.writer(&mut bytes).begin_nd().expect("in memory");
    writer.extend(values.iter().copied()).expect("in memory");
    writer.finish().expect("as many numbers as the shape says");
    bytes
}
