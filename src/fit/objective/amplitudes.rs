//! The linear inner problem: amplitudes under `sum alpha = start` and `norm(alpha) <= bound`.
//!
//! Coordinates: `c = (Re alpha, Im alpha)` for a pair, `c = alpha` for a real eigenvalue, so that
//! `norm(alpha)` counting each pair once is the Euclidean norm of c, and `yhat(0) = b . c` with b = (2, 0)
//! or 1.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use crate::fit::cholesky::cholesky;
use crate::fit::poles::Poles;

/// Values of the basis functions at t = 0: `b = (2, 0)` for a pair, 1 for a real eigenvalue.
pub(crate) fn start_values(poles: &Poles) -> DVector<f64> {
    let mut b = DVector::zeros(poles.modes());
    poles.iter().for_each(|unit| b[unit.at] = if unit.pair { 2.0 } else { 1.0 });
    b
}

/// The amplitudes allowed, `c = c_0 + Z d`, as c_0 and the orthonormal columns Z: those with `b . c = start`,
/// or all. c_0 is the smallest of them, orthogonal to Z, and the same at all poles.
pub(crate) fn allowed(poles: &Poles, start: Option<f64>) -> (DVector<f64>, DMatrix<f64>) {
    let n = poles.modes();
    let Some(start) = start.filter(|_| n > 0) else {
        return (DVector::zeros(n), DMatrix::identity(n, n));
    };
    // A Householder reflection maps b onto the first axis; its other columns are orthogonal to b.
    let mut v = start_values(poles);
    let least = &v * (start / v.norm_squared());
    v[0] += v.norm(); // b_0 > 0: no cancellation
    let factor = 2.0 / v.norm_squared();
    (least, DMatrix::from_fn(n, n - 1, |i, j| f64::from(i == j + 1) - factor * v[i] * v[j + 1]))
}

/// What the bound on the amplitudes leaves for d beside c_0.
pub(crate) fn free_bound(bound: Option<f64>, least: &DVector<f64>) -> Option<f64> {
    bound.map(|bound| (bound * bound - least.norm_squared()).max(0.0).sqrt().max(1e-8 * bound))
}

/// Ridge, relative to the largest diagonal entry, that keeps a singular Gram matrix solvable.
const RIDGE: f64 = 1e-14;

/// Solution of `min 1/2 d^T G d - m^T d, norm(d) <= bound` in reduced coordinates.
#[derive(Debug, Clone)]
pub(crate) struct InnerSolution {
    /// The minimiser d.
    pub(crate) reduced: DVector<f64>,
    /// Multiplier mu of the norm bound: `(G + mu I) d = m`.
    pub(crate) multiplier: f64,
    /// Factor of `G + mu I`.
    pub(crate) factor: Cholesky<f64, Dyn>,
}

impl InnerSolution {
    /// Solves for symmetric positive semidefinite `gram`.
    ///
    /// The norm bound: Newton's method on `1/norm(d(mu)) = 1/bound`, a concave and nearly linear equation,
    /// which climbs to its root from mu = 0 without overshooting.
    pub(crate) fn new(gram: &DMatrix<f64>, moments: &DVector<f64>, bound: Option<f64>) -> Self {
        let mut ridge = 0.0;
        let mut at = |multiplier: f64| {
            let factor = factor(gram, multiplier, &mut ridge);
            Self { reduced: factor.solve(moments), multiplier, factor }
        };
        let mut found = at(0.0);
        let Some(bound) = bound else { return found };
        for _ in 0..60 {
            let size = found.reduced.norm();
            if size <= bound * (1.0 + 1e-13) {
                break;
            }
            let slope = found.direction().norm_squared();
            found = at(found.multiplier + (size * size / slope) * (size - bound) / bound);
        }
        let size = found.reduced.norm();
        if size > bound {
            found.reduced *= bound / size;
        }
        found
    }

    /// `L^-1 d`, with L the lower factor.
    pub(crate) fn direction(&self) -> DVector<f64> {
        let mut direction = self.reduced.clone();
        self.factor.l_dirty().solve_lower_triangular_mut(&mut direction);
        direction
    }
}

/// Factor of `G + (mu + ridge) I`, with as much of a ridge as it takes.
fn factor(gram: &DMatrix<f64>, multiplier: f64, ridge: &mut f64) -> Cholesky<f64, Dyn> {
    let n = gram.nrows();
    let top = gram.diagonal().iter().fold(0.0_f64, |m, &x| m.max(x));
    loop {
        let mut shifted = gram.clone();
        (0..n).for_each(|i| shifted[(i, i)] += multiplier + *ridge);
        if let Some(factor) = cholesky(shifted) {
            return factor;
        }
        *ridge = (4.0 * *ridge).max(RIDGE * top).max(f64::MIN_POSITIVE);
        if !ridge.is_finite() {
            // Not a number among the sums: the caller sees it in the value and turns away.
            return Cholesky::pack_dirty(DMatrix::from_element(n, n, f64::NAN));
        }
    }
}
