//! Inner products and sums of plain slices, as loops that compilers turn into vector instructions.

/// `a^T b` in sixteen sums, which no addition has to wait for.
#[inline(always)]
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let len = a.len().min(b.len());
    let ((a, a_rest), (b, b_rest)) = (a[..len].as_chunks::<16>(), b[..len].as_chunks::<16>());
    let mut sums = [0.0; 16];
    for (a, b) in a.iter().zip(b) {
        for i in 0..16 {
            sums[i] += a[i] * b[i];
        }
    }
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            sums[i] += sums[i + half];
        }
    }
    sums[0] + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>()
}

/// Euclidean norm.
pub(super) fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// `y += s x`.
#[inline(always)]
pub(super) fn add(s: f64, x: &[f64], y: &mut [f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += s * x;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths around every number of sums, with integers: products are exact in any order.
    #[test]
    fn products_of_any_length() {
        for len in 0..70_usize {
            let of = |k: usize| -> Vec<f64> { (0..len).map(|i| ((i * k) % 17) as f64 - 8.0).collect() };
            let (x, mut y) = (of(3), of(5));
            let plain: f64 = x.iter().zip(&y).map(|(x, y)| x * y).sum();
            assert_eq!(dot(&x, &y), plain, "{len}");
            let moved: Vec<f64> = x.iter().zip(&y).map(|(x, y)| y - 2.0 * x).collect();
            add(-2.0, &x, &mut y);
            assert_eq!(y, moved, "{len}");
        }
    }
}
