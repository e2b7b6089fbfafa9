//! What was played: `traj.npz`.

use std::path::Path;

use serde::Serialize;

use super::npz::NpzWriter;
use super::{files, json};
use crate::play::Trajectory;
use crate::{Error, Result};

/// Writes trials of one sequence: `t` (steps,) in tau, `y` (trials, steps), `phase` (steps,; the
/// motif's index, -1 in preparation), `target` (steps,; NaN in preparation), `rmse` (trials, motifs
/// played), `x` (trials, steps, N) where states were kept, and `metadata` (JSON as uint8). Whole or
/// not at all.
///
/// # Errors
/// No trials, trials of different sequences, or a file that cannot be written.
pub fn write_trajectories(path: &Path, trials: &[Trajectory], metadata: &impl Serialize) -> Result<()> {
    let written = encode(trials, metadata).and_then(|bytes| files::write(path, &bytes));
    written.map_err(|error| error.in_file(path))
}

fn encode(trials: &[Trajectory], metadata: &impl Serialize) -> Result<Vec<u8>> {
    let first = trials.first().ok_or(Error::Empty { what: "trials", remedy: "play at least one" })?;
    if let Some(other) = trials.iter().find(|t| t.segments != first.segments) {
        let (expected, given) = ((first.readout.len(), 1), (other.readout.len(), 1));
        let remedy = "write trials of one sequence only";
        return Err(Error::Shape { what: "trial", expected, given, remedy });
    }
    let (count, steps) = (trials.len(), first.readout.len());
    let phases: Vec<i64> =
        first.phases().iter().map(|phase| phase.map_or(-1, |motif| motif as i64)).collect();
    let mut npz = NpzWriter::stored();
    npz.vector("t", &first.times())?;
    npz.array("y", &[count, steps], trials.iter().flat_map(|t| t.readout.iter().copied()))?;
    npz.vector("phase", &phases)?;
    npz.vector("target", &first.target)?;
    npz.array("rmse", &[count, first.segments.len()], trials.iter().flat_map(Trajectory::rmse))?;
    if let Some(states) = &first.states {
        // One column per sample: column-major is (steps, N) row by row.
        let all = trials.iter().filter_map(|trial| trial.states.as_ref()).flat_map(|x| x.iter().copied());
        npz.array("x", &[count, steps, states.nrows()], all)?;
    }
    npz.vector("metadata", &json::encode(metadata)?)?;
    npz.finish()
}
