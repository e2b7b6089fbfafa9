//! Matrix exponential by scaling and squaring.

use super::product::{Lu, mul_into, one_norm, product, view};
use super::square::square;
use crate::{Error, Result};
use faer::Accum;
use nalgebra::DMatrix;

/// Numerator coefficients of the [13/13] Pade approximant of `e^x`, scaled to integers; the denominator's
/// alternate in sign.
const PADE_13: [f64; 14] = [
    64_764_752_532_480_000.0,
    32_382_376_266_240_000.0,
    7_771_770_303_897_600.0,
    1_187_353_796_428_800.0,
    129_060_195_264_000.0,
    10_559_470_521_600.0,
    670_442_572_800.0,
    33_522_128_640.0,
    1_323_241_920.0,
    40_840_800.0,
    960_960.0,
    16_380.0,
    182.0,
    1.0,
];

/// Largest 1-norm at which the [13/13] approximant is exact to double precision.
const THETA_13: f64 = 5.371_920_351_148_152;

/// $$e^A$$ of a real `N x N` matrix, dimensionless, by scaling and squaring of the [13/13] Pade approximant.
///
/// Exists for every matrix; refused when its entries exceed double precision.
///
/// Reference: N. J. Higham (2005), The scaling and squaring method for the matrix exponential revisited,
/// SIMAX 26.
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
    let n = a.nrows();
    let norm = one_norm(a);
    let overflow = Error::OutOfRange {
        what: "1-norm of the exponent",
        expected: "a matrix with finite e^A",
        given: norm,
    };
    if !norm.is_finite() {
        return Err(overflow);
    }
    let squarings = if norm > THETA_13 { (norm / THETA_13).log2().ceil() } else { 0.0 };
    // Halved twice, since 2^-1024 is no normal number.
    let half = (-0.5 * squarings).exp2();
    let a = a * half * half;

    let b = PADE_13;
    let a2 = product(view(&a), view(&a));
    let a4 = product(view(&a2), view(&a2));
    let a6 = product(view(&a2), view(&a4));
    let combine = |c: [f64; 4]| {
        let mut sum = &a6 * c[3] + &a4 * c[2] + &a2 * c[1];
        (0..n).for_each(|i| sum[(i, i)] += c[0]);
        sum
    };
    let mut odd = combine([b[1], b[3], b[5], b[7]]);
    mul_into(&mut odd, Accum::Add, 1.0, view(&a6), view(&combine([0.0, b[9], b[11], b[13]])));
    let mut even = combine([b[0], b[2], b[4], b[6]]);
    mul_into(&mut even, Accum::Add, 1.0, view(&a6), view(&combine([0.0, b[8], b[10], b[12]])));
    let u = product(view(&a), view(&odd));

    let mut lu = Lu::new(n);
    // (V - U)^-1 (V + U) = I + 2 (V - U)^-1 U: small exponents keep their digits.
    lu.matrix_mut().copy_from(&(even - &u));
    let mut result = u * 2.0;
    lu.solve_in_place(&mut result);
    (0..n).for_each(|i| result[(i, i)] += 1.0);
    for _ in 0..squarings as usize {
        result = product(view(&result), view(&result));
    }
    if result.iter().all(|x| x.is_finite()) { Ok(result) } else { Err(overflow) }
}
