//! Passes over the tables of an evaluation, compiled for each set of vector instructions.

use pulp::{Simd, WithSimd};

use super::lanes::{Lanes, dot};
use super::table::Table;
use super::tables::Tables;
use crate::modal::vector::Layout;

/// $\rho \rho^T$, the same with S, and the sums of that with the covariance carried and with
/// $X^{-1} X^{-T}$.
pub(super) struct Readouts<'a> {
    pub(super) layout: Layout,
    pub(super) outputs: usize,
    pub(super) seen: &'a Table,
    pub(super) integral: &'a Table,
    pub(super) carried: &'a Table,
    pub(super) left_gram: &'a Table,
    pub(super) pairs: &'a mut Table,
    pub(super) weighted: &'a mut Table,
}

impl WithSimd for Readouts<'_> {
    type Output = (f64, f64);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> (f64, f64) {
        let (lanes, zero) = (Lanes(simd), simd.splat_f64s(0.0));
        let registers = lanes.registers(self.seen.stride());
        let (mut all_noise, mut all_gain) = (zero, zero);
        for i in 0..self.layout.reals + self.layout.pairs {
            let (mut pairs, mut weighted) = (self.pairs.row_mut(i), self.weighted.row_mut(i));
            for o in 0..self.outputs {
                let (own, seen) = (lanes.splat(self.seen.parts(o, i)), self.seen.row(o));
                for at in 0..registers {
                    let before = if o == 0 { lanes.zero() } else { lanes.load((pairs.0, pairs.1), at) };
                    lanes.store(&mut pairs, at, lanes.mul_add(own, lanes.load(seen, at), before));
                }
            }
            let (integral, carried, left) =
                (self.integral.row(i), self.carried.row(i), self.left_gram.row(i));
            let (mut noise, mut gain) = (zero, zero);
            for at in 0..registers {
                let both = lanes.mul(lanes.load((pairs.0, pairs.1), at), lanes.load(integral, at));
                lanes.store(&mut weighted, at, both);
                noise = lanes.real_mul_add(both, lanes.load(carried, at), noise);
                gain = lanes.real_mul_add(both, lanes.load(left, at), gain);
            }
            let count = simd.splat_f64s(if i < self.layout.reals { 1.0 } else { 2.0 });
            all_noise = simd.mul_add_e_f64s(count, noise, all_noise);
            all_gain = simd.mul_add_e_f64s(count, gain, all_gain);
        }
        (simd.reduce_sum_f64s(all_noise), simd.reduce_sum_f64s(all_gain))
    }
}

/// The table of K.
pub(super) struct Normal<'a> {
    pub(super) heads: usize,
    pub(super) tables: &'a Tables,
    pub(super) pairs: &'a Table,
    pub(super) right_gram: &'a Table,
    pub(super) relative: f64,
    pub(super) end: f64,
    pub(super) out: &'a mut Table,
}

impl WithSimd for Normal<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let lanes = Lanes(simd);
        let Tables { integral, sum, end, .. } = self.tables;
        let relative = simd.splat_f64s(self.relative);
        for i in 0..self.heads {
            let (re, im) = end.parts(0, i);
            let own = lanes.splat((re * self.end, im * self.end));
            let mut out = self.out.row_mut(i);
            for at in 0..lanes.registers(end.stride()) {
                let ends = lanes.mul(own, lanes.load(end.row(0), at));
                let weight = lanes.scale_add(relative, lanes.load(integral.row(i), at), ends);
                let states = lanes.mul(lanes.load(self.right_gram.row(i), at), weight);
                let (pairs, sum) = (lanes.load(self.pairs.row(i), at), lanes.load(sum.row(i), at));
                lanes.store(&mut out, at, lanes.mul_add(pairs, sum, states));
            }
        }
    }
}

/// What amplitudes leave of the samples, for the heads, and its derivative.
pub(super) struct Misfit<'a> {
    pub(super) heads: usize,
    pub(super) output: usize,
    pub(super) tables: &'a Tables,
    pub(super) amplitudes: &'a Table,
    pub(super) misfit: &'a mut Table,
    pub(super) misfit_slope: &'a mut Table,
}

impl WithSimd for Misfit<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (lanes, o) = (Lanes(simd), self.output);
        let amplitudes = self.amplitudes.row(0);
        let (misfit, slope) = (self.misfit.row_mut(o), self.misfit_slope.row_mut(o));
        for i in 0..self.heads {
            let (value, moment) =
                (dot(lanes, self.tables.sum.row(i), amplitudes), self.tables.moments.parts(o, i));
            (misfit.0[i], misfit.1[i]) = (value.0 - moment.0, value.1 - moment.1);
            let value = dot(lanes, self.tables.sum_slope.row(i), amplitudes);
            let moment = self.tables.moment_slopes.parts(o, i);
            (slope.0[i], slope.1[i]) = (value.0 - moment.0, value.1 - moment.1);
        }
    }
}

/// $(X^T X \odot S) \xi$ for the heads, and the same with S'.
pub(super) struct Moving<'a> {
    pub(super) heads: usize,
    pub(super) tables: &'a Tables,
    pub(super) right_gram: &'a Table,
    pub(super) state: &'a Table,
    pub(super) moving: &'a mut Table,
    pub(super) moving_slope: &'a mut Table,
}

impl WithSimd for Moving<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (lanes, state) = (Lanes(simd), self.state.row(0));
        let (moving, moving_slope) = (self.moving.row_mut(0), self.moving_slope.row_mut(0));
        for i in 0..self.heads {
            let gram = self.right_gram.row(i);
            let (integral, slope) = (self.tables.integral.row(i), self.tables.integral_slope.row(i));
            let (mut sum, mut slope_sum) = (lanes.zero(), lanes.zero());
            for at in 0..lanes.registers(state.0.len()) {
                let both = lanes.mul(lanes.load(gram, at), lanes.load(state, at));
                sum = lanes.mul_add(both, lanes.load(integral, at), sum);
                slope_sum = lanes.mul_add(both, lanes.load(slope, at), slope_sum);
            }
            (moving.0[i], moving.1[i]) = lanes.sum(sum);
            (moving_slope.0[i], moving_slope.1[i]) = lanes.sum(slope_sum);
        }
    }
}

/// $(Q \odot S) \rho$ and $(Q \odot S') \rho$ for the heads, a row for each output.
pub(super) struct Covered<'a> {
    pub(super) heads: usize,
    pub(super) outputs: usize,
    pub(super) tables: &'a Tables,
    pub(super) carried: &'a Table,
    pub(super) seen: &'a Table,
    /// Two rows of memory.
    pub(super) scratch: &'a mut Table,
    pub(super) covered: &'a mut Table,
    pub(super) covered_slope: &'a mut Table,
}

impl WithSimd for Covered<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let lanes = Lanes(simd);
        for i in 0..self.heads {
            let carried = self.carried.row(i);
            for (row, table) in [&self.tables.integral, &self.tables.integral_slope].into_iter().enumerate() {
                let (mut out, table) = (self.scratch.row_mut(row), table.row(i));
                for at in 0..lanes.registers(carried.0.len()) {
                    let both = lanes.mul(lanes.load(carried, at), lanes.load(table, at));
                    lanes.store(&mut out, at, both);
                }
            }
            for o in 0..self.outputs {
                for (row, to) in [&mut *self.covered, &mut *self.covered_slope].into_iter().enumerate() {
                    let to = to.row_mut(o);
                    (to.0[i], to.1[i]) = dot(lanes, self.scratch.row(row), self.seen.row(o));
                }
            }
        }
    }
}

/// $\xi_i \xi_k S_{ik}$.
pub(super) struct Activity<'a> {
    pub(super) heads: usize,
    pub(super) state: &'a Table,
    pub(super) integral: &'a Table,
    pub(super) out: &'a mut Table,
}

impl WithSimd for Activity<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (lanes, state) = (Lanes(simd), self.state.row(0));
        for i in 0..self.heads {
            let (own, integral) = (lanes.splat(self.state.parts(0, i)), self.integral.row(i));
            let mut out = self.out.row_mut(i);
            for at in 0..lanes.registers(state.0.len()) {
                let both = lanes.mul(own, lanes.load(state, at));
                lanes.store(&mut out, at, lanes.mul(both, lanes.load(integral, at)));
            }
        }
    }
}
