//! Integrals and sums of products of exponentials, for every pair of eigenvalues.

use nalgebra::DMatrix;
use num_complex::Complex64;

use super::basis::Head;
use super::packed::{Table, complete};

/// Below this, differences of exponentials are replaced by sums without cancellation.
const NEAR: f64 = 0.5;

/// Terms of the series of an integral: `NEAR^14 / 15!` is far below rounding.
const TERMS: usize = 14;

/// Powers by repeated products are begun anew after as many: their rounding stays at rounding.
const RUN: usize = 32;

/// With $z = \mu_i + \mu_k$, in units of 1/T, and samples at $t_n$:
///
/// $$ S_{ik} = \int_0^1 e^{z t} dt, \qquad \Gamma_{ik} = \frac{1}{n} \sum_n e^{z t_n}, \qquad
///    M_{io} = \frac{1}{n} \sum_n y_{no} e^{\mu_i t_n}, $$
///
/// and their derivatives by z and by $\mu_i$.
#[derive(Debug)]
pub(super) struct Tables {
    /// $e^{\mu_i}$: the end of the motif.
    pub(super) end: Vec<Complex64>,
    pub(super) integral: Table,
    pub(super) integral_slope: Table,
    pub(super) sum: Table,
    pub(super) sum_slope: Table,
    /// Columns for outputs.
    pub(super) moments: Vec<Complex64>,
    pub(super) moment_slopes: Vec<Complex64>,
    /// $e^{\mu_i \delta}$ and $e^{\mu_i n \delta}$ for n samples $\delta$ apart.
    step: Vec<Complex64>,
    last: Vec<Complex64>,
}

impl Tables {
    pub(super) fn new(n: usize, outputs: usize) -> Self {
        let list = |len| vec![Complex64::ZERO; len];
        Self {
            end: list(n),
            integral: list(n * n),
            integral_slope: list(n * n),
            sum: list(n * n),
            sum_slope: list(n * n),
            moments: list(n * outputs),
            moment_slopes: list(n * outputs),
            step: list(n),
            last: list(n),
        }
    }

    pub(super) fn fill(
        &mut self,
        values: &[Complex64],
        heads: &[Head],
        samples: &DMatrix<f64>,
        spacing: f64,
    ) {
        let (n, count) = (values.len(), samples.nrows());
        for (i, &value) in values.iter().enumerate() {
            self.end[i] = value.exp();
            self.step[i] = (value * spacing).exp();
            self.last[i] = (value * (spacing * count as f64)).exp();
        }
        for (row, head) in heads.iter().enumerate() {
            let i = head.at;
            for k in 0..n {
                let (at, z) = (row * n + k, values[i] + values[k]);
                let (integral, slope) = integral(z, self.end[i] * self.end[k]);
                (self.integral[at], self.integral_slope[at]) = (integral, slope);
                let (ratio, last) = (self.step[i] * self.step[k], self.last[i] * self.last[k]);
                let (sum, slope) = sum(ratio, last, count, spacing);
                (self.sum[at], self.sum_slope[at]) = (sum, slope);
            }
        }
        self.fill_moments(values, heads, samples, spacing);
    }

    fn fill_moments(&mut self, values: &[Complex64], heads: &[Head], samples: &DMatrix<f64>, spacing: f64) {
        let (n, count) = (values.len(), samples.nrows());
        for (o, series) in samples.as_slice().chunks_exact(count).enumerate() {
            let (moments, slopes) = (&mut self.moments[o * n..][..n], &mut self.moment_slopes[o * n..][..n]);
            for head in heads {
                let (value, step) = (values[head.at], self.step[head.at]);
                let (mut moment, mut slope) = (Complex64::ZERO, Complex64::ZERO);
                for (run, series) in series.chunks(RUN).enumerate() {
                    let first = (run * RUN) as f64 * spacing;
                    let mut power = (value * first).exp();
                    for (m, y) in series.iter().enumerate() {
                        moment += power * *y;
                        slope += power * (*y * (first + m as f64 * spacing));
                        power *= step;
                    }
                }
                (moments[head.at], slopes[head.at]) = (moment / count as f64, slope / count as f64);
            }
            complete(moments, heads);
            complete(slopes, heads);
        }
    }
}

/// $\int_0^1 e^{z t} dt$ and its derivative, with $e^z$ at hand.
fn integral(z: Complex64, power: Complex64) -> (Complex64, Complex64) {
    if z.norm_sqr() > NEAR * NEAR {
        let inverse = z.inv();
        let integral = (power - 1.0) * inverse;
        return (integral, (power - integral) * inverse);
    }
    // sum_k z^k / (k+1)! and sum_k z^k / (k! (k+2))
    let (mut integral, mut slope, mut term) = (Complex64::ZERO, Complex64::ZERO, Complex64::ONE);
    for k in 0..TERMS {
        let order = k as f64;
        integral += term / (order + 1.0);
        slope += term / (order + 2.0);
        term *= z / (order + 1.0);
    }
    (integral, slope)
}

/// Mean of `ratio^m` over `count` samples, and its derivative by the exponent, with `ratio^count` at hand.
fn sum(ratio: Complex64, last: Complex64, count: usize, spacing: f64) -> (Complex64, Complex64) {
    let gap = Complex64::ONE - ratio;
    let scale = 1.0 / count as f64;
    if gap.norm_sqr() * (count as f64).powi(2) > NEAR * NEAR {
        let inverse = gap.inv();
        let mean = (Complex64::ONE - last) * inverse * scale;
        return (mean, (ratio * mean - last) * inverse * spacing);
    }
    let (mut sum, mut slope, mut power) = (Complex64::ZERO, Complex64::ZERO, Complex64::ONE);
    for m in 0..count {
        sum += power;
        slope += power * m as f64;
        power *= ratio;
    }
    (sum * scale, slope * (spacing * scale))
}
