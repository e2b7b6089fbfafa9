//! Files of motifs.

use std::collections::BTreeSet;
use std::path::Path;

use super::npz::{Npz, NpzBuilder};
use super::{Error, Result, delimited, files, json};
use crate::motif::Motif;

/// A motif with the name it has in its file.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedMotif {
    /// The name: of the array or column, else `motif_0`, `motif_1` and so on.
    pub name: String,
    /// The motif.
    pub motif: Motif,
}

/// How motifs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One array per motif.
    Npz,
    /// One column per motif, with or without a header; shorter ones end in empty cells.
    Csv,
    /// A list of lists.
    Json,
}

impl Format {
    /// By the end of a file's name.
    ///
    /// # Errors
    /// Another extension.
    pub fn of(path: &Path) -> Result<Self> {
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        match extension.as_str() {
            "npz" => Ok(Self::Npz),
            "csv" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            _ => Err(Error::Format {
                path: path.to_owned(),
                expected: "a name that ends in .npz, .csv or .json".into(),
                given: format!("the extension `{extension}`"),
                remedy: "rename or convert it",
            }),
        }
    }
}

/// A series of numbers with a name, not validated yet.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) values: Vec<f64>,
}

/// Reads motifs sampled every `dt` tau; the format follows from the name.
///
/// # Errors
/// As [`decode_motifs`]; a file that cannot be read, or of another extension.
pub fn read_motifs(path: &Path, dt: f64) -> Result<Vec<NamedMotif>> {
    let format = Format::of(path)?;
    decode_motifs(&files::read(path)?, format, path, dt)
}

/// Decodes the bytes of a file of motifs sampled every `dt` tau; the path serves messages only.
///
/// ```
/// use thalamo::io::{Format, decode_motifs};
/// let text = "reach,grasp\n0.0,0.0\n0.5,1.0\n0.25,\n";
/// let motifs = decode_motifs(text.as_bytes(), Format::Csv, "motifs.csv".as_ref(), 0.1)?;
/// assert_eq!(motifs[0].motif.values(), [0.0, 0.5, 0.25]);
/// assert_eq!((motifs[1].name.as_str(), motifs[1].motif.len()), ("grasp", 2));
/// # Ok::<(), thalamo::io::Error>(())
/// ```
///
/// # Errors
/// A file that is not of its format, holds no motif, one without numbers, one that is zero everywhere, two of one
/// name, or entries that are no finite numbers: named by array, or row and column.
pub fn decode_motifs(bytes: &[u8], format: Format, path: &Path, dt: f64) -> Result<Vec<NamedMotif>> {
    let series = match format {
        Format::Npz => arrays(bytes, path)?,
        Format::Csv => delimited::decode(bytes, path)?,
        Format::Json => json::lists(bytes, path)?,
    };
    if series.is_empty() {
        return Err(Error::Format {
            path: path.to_owned(),
            expected: "at least one motif".into(),
            given: "none".into(),
            remedy: "give one array, column or list per motif",
        });
    }
    let mut names = BTreeSet::new();
    let mut motifs = Vec::with_capacity(series.len());
    for (index, Series { name, values }) in series.into_iter().enumerate() {
        if !names.insert(name.clone()) {
            return Err(Error::Format {
                path: path.to_owned(),
                expected: "a name of its own for each motif".into(),
                given: format!("`{name}` twice"),
                remedy: "rename one of them",
            });
        }
        let motif = Motif::new(dt, values).map_err(|source| Error::Invalid {
            path: path.to_owned(),
            source: crate::Error::InMotif { index, source: Box::new(source) },
        })?;
        motifs.push(NamedMotif { name, motif });
    }
    Ok(motifs)
}

/// Writes motifs; the format follows from the name.
///
/// # Errors
/// A file that cannot be written, or of another extension.
pub fn write_motifs(path: &Path, motifs: &[NamedMotif]) -> Result<()> {
    files::write_whole(path, &encode_motifs(motifs, Format::of(path)?)?)
}

/// The bytes of a file of motifs. The time step is not part of it, nor are the names in JSON.
///
/// # Errors
/// None in practice.
pub fn encode_motifs(motifs: &[NamedMotif], format: Format) -> Result<Vec<u8>> {
    match format {
        Format::Npz => {
            let add = |npz: NpzBuilder, m: &NamedMotif| {
                npz.real(&m.name, &[m.motif.len()], m.motif.values().iter().copied())
            };
            motifs.iter().try_fold(NpzBuilder::new(), add)?.finish()
        }
        Format::Csv => Ok(delimited::encode(motifs)),
        Format::Json => {
            let lists: Vec<&[f64]> = motifs.iter().map(|m| m.motif.values()).collect();
            json::encode(&lists)
        }
    }
}

fn arrays(bytes: &[u8], path: &Path) -> Result<Vec<Series>> {
    let npz = Npz::decode(bytes, path)?;
    let series =
        |name: &String| Ok(Series { name: name.clone(), values: npz.vector(name)?.as_slice().to_vec() });
    npz.names().iter().map(series).collect()
}

pub(super) fn numbered(index: usize) -> String {
    format!("motif_{index}")
}
