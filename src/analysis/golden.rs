//! Golden sections.

use crate::Result;

/// The largest value of a function with one maximum on an interval, and where: the interval shrinks
/// by 0.618 with each section.
pub(super) fn maximise(
    (mut low, mut high): (f64, f64),
    sections: usize,
    mut value: impl FnMut(f64) -> Result<f64>,
) -> Result<(f64, f64)> {
    let ratio = 0.5 * (5_f64.sqrt() - 1.0);
    let mut inner = [high - ratio * (high - low), low + ratio * (high - low)];
    let mut values = [value(inner[0])?, value(inner[1])?];
    for _ in 0..sections {
        if values[0] > values[1] {
            high = inner[1];
            inner = [high - ratio * (high - low), inner[0]];
            values = [value(inner[0])?, values[0]];
        } else {
            low = inner[0];
            inner = [inner[1], low + ratio * (high - low)];
            values = [values[1], value(inner[1])?];
        }
    }
    let best = usize::from(values[1] > values[0]);
    Ok((values[best], inner[best]))
}
