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
fn dot_with<S: Simd>(simd: S, a: &[f64], b: &[f64]) -> f64 {
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

/// `y += sum_i s_i x_i`, then `z_i^T y` for four z, in one pass. Vectors that are empty count as zero.
#[inline(always)]
pub(super) fn add_then_dots_with<S: Simd>(
    simd: S,
    s: [f64; 4],
    x: [&[f64]; 4],
    y: &mut [f64],
    z: [&[f64]; 4],
) -> [f64; 4] {
    match (x[0].is_empty(), z[0].is_empty()) {
        (true, true) => [0.0; 4],
        (true, false) => {
            let mut dots = [0.0; 4];
            for i in 0..4 {
                dots[i] = dot_with(simd, z[i], y);
            }
            dots
        }
        (false, true) => {
            pass::<S, false>(simd, s, x, y, x);
            [0.0; 4]
        }
        (false, false) => pass::<S, true>(simd, s, x, y, z),
    }
}

/// The pass over vectors of equal length; without `DOTS` the products are left out.
#[inline(always)]
fn pass<S: Simd, const DOTS: bool>(
    simd: S,
    s: [f64; 4],
    x: [&[f64]; 4],
    y: &mut [f64],
    z: [&[f64]; 4],
) -> [f64; 4] {
    let len = y.len();
    let (mut xs, mut zs) = ([&[] as &[S::f64s]; 4], [&[] as &[S::f64s]; 4]);
    let (mut factors, mut sums) = ([simd.splat_f64s(0.0); 4], [simd.splat_f64s(0.0); 4]);
    let (body, tail) = S::as_mut_simd_f64s(y);
    for i in 0..4 {
        (xs[i], zs[i]) =
            (&S::as_simd_f64s(&x[i][..len]).0[..body.len()], &S::as_simd_f64s(&z[i][..len]).0[..body.len()]);
        factors[i] = simd.splat_f64s(s[i]);
    }
    for (k, y) in body.iter_mut().enumerate() {
        let mut moved = *y;
        for i in 0..4 {
            moved = simd.mul_add_e_f64s(factors[i], xs[i][k], moved);
        }
        *y = moved;
        if DOTS {
            for i in 0..4 {
                sums[i] = simd.mul_add_e_f64s(moved, zs[i][k], sums[i]);
            }
        }
    }
    let mut dots = [0.0; 4];
    for i in 0..4 {
        dots[i] = simd.reduce_sum_f64s(sums[i]);
    }
    let from = len - tail.len();
    for (k, y) in tail.iter_mut().enumerate() {
        for i in 0..4 {
            *y += s[i] * x[i][from + k];
        }
        for i in 0..4 {
            dots[i] += *y * z[i][from + k];
        }
    }
    dots
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
        s: [f64; 4],
        x: [&'a [f64]; 4],
        y: &'a mut [f64],
        z: [&'a [f64]; 4],
    }

    impl WithSimd for All<'_> {
        type Output = [f64; 4];

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> [f64; 4] {
            add_then_dots_with(simd, self.s, self.x, self.y, self.z)
        }
    }

    /// Lengths around every number of registers, with integers: sums are exact in any order.
    #[test]
    fn sums_of_any_length() {
        for len in 1..150_usize {
            let of = |k: usize| -> Vec<f64> { (0..len).map(|i| ((i * k) % 17) as f64 - 8.0).collect() };
            let (x, y, z) = ([of(3), of(4), of(6), of(9)], of(5), [of(7), of(8), of(10), of(11)]);
            let plain = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
            assert_eq!(dot(&x[0], &z[0]), plain(&x[0], &z[0]), "{len}");
            let s = [4.0, -2.0, 0.5, 3.0];
            let moved: Vec<f64> =
                (0..len).map(|k| y[k] + (0..4).map(|i| s[i] * x[i][k]).sum::<f64>()).collect();
            let none = [&[] as &[f64]; 4];
            for (x_given, z_given) in [(true, true), (true, false), (false, true), (false, false)] {
                let mut out = y.clone();
                let xs = if x_given { [&x[0][..], &x[1], &x[2], &x[3]] } else { none };
                let zs = if z_given { [&z[0][..], &z[1], &z[2], &z[3]] } else { none };
                let dots = Arch::new().dispatch(All { s, x: xs, y: &mut out, z: zs });
                let expected = if x_given { &moved } else { &y };
                assert_eq!(&out, expected, "{len}");
                for i in 0..4 {
                    assert_eq!(dots[i], if z_given { plain(expected, &z[i]) } else { 0.0 }, "{len}");
                }
            }
        }
    }
}
