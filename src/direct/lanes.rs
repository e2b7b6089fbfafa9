//! Complex arithmetic on the lanes of vector registers, for lists and tables held as real and imaginary
//! parts.

use pulp::Simd;

use super::table::{Row, RowMut};

/// As many complex numbers as a register holds reals.
#[derive(Debug)]
pub(super) struct Lane<S: Simd> {
    pub(super) re: S::f64s,
    pub(super) im: S::f64s,
}

impl<S: Simd> Clone for Lane<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Simd> Copy for Lane<S> {}

/// The operations, for one set of vector instructions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lanes<S: Simd>(pub(super) S);

impl<S: Simd> Lanes<S> {
    /// Registers in a padded row.
    #[inline(always)]
    pub(super) fn registers(self, stride: usize) -> usize {
        stride / S::F64_LANES
    }

    #[inline(always)]
    pub(super) fn real(self, x: &[f64], at: usize) -> S::f64s {
        S::as_simd_f64s(x).0[at]
    }

    #[inline(always)]
    pub(super) fn load(self, (re, im): Row<'_>, at: usize) -> Lane<S> {
        Lane { re: self.real(re, at), im: self.real(im, at) }
    }

    #[inline(always)]
    pub(super) fn store(self, (re, im): &mut RowMut<'_>, at: usize, x: Lane<S>) {
        S::as_mut_simd_f64s(re).0[at] = x.re;
        S::as_mut_simd_f64s(im).0[at] = x.im;
    }

    #[inline(always)]
    pub(super) fn splat(self, (re, im): (f64, f64)) -> Lane<S> {
        Lane { re: self.0.splat_f64s(re), im: self.0.splat_f64s(im) }
    }

    #[inline(always)]
    pub(super) fn zero(self) -> Lane<S> {
        self.splat((0.0, 0.0))
    }

    #[inline(always)]
    pub(super) fn add(self, a: Lane<S>, b: Lane<S>) -> Lane<S> {
        Lane { re: self.0.add_f64s(a.re, b.re), im: self.0.add_f64s(a.im, b.im) }
    }

    #[inline(always)]
    pub(super) fn sub(self, a: Lane<S>, b: Lane<S>) -> Lane<S> {
        Lane { re: self.0.sub_f64s(a.re, b.re), im: self.0.sub_f64s(a.im, b.im) }
    }

    #[inline(always)]
    pub(super) fn conj(self, a: Lane<S>) -> Lane<S> {
        Lane { re: a.re, im: self.0.neg_f64s(a.im) }
    }

    /// `f a` for real f.
    #[inline(always)]
    pub(super) fn scale(self, f: S::f64s, a: Lane<S>) -> Lane<S> {
        Lane { re: self.0.mul_f64s(f, a.re), im: self.0.mul_f64s(f, a.im) }
    }

    /// `c + f a` for real f.
    #[inline(always)]
    pub(super) fn scale_add(self, f: S::f64s, a: Lane<S>, c: Lane<S>) -> Lane<S> {
        Lane { re: self.0.mul_add_e_f64s(f, a.re, c.re), im: self.0.mul_add_e_f64s(f, a.im, c.im) }
    }

    #[inline(always)]
    pub(super) fn mul(self, a: Lane<S>, b: Lane<S>) -> Lane<S> {
        let s = self.0;
        Lane {
            re: s.negate_mul_add_e_f64s(a.im, b.im, s.mul_f64s(a.re, b.re)),
            im: s.mul_add_e_f64s(a.im, b.re, s.mul_f64s(a.re, b.im)),
        }
    }

    /// `a b + c`.
    #[inline(always)]
    pub(super) fn mul_add(self, a: Lane<S>, b: Lane<S>, c: Lane<S>) -> Lane<S> {
        let s = self.0;
        Lane {
            re: s.negate_mul_add_e_f64s(a.im, b.im, s.mul_add_e_f64s(a.re, b.re, c.re)),
            im: s.mul_add_e_f64s(a.im, b.re, s.mul_add_e_f64s(a.re, b.im, c.im)),
        }
    }

    /// `c - a b`.
    #[inline(always)]
    pub(super) fn mul_sub(self, a: Lane<S>, b: Lane<S>, c: Lane<S>) -> Lane<S> {
        let s = self.0;
        Lane {
            re: s.mul_add_e_f64s(a.im, b.im, s.negate_mul_add_e_f64s(a.re, b.re, c.re)),
            im: s.negate_mul_add_e_f64s(a.im, b.re, s.negate_mul_add_e_f64s(a.re, b.im, c.im)),
        }
    }

    /// `c + Re(a b)`.
    #[inline(always)]
    pub(super) fn real_mul_add(self, a: Lane<S>, b: Lane<S>, c: S::f64s) -> S::f64s {
        self.0.negate_mul_add_e_f64s(a.im, b.im, self.0.mul_add_e_f64s(a.re, b.re, c))
    }

    #[inline(always)]
    pub(super) fn square(self, a: Lane<S>) -> S::f64s {
        self.0.mul_add_e_f64s(a.re, a.re, self.0.mul_f64s(a.im, a.im))
    }

    #[inline(always)]
    pub(super) fn inverse(self, a: Lane<S>) -> Lane<S> {
        let factor = self.0.div_f64s(self.0.splat_f64s(1.0), self.square(a));
        self.scale(factor, self.conj(a))
    }

    /// The inverse, and zero for zero.
    #[inline(always)]
    pub(super) fn inverse_or_zero(self, a: Lane<S>) -> Lane<S> {
        let s = self.0;
        let (square, zero) = (self.square(a), s.splat_f64s(0.0));
        let factor = s.div_f64s(s.splat_f64s(1.0), square);
        let factor = s.select_f64s(s.equal_f64s(square, zero), zero, factor);
        self.scale(factor, self.conj(a))
    }

    #[inline(always)]
    pub(super) fn sum(self, a: Lane<S>) -> (f64, f64) {
        (self.0.reduce_sum_f64s(a.re), self.0.reduce_sum_f64s(a.im))
    }
}

/// `sum_k a_k b_k`.
#[inline(always)]
pub(super) fn dot<S: Simd>(lanes: Lanes<S>, a: Row<'_>, b: Row<'_>) -> (f64, f64) {
    let (mut even, mut odd) = (lanes.zero(), lanes.zero());
    let registers = lanes.registers(a.0.len());
    for at in (0..registers - registers % 2).step_by(2) {
        even = lanes.mul_add(lanes.load(a, at), lanes.load(b, at), even);
        odd = lanes.mul_add(lanes.load(a, at + 1), lanes.load(b, at + 1), odd);
    }
    if registers % 2 == 1 {
        even = lanes.mul_add(lanes.load(a, registers - 1), lanes.load(b, registers - 1), even);
    }
    lanes.sum(lanes.add(even, odd))
}
