//! Inner products and sums of plain slices in vector registers.

use pulp::{Arch, Simd, WithSimd};

/// `a^T b`.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    Arch::new().dispatch(Dot { a, b })
}

/// Euclidean norm.
pub(super) fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

struct Dot<'a> {
    a: &'a [f64],
    b: &'a [f64],
}

impl WithSimd for Dot<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        dot_with(simd, self.a, self.b)
    }
}

/// `a^T b` where vector units are on already: four sums in registers, then what is left.
#[inline(always)]
pub(super) fn dot_with<S: Simd>(simd: S, a: &[f64], b: &[f64]) -> f64 {
    let len = a.len().min(b.len());
    let ((a, a_rest), (b, b_rest)) = (S::as_simd_f64s(&a[..len]), S::as_simd_f64s(&b[..len]));
    let ((a, a_last), (b, b_last)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    let mut sums = [simd.splat_f64s(0.0); 4];
    for (a, b) in a.iter().zip(b) {
        for i in 0..4 {
            sums[i] = simd.mul_add_e_f64s(a[i], b[i], sums[i]);
        }
    }
    for (&a, &b) in a_last.iter().zip(b_last) {
        sums[0] = simd.mul_add_e_f64s(a, b, sums[0]);
    }
    let mut total = reduced(simd, sums);
    for (a, b) in a_rest.iter().zip(b_rest) {
        total += a * b;
    }
    total
}

/// `y += s x`.
#[inline(always)]
pub(super) fn add_with<S: Simd>(simd: S, s: f64, x: &[f64], y: &mut [f64]) {
    let len = x.len().min(y.len());
    let ((x, x_rest), (y, y_rest)) = (S::as_simd_f64s(&x[..len]), S::as_mut_simd_f64s(&mut y[..len]));
    let factor = simd.splat_f64s(s);
    for (x, y) in x.iter().zip(y) {
        *y = simd.mul_add_e_f64s(factor, *x, *y);
    }
    for (x, y) in x_rest.iter().zip(y_rest) {
        *y += s * x;
    }
}

/// `y += s x`, then `z^T y` in the same pass.
#[inline(always)]
pub(super) fn add_then_dot_with<S: Simd>(simd: S, s: f64, x: &[f64], y: &mut [f64], z: &[f64]) -> f64 {
    let len = x.len().min(y.len()).min(z.len());
    let ((x, x_rest), (z, z_rest)) = (S::as_simd_f64s(&x[..len]), S::as_simd_f64s(&z[..len]));
    let (y, y_rest) = S::as_mut_simd_f64s(&mut y[..len]);
    let ((x, x_last), (z, z_last)) = (x.as_chunks::<4>(), z.as_chunks::<4>());
    let (y, y_last) = y.as_chunks_mut::<4>();
    let (factor, mut sums) = (simd.splat_f64s(s), [simd.splat_f64s(0.0); 4]);
    for ((x, y), z) in x.iter().zip(y).zip(z) {
        for i in 0..4 {
            let moved = simd.mul_add_e_f64s(factor, x[i], y[i]);
            y[i] = moved;
            sums[i] = simd.mul_add_e_f64s(moved, z[i], sums[i]);
        }
    }
    for ((&x, y), &z) in x_last.iter().zip(y_last).zip(z_last) {
        *y = simd.mul_add_e_f64s(factor, x, *y);
        sums[0] = simd.mul_add_e_f64s(*y, z, sums[0]);
    }
    let mut total = reduced(simd, sums);
    for ((x, y), z) in x_rest.iter().zip(y_rest).zip(z_rest) {
        *y += s * x;
        total += *y * z;
    }
    total
}

#[inline(always)]
fn reduced<S: Simd>(simd: S, sums: [S::f64s; 4]) -> f64 {
    let [a, b, c, d] = sums;
    simd.reduce_sum_f64s(simd.add_f64s(simd.add_f64s(a, b), simd.add_f64s(c, d)))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct All<'a> {
        s: f64,
        x: &'a [f64],
        y: &'a mut [f64],
        z: &'a [f64],
    }

    impl WithSimd for All<'_> {
        type Output = f64;

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> f64 {
            add_with(simd, -0.5 * self.s, self.x, self.y);
            add_then_dot_with(simd, self.s, self.x, self.y, self.z)
        }
    }

    /// Lengths around every number of registers, with integers: sums are exact in any order.
    #[test]
    fn sums_of_any_length() {
        for len in 0..150_usize {
            let of = |k: usize| -> Vec<f64> { (0..len).map(|i| ((i * k) % 17) as f64 - 8.0).collect() };
            let (x, mut y, z) = (of(3), of(5), of(7));
            let plain = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
            assert_eq!(dot(&x, &z), plain(&x, &z), "{len}");
            let expected: Vec<f64> = y.iter().zip(&x).map(|(y, x)| y + 2.0 * x).collect();
            let along = Arch::new().dispatch(All { s: 4.0, x: &x, y: &mut y, z: &z });
            assert_eq!((&y, along), (&expected, plain(&expected, &z)), "{len}");
        }
    }
}
