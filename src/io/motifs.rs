//! Files of motifs: `.npz`, `.csv` or `.json`.

use std::collections::BTreeSet;
use std::path::Path;

use super::content::{content, short};
use super::series::Series;
use super::stored::Stored;
use super::table;
use crate::Result;
use crate::motif::Motif;

/// A motif with the name it has in its file.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedMotif {
    /// The name: of the array or column, else `motif_0`, `motif_1` and so on.
    pub name: String,
    /// The motif.
    pub motif: Motif,
}

/// One array, column or list per motif. The names are not part of a `.json` file.
impl Stored for Vec<NamedMotif> {
    /// Time between samples, in tau.
    type Missing = f64;

    fn to_bytes(&self, path: &Path) -> Result<Vec<u8>> {
        let mut series = Vec::with_capacity(self.len());
        for NamedMotif { name, motif } in self {
            series.push((name.as_str(), motif.single_output()?));
        }
        table::encode(&series, path)
    }

    fn from_bytes(bytes: &[u8], path: &Path, dt: f64) -> Result<Self> {
        let series = table::decode(bytes, path)?;
        if series.is_empty() {
            let remedy = "give one array, column or list per motif";
            return Err(content("at least one motif", "none", remedy));
        }
        let mut names = BTreeSet::new();
        let named = |(index, Series { name, values }): (usize, Series)| {
            if !names.insert(name.clone()) {
                let given = format!("`{}` twice", short(&name));
                return Err(content("a name of its own for each motif", given, "rename one of them"));
            }
            let motif = Motif::new(dt, values).map_err(|error| error.in_motif(index))?;
            Ok(NamedMotif { name, motif })
        };
        series.into_iter().enumerate().map(named).collect()
    }
}
