//! Sequences by the names of motifs.

use std::path::Path;

use thalamo::io::Model;

use crate::failure::{Failure, Result};

/// Indices of motifs that are given by their names or, where no motif has that name, by index.
pub fn indices(sequence: &[String], model: &Model, path: &Path) -> Result<Vec<usize>> {
    let count = model.names.len();
    let index = |given: &String| {
        let named = model.names.iter().position(|name| name == given);
        let place = named.or_else(|| given.parse().ok().filter(|&index: &usize| index < count));
        place.ok_or_else(|| {
            let mut names = model.names.iter().take(8).map(|name| format!("`{name}`")).collect::<Vec<_>>();
            if names.len() < count {
                names.push("...".into());
            }
            Failure::Usage(format!(
                "--sequence: expected motifs of {} ({}) or indices below {count}, given `{given}`; thalamo info lists them",
                path.display(),
                names.join(", ")
            ))
        })
    };
    sequence.iter().map(index).collect()
}
