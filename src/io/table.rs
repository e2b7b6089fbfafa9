//! Files of series, in the format that their name ends in.

use std::path::Path;

use super::content::content;
use super::npz::{Npz, NpzWriter};
use super::series::{Series, Table};
use super::{delimited, json};
use crate::Result;

/// How series are written.
#[derive(Debug, Clone, Copy)]
enum Format {
    /// One array per series.
    Npz,
    /// One column per series, with or without a header; shorter ones end in empty cells.
    Csv,
    /// A list of lists, without names.
    Json,
}

impl Format {
    fn of(path: &Path) -> Result<Self> {
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        match extension.as_str() {
            "npz" => Ok(Self::Npz),
            "csv" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            _ => {
                let given = format!("the extension `{extension}`");
                Err(content("a name that ends in .npz, .csv or .json", given, "rename or convert it"))
            }
        }
    }
}

/// Whether the name ends as that of a file of series.
pub(super) fn is_known(path: &Path) -> bool {
    Format::of(path).is_ok()
}

/// All series, in the order of the file.
pub(super) fn decode(bytes: &[u8], path: &Path) -> Result<Table> {
    match Format::of(path)? {
        Format::Csv => delimited::decode(bytes),
        Format::Json => Ok(json::lists(bytes)?.into()),
        Format::Npz => {
            let npz = Npz::decode(bytes)?;
            if npz.bytes("metadata").is_ok() {
                let given = "the metadata of a model or checkpoint";
                return Err(content("one array of numbers per motif", given, "give a file of motifs"));
            }
            let series = |name: &String| Ok(Series { name: name.clone(), values: npz.series(name)? });
            Ok(npz.names().iter().map(series).collect::<Result<Vec<_>>>()?.into())
        }
    }
}

/// The bytes of a file of names and values.
pub(super) fn encode(series: &[(&str, &[f64])], path: &Path) -> Result<Vec<u8>> {
    match Format::of(path)? {
        Format::Csv => Ok(delimited::encode(series)),
        Format::Json => json::encode(&series.iter().map(|(_, values)| *values).collect::<Vec<_>>()),
        Format::Npz => {
            let mut npz = NpzWriter::stored();
            series.iter().try_for_each(|(name, values)| npz.vector(name, values))?;
            npz.finish()
        }
    }
}
