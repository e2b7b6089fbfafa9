//! The time over which noise is counted.

/// Over which time a loop's noise is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
pub enum Horizon {
    /// The motif's duration T: what is played, and no more.
    #[default]
    Motif,
    /// All times: the published cost.
    Infinite,
}
