//! Cholesky factors that refuse matrices without information.

use nalgebra::{Cholesky, DMatrix, Dyn};

/// `A = L L^T`, read from the lower triangle; none where a pivot lost all its digits, or is not finite.
pub(crate) fn cholesky(a: DMatrix<f64>) -> Option<Cholesky<f64, Dyn>> {
    let diagonal = a.diagonal();
    let factor = Cholesky::new(a)?;
    let pivots = factor.l_dirty().diagonal();
    let safe = |(l, a): (&f64, &f64)| l * l > 4.0 * f64::EPSILON * a && l.is_finite();
    pivots.iter().zip(&diagonal).all(safe).then_some(factor)
}
