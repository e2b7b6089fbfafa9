//! Files of motifs: `.npz`, `.csv` or `.json`.

use std::collections::BTreeSet;
use std::path::Path;

use super::content::{content, short};
use super::series::{Series, Table};
use super::stored::Stored;
use super::table;
use crate::motif::Motif;
use crate::{Error, Result, check};

/// A motif with the name it has in its file.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedMotif {
    /// The name: of the array or column, else `motif_0`, `motif_1` and so on.
    pub name: String,
    /// The motif.
    pub motif: Motif,
}

/// Relative difference accepted between a time step that is given and that of a column of times: both may be
/// rounded to a few digits.
const AGREEMENT: f64 = 0.01;

/// Time between samples that the bytes of a file of motifs tell by a column of times (`.csv` only), in the
/// unit of that column; the path decides the format and serves messages.
///
/// ```
/// use thalamo::io::time_step;
/// let text = "time_s,reach\n0.00,0.0\n0.02,0.5\n0.04,1.0\n";
/// assert_eq!(time_step(text.as_bytes(), "motifs.csv".as_ref())?, Some(0.02));
/// assert_eq!(time_step(b"reach\n0.0\n0.5\n", "motifs.csv".as_ref())?, None);
/// # Ok::<(), thalamo::Error>(())
/// ```
///
/// # Errors
/// In [`Error::InFile`]: times that are not evenly spaced or fewer than samples, and a damaged file.
pub fn time_step(bytes: &[u8], path: &Path) -> Result<Option<f64>> {
    table::decode(bytes, path).map(|table| table.step).map_err(|error| error.in_file(path))
}

/// One array, column or list per motif. The names are not part of a `.json` file. A column of times is no
/// motif: its step has to be the one that is given.
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
        let Table { series, step } = table::decode(bytes, path)?;
        check::positive("motif dt", dt)?;
        if let Some(step) = step.filter(|step| (step / dt - 1.0).abs() > AGREEMENT) {
            let (expected, given) = (format!("times {dt:?} apart as given by dt"), format!("{step:?}"));
            let remedy = "leave dt out: the column of times is enough, or correct one of the two";
            return Err(content(expected, given, remedy));
        }
        let all_names: Vec<String> = series.iter().map(|series| series.name.clone()).collect();
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
            let motif = Motif::new(dt, values)
                .map_err(|error: Error| error.in_motif(index).with_names(&all_names))?;
            Ok(NamedMotif { name, motif })
        };
        series.into_iter().enumerate().map(named).collect()
    }
}
