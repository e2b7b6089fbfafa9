//! Powers of two that keep Lyapunov equations away from over- and underflow.

use nalgebra::DMatrix;

use crate::{Result, check};

/// Magnitudes between which products of three numbers neither overflow nor lose digits.
const ORDINARY: std::ops::RangeInclusive<f64> = 1e-80..=1e80;

/// One for matrices of ordinary size; else the power of two that brings the largest entry near one.
pub(crate) fn unit_scale(m: &DMatrix<f64>) -> f64 {
    let largest = m.amax();
    if ORDINARY.contains(&largest) { 1.0 } else { 1.0 / check::power_of_two(largest) }
}

/// X from the solution X' for `a M` and `b Q`: `X = X' a / b`.
pub(crate) fn unscaled(x: DMatrix<f64>, a: f64, b: f64) -> Result<DMatrix<f64>> {
    // Of two extreme factors the first must not overflow what the second brings back.
    let x = if (a > 1.0) == (b > 1.0) { x * (a / b) } else { x * a / b };
    check::no_overflow("solution of a Lyapunov equation", x.as_slice())?;
    Ok(x)
}
