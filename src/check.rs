//! Checks shared by the constructors.

use nalgebra::{DMatrix, Dim, Dyn, Matrix, Storage};

use crate::{Error, Result};

/// More samples than this in one series are taken for a mistake.
const MAX_SAMPLES: usize = 10_000_000;

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

/// Fails on more samples of one series than anyone means.
pub(crate) fn samples(what: &'static str, given: usize) -> Result<()> {
    if given <= MAX_SAMPLES {
        Ok(())
    } else {
        Err(Error::Count { what, expected: "at most 10000000", given })
    }
}

/// An empty list with room for as many numbers, or an error where there is no memory for it.
pub(crate) fn room(what: &'static str, rows: usize, samples: usize) -> Result<Vec<f64>> {
    let mut list = Vec::new();
    match rows.checked_mul(samples).map(|len| list.try_reserve_exact(len)) {
        Some(Ok(())) => Ok(list),
        _ => Err(Error::Count { what, expected: "a number that fits in memory", given: samples }),
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
