//! Integrals and sums of products of exponentials, for every pair of eigenvalues.

use num_complex::Complex64;
use pulp::{Arch, Simd, WithSimd};

use super::lanes::{Lane, Lanes};
use super::problem::Problem;
use super::table::Table;
use crate::modal::vector::Layout;

/// Below this, differences of exponentials are replaced by sums without cancellation.
const NEAR: f64 = 0.5;

/// Terms of the series of an integral: `NEAR^14 / 15!` is far below rounding.
const TERMS: usize = 14;

/// Largest argument of the series of an exponential, and its terms: `LARGEST^15 / 15!` is below rounding.
const LARGEST: f64 = 0.5;
const ORDER: usize = 14;

/// Registers of eigenvalues whose moments are summed together: sums by Horner's rule wait for themselves.
const TOGETHER: usize = 4;

/// With $z = \mu_i + \mu_k$, in units of 1/T, and samples at $t_n$:
///
/// $$ S_{ik} = \int_0^1 e^{z t} dt, \qquad \Gamma_{ik} = \frac{1}{n} \sum_n e^{z t_n}, \qquad
///    M_{io} = \frac{1}{n} \sum_n y_{no} e^{\mu_i t_n}, $$
///
/// and their derivatives by z and by $\mu_i$.
#[derive(Debug)]
pub(super) struct Tables {
    /// $\mu_i$ and $e^{\mu_i}$, the end of the motif, in one row.
    pub(super) values: Table,
    pub(super) end: Table,
    pub(super) integral: Table,
    pub(super) integral_slope: Table,
    pub(super) sum: Table,
    pub(super) sum_slope: Table,
    /// Rows for outputs.
    pub(super) moments: Table,
    pub(super) moment_slopes: Table,
    /// $e^{\mu_i \delta}$ and $e^{\mu_i n \delta}$ for n samples $\delta$ apart.
    step: Table,
    last: Table,
}

impl Tables {
    pub(super) fn new(n: usize, outputs: usize) -> Self {
        let list = || Table::new(1, n);
        let mut tables = Self {
            values: list(),
            end: list(),
            integral: Table::new(n, n),
            integral_slope: Table::new(n, n),
            sum: Table::new(n, n),
            sum_slope: Table::new(n, n),
            moments: Table::new(outputs, n),
            moment_slopes: Table::new(outputs, n),
            step: list(),
            last: list(),
        };
        // What pads the lists is in the domain of everything: the end of nothing.
        for list in [&mut tables.end, &mut tables.step, &mut tables.last] {
            list.row_mut(0).0.fill(1.0);
        }
        tables
    }

    pub(super) fn fill(&mut self, values: &[Complex64], layout: Layout, problem: &Problem) {
        let (samples, spacing) = (&problem.samples, problem.spacing());
        let count = samples.nrows();
        let heads = layout.reals + layout.pairs;
        let mut largest = 0.0_f64;
        for (i, &value) in values[..heads].iter().enumerate() {
            self.values.set(0, i, value);
            largest = largest.max(value.norm_sqr());
        }
        self.values.complete(0, layout);
        Arch::new().dispatch(Exponentials {
            tables: self,
            largest: largest.sqrt(),
            full: problem.full,
            stride: problem.stride,
            count,
        });
        let near = Arch::new().dispatch(Pairs { tables: self, heads, count, spacing });
        if near {
            self.repair(heads, count, spacing);
        }
        for o in 0..samples.ncols() {
            let series = &samples.as_slice()[o * count..(o + 1) * count];
            Arch::new().dispatch(Moments { tables: self, heads, output: o, series, spacing });
            self.moments.complete(o, layout);
            self.moment_slopes.complete(o, layout);
        }
    }

    /// What cancels in closed form, by sums.
    fn repair(&mut self, heads: usize, count: usize, spacing: f64) {
        let sum_near = NEAR / count as f64;
        for i in 0..heads {
            for k in 0..self.values.stride() {
                let z = self.values.at(0, i) + self.values.at(0, k);
                if z.norm_sqr() <= NEAR * NEAR {
                    let (integral, slope) = integral(z);
                    self.integral.set(i, k, integral);
                    self.integral_slope.set(i, k, slope);
                }
                let ratio = self.step.at(0, i) * self.step.at(0, k);
                if (Complex64::ONE - ratio).norm_sqr() <= sum_near * sum_near {
                    let (sum, slope) = sum(ratio, count, spacing);
                    self.sum.set(i, k, sum);
                    self.sum_slope.set(i, k, slope);
                }
            }
        }
    }
}

/// $e^\mu$ at a sample, at the end and after the last sample, as powers of what it is from one of the motif's
/// own samples to the next.
struct Exponentials<'a> {
    tables: &'a mut Tables,
    /// Largest $|\mu|$.
    largest: f64,
    full: usize,
    stride: usize,
    count: usize,
}

impl WithSimd for Exponentials<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let lanes = Lanes(simd);
        let Tables { values, end, step, last, .. } = self.tables;
        let own = self.largest / self.full as f64;
        // Halved until the series is short.
        let halvings = if own > LARGEST { (own / LARGEST).log2().ceil().min(1000.0) as i32 } else { 0 };
        let factor = simd.splat_f64s((0.5_f64).powi(halvings) / self.full as f64);
        let inverses: [f64; ORDER] = std::array::from_fn(|k| 1.0 / (k + 1) as f64);
        let one = lanes.splat((1.0, 0.0));
        for at in 0..lanes.registers(values.stride()) {
            let z = lanes.scale(factor, lanes.load(values.row(0), at));
            let mut power = one;
            for inverse in inverses.iter().rev() {
                power = lanes.mul_add(lanes.scale(simd.splat_f64s(*inverse), z), power, one);
            }
            for _ in 0..halvings {
                power = lanes.mul(power, power);
            }
            let ratio = raised(lanes, power, self.stride);
            lanes.store(&mut step.row_mut(0), at, ratio);
            let (full, all) = (raised(lanes, power, self.full), self.stride * self.count);
            lanes.store(&mut end.row_mut(0), at, full);
            // Fewer than a stride beyond the end.
            let beyond = raised(lanes, power, all.saturating_sub(self.full));
            lanes.store(&mut last.row_mut(0), at, lanes.mul(full, beyond));
        }
    }
}

/// `x^n` by squarings.
#[inline(always)]
fn raised<S: Simd>(lanes: Lanes<S>, x: Lane<S>, n: usize) -> Lane<S> {
    let (mut out, mut square, mut left) = (lanes.splat((1.0, 0.0)), x, n);
    while left > 0 {
        if left % 2 == 1 {
            out = lanes.mul(out, square);
        }
        square = lanes.mul(square, square);
        left /= 2;
    }
    out
}

/// Integrals and sums in closed form; returns whether some of them cancel.
struct Pairs<'a> {
    tables: &'a mut Tables,
    heads: usize,
    count: usize,
    spacing: f64,
}

impl WithSimd for Pairs<'_> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> bool {
        let lanes = Lanes(simd);
        let Tables { values, end, integral, integral_slope, sum, sum_slope, step, last, .. } = self.tables;
        let registers = lanes.registers(values.stride());
        let (one, spacing) = (lanes.splat((1.0, 0.0)), simd.splat_f64s(self.spacing));
        let scale = simd.splat_f64s(1.0 / self.count as f64);
        let far = simd.splat_f64s(f64::INFINITY);
        let (mut distance, mut gaps) = (far, far);
        for i in 0..self.heads {
            let own = |list: &Table| lanes.splat(list.parts(0, i));
            let (own_value, own_end, own_step, own_last) = (own(values), own(end), own(step), own(last));
            let (mut to, mut to_slope) = (integral.row_mut(i), integral_slope.row_mut(i));
            let (mut to_sum, mut to_sum_slope) = (sum.row_mut(i), sum_slope.row_mut(i));
            for at in 0..registers {
                let load = |list: &Table| lanes.load(list.row(0), at);
                let z = lanes.add(own_value, load(values));
                distance = simd.min_f64s(distance, lanes.square(z));
                let (power, inverse) = (lanes.mul(own_end, load(end)), lanes.inverse(z));
                let integral = lanes.mul(lanes.sub(power, one), inverse);
                lanes.store(&mut to, at, integral);
                lanes.store(&mut to_slope, at, lanes.mul(lanes.sub(power, integral), inverse));

                let (ratio, power) = (lanes.mul(own_step, load(step)), lanes.mul(own_last, load(last)));
                let gap = lanes.sub(one, ratio);
                gaps = simd.min_f64s(gaps, lanes.square(gap));
                let inverse = lanes.inverse(gap);
                let mean = lanes.scale(scale, lanes.mul(lanes.sub(one, power), inverse));
                lanes.store(&mut to_sum, at, mean);
                let change = lanes.mul(lanes.sub(lanes.mul(ratio, mean), power), inverse);
                lanes.store(&mut to_sum_slope, at, lanes.scale(spacing, change));
            }
        }
        let near = NEAR / self.count as f64;
        simd.reduce_min_f64s(distance) <= NEAR * NEAR || simd.reduce_min_f64s(gaps) <= near * near
    }
}

/// Moments of one output's samples and their derivatives, by Horner's rule.
struct Moments<'a> {
    tables: &'a mut Tables,
    heads: usize,
    output: usize,
    series: &'a [f64],
    spacing: f64,
}

impl WithSimd for Moments<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let lanes = Lanes(simd);
        let Tables { moments, moment_slopes, step, .. } = self.tables;
        let (mut to, mut to_slope) = (moments.row_mut(self.output), moment_slopes.row_mut(self.output));
        let scale = 1.0 / self.series.len() as f64;
        let (scale, slope_scale) = (simd.splat_f64s(scale), simd.splat_f64s(scale * self.spacing));
        let registers = self.heads.div_ceil(S::F64_LANES);
        for first in (0..registers).step_by(TOGETHER) {
            let at: [usize; TOGETHER] = std::array::from_fn(|g| (first + g).min(registers - 1));
            let mut steps = [lanes.zero(); TOGETHER];
            for g in 0..TOGETHER {
                steps[g] = lanes.load(step.row(0), at[g]);
            }
            let (mut sums, mut slopes) = ([lanes.zero(); TOGETHER], [lanes.zero(); TOGETHER]);
            for &y in self.series.iter().rev() {
                let y = Lane { re: simd.splat_f64s(y), im: simd.splat_f64s(0.0) };
                for g in 0..TOGETHER {
                    slopes[g] = lanes.mul_add(slopes[g], steps[g], sums[g]);
                    sums[g] = lanes.mul_add(sums[g], steps[g], y);
                }
            }
            for g in 0..TOGETHER {
                lanes.store(&mut to, at[g], lanes.scale(scale, sums[g]));
                let slope = lanes.mul(slopes[g], steps[g]);
                lanes.store(&mut to_slope, at[g], lanes.scale(slope_scale, slope));
            }
        }
    }
}

/// $\int_0^1 e^{z t} dt$ and its derivative, for small z.
fn integral(z: Complex64) -> (Complex64, Complex64) {
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

/// Mean of `ratio^m` over `count` samples, and its derivative by the exponent, for a ratio close to one.
fn sum(ratio: Complex64, count: usize, spacing: f64) -> (Complex64, Complex64) {
    let scale = 1.0 / count as f64;
    let (mut sum, mut slope, mut power) = (Complex64::ZERO, Complex64::ZERO, Complex64::ONE);
    for m in 0..count {
        sum += power;
        slope += power * m as f64;
        power *= ratio;
    }
    (sum * scale, slope * (spacing * scale))
}
