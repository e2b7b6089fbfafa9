//! Motifs: the target series that the readout has to follow.

mod series;

pub use series::Motif;
