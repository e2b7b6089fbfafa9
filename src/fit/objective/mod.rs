//! The fit's sum of squares with the amplitudes eliminated, and its derivatives.

pub(super) mod accurate;
pub(super) mod amplitudes;
pub(super) mod derivatives;
pub(super) mod gram;
pub(super) mod sums;
