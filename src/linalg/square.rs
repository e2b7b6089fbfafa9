//! What every function of square matrices asks of them.

use nalgebra::DMatrix;

use crate::{Error, Result, check};

/// Fails unless the matrix is square, not empty, and finite.
pub(crate) fn square(a: &DMatrix<f64>) -> Result<()> {
    if a.is_empty() {
        return Err(Error::Empty { what: "matrix", remedy: "give it at least one row and column" });
    }
    let n = a.nrows();
    check::shape("matrix", a.shape(), (n, n), "only square matrices have eigenvalues")?;
    check::finite("matrix", a.as_slice())
}

/// The matrix over a power of two near its largest entry: exact, and out of reach of overflow and underflow.
pub(crate) fn normalised(a: &DMatrix<f64>) -> (DMatrix<f64>, f64) {
    let factor = check::power_of_two(a.amax());
    (a / factor, factor)
}
