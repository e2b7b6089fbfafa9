//! What every part shares: checks of arguments, limits, exact scaling and root mean squares.

use std::ops::{Bound, RangeBounds};

use nalgebra::{DMatrix, Dim, Dyn, Matrix, Storage};

use crate::{Error, Result};

/// Fails on the first NaN or infinity.
pub(crate) fn finite(what: &'static str, values: &[f64]) -> Result<()> {
    // In pieces without a way out of the middle, which the compiler can then vectorise.
    if values.chunks(128).all(|piece| piece.iter().fold(true, |all, x| all & x.is_finite())) {
        return Ok(());
    }
    match values.iter().position(|x| !x.is_finite()) {
        Some(index) => Err(Error::NotFinite { what, index, value: values[index] }),
        None => Ok(()),
    }
}

/// Fails unless the shape is the expected one.
pub(crate) fn shape(
    what: &'static str,
    given: (usize, usize),
    expected: (usize, usize),
    remedy: &'static str,
) -> Result<()> {
    if given == expected { Ok(()) } else { Err(Error::Shape { what, expected, given, remedy }) }
}

/// Readout weights W (N x D) of at least one unit and one output, all finite.
pub(crate) fn readout<D: Dim, S: Storage<f64, Dyn, D>>(
    readout: &Matrix<f64, Dyn, D, S>,
) -> Result<DMatrix<f64>> {
    if readout.nrows() == 0 {
        return Err(Error::Empty { what: "readout W", remedy: "give one row per unit" });
    }
    if readout.ncols() == 0 {
        return Err(Error::Empty { what: "readout W", remedy: "give one column per output" });
    }
    let (units, outputs) = readout.shape();
    let readout = DMatrix::from_iterator(units, outputs, readout.iter().copied());
    finite("readout W", readout.as_slice())?;
    Ok(readout)
}

/// Fails unless the number is in the range that `expected` puts in words.
pub(crate) fn number(
    what: &'static str,
    given: f64,
    range: impl RangeBounds<f64>,
    expected: &'static str,
) -> Result<()> {
    if range.contains(&given) { Ok(()) } else { Err(Error::OutOfRange { what, expected, given }) }
}

/// Fails unless the number is finite and positive.
pub(crate) fn positive(what: &'static str, given: f64) -> Result<()> {
    number(what, given, (Bound::Excluded(0.0), Bound::Included(f64::MAX)), "a finite number > 0")
}

/// Fails unless the number is finite and not negative.
pub(crate) fn non_negative(what: &'static str, given: f64) -> Result<()> {
    number(what, given, 0.0..=f64::MAX, "a finite number >= 0")
}

/// Fails unless the count is in the range that `expected` puts in words.
pub(crate) fn count(
    what: &'static str,
    given: usize,
    range: impl RangeBounds<usize>,
    expected: &'static str,
) -> Result<()> {
    if range.contains(&given) {
        Ok(())
    } else {
        Err(Error::OutOfRange { what, expected, given: given as f64 })
    }
}

/// Fails on more samples of one series than anyone means.
pub(crate) fn samples(what: &'static str, given: usize) -> Result<()> {
    count(what, given, ..=10_000_000, "at most 10000000")
}

/// An empty list with room for as many numbers, or an error where there is no memory for it.
pub(crate) fn room(what: &'static str, rows: usize, samples: usize) -> Result<Vec<f64>> {
    let mut list = Vec::new();
    match rows.checked_mul(samples).map(|len| list.try_reserve_exact(len)) {
        Some(Ok(())) => Ok(list),
        _ => Err(Error::OutOfRange { what, expected: "a number that fits in memory", given: samples as f64 }),
    }
}

/// A matrix of zeros with a column per sample, or an error where there is no memory for it.
pub(crate) fn zeros(what: &'static str, rows: usize, samples: usize) -> Result<DMatrix<f64>> {
    let mut data = room(what, rows, samples)?;
    data.resize(rows * samples, 0.0);
    Ok(DMatrix::from_vec(rows, samples, data))
}

/// Fails when something computed grew beyond double precision.
pub(crate) fn no_overflow(what: &'static str, values: &[f64]) -> Result<()> {
    match finite(what, values) {
        Err(Error::NotFinite { value: given, .. }) => Err(Error::OutOfRange {
            what,
            expected: "finite numbers: a system that grows less, or fewer samples",
            given,
        }),
        other => other,
    }
}

/// Fails where a stored number is off by more than the limit (or NaN).
pub(crate) fn agrees(what: &'static str, difference: f64, limit: f64) -> Result<()> {
    if difference <= limit { Ok(()) } else { Err(Error::Disagrees { what, difference, limit }) }
}

/// The power of two at or below a magnitude, near enough to one that neither it nor its inverse leaves double
/// precision; one for zero and what is not finite. Dividing or multiplying by it is exact.
pub(crate) fn power_of_two(magnitude: f64) -> f64 {
    if magnitude > 0.0 && magnitude.is_finite() {
        magnitude.log2().floor().clamp(-1020.0, 1020.0).exp2()
    } else {
        1.0
    }
}

/// Squares below this lose digits: beside `f64::MIN_POSITIVE` a mean of them may be no normal number.
const SMALLEST: f64 = 1e-290;

/// Root mean square of some numbers; finite for finite ones, and zero only if all of them are.
pub(crate) fn root_mean_square(values: impl ExactSizeIterator<Item = f64> + Clone) -> f64 {
    let count = values.len() as f64;
    let mean = values.clone().map(|x| x * x).sum::<f64>() / count;
    if mean.is_nan() || mean.is_finite() && mean > SMALLEST {
        return mean.sqrt();
    }
    let largest = values.clone().fold(0.0_f64, |most, x| most.max(x.abs()));
    if largest == 0.0 || !largest.is_finite() {
        return mean.sqrt();
    }
    // Rounding must not carry the result past the largest of the numbers.
    ((values.map(|x| (x / largest).powi(2)).sum::<f64>() / count).sqrt() * largest).min(largest)
}

/// The method that changes options from outside the crate, where `#[non_exhaustive]` allows no literals.
macro_rules! with {
    ($options:ty) => {
        impl $options {
            /// These options after a change, such as `.with(|o| o.seed = 2)`.
            #[must_use]
            pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
                change(&mut self);
                self
            }
        }
    };
}
pub(crate) use with;

/// `Serialize` and `Deserialize` as derived with `serde(remote = "Self")`, which leaves the derived code in
/// functions of the type; what is read passes through a check that returns it, or one rebuilt from it.
#[cfg(feature = "io")]
macro_rules! checked_when_read {
    ($type:ty: |$value:ident| $check:expr) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                <$type>::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
                let $value = <$type>::deserialize(from)?;
                $check.map_err(serde::de::Error::custom)
            }
        }
    };
}
#[cfg(feature = "io")]
pub(crate) use checked_when_read;

#[cfg(test)]
mod tests {
    use super::root_mean_square;

    #[test]
    fn squares_out_of_range_do_not_matter() {
        for scale in [1.0, 1e300, 1e-300, 1e160, 1e-160, f64::MAX / 8.0] {
            let found = root_mean_square([3.0 * scale, -5.0 * scale, 1.0 * scale, 1.0 * scale].into_iter());
            assert!((found / (3.0 * scale) - 1.0).abs() < 1e-15, "{scale:e}: {found:e}");
        }
        assert_eq!(root_mean_square([0.0, 0.0].into_iter()), 0.0);
        assert_eq!(root_mean_square([5e-324, 5e-324].into_iter()), 5e-324);
        assert!(root_mean_square([f64::NAN, 1.0].into_iter()).is_nan());
    }
}
