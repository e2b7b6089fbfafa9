//! A small strictly convex quadratic program by a primal active-set method.

use super::cholesky;

/// Workspace and solution of `min 1/2 p^T H p + g^T p` subject to `A p >= r`, `r <= 0`.
#[derive(Debug, Clone, Default)]
pub(crate) struct QuadraticProgram {
    /// The minimiser.
    pub(crate) step: Vec<f64>,
    /// Active rows and their multipliers (`>= 0`).
    pub(crate) active: Vec<(usize, f64)>,
    gradient: Vec<f64>,
    rows: Vec<f64>,
    norms: Vec<f64>,
    working: Vec<usize>,
    gram: Vec<f64>,
    multipliers: Vec<f64>,
    direction: Vec<f64>,
}

/// Cosine below which a constraint counts as parallel to the step.
const PARALLEL: f64 = 1e-12;

impl QuadraticProgram {
    /// Solves with `factor`, the lower Cholesky factor of H; starts from p = 0, which must be feasible.
    ///
    /// In coordinates `x = L^T p` the objective is `1/2 |x|^2 + (L^-1 g) . x`; with working set W its minimiser is
    /// `x = -g + A_W^T nu`, `(A_W A_W^T) nu = r_W + A_W g`. Every iterate is feasible, so that an early end
    /// (the cap on iterations) still leaves a usable step.
    pub(crate) fn solve(&mut self, factor: &[f64], gradient: &[f64], rows: &[f64], rhs: &[f64]) {
        let n = gradient.len();
        self.gradient.clear();
        self.gradient.extend_from_slice(gradient);
        cholesky::forward(factor, n, &mut self.gradient);
        self.rows.clear();
        self.rows.extend_from_slice(rows);
        self.norms.clear();
        for row in self.rows.chunks_exact_mut(n) {
            cholesky::forward(factor, n, row);
            self.norms.push(cholesky::norm(row));
        }
        self.step.clear();
        self.step.resize(n, 0.0);
        self.working.clear();
        for _ in 0..4 * (n + rhs.len()) {
            if !self.minimise_on_working_set(rhs, n) {
                // Dependent rows: the newest one adds nothing.
                self.working.pop();
                continue;
            }
            let length = cholesky::norm(&self.direction);
            let moved = length > 1e-13 * (cholesky::norm(&self.gradient) + cholesky::norm(&self.step));
            if moved && self.advance(rhs, n, length) {
                continue;
            }
            match self.most_negative() {
                Some(position) => {
                    self.working.remove(position);
                }
                None => break,
            }
        }
        self.active.clear();
        self.active.extend(self.working.iter().copied().zip(self.multipliers.iter().map(|nu| nu.max(0.0))));
        cholesky::backward(factor, n, &mut self.step);
    }

    fn row(&self, index: usize, n: usize) -> &[f64] {
        &self.rows[index * n..(index + 1) * n]
    }

    /// Sets `multipliers` and `direction` (from the current point to the minimiser on the working set).
    fn minimise_on_working_set(&mut self, rhs: &[f64], n: usize) -> bool {
        let size = self.working.len();
        let mut gram = std::mem::take(&mut self.gram);
        let mut multipliers = std::mem::take(&mut self.multipliers);
        gram.clear();
        gram.resize(size * size, 0.0);
        multipliers.clear();
        for (a, &i) in self.working.iter().enumerate() {
            // Rows are normalised: their lengths differ by orders of magnitude.
            multipliers.push((rhs[i] + cholesky::dot(self.row(i, n), &self.gradient)) / self.norms[i]);
            for (b, &j) in self.working[..=a].iter().enumerate() {
                gram[a * size + b] =
                    cholesky::dot(self.row(i, n), self.row(j, n)) / (self.norms[i] * self.norms[j]);
            }
        }
        let regular = cholesky::factor(&mut gram, size);
        if regular {
            cholesky::forward(&gram, size, &mut multipliers);
            cholesky::backward(&gram, size, &mut multipliers);
            self.direction.clear();
            self.direction.extend(self.gradient.iter().map(|g| -g));
            for (nu, &i) in multipliers.iter_mut().zip(&self.working) {
                *nu /= self.norms[i];
                for (d, a) in self.direction.iter_mut().zip(&self.rows[i * n..(i + 1) * n]) {
                    *d += *nu * a;
                }
            }
            for (d, x) in self.direction.iter_mut().zip(&self.step) {
                *d -= x;
            }
        }
        self.gram = gram;
        self.multipliers = multipliers;
        regular
    }

    /// Moves along the direction up to the first blocking row; true if one was met.
    fn advance(&mut self, rhs: &[f64], n: usize, length: f64) -> bool {
        let mut fraction = 1.0;
        let mut blocking = None;
        for (i, &r) in rhs.iter().enumerate() {
            let rate = cholesky::dot(self.row(i, n), &self.direction);
            if rate < -PARALLEL * self.norms[i] * length && !self.working.contains(&i) {
                let room = (r - cholesky::dot(self.row(i, n), &self.step)).min(0.0);
                if room / rate < fraction {
                    fraction = room / rate;
                    blocking = Some(i);
                }
            }
        }
        for (x, d) in self.step.iter_mut().zip(&self.direction) {
            *x += fraction * d;
        }
        self.working.extend(blocking);
        blocking.is_some()
    }

    fn most_negative(&self) -> Option<usize> {
        let mut worst = None;
        let mut least = 0.0;
        for (position, (&nu, &i)) in self.multipliers.iter().zip(&self.working).enumerate() {
            let scaled = nu * self.norms[i];
            if scaled < least - 1e-14 * cholesky::norm(&self.gradient) {
                least = scaled;
                worst = Some(position);
            }
        }
        worst
    }
}
