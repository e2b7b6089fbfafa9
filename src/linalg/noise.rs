//! Exact covariance of white noise filtered by a linear system over one time step.

use super::product::{mirror_lower, mul_into, mul_lower_into, one_norm, product, view};
use super::square::square;
use super::{expm, tolerance};
use crate::{Error, Result, check};
use faer::Accum;
use nalgebra::DMatrix;

/// `|A| h` at which the series for the covariance of one step h is used; the terms then fall as
/// `0.5^k / (k+1)!`.
const SERIES_NORM: f64 = 0.25;

/// Terms of that series: `0.5^13 / 14!` is below 1e-14 of the first term's rounding.
const SERIES_TERMS: usize = 13;

/// $$Q_d = \int_0^{dt} e^{As} e^{A^T s}\\,ds$$
/// `N x N`: covariance at `t + dt` of `x' = A x + xi` that started from a
/// known state, with xi white noise of unit intensity.
///
/// Exists for every A, stable or not. A Taylor series over a fraction h of the step, then
/// `Q(2h) = Q(h) + e^{Ah} Q(h) e^{A^T h}`: sums of positive semidefinite terms, free of the cancellation that
/// the block exponential `exp [-A I; 0 A^T]` suffers over long steps.
///
/// # Errors
/// A matrix that is not square, empty or not finite, a step that is not positive, or a result that
/// overflows.
///
/// ```
/// let covariance = thalamo::linalg::noise_covariance(&nalgebra::dmatrix![-0.5], 0.1)?;
/// assert!((covariance[(0, 0)] - (1.0 - (-0.1_f64).exp())).abs() < 1e-16);
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn noise_covariance(a: &DMatrix<f64>, dt: f64) -> Result<DMatrix<f64>> {
    square(a)?;
    check::positive("dt", dt)?;
    let n = a.nrows();
    let norm = one_norm(a).max(one_norm(&a.transpose())) * dt;
    let overflow =
        Error::OutOfRange { what: "norm of A dt", expected: "a step with a finite covariance", given: norm };
    if !(norm / SERIES_NORM).is_finite() {
        return Err(overflow);
    }
    let doublings = if norm > SERIES_NORM { (norm / SERIES_NORM).log2().ceil() } else { 0.0 };
    let half = (-0.5 * doublings).exp2();
    let h = dt * half * half;
    let step = a * h;

    // Q / h = sum_k D_k / (k+1)!,  D_0 = I,  D_{k+1} = (A h) D_k + D_k (A h)^T
    let mut term = DMatrix::identity(n, n);
    let mut covariance = term.clone();
    let mut image = term.clone();
    for k in 1..=SERIES_TERMS {
        mul_into(&mut image, Accum::Replace, 1.0 / (k + 1) as f64, view(&step), view(&term));
        term = &image + image.transpose();
        covariance += &term;
    }
    covariance *= h;

    let mut transition = expm(&step)?;
    for _ in 0..doublings as usize {
        let image = product(view(&transition), view(&covariance));
        mul_lower_into(&mut covariance, Accum::Add, 1.0, view(&image), view(&transition).transpose());
        mirror_lower(&mut covariance);
        transition = product(view(&transition), view(&transition));
    }
    if covariance.iter().all(|x| x.is_finite()) { Ok(covariance) } else { Err(overflow) }
}

/// F, `N x rank`, with
/// $$F F^T = Q$$
/// for a positive semidefinite `N x N` covariance Q: `F z`, z standard normal, is a
/// sample.
///
/// Cholesky with diagonal pivoting, ended at the numerical rank; directions without variance simply have no
/// column.
///
/// # Errors
/// A matrix that is not square, empty or not finite; [`Error::OutOfRange`] when it is not symmetric or
/// has a negative eigenvalue beyond rounding.
///
/// ```
/// let q = nalgebra::dmatrix![1.0, 2.0; 2.0, 4.0];
/// let f = thalamo::linalg::noise_factor(&q)?;
/// assert!(f.ncols() == 1 && (&f * f.transpose() - q).norm() < 1e-15);
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn noise_factor(q: &DMatrix<f64>) -> Result<DMatrix<f64>> {
    square(q)?;
    let scale = super::lyapunov::unit_scale(q);
    if scale != 1.0 {
        // Entries of the factor are roots, within half of the range of exponents.
        return Ok(noise_factor(&(q * scale))? / scale.sqrt());
    }
    super::lyapunov::check_symmetric("covariance", q)?;
    let n = q.nrows();
    let floor = tolerance::PIVOT * n as f64 * q.diagonal().amax();
    let mut rest = q.clone();
    let mut factor = DMatrix::zeros(n, n);
    let mut rank = 0;
    let mut left: Vec<usize> = (0..n).collect();
    while let Some(k) =
        (0..left.len()).max_by(|&i, &j| rest[(left[i], left[i])].total_cmp(&rest[(left[j], left[j])]))
    {
        let pivot = left[k];
        if rest[(pivot, pivot)] <= floor {
            break;
        }
        left.swap_remove(k);
        let root = rest[(pivot, pivot)].sqrt();
        factor[(pivot, rank)] = root;
        for &i in &left {
            factor[(i, rank)] = rest[(i, pivot)] / root;
        }
        for &j in &left {
            let scale = factor[(j, rank)];
            for &i in &left {
                rest[(i, j)] -= factor[(i, rank)] * scale;
            }
        }
        rank += 1;
    }
    // What is left must be rounding: a semidefinite remainder is no larger than its diagonal.
    let remainder = left.iter().flat_map(|&j| left.iter().map(move |&i| (i, j)));
    let largest = remainder.map(|index| rest[index].abs()).fold(0.0, f64::max);
    if largest <= 10.0 * floor {
        return Ok(factor.columns(0, rank).into_owned());
    }
    let expected = "a positive semidefinite matrix (remainder after Cholesky at rounding level)";
    Err(Error::OutOfRange { what: "covariance", expected, given: largest })
}
