//! The fast path: objective, gradient and Hessian from Gram matrices, without touching T x K matrices.
//!
//! With `Phi` the basis functions and `t` the diagonal of times, everything follows from
//!
//! $$ G_p = \Phi^T t^p \Phi, \qquad m_p = \Phi^T t^p y, \qquad p = 0, 1, 2, $$
//!
//! geometric sums in $O(K^2 \log T)$ and moments of the data in $O(K T)$.

use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;

use super::amplitudes::{InnerSolution, allowed, free_bound};
use super::derivatives::{Evaluation, exchange, weights};
use super::sums::{LANES, geometric_sums, moments};
use crate::fit::poles::{Poles, Unit};
use crate::fit::problem::Problem;

/// Part of the objective on this path: without it, rounding turns nearly coincident poles into a perfect fit
/// with huge amplitudes. Columns and motif have norms of order one, so it costs about 1e-13 of the mean
/// square.
const RIDGE: f64 = 1e-13;

/// A value on this path below this one, at these amplitudes, is ridge and rounding by a percent or more.
pub(crate) fn resolution(amplitudes: &DVector<f64>) -> f64 {
    100.0 * RIDGE * amplitudes.norm_squared()
}

/// The inner problem and its solution at one set of poles.
#[derive(Debug, Clone)]
pub(crate) struct Solved {
    pub(crate) grams: [DMatrix<f64>; 3],
    pub(crate) moments: [DVector<f64>; 3],
    /// Amplitudes allowed: `c = c_0 + Z d`.
    pub(crate) z: DMatrix<f64>,
    pub(crate) inner: InnerSolution,
    pub(crate) amplitudes: DVector<f64>,
    pub(crate) value: f64,
}

impl Solved {
    pub(crate) fn new(problem: &Problem, poles: &Poles) -> Self {
        let (grams, moments) = (grams(problem.samples(), poles), all_moments(problem, poles));
        let (least, z) = allowed(poles, problem.start);
        let mut gram = z.tr_mul(&(&grams[0] * &z));
        (0..gram.nrows()).for_each(|i| gram[(i, i)] += RIDGE);
        // 1/2 |y - Phi (c_0 + Z d)|^2 with y of unit mean square.
        let least_image = &grams[0] * &least;
        let fixed = 1.0 - 2.0 * moments[0].dot(&least) + least.dot(&least_image);
        let projected = z.tr_mul(&(&moments[0] - least_image));
        let bound = free_bound(problem.amplitude_bound, &least);
        let inner = InnerSolution::new(&gram, &projected, bound);
        let d = &inner.reduced;
        let value = 0.5 * (fixed - 2.0 * projected.dot(d) + d.dot(&(&gram * d)));
        let value = if value < 0.0 { 0.0 } else { value }; // leaves a NaN one
        Self { amplitudes: least + &z * d, grams, moments, z, inner, value }
    }

    /// `X M^-1 X^T` on the tangent space of the active norm bound, `M = Z^T G_0 Z + mu I`;
    /// `X = f_{theta c} Z`.
    fn eliminated(&self, f_theta_c: &DMatrix<f64>) -> DMatrix<f64> {
        let mut x = self.z.tr_mul(&f_theta_c.transpose());
        self.inner.factor.l_dirty().solve_lower_triangular_mut(&mut x);
        if self.inner.multiplier > 0.0 {
            // Taking out the component along q = L^-1 d leaves the tangent space: X M^-1 X^T - q q^T / |q|^2.
            let q = self.inner.direction().normalize();
            let along = x.tr_mul(&q);
            x.ger(-1.0, &q, &along, 1.0);
        }
        x.tr_mul(&x)
    }
}

/// Value, amplitudes, gradient and Hessians at a set of poles.
pub(crate) fn evaluate(problem: &Problem, poles: &Poles) -> Evaluation {
    let solved = Solved::new(problem, poles);
    let [_, g1, g2] = &solved.grams;
    let s1 = &solved.moments[1] - g1 * &solved.amplitudes;
    let s2 = &solved.moments[2] - g2 * &solved.amplitudes;
    let weights = weights(poles, &solved.amplitudes);
    let f_theta_theta = weights.tr_mul(&(g2 * &weights));
    let f_theta_c = weights.tr_mul(g1);
    let curvature = exchange(poles, &weights.tr_mul(&s2));
    let exact = &f_theta_c - exchange(poles, &s1);
    Evaluation {
        value: solved.value,
        multiplier: solved.inner.multiplier,
        gradient: -weights.tr_mul(&s1),
        hessian: &f_theta_theta - curvature - solved.eliminated(&exact),
        gauss_newton: f_theta_theta - solved.eliminated(&f_theta_c),
        amplitudes: solved.amplitudes,
    }
}

fn all_moments(problem: &Problem, poles: &Poles) -> [DVector<f64>; 3] {
    let weight = 1.0 / problem.samples() as f64;
    let mut out = [0; 3].map(|_| DVector::zeros(poles.modes()));
    for Unit { at, pair, pole } in poles.iter() {
        let sums = moments(problem.weighted.each_ref().map(|y| y.as_slice()), pole);
        for (m, s) in out.iter_mut().zip(sums) {
            if pair {
                m[at] = 2.0 * weight * s.re;
                m[at + 1] = -2.0 * weight * s.im;
            } else {
                m[at] = weight * s.re;
            }
        }
    }
    out
}

/// `G_p` for p = 0, 1, 2 from the sums of `exp((lambda_i + lambda_j) t)` and
/// `exp((lambda_i + conj lambda_j) t)`.
fn grams(samples: usize, poles: &Poles) -> [DMatrix<f64>; 3] {
    let length = samples as f64;
    let units: Vec<(Unit, Complex64)> = poles.iter().map(|unit| (unit, (unit.pole / length).exp())).collect();
    let mut products = Vec::with_capacity(units.len() * (units.len() + 1));
    for (i, &(one, ratio)) in units.iter().enumerate() {
        for &(other, second) in &units[..=i] {
            products.push(Product { one, other, sign: -1.0, ratio: ratio * second });
            if other.pair {
                products.push(Product { one, other, sign: 1.0, ratio: ratio * second.conj() });
            }
        }
    }
    let mut grams = [0; 3].map(|_| DMatrix::zeros(poles.modes(), poles.modes()));
    for group in products.chunks(LANES) {
        let (mut re, mut im) = ([0.0; LANES], [0.0; LANES]);
        for (l, product) in group.iter().enumerate() {
            (re[l], im[l]) = (product.ratio.re, product.ratio.im);
        }
        let sums = geometric_sums(&re, &im, samples);
        for (p, gram) in grams.iter_mut().enumerate() {
            let weight = length.powi(-1 - p as i32);
            for (l, product) in group.iter().enumerate() {
                product.scatter(gram, weight * sums[p][0][l], weight * sums[p][1][l]);
            }
        }
    }
    grams.iter_mut().for_each(|gram| gram.fill_upper_triangle_with_lower_triangle());
    grams
}

/// Product of the exponentials of two units, the second one's conjugate (sign 1) or itself (-1).
#[derive(Debug, Clone, Copy)]
struct Product {
    one: Unit,
    other: Unit,
    sign: f64,
    ratio: Complex64,
}

impl Product {
    /// Adds the complex sum of the product to the (up to) four real entries of its units.
    fn scatter(self, gram: &mut DMatrix<f64>, re: f64, im: f64) {
        let (row, column, sign) = (self.one.at, self.other.at, self.sign);
        match (self.one.pair, self.other.pair) {
            (true, _) => {
                gram[(row, column)] += 2.0 * re;
                gram[(row, column + 1)] += 2.0 * sign * im;
                gram[(row + 1, column)] -= 2.0 * im;
                gram[(row + 1, column + 1)] += 2.0 * sign * re;
            }
            // A real unit against a pair: both sums carry half of 2 Re and -2 Im.
            (false, true) => {
                gram[(row, column)] += re;
                gram[(row, column + 1)] += sign * im;
            }
            (false, false) => gram[(row, column)] += re,
        }
    }
}
