//! The two precisions: `f32` to train, `f64` to check gradients.

use rand_distr::{Distribution, StandardNormal};

use crate::{Error, Result};

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// `f32` or `f64`. Training runs in `f32`; the same code in `f64` checks its gradients.
pub trait Real: nalgebra::RealField + faer::traits::ComplexField + Copy + Default + sealed::Sealed {
    /// The nearest number of this precision.
    fn of(value: f64) -> Self;

    /// The same number in double precision.
    fn widen(self) -> f64;

    /// A draw from N(0, 1): the double precision draw, rounded, so that both precisions see the same
    /// network.
    fn normal(rng: &mut impl rand::Rng) -> Self {
        let z: f64 = StandardNormal.sample(rng);
        Self::of(z)
    }

    /// Hyperbolic tangent without branches, to be vectorised.
    fn tanh_lane(self) -> Self;
}

impl Real for f64 {
    fn of(value: f64) -> Self {
        value
    }

    fn widen(self) -> f64 {
        self
    }

    fn tanh_lane(self) -> Self {
        libm::tanh(self)
    }
}

impl Real for f32 {
    fn of(value: f64) -> Self {
        value as f32
    }

    fn widen(self) -> f64 {
        f64::from(self)
    }

    /// `tanh x = e / (e + 2)`, `e = expm1(2|x|)`, with `2|x| = n ln 2 + s`, `|s| <= ln(2)/2`, and the
    /// Taylor polynomial of `expm1(s)` to the seventh power, whose remainder is below
    /// `s^8 / 8! < 2e-8 |s|`. There is no cancellation near zero, where `n = 0`, so the relative error
    /// is a few units in the last place everywhere.
    #[inline(always)]
    #[allow(clippy::excessive_precision)] // the two parts of ln 2 are exact as written
    fn tanh_lane(self) -> Self {
        /// Adding this rounds to an integer, which then stands in the lowest bits.
        const ROUNDER: f32 = 12_582_912.0;
        const LN2_HIGH: f32 = 0.693_359_375;
        const LN2_LOW: f32 = -2.121_944_4e-4;
        let doubled = 2.0 * f32::abs(self);
        // The comparison, unlike `min`, lets a NaN through. From 9.01 on tanh rounds to 1.
        let doubled = if doubled > 18.1 { 18.1 } else { doubled };
        let shifted = doubled * std::f32::consts::LOG2_E + ROUNDER;
        let n = shifted - ROUNDER;
        let s = (doubled - n * LN2_HIGH) - n * LN2_LOW;
        let tail = 1.0 / 720.0 + s * (1.0 / 5040.0);
        let tail = 1.0 / 120.0 + s * tail;
        let tail = 1.0 / 24.0 + s * tail;
        let tail = 1.0 / 6.0 + s * tail;
        let tail = 0.5 + s * tail;
        let expm1 = s + s * s * tail;
        let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
        let e = power * expm1 + (power - 1.0);
        f32::copysign(e / (e + 2.0), self)
    }
}

/// Fails on the first NaN or infinity.
pub(super) fn finite<T: Real>(what: &'static str, values: &[T]) -> Result<()> {
    match values.iter().position(|x| !x.widen().is_finite()) {
        Some(index) => Err(Error::NotFinite { what, index, value: values[index].widen() }),
        None => Ok(()),
    }
}
