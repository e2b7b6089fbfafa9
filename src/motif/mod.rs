//! Motifs: the target series that the readout has to follow.
//!
//! [`Motif`] holds any validated series. Two seeded generators make random ones: [`step_motifs`], the
//! piecewise constant series of the paper, and [`oscillating_motifs`], smooth series of a few harmonics. Each
//! motif has its own random stream, so motif `i` of a seed is the same however many are asked for.

mod grid;
mod oscillation;
mod series;
mod step;

pub use oscillation::{OscillationOptions, oscillating_motif, oscillating_motifs};
pub use series::Motif;
pub use step::{StepOptions, step_motif, step_motifs};
