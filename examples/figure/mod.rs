//! What all examples share: the plotting style, and their command line.
#![allow(dead_code, unreachable_pub, unused_imports)] // each example uses a part of it

mod options;

pub use self::options::{Options, progress, write_json};
use thalamo::play::{Segment, Trajectory};
pub use thalamo_figure::*;

/// Whatever can go wrong in an example.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Readout of a sequence over its target, preparation shaded, each motif under its name.
pub fn played_panel(run: &Trajectory, names: &[&str]) -> Panel {
    let passage =
        |(s, &name): (&Segment, _)| Passage { name, preparation: s.preparation, start: s.start, end: s.end };
    let passages: Vec<_> = run.segments.iter().zip(names).map(passage).collect();
    sequence_panel(&run.times(), &run.target, &[&run.readout], &passages)
}
