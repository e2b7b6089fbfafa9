//! The fast path: objective, gradient and Hessian from Gram matrices, without touching T x K matrices.
//!
//! With `Phi` the basis functions and `t` the diagonal of times, everything follows from
//!
//! $$ G_p = \Phi^T t^p \Phi, \qquad m_p = \Phi^T t^p y, \qquad p = 0, 1, 2, $$
//!
//! geometric sums in $O(K^2 \log T)$ and moments of the data in $O(K T)$.

use num_complex::Complex64;

use super::amplitudes::{InnerSolution, NullSpace};
use super::derivatives::{Assembly, Evaluation, Sums};
use super::sums::{LANES, geometric_sums, moments};
use crate::fit::cholesky;
use crate::fit::poles::Poles;
use crate::fit::problem::Problem;

/// Part of the objective on this path: without it, rounding turns nearly coincident poles into a perfect fit with
/// huge amplitudes. Columns and motif have norms of order one, so it costs about 1e-13 of the mean square.
const RIDGE: f64 = 1e-13;

/// Workspace of the fast path; reused, so that an evaluation allocates nothing once warm.
#[derive(Debug, Clone, Default)]
pub(crate) struct GramPath {
    ratios: Vec<Complex64>,
    batch: Vec<Product>,
    pub(crate) grams: [Vec<f64>; 3],
    pub(crate) moments: [Vec<f64>; 3],
    reduced_gram: Vec<f64>,
    reduced_moments: Vec<f64>,
    pub(crate) null_space: NullSpace,
    pub(crate) inner: InnerSolution,
    assembly: Assembly,
    residual_moments: [Vec<f64>; 2],
}

impl GramPath {
    /// Value, amplitudes, gradient and Hessians at a spectrum.
    pub(crate) fn evaluate(&mut self, problem: &Problem, spectrum: &Poles, out: &mut Evaluation) {
        self.solve(problem, spectrum, out);
        let n = spectrum.modes();
        // s_p = Phi^T t^p r for p = 1, 2.
        for p in 0..2 {
            let s = &mut self.residual_moments[p];
            s.resize(n, 0.0);
            cholesky::multiply(&self.grams[p + 1], n, &out.amplitudes, s);
            for (s, m) in s.iter_mut().zip(&self.moments[p + 1]) {
                *s = m - *s;
            }
        }
        let [s1, s2] = &self.residual_moments;
        let sums = Sums { grams: &self.grams, s1, s2, inner: &self.inner, null_space: &self.null_space };
        self.assembly.gradient(spectrum, s1, out);
        self.assembly.hessians(spectrum, &sums, out);
    }

    /// The inner problem only: value, amplitudes and multiplier.
    pub(crate) fn solve(&mut self, problem: &Problem, spectrum: &Poles, out: &mut Evaluation) {
        let n = spectrum.modes();
        self.fill_grams(problem.samples(), spectrum);
        self.fill_moments(problem, spectrum);
        self.null_space.prepare(spectrum, problem.zero_start);
        let drop = self.null_space.dropped;
        let m = n - drop;
        let mut full = std::mem::take(&mut self.assembly.scratch);
        full.clear();
        full.extend_from_slice(&self.grams[0]);
        self.null_space.reflect_both(&mut full, n);
        self.reduced_gram.clear();
        for row in full.chunks_exact(n.max(1)).skip(drop) {
            self.reduced_gram.extend_from_slice(&row[drop..]);
        }
        for i in 0..m {
            self.reduced_gram[i * m + i] += RIDGE;
        }
        full.clear();
        full.extend_from_slice(&self.moments[0]);
        self.null_space.reflect(&mut full);
        self.reduced_moments.clear();
        self.reduced_moments.extend_from_slice(&full[drop..]);
        self.assembly.scratch = full;
        self.inner.solve(&self.reduced_gram, &self.reduced_moments, problem.amplitude_bound);
        out.amplitudes.clear();
        out.amplitudes.resize(drop, 0.0);
        out.amplitudes.extend_from_slice(&self.inner.reduced);
        self.null_space.reflect(&mut out.amplitudes);
        out.multiplier = self.inner.multiplier;
        // 1/2 (y^T y - 2 m^T d + d^T G d) with y of unit mean square.
        let d = &self.inner.reduced;
        let quadratic: f64 =
            (0..m).map(|i| d[i] * cholesky::dot(&self.reduced_gram[i * m..(i + 1) * m], d)).sum();
        let value = 0.5 * (1.0 - 2.0 * cholesky::dot(&self.reduced_moments, d) + quadratic);
        out.value = if value < 0.0 { 0.0 } else { value };
    }

    fn fill_moments(&mut self, problem: &Problem, spectrum: &Poles) {
        let n = spectrum.modes();
        let weight = 1.0 / problem.samples() as f64;
        for m in &mut self.moments {
            m.resize(n, 0.0);
        }
        for unit in 0..spectrum.units() {
            let at = spectrum.offset(unit);
            let [y0, y1, y2] = &problem.weighted;
            let sums = moments([y0.as_slice(), y1.as_slice(), y2.as_slice()], spectrum.pole(unit));
            for (m, s) in self.moments.iter_mut().zip(sums) {
                if unit < spectrum.pairs {
                    m[at] = 2.0 * weight * s.re;
                    m[at + 1] = -2.0 * weight * s.im;
                } else {
                    m[at] = weight * s.re;
                }
            }
        }
    }

    /// `G_p` for p = 0, 1, 2 from the sums of `exp((lambda_i + lambda_j) t)` and `exp((lambda_i + conj lambda_j) t)`.
    fn fill_grams(&mut self, samples: usize, spectrum: &Poles) {
        let n = spectrum.modes();
        let length = samples as f64;
        self.ratios.clear();
        self.ratios.extend((0..spectrum.units()).map(|unit| (spectrum.pole(unit) / length).exp()));
        self.batch.clear();
        for i in 0..spectrum.units() {
            for j in 0..=i {
                self.batch.push(Product { i, j, conjugate: false });
                if j < spectrum.pairs {
                    self.batch.push(Product { i, j, conjugate: true });
                }
            }
        }
        for gram in &mut self.grams {
            gram.clear();
            gram.resize(n * n, 0.0);
        }
        for group in self.batch.chunks(LANES) {
            let (mut re, mut im) = ([0.0; LANES], [0.0; LANES]);
            for (l, &Product { i, j, conjugate }) in group.iter().enumerate() {
                let other = if conjugate { self.ratios[j].conj() } else { self.ratios[j] };
                let z = self.ratios[i] * other;
                re[l] = z.re;
                im[l] = z.im;
            }
            let sums = geometric_sums(&re, &im, samples);
            for (p, gram) in self.grams.iter_mut().enumerate() {
                let weight = length.powi(-1 - p as i32);
                for (l, product) in group.iter().enumerate() {
                    product.scatter(gram, spectrum, weight * sums[p][0][l], weight * sums[p][1][l]);
                }
            }
        }
        for gram in &mut self.grams {
            for i in 0..n {
                for j in 0..i {
                    gram[j * n + i] = gram[i * n + j];
                }
            }
        }
    }
}

/// A pair of units i >= j, the second one's conjugate or itself: whose product of exponentials is summed.
#[derive(Debug, Clone, Copy)]
struct Product {
    i: usize,
    j: usize,
    conjugate: bool,
}

impl Product {
    /// Adds the complex sum of the product to the (up to) four real entries of its units.
    fn scatter(self, gram: &mut [f64], spectrum: &Poles, re: f64, im: f64) {
        let n = spectrum.modes();
        let (row, column) = (spectrum.offset(self.i), spectrum.offset(self.j));
        let sign = if self.conjugate { 1.0 } else { -1.0 };
        match (self.i < spectrum.pairs, self.j < spectrum.pairs) {
            (true, _) => {
                gram[row * n + column] += 2.0 * re;
                gram[row * n + column + 1] += 2.0 * sign * im;
                gram[(row + 1) * n + column] -= 2.0 * im;
                gram[(row + 1) * n + column + 1] += 2.0 * sign * re;
            }
            // A real unit i against a pair j: both sums carry half of 2 Re and -2 Im.
            (false, true) => {
                gram[row * n + column] += re;
                gram[row * n + column + 1] += sign * im;
            }
            (false, false) => gram[row * n + column] += re,
        }
    }
}
