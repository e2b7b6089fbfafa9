//! Pade approximants of the exponential, the cheapest that is exact to double precision.

use super::norms::{Growth, estimate};
use crate::linalg::product::{Lu, mul_into, one_norm, product, view};
use faer::Accum;
use nalgebra::DMatrix;
use std::cell::OnceCell;

/// A diagonal approximant of `e^x`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Degree {
    /// Coefficients of the numerator, scaled to integers; the denominator's alternate in sign.
    coefficients: &'static [f64],
    /// Largest size at which it is exact to double precision.
    theta: f64,
}

impl Degree {
    fn degree(self) -> usize {
        self.coefficients.len() - 1
    }
}

const DEGREE_3: Degree = Degree { coefficients: &[120.0, 60.0, 12.0, 1.0], theta: 1.495_585_217_958_292e-2 };
const DEGREE_5: Degree =
    Degree { coefficients: &[30_240.0, 15_120.0, 3_360.0, 420.0, 30.0, 1.0], theta: 2.539_398_330_063_23e-1 };
const DEGREE_7: Degree = Degree {
    coefficients: &[17_297_280.0, 8_648_640.0, 1_995_840.0, 277_200.0, 25_200.0, 1_512.0, 56.0, 1.0],
    theta: 9.504_178_996_162_932e-1,
};
const DEGREE_9: Degree = Degree {
    coefficients: &[
        17_643_225_600.0,
        8_821_612_800.0,
        2_075_673_600.0,
        302_702_400.0,
        30_270_240.0,
        2_162_160.0,
        110_880.0,
        3_960.0,
        90.0,
        1.0,
    ],
    theta: 2.097_847_961_257_068,
};
/// Exact up to 5.4; the denominator is well-conditioned up to the size given.
const DEGREE_13: Degree = Degree {
    coefficients: &[
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
    ],
    theta: 4.25,
};

/// A with its even powers, formed when first needed.
#[derive(Debug)]
pub(super) struct Powers {
    a: DMatrix<f64>,
    norm: f64,
    /// A^2, A^4, A^6, A^8.
    even: Vec<DMatrix<f64>>,
    growth: OnceCell<Growth>,
}

impl Powers {
    pub(super) fn new(a: DMatrix<f64>) -> Self {
        Self { norm: one_norm(&a), even: vec![product(view(&a), view(&a))], growth: OnceCell::new(), a }
    }

    /// The degree to use, and how often to halve A before.
    ///
    /// What decides is `d_p = |A^p|^(1/p)` for even p instead of `|A|`. The backward error of degree m is A
    /// times a series in `A^2` that starts at `A^(2m)`, so `max(d_2k, d_(2k+2))` bounds it for every k with
    /// `k (k - 1) <= m`. Norms of higher powers are bounded by those of lower ones, and estimated where the
    /// bound does not decide.
    pub(super) fn plan(&mut self) -> (Degree, f64) {
        let n2 = one_norm(&self.even[0]);
        if self.suffices(DEGREE_3, n2.sqrt()) {
            return (DEGREE_3, 0.0);
        }
        let n4 = self.extend();
        if self.suffices(DEGREE_5, n4.powf(0.25).max((n4 * n2).powf(1.0 / 6.0))) {
            return (DEGREE_5, 0.0);
        }
        let n6 = self.extend();
        let (d4, d6) = (n4.powf(0.25), n6.powf(1.0 / 6.0));
        // d8 <= d4
        let mut eta = d6.max(d4);
        let mut d8 = d4;
        if eta > DEGREE_9.theta && self.correction(DEGREE_9) == 0.0 {
            d8 = estimate(&self.even[1], &self.even[1]).powf(0.125);
            eta = d6.max(d8);
        }
        if self.suffices(DEGREE_7, eta) {
            return (DEGREE_7, 0.0);
        }
        if self.suffices(DEGREE_9, eta) {
            self.extend();
            return (DEGREE_9, 0.0);
        }
        let halvings = |eta: f64| (eta / DEGREE_13.theta).log2().ceil().max(0.0);
        let least = self.correction(DEGREE_13);
        if halvings(eta) > least {
            if d8 == d4 {
                d8 = estimate(&self.even[1], &self.even[1]).powf(0.125);
            }
            let d10 = estimate(&self.even[1], &self.even[2]).powf(0.1);
            eta = d6.max(d8).min(d8.max(d10));
        }
        (DEGREE_13, halvings(eta).max(least))
    }

    /// Appends the next even power, up to A^8, and returns its norm.
    fn extend(&mut self) -> f64 {
        let (i, j) = [(0, 0), (0, 1), (1, 1)][self.even.len() - 1];
        let next = product(view(&self.even[i]), view(&self.even[j]));
        let norm = one_norm(&next);
        self.even.push(next);
        norm
    }

    fn suffices(&self, degree: Degree, eta: f64) -> bool {
        eta <= degree.theta && self.correction(degree) == 0.0
    }

    /// Halvings that keep the rounding of the approximant itself at `eps |A|`: its first neglected term, with
    /// absolute values in place of entries, must not stand out.
    fn correction(&self, degree: Degree) -> f64 {
        let m = degree.degree();
        // log2 of (2m)! (2m+1)! / m!^2, the inverse of the coefficient of that term.
        let log = |range: std::ops::RangeInclusive<usize>| range.map(|k| (k as f64).log2()).sum::<f64>();
        let threshold = f64::EPSILON.log2() - 1.0 + log(m + 1..=2 * m) - log(1..=m) + log(1..=2 * m + 1);
        let needed = |excess: f64| (excess / (2 * m) as f64).ceil().max(0.0);
        let size = self.norm.log2();
        if self.norm == 0.0 || needed(2.0 * m as f64 * size - threshold) == 0.0 {
            return 0.0;
        }
        needed(self.growth.get_or_init(|| Growth::of(&self.a)).bound(2 * m + 1) - size - threshold)
    }

    /// The approximant of `e^X`, `X = 2^-halvings A`.
    pub(super) fn approximant(mut self, degree: Degree, halvings: f64) -> DMatrix<f64> {
        let n = self.a.nrows();
        let factor = (-halvings).exp2();
        if halvings > 0.0 {
            self.a *= factor;
            self.even.iter_mut().enumerate().for_each(|(k, power)| *power *= factor.powi(2 * k as i32 + 2));
        }
        // c_0 I + c_1 X^2 + c_2 X^4 + ...
        let combine = |c: &[f64]| {
            let mut sum = DMatrix::zeros(n, n);
            for (power, &c) in self.even.iter().zip(&c[1..]) {
                // Over slices, which the compiler turns into vector instructions.
                sum.as_mut_slice().iter_mut().zip(power.as_slice()).for_each(|(x, p)| *x += c * p);
            }
            (0..n).for_each(|i| sum[(i, i)] += c[0]);
            sum
        };
        let b = degree.coefficients;
        let [even, odd] = [0, 1].map(|first| {
            let c: Vec<f64> = b[first..].iter().copied().step_by(2).collect();
            if c.len() <= self.even.len() + 1 {
                return combine(&c);
            }
            // Beyond the powers at hand: twice the same three, the second time times X^6.
            let mut sum = combine(&c[..4]);
            let high = combine(&[0.0, c[4], c[5], c[6]]);
            mul_into(&mut sum, Accum::Add, 1.0, view(&self.even[2]), view(&high));
            sum
        });
        let mut result = product(view(&self.a), view(&odd));
        let mut lu = Lu::new(n);
        // (V - U)^-1 (V + U) = I + 2 (V - U)^-1 U: small exponents keep their digits.
        lu.matrix_mut().copy_from(&(even - &result));
        result *= 2.0;
        lu.solve_in_place(&mut result);
        (0..n).for_each(|i| result[(i, i)] += 1.0);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cortex;

    /// Products of order N, the solve not counted: powers, the polynomials, squarings.
    fn products(a: &DMatrix<f64>) -> usize {
        let mut powers = Powers::new(a.clone());
        let (degree, halvings) = powers.plan();
        let polynomials = if degree.degree() == 13 { 3 } else { 1 };
        powers.even.len() + polynomials + halvings as usize
    }

    /// The model's matrices at its step, and at longer ones. Degree 13 scaled by the norm alone took 6, 6, 9
    /// and 12 products of order 99, and 6, 7, 9 and 13 of order 200.
    #[test]
    fn the_models_matrices_take_few_products() {
        for (n, expected) in [(99, [4, 6, 9, 12]), (200, [4, 7, 9, 12])] {
            let a = Cortex::random(n, 0.5, 1).unwrap().matrix();
            let found = [0.1, 1.0, 5.0, 50.0].map(|t| products(&(&a * t)));
            assert_eq!(found, expected, "{n}");
        }
    }

    /// Every degree against the series, at the largest size it is used for.
    #[test]
    fn every_degree_is_exact_up_to_its_size() {
        for degree in [DEGREE_3, DEGREE_5, DEGREE_7, DEGREE_9, DEGREE_13] {
            let a = Cortex::random(9, 1.0, 3).unwrap().matrix();
            let a = &a * (degree.theta / one_norm(&a));
            let (mut term, mut series) = (DMatrix::identity(9, 9), DMatrix::identity(9, 9));
            for k in 1..60 {
                term = &term * &a / k as f64;
                series += &term;
            }
            let mut powers = Powers::new(a);
            while powers.even.len() < (degree.degree() / 2).min(4) - usize::from(degree.degree() == 13) {
                powers.extend();
            }
            let error = (powers.approximant(degree, 0.0) - &series).norm() / series.norm();
            assert!(error < 2e-15, "{degree:?}: {error:e}");
        }
    }
}
