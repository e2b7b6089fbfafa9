//! Powers of two by which vectors are scaled so that what follows neither over- nor underflows: scaling by
//! them is exact.

use crate::check;

/// The power of two that brings the largest entry near one.
pub(super) fn near_unit(u: &[f64]) -> f64 {
    near_units::<1>(u.as_chunks().0)[0]
}

/// The same for B vectors side by side.
pub(super) fn near_units<const B: usize>(u: &[[f64; B]]) -> [f64; B] {
    let larger = |m: [f64; B], x: &[f64; B]| std::array::from_fn(|i| m[i].max(x[i].abs()));
    u.iter().fold([0.0; B], larger).map(|largest| 1.0 / check::power_of_two(largest))
}
