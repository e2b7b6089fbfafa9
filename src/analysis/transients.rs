//! Transients: how far `x' = A x` can run away before it decays.

use faer::Side;
use nalgebra::DMatrix;

use super::golden;
use crate::linalg::product::view;
use crate::linalg::{expm, powers, square};
use crate::{Error, Result, check};

/// Step of the grid times the 2-norm of A.
const STEP: f64 = 0.2;
/// How much of the maximum the grid can miss, relative: `STEP^2 / 8`.
const MISSED: f64 = STEP * STEP / 8.0;
/// Longest grid.
const STEPS: f64 = 1e6;
/// Maxima of the grid that are refined.
const CANDIDATES: usize = 3;
/// Golden sections of two steps: the maximum is flat, its value then exact.
const SECTIONS: usize = 36;

/// Numerical abscissa $\omega(A) = \lambda_{\max}\big((A + A^T)/2\big)$ (1/tau): the rate at which
/// the fastest growing state grows,
///
/// $$ \omega(A) = \frac{d}{dt} \\|e^{A t}\\|_2 \Big|_{t = 0^+} \ge \max_j \mathrm{Re}\\, \lambda_j,
///    \qquad \\|e^{A t}\\|_2 \le e^{\omega t}. $$
///
/// Equal to the spectral abscissa for a normal matrix; above zero exactly when some state grows at
/// first.
///
/// # Errors
/// A matrix that is not square, empty or not finite; [`Error::EigenNotConverged`].
///
/// ```
/// let omega = thalamo::analysis::numerical_abscissa(&nalgebra::dmatrix![-1.0, 10.0; 0.0, -2.0])?;
/// assert!((omega - (-1.5 + (0.25_f64 + 25.0).sqrt())).abs() < 1e-14);
/// # Ok::<(), thalamo::Error>(())
/// ```
///
/// Source: L. N. Trefethen and M. Embree (2005), Spectra and Pseudospectra, chapter 17.
pub fn numerical_abscissa(a: &DMatrix<f64>) -> Result<f64> {
    square(a)?;
    let symmetric = 0.5 * a + 0.5 * a.transpose();
    let failed = Error::EigenNotConverged { size: a.nrows() };
    let values = view(&symmetric).self_adjoint_eigenvalues(Side::Lower).map_err(|_| failed.clone())?;
    let largest = values.into_iter().fold(f64::NEG_INFINITY, f64::max);
    if largest.is_finite() { Ok(largest) } else { Err(failed) }
}

/// $\\|e^{A t}\\|_2$, the largest factor by which a state can have grown, at
/// `t = 0, dt, ..., steps dt` (tau).
///
/// # Errors
/// A matrix that is not square, empty or not finite, a step that is not positive, more than 1e7
/// steps, or growth beyond double precision.
pub fn propagator_norms(a: &DMatrix<f64>, dt: f64, steps: usize) -> Result<Vec<f64>> {
    check::samples("steps", steps)?;
    powers(a, dt)?.take(steps + 1).map(|power| norm(&power)).collect()
}

/// The largest transient within a horizon.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransientGrowth {
    /// Largest $\\|e^{A t}\\|_2$ found; at least 1, its value at `t = 0`.
    pub growth: f64,
    /// Where (tau).
    pub time: f64,
    /// No `t` within the horizon exceeds this, up to rounding: half a percent above what the grid
    /// saw.
    pub upper_bound: f64,
    /// Whether the maximum holds for all times: the norm came back to 1 or below.
    pub global: bool,
    /// Last time looked at (tau): the horizon, or where the norm was back at 1.
    pub searched: f64,
}

/// $$ \max_{0 \le t \le \mathrm{horizon}} \\|e^{A t}\\|_2 $$ for any A (1/tau), stable or not.
///
/// On a grid of step $h = 0.2 / \\|A\\|_2$; at a maximum the norm is a smooth function's with
/// second derivative at most $\\|A\\|_2^2$ times its value, so the grid sees at least $1 - 0.2^2/8$
/// of it. Its best maxima are refined by golden sections to about 1e-12. The search ends at the
/// first `T > 0` with $\\|e^{A T}\\|_2 \le 1$: by submultiplicativity no later time exceeds what was
/// seen.
///
/// # Errors
/// A matrix that is not square, empty or not finite; a horizon that is not positive, that needs
/// more than 1e6 steps, or within which $e^{A t}$ overflows.
///
/// ```
/// use thalamo::analysis::{numerical_abscissa, transient_growth};
/// let a = nalgebra::dmatrix![-0.1, 1.0; 0.0, -0.1];
/// let found = transient_growth(&a, 100.0)?;
/// // |exp(A t)| = exp(-0.1 t + asinh(t / 2))
/// let time = 96_f64.sqrt();
/// assert!(found.global && (found.time - time).abs() < 1e-5);
/// assert!((found.growth - (-0.1 * time + (time / 2.0).asinh()).exp()).abs() < 1e-12);
/// assert!(found.growth <= (numerical_abscissa(&a)? * found.time).exp());
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn transient_growth(a: &DMatrix<f64>, horizon: f64) -> Result<TransientGrowth> {
    square(a)?;
    check::positive("horizon", horizon)?;
    let steps = (horizon * norm(a)? / STEP).ceil().max(1.0);
    if steps.is_nan() || steps > STEPS {
        let expected = "a time of at most 2e5 over the 2-norm of A";
        return Err(Error::OutOfRange { what: "horizon", expected, given: horizon });
    }
    let h = horizon / steps;
    let mut norms = Vec::new();
    for power in powers(a, h)?.take(steps as usize + 1) {
        norms.push(norm(&power)?);
        if norms.len() > 1 && norms.last().is_some_and(|norm| *norm <= 1.0) {
            break;
        }
    }
    let (searched, global) = ((norms.len() - 1) as f64 * h, norms.last().is_some_and(|norm| *norm <= 1.0));
    let at = |i: usize| norms.get(i).copied().unwrap_or(0.0);
    let largest = norms.iter().copied().fold(0.0, f64::max);
    let first = norms.iter().position(|norm| *norm == largest).unwrap_or(0);
    // Maxima that may hold the largest value between the samples; zero, since the norm may rise and
    // fall within the first step.
    let mut peaks: Vec<usize> = (0..norms.len())
        .filter(|&i| at(i) >= largest * (1.0 - MISSED))
        .filter(|&i| i == 0 || at(i) >= at(i - 1) && at(i) >= at(i + 1))
        .collect();
    peaks.sort_by(|&i, &j| at(j).total_cmp(&at(i)));
    let (mut growth, mut time) = (largest, first as f64 * h);
    for peak in peaks.into_iter().take(CANDIDATES) {
        let start = peak.saturating_sub(1) as f64 * h;
        let base = expm(&(a * start))?;
        let value = |offset: f64| norm(&(expm(&(a * offset))? * &base));
        let (refined, offset) = golden::maximise((0.0, 2.0 * h), SECTIONS, value)?;
        // The grid ends at the last sample.
        if refined > growth && start + offset <= searched {
            (growth, time) = (refined, start + offset);
        }
    }
    Ok(TransientGrowth { growth, time, upper_bound: largest / (1.0 - MISSED), global, searched })
}

/// The 2-norm.
fn norm(m: &DMatrix<f64>) -> Result<f64> {
    if m.iter().any(|x| !x.is_finite()) {
        let expected = "times within which e^(A t) stays finite";
        return Err(Error::OutOfRange { what: "horizon", expected, given: f64::INFINITY });
    }
    let failed = Error::EigenNotConverged { size: m.nrows() };
    let values = view(m).singular_values().map_err(|_| failed.clone())?;
    values.first().copied().filter(|s| s.is_finite()).ok_or(failed)
}
