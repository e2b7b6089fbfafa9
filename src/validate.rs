//! Checks shared by the constructors.

use crate::{Error, Result};

/// Fails on the first NaN or infinity.
pub(crate) fn finite(what: &'static str, values: &[f64]) -> Result<()> {
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

/// Fails unless the number is finite and positive.
pub(crate) fn positive(what: &'static str, given: f64) -> Result<()> {
    if given.is_finite() && given > 0.0 {
        Ok(())
    } else {
        Err(Error::OutOfRange { what, expected: "a finite number > 0", given })
    }
}

/// Fails unless the number is finite and not negative.
pub(crate) fn non_negative(what: &'static str, given: f64) -> Result<()> {
    if given.is_finite() && given >= 0.0 {
        Ok(())
    } else {
        Err(Error::OutOfRange { what, expected: "a finite number >= 0", given })
    }
}
