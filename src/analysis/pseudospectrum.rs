//! Pseudospectra: how far eigenvalues move under small perturbations, and what that says about
//! transients.

use nalgebra::DMatrix;
use num_complex::Complex64;

use super::golden;
use crate::linalg::product::view;
use crate::linalg::{eigenvalues, square};
use crate::{Error, Result, check};

/// Smallest level relative to the largest entry of A that rounding leaves visible.
const SMALLEST_LEVEL: f64 = 1e-12;
/// Distance from an axis, relative to the matrix, within which an eigenvalue may lie on it.
/// Generous: a false candidate only costs time, since every one is checked.
const NEAR_AXIS: f64 = 1e-5;
/// How far above the level the smallest singular value of an accepted point may lie, relative.
const ON_LEVEL: f64 = 1e-6;
const ROUNDS: usize = 40;
/// Relative gain below which the search ends.
const GAIN: f64 = 1e-13;
/// Levels of the first search of the Kreiss bound, and golden sections of the second.
const LEVELS: usize = 9;
const SECTIONS: usize = 12;

/// The rightmost point of the epsilon-pseudospectrum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PseudospectralAbscissa {
    /// Its real part $\alpha_\epsilon(A)$ (1/tau).
    pub abscissa: f64,
    /// The point, in the upper half plane.
    pub point: Complex64,
    /// The level (1/tau).
    pub epsilon: f64,
    /// Smallest singular value of $A - z I$ at the point, equal to the level up to rounding.
    pub singular_value: f64,
    /// Vertical searches.
    pub rounds: usize,
}

/// Pseudospectral abscissa
/// $$ \alpha_\epsilon(A) = \max\\{\mathrm{Re}\\, z : \sigma_{\min}(A - z I) \le \epsilon\\}
///    = \max_{\\|E\\|_2 \le \epsilon} \alpha(A + E), $$
/// with A and the level $\epsilon$ in 1/tau.
///
/// The criss-cross algorithm: along a vertical line the boundary of the pseudospectrum is found
/// among the imaginary eigenvalues of
/// $\begin{bmatrix} A - x I & -\epsilon I \\\\ \epsilon I & -(A - x I)^T \end{bmatrix}$, along a
/// horizontal one among the real eigenvalues of
/// $\begin{bmatrix} A - i y I & -\epsilon I \\\\ -\epsilon I & (A - i y I)^H \end{bmatrix}$;
/// horizontal searches start in the middle of what the vertical search found inside, and converge
/// quadratically to the global maximum. Every point accepted is verified by its singular value.
///
/// # Errors
/// A matrix that is not square, empty or not finite; a level that is not positive, or below 1e-12
/// of the largest entry of A; a point that overflows; [`Error::EigenNotConverged`].
///
/// ```
/// use thalamo::analysis::pseudospectral_abscissa;
/// let found = pseudospectral_abscissa(&nalgebra::dmatrix![-1.0, 1.0; 0.0, -1.0], 0.01)?;
/// assert!((found.abscissa - (-1.0 + (0.01_f64 + 0.0001).sqrt())).abs() < 1e-12);
/// # Ok::<(), thalamo::Error>(())
/// ```
///
/// Source: J. V. Burke, A. S. Lewis and M. L. Overton, IMA Journal of Numerical Analysis 23 (2003)
/// 359-375.
pub fn pseudospectral_abscissa(a: &DMatrix<f64>, epsilon: f64) -> Result<PseudospectralAbscissa> {
    square(a)?;
    check::positive("epsilon", epsilon)?;
    let scale = a.amax();
    if epsilon < SMALLEST_LEVEL * scale {
        let expected = "at least 1e-12 of the largest entry of A";
        return Err(Error::OutOfRange { what: "epsilon", expected, given: epsilon });
    }
    // A power of two, out of reach of overflow; exact.
    let factor = check::power_of_two(scale.max(epsilon));
    let (a, level) = (a / factor, epsilon / factor);
    let near = NEAR_AXIS * (a.norm() + level);
    let (point, singular_value, rounds) = Level { a, epsilon: level, near }.rightmost()?;
    let (point, singular_value) = (point * factor, singular_value * factor);
    check::no_overflow("pseudospectral abscissa", &[point.re, point.im])?;
    Ok(PseudospectralAbscissa { abscissa: point.re, point, epsilon, singular_value, rounds })
}

struct Level {
    a: DMatrix<f64>,
    epsilon: f64,
    near: f64,
}

impl Level {
    /// The point, its singular value, and vertical searches.
    fn rightmost(&self) -> Result<(Complex64, f64, usize)> {
        let by_abscissa = |a: &Complex64, b: &Complex64| a.re.total_cmp(&b.re);
        let start = eigenvalues(&self.a)?.into_iter().max_by(by_abscissa).unwrap_or_default();
        let start = Complex64::new(start.re, start.im.abs());
        let (mut best, mut heights, mut rounds) = ((start, 0.0), vec![start.im], 0);
        loop {
            let before = best.0.re;
            for y in heights {
                if let Some(better) = self.horizontal(y)?.filter(|p| p.0.re > best.0.re) {
                    best = better;
                }
            }
            let settled = rounds > 0 && best.0.re - before <= GAIN * (self.near / NEAR_AXIS);
            if settled || rounds == ROUNDS {
                return Ok((best.0, best.1, rounds));
            }
            heights = self.inside(best.0.re)?;
            rounds += 1;
        }
    }

    /// Middles, in the upper half plane, of the parts of the line `Re z = x` inside the
    /// pseudospectrum.
    fn inside(&self, x: f64) -> Result<Vec<f64>> {
        let n = self.a.nrows();
        let hamiltonian = DMatrix::from_fn(2 * n, 2 * n, |i, j| {
            let shifted = |i: usize, j: usize| self.a[(i, j)] - if i == j { x } else { 0.0 };
            match (i < n, j < n) {
                (true, true) => shifted(i, j),
                (false, false) => -shifted(j - n, i - n),
                (true, false) if i == j - n => -self.epsilon,
                (false, true) if i - n == j => self.epsilon,
                _ => 0.0,
            }
        });
        let axis = eigenvalues(&hamiltonian)?.into_iter().filter(|z| z.re.abs() <= self.near);
        let mut crossings: Vec<f64> = axis.flat_map(|z| [z.im, -z.im]).collect();
        crossings.sort_by(f64::total_cmp);
        let mut middles = Vec::new();
        for pair in crossings.windows(2) {
            let y = 0.5 * (pair[0] + pair[1]);
            let point = Complex64::new(x, y.max(0.0));
            // The two members of a conjugate pair meet at zero, up to rounding.
            if y >= -self.near * f64::EPSILON && self.smallest(point)?.0 <= self.epsilon * (1.0 + ON_LEVEL) {
                middles.push(point.im);
            }
        }
        middles.dedup();
        Ok(middles)
    }

    /// The rightmost point of the line `Im z = y` on the boundary, and its singular value.
    fn horizontal(&self, y: f64) -> Result<Option<(Complex64, f64)>> {
        let n = self.a.nrows();
        let matrix = DMatrix::from_fn(2 * n, 2 * n, |i, j| {
            let shifted = |i: usize, j: usize| Complex64::new(self.a[(i, j)], if i == j { -y } else { 0.0 });
            match (i < n, j < n) {
                (true, true) => shifted(i, j),
                (false, false) => shifted(j - n, i - n).conj(),
                _ if i % n == j % n => Complex64::new(-self.epsilon, 0.0),
                _ => Complex64::ZERO,
            }
        });
        let failed = Error::EigenNotConverged { size: 2 * n };
        let values = view(&matrix).eigenvalues().map_err(|_| failed)?;
        let axis = values.into_iter().filter(|z| z.im.abs() <= self.near);
        let mut crossings: Vec<f64> = axis.map(|z| z.re).collect();
        crossings.sort_by(|a, b| b.total_cmp(a));
        for x in crossings {
            let polished = self.polish(Complex64::new(x, y))?;
            if polished.1 <= self.epsilon * (1.0 + ON_LEVEL) {
                return Ok(Some(polished));
            }
        }
        Ok(None)
    }

    /// Newton's method on `sigma_min(A - z I) = epsilon` along the real direction.
    fn polish(&self, start: Complex64) -> Result<(Complex64, f64)> {
        let mut best = (start, self.smallest(start)?);
        for _ in 0..4 {
            let (point, (sigma, slope)) = best;
            let step = (self.epsilon - sigma) / slope;
            if !step.is_finite() || step.abs() > self.near {
                break;
            }
            let next = point + step;
            let there = self.smallest(next)?;
            if (there.0 - self.epsilon).abs() >= (sigma - self.epsilon).abs() {
                break;
            }
            best = (next, there);
        }
        Ok((best.0, best.1.0))
    }

    /// Smallest singular value of `A - z I` and its derivative along the real direction,
    /// `-Re u^H v`.
    fn smallest(&self, z: Complex64) -> Result<(f64, f64)> {
        let n = self.a.nrows();
        let mut shifted = self.a.map(Complex64::from);
        (0..n).for_each(|i| shifted[(i, i)] -= z);
        let failed = Error::EigenNotConverged { size: n };
        let svd = view(&shifted).svd().map_err(|_| failed.clone())?;
        let (u, v) = (svd.U().col(n - 1), svd.V().col(n - 1));
        let sigma = svd.S().column_vector()[n - 1].re;
        let slope = -(0..n).map(|i| (u[i].conj() * v[i]).re).sum::<f64>();
        if sigma.is_finite() { Ok((sigma, slope)) } else { Err(failed) }
    }
}

/// A lower bound on transients from the pseudospectrum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KreissBound {
    /// The bound: at least 1, infinite for an unstable A.
    pub bound: f64,
    /// The rightmost point that gives it; `None` where the bound is trivial or infinite.
    pub attained: Option<PseudospectralAbscissa>,
}

/// The Kreiss constant, from below:
/// $$ \mathcal K(A) = \sup_{\epsilon > 0} \frac{\alpha_\epsilon(A)}{\epsilon}
///    = \sup_{\mathrm{Re}\\, z > 0} \mathrm{Re}\\, z \\, \\|(z I - A)^{-1}\\|_2,
///    \qquad \mathcal K \le \sup_{t \ge 0} \\|e^{A t}\\|_2 \le e N \mathcal K. $$
///
/// The supremum is searched over levels from 1e-6 to 1 times $\\|A\\|_F$: nine at equal ratios,
/// then golden sections around the best. The quotient may have several maxima: what is returned is
/// a lower bound in any case, and the upper inequality holds for it where it is the supremum.
///
/// # Errors
/// As [`pseudospectral_abscissa`].
///
/// ```
/// use thalamo::analysis::{kreiss_bound, transient_growth};
/// let a = nalgebra::dmatrix![-0.1, 1.0; 0.0, -0.1];
/// let kreiss = kreiss_bound(&a)?.bound;
/// let growth = transient_growth(&a, 100.0)?.growth;
/// assert!(1.0 < kreiss && kreiss <= growth && growth <= std::f64::consts::E * 2.0 * kreiss);
/// # Ok::<(), thalamo::Error>(())
/// ```
///
/// Source: L. N. Trefethen and M. Embree (2005), Spectra and Pseudospectra, chapters 14 and 18.
pub fn kreiss_bound(a: &DMatrix<f64>) -> Result<KreissBound> {
    square(a)?;
    if crate::linalg::spectral_abscissa(a)? > 0.0 {
        return Ok(KreissBound { bound: f64::INFINITY, attained: None });
    }
    let size = a.norm();
    let mut best = KreissBound { bound: 1.0, attained: None };
    if size == 0.0 {
        return Ok(best);
    }
    let mut quotient = |log: f64| -> Result<f64> {
        let found = pseudospectral_abscissa(a, size * log.exp())?;
        let value = found.abscissa / found.epsilon;
        if value > best.bound {
            best = KreissBound { bound: value, attained: Some(found) };
        }
        Ok(value)
    };
    let spacing = 1e6_f64.ln() / (LEVELS - 1) as f64;
    let mut peak = (f64::NEG_INFINITY, 0.0);
    for i in 0..LEVELS {
        let log = -(i as f64) * spacing;
        let value = quotient(log)?;
        if value > peak.0 {
            peak = (value, log);
        }
    }
    golden::maximise((peak.1 - spacing, peak.1 + spacing), SECTIONS, quotient)?;
    Ok(best)
}
