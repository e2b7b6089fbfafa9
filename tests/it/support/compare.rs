//! Comparisons and tolerances.

use nalgebra::{DMatrix, DVector};
use thalamo::{Complex64, Error, Result};

/// Relative distance of two vectors.
pub(crate) fn distance(a: &DVector<f64>, b: &DVector<f64>) -> f64 {
    (a - b).norm() / b.norm()
}

/// Largest distance of a target from a spectrum.
pub(crate) fn farthest(targets: &[Complex64], spectrum: &[Complex64]) -> f64 {
    let nearest = |t: &Complex64| spectrum.iter().map(|z| (z - t).norm()).fold(f64::INFINITY, f64::min);
    targets.iter().map(nearest).fold(0.0, f64::max)
}

/// Smallest singular value of `M - z I` over the norm of M: the backward error of an eigenvalue z.
pub(crate) fn backward_error(m: &DMatrix<f64>, z: Complex64) -> f64 {
    let diagonal = |i, j| if i == j { z } else { Complex64::ZERO };
    let shifted = faer::Mat::from_fn(m.nrows(), m.ncols(), |i, j| m[(i, j)] - diagonal(i, j));
    shifted.singular_values().unwrap().into_iter().fold(f64::INFINITY, f64::min) / m.norm()
}

/// The value an error refuses with, and its message.
#[track_caller]
pub(crate) fn refused<T>(result: Result<T>, message: &str) -> Error {
    match result {
        Ok(_) => panic!("accepted, expected: {message}"),
        Err(error) => {
            assert_eq!(error.to_string(), message);
            error
        }
    }
}
