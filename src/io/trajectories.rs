//! What was played: `traj.npz`.

use std::path::Path;

use serde::Serialize;

use super::npz::NpzBuilder;
use super::{Error, Result, files, json};
use crate::play::Trajectory;

/// Writes trials of one sequence.
///
/// # Errors
/// As [`encode_trajectories`]; a file that cannot be written.
pub fn write_trajectories(path: &Path, trials: &[Trajectory], metadata: &impl Serialize) -> Result<()> {
    files::write_whole(path, &encode_trajectories(trials, metadata)?)
}

/// The bytes of a `traj.npz`: `t` (steps,) in tau, `y` (trials, steps), `phase` (steps,; the motif's index, -1 in
/// preparation), `target` (steps,; NaN in preparation), `rmse` (trials, motifs played), `x` (trials, steps, N) where
/// states were kept, and `metadata` (JSON as uint8).
///
/// # Errors
/// No trials, or trials of different sequences.
pub fn encode_trajectories(trials: &[Trajectory], metadata: &impl Serialize) -> Result<Vec<u8>> {
    let invalid = |source| Error::Invalid { path: "trajectories".into(), source };
    let empty = crate::Error::Empty { what: "trials", remedy: "play at least one" };
    let first = trials.first().ok_or(empty).map_err(invalid)?;
    if let Some(other) = trials.iter().find(|t| t.segments() != first.segments()) {
        let (expected, given) = ((first.readout().len(), 1), (other.readout().len(), 1));
        let remedy = "write trials of one sequence only";
        return Err(invalid(crate::Error::Shape { what: "trial", expected, given, remedy }));
    }
    let steps = first.readout().len();
    let phases: Vec<i64> =
        first.phases().iter().map(|phase| phase.map_or(-1, |motif| motif as i64)).collect();
    let rmse: Vec<f64> = trials.iter().flat_map(Trajectory::rmse).collect();
    let mut npz = NpzBuilder::new()
        .real("t", &[steps], first.times())?
        .real("y", &[trials.len(), steps], trials.iter().flat_map(|t| t.readout().iter().copied()))?
        .integers("phase", &phases)?
        .real("target", &[steps], first.target().iter().copied())?
        .real("rmse", &[trials.len(), first.segments().len()], rmse)?;
    if let Some(states) = first.states() {
        // One column per sample: column-major is (steps, N) row by row.
        let all = trials.iter().filter_map(Trajectory::states).flat_map(|x| x.iter().copied());
        npz = npz.real("x", &[trials.len(), steps, states.nrows()], all)?;
    }
    npz.bytes("metadata", &json::encode(metadata)?)?.finish()
}
