//! Matrix exponential by scaling and squaring.

mod norms;
mod pade;
mod triangular;

use super::product::{one_norm, product, view};
use super::square::square;
use crate::{Error, Result};
use nalgebra::DMatrix;
use pade::Powers;
use triangular::{Known, triangular_order};

/// Size of the exponent, as a power of two, from which on it is halved before its powers are formed: the
/// thirteenth power must not overflow.
const LARGEST_EXPONENT: f64 = 64.0;

/// $$e^A$$ of a real `N x N` matrix, dimensionless, by scaling and squaring of Pade approximants.
///
/// Exists for every matrix; refused when its entries exceed double precision. The scaling follows norms of
/// powers of A, far below the norm of A where that is non-normal: fewer squarings, and less rounding. Of a
/// matrix that is triangular, in whatever order of its units, the diagonal and superdiagonal are written
/// down.
///
/// Reference: A. H. Al-Mohy and N. J. Higham (2009), A new scaling and squaring algorithm for the matrix
/// exponential, SIMAX 31.
///
/// # Errors
/// An input that is no finite square matrix, or a result that overflows.
///
/// ```
/// use nalgebra::{DMatrix, dmatrix};
/// let a = dmatrix![-1.0, 3.0; -2.0, 0.5];
/// let back = thalamo::linalg::expm(&a)? * thalamo::linalg::expm(&-a)?;
/// assert!((back - DMatrix::identity(2, 2)).norm() < 1e-14);
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn expm(a: &DMatrix<f64>) -> Result<DMatrix<f64>> {
    square(a)?;
    let norm = one_norm(a);
    let overflow = Error::OutOfRange {
        what: "1-norm of the exponent",
        expected: "a matrix with finite e^A",
        given: norm,
    };
    if !norm.is_finite() {
        return Err(overflow);
    }
    let n = a.nrows();
    let result = match triangular_order(a) {
        Some(order) => {
            let ordered = DMatrix::from_fn(n, n, |i, j| a[(order[i], order[j])]);
            let ordered = exponential(&ordered, norm, true);
            let mut result = DMatrix::zeros(n, n);
            (0..n).for_each(|j| (0..=j).for_each(|i| result[(order[i], order[j])] = ordered[(i, j)]));
            result
        }
        None => exponential(a, norm, false),
    };
    if result.iter().all(|x| x.is_finite()) { Ok(result) } else { Err(overflow) }
}

fn exponential(a: &DMatrix<f64>, norm: f64, triangular: bool) -> DMatrix<f64> {
    let halvings = if norm > 0.0 { (norm.log2() - LARGEST_EXPONENT).ceil().max(0.0) } else { 0.0 };
    let mut powers = Powers::new(halved(a, halvings));
    let (degree, scaling) = powers.plan();
    let squarings = halvings + scaling;
    let mut result = powers.approximant(degree, scaling);
    let mut known = triangular.then(|| Known::of(&halved(a, squarings)));
    if let Some(known) = &known {
        known.write(&mut result);
    }
    for _ in 0..squarings as usize {
        result = product(view(&result), view(&result));
        if let Some(known) = &mut known {
            known.double();
            known.write(&mut result);
        }
    }
    result
}

/// `2^-k A`, in two steps since 2^-1024 is no normal number.
fn halved(a: &DMatrix<f64>, k: f64) -> DMatrix<f64> {
    let half = (0.5 * k).floor();
    a * (-half).exp2() * (half - k).exp2()
}
