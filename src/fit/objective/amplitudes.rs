//! The linear inner problem: amplitudes under `sum alpha = 0` and `norm(alpha) <= bound`.
//!
//! Coordinates: `c = (Re alpha, Im alpha)` for a pair, `c = alpha` for a real eigenvalue, so that `norm(alpha)`
//! counting each pair once is the Euclidean norm of c, and `yhat(0) = b . c` with b = (2, 0) or 1.

use crate::fit::cholesky;
use crate::fit::poles::Poles;

/// Householder reflection that maps `b` onto the first axis; its other columns span the null space of `b`.
#[derive(Debug, Clone, Default)]
pub(crate) struct NullSpace {
    vector: Vec<f64>,
    factor: f64,
    /// Number of coordinates dropped: 1 with a constraint, 0 without.
    pub(crate) dropped: usize,
}

impl NullSpace {
    pub(crate) fn prepare(&mut self, spectrum: &Poles, zero_start: bool) {
        self.vector.clear();
        self.factor = 0.0;
        self.dropped = usize::from(zero_start && spectrum.modes() > 0);
        if self.dropped == 1 {
            start_values(spectrum, &mut self.vector);
            let norm = cholesky::norm(&self.vector);
            self.vector[0] += norm; // b_0 > 0: no cancellation
            self.factor = 2.0 / cholesky::dot(&self.vector, &self.vector);
        }
    }

    /// `x -> H x` in place; the constrained vector is `H (0, d)`, the reduced one `(H x)[1..]`.
    pub(crate) fn reflect(&self, x: &mut [f64]) {
        if self.dropped == 1 {
            let along = self.factor * cholesky::dot(&self.vector, x);
            for (x, v) in x.iter_mut().zip(&self.vector) {
                *x -= along * v;
            }
        }
    }

    /// Reflects every row of a row-major matrix with `n` columns.
    pub(crate) fn reflect_rows(&self, a: &mut [f64], n: usize) {
        for row in a.chunks_exact_mut(n) {
            self.reflect(row);
        }
    }

    /// `A -> H A H` for a symmetric matrix.
    pub(crate) fn reflect_both(&self, a: &mut [f64], n: usize) {
        if self.dropped == 1 {
            self.reflect_rows(a, n);
            for column in 0..n {
                let along = self.factor * (0..n).map(|i| self.vector[i] * a[i * n + column]).sum::<f64>();
                for i in 0..n {
                    a[i * n + column] -= along * self.vector[i];
                }
            }
        }
    }
}

/// Values of the basis functions at t = 0: `b = (2, 0)` for a pair, 1 for a real eigenvalue.
pub(crate) fn start_values(spectrum: &Poles, out: &mut Vec<f64>) {
    out.clear();
    for unit in 0..spectrum.units() {
        if unit < spectrum.pairs { out.extend([2.0, 0.0]) } else { out.push(1.0) }
    }
}

/// Ridge, relative to the largest diagonal entry, that keeps a singular Gram matrix solvable.
const RIDGE: f64 = 1e-14;

/// Solution of `min 1/2 d^T G d - m^T d, norm(d) <= bound` in reduced coordinates.
#[derive(Debug, Clone, Default)]
pub(crate) struct InnerSolution {
    /// The minimiser.
    pub(crate) reduced: Vec<f64>,
    /// Multiplier mu of the norm bound: `(G + mu I) d = m`.
    pub(crate) multiplier: f64,
    /// Lower Cholesky factor of `G + mu I`.
    pub(crate) factor: Vec<f64>,
    scratch: Vec<f64>,
}

impl InnerSolution {
    /// Solves for symmetric positive semidefinite `gram` (n x n, row-major).
    ///
    /// The norm bound: Newton's method on `1/norm(d(mu)) = 1/bound`, a concave and nearly linear equation, which
    /// climbs to its root from mu = 0 without overshooting.
    pub(crate) fn solve(&mut self, gram: &[f64], moments: &[f64], bound: Option<f64>) {
        let n = moments.len();
        let top = (0..n).fold(0.0_f64, |m, i| m.max(gram[i * n + i]));
        let mut ridge = 0.0;
        self.multiplier = 0.0;
        self.factor_with(gram, n, top, &mut ridge);
        self.back_substitute(moments, n);
        let Some(bound) = bound else { return };
        for _ in 0..60 {
            let size = cholesky::norm(&self.reduced);
            if size <= bound * (1.0 + 1e-13) {
                break;
            }
            self.scratch.clear();
            self.scratch.extend_from_slice(&self.reduced);
            cholesky::forward(&self.factor, n, &mut self.scratch);
            let slope = cholesky::dot(&self.scratch, &self.scratch);
            self.multiplier += (size * size / slope) * (size - bound) / bound;
            self.factor_with(gram, n, top, &mut ridge);
            self.back_substitute(moments, n);
        }
        let size = cholesky::norm(&self.reduced);
        if size > bound {
            self.reduced.iter_mut().for_each(|d| *d *= bound / size);
        }
    }

    fn factor_with(&mut self, gram: &[f64], n: usize, top: f64, ridge: &mut f64) {
        loop {
            self.factor.clear();
            self.factor.extend_from_slice(gram);
            for i in 0..n {
                self.factor[i * n + i] += self.multiplier + *ridge;
            }
            if cholesky::factor(&mut self.factor, n) {
                return;
            }
            *ridge = (4.0 * *ridge).max(RIDGE * top).max(f64::MIN_POSITIVE);
            if !ridge.is_finite() {
                // Not a number among the sums: the caller sees it in the value and turns away.
                self.factor.iter_mut().for_each(|x| *x = f64::NAN);
                return;
            }
        }
    }

    fn back_substitute(&mut self, moments: &[f64], n: usize) {
        self.reduced.clear();
        self.reduced.extend_from_slice(moments);
        cholesky::forward(&self.factor, n, &mut self.reduced);
        cholesky::backward(&self.factor, n, &mut self.reduced);
    }
}
