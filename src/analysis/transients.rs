//! Transients: how far `x' = A x` can run away before it decays.

use faer::Side;
use nalgebra::DMatrix;

use super::golden;
use crate::linalg::product::view;
use crate::linalg::{Propagator, expm, square};
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
/// use nalgebra::DMatrix;
/// use thalamo::analysis::numerical_abscissa;
/// let a = DMatrix::from_row_slice(2, 2, &[-1.0, 10.0, 0.0, -2.0]);
/// let omega = numerical_abscissa(&a)?;
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
/// ```
/// use nalgebra::DMatrix;
/// let norms = thalamo::analysis::propagator_norms(&DMatrix::from_row_slice(2, 2, &[-1.0, 0.0, 0.0, -2.0]), 0.5, 2)?;
/// assert!((norms[2] - (-1_f64).exp()).abs() < 1e-15);
/// # Ok::<(), thalamo::Error>(())
/// ```
///
/// # Errors
/// A matrix that is not square, empty or not finite, a step that is not positive, more than 1e7
/// steps, or growth beyond double precision.
pub fn propagator_norms(a: &DMatrix<f64>, dt: f64, steps: usize) -> Result<Vec<f64>> {
    check::samples("steps", steps)?;
    let mut powers = Powers::new(a, dt)?;
    let mut norms = vec![1.0];
    for _ in 0..steps {
        norms.push(powers.next_norm()?);
    }
    Ok(norms)
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
/// of it. The best maxima of the grid are then refined by golden sections to about 1e-12. The
/// search ends at the first `T > 0` with $\\|e^{A T}\\|_2 \le 1$: by submultiplicativity no later
/// time exceeds what was seen.
///
/// # Errors
/// A matrix that is not square, empty or not finite; a horizon that is not positive, that needs
/// more than 1e6 steps, or within which $e^{A t}$ overflows.
///
/// ```
/// use nalgebra::DMatrix;
/// use thalamo::analysis::{numerical_abscissa, transient_growth};
/// let a = DMatrix::from_row_slice(2, 2, &[-0.1, 1.0, 0.0, -0.1]);
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
    let mut powers = Powers::new(a, h)?;
    let mut norms = vec![1.0];
    let mut global = false;
    while norms.len() <= steps as usize && !global {
        let now = powers.next_norm()?;
        norms.push(now);
        global = now <= 1.0;
    }
    let mut best =
        norms.iter().enumerate().fold(
            (0.0, 0.0),
            |best: (f64, f64), (i, &value)| {
                if value > best.0 { (value, i as f64 * h) } else { best }
            },
        );
    let upper_bound = best.0 / (1.0 - MISSED);
    for i in maxima(&norms) {
        let refined = refine(a, i.saturating_sub(1) as f64 * h, 2.0 * h)?;
        // The grid ends at the last sample.
        if refined.0 > best.0 && refined.1 <= (norms.len() - 1) as f64 * h {
            best = refined;
        }
    }
    let searched = (norms.len() - 1) as f64 * h;
    Ok(TransientGrowth { growth: best.0, time: best.1, upper_bound, global, searched })
}

/// Local maxima of the samples, from the second on, that may hold the largest value between the
/// samples.
fn maxima(norms: &[f64]) -> Vec<usize> {
    let largest = norms.iter().copied().fold(0.0, f64::max);
    let at = |i: usize| norms.get(i).copied().unwrap_or(0.0);
    let mut found: Vec<usize> = (1..norms.len())
        .filter(|&i| at(i) >= largest * (1.0 - MISSED) && at(i) >= at(i - 1) && at(i) >= at(i + 1))
        .collect();
    // Also the very first step: the norm may rise and fall within it.
    if at(0) >= largest * (1.0 - MISSED) {
        found.push(0);
    }
    found.sort_by(|&i, &j| at(j).total_cmp(&at(i)));
    found.truncate(CANDIDATES);
    found
}

/// Golden sections for the maximum of the norm on `[start, start + width]`: value and time.
fn refine(a: &DMatrix<f64>, start: f64, width: f64) -> Result<(f64, f64)> {
    let base = expm(&(a * start))?;
    let value = |offset: f64| norm(&(expm(&(a * offset))? * &base));
    let (norm, offset) = golden::maximise((0.0, width), SECTIONS, value)?;
    Ok((norm, start + offset))
}

/// Powers of `e^{A dt}` one after the other.
struct Powers {
    propagator: Propagator,
    power: DMatrix<f64>,
    next: DMatrix<f64>,
}

impl Powers {
    fn new(a: &DMatrix<f64>, dt: f64) -> Result<Self> {
        let propagator = Propagator::new(a, dt)?;
        let n = a.nrows();
        Ok(Self { propagator, power: DMatrix::identity(n, n), next: DMatrix::zeros(n, n) })
    }

    fn next_norm(&mut self) -> Result<f64> {
        self.propagator.transition().mul_to(&self.power, &mut self.next);
        std::mem::swap(&mut self.power, &mut self.next);
        if self.power.iter().all(|x| x.is_finite()) {
            return norm(&self.power);
        }
        let expected = "times within which e^(A t) stays finite";
        Err(Error::OutOfRange { what: "horizon", expected, given: f64::INFINITY })
    }
}

/// The 2-norm.
fn norm(m: &DMatrix<f64>) -> Result<f64> {
    let failed = Error::EigenNotConverged { size: m.nrows() };
    let values = view(m).singular_values().map_err(|_| failed.clone())?;
    values.first().copied().filter(|s| s.is_finite()).ok_or(failed)
}
