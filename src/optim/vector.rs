//! Inner products and sums of plain slices, in a fixed order that vector units like.

/// `a^T b`, in eight interleaved partial sums.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

/// Euclidean norm.
pub(super) fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// `y += s x`.
pub(super) fn add(s: f64, x: &[f64], y: &mut [f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += s * x;
    }
}

/// `y += s x`, then `z^T y` in the same pass.
pub(super) fn add_then_dot(s: f64, x: &[f64], y: &mut [f64], z: &[f64]) -> f64 {
    let (x, x_rest) = x.as_chunks::<8>();
    let (y, y_rest) = y.as_chunks_mut::<8>();
    let (z, z_rest) = z.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for ((x, y), z) in x.iter().zip(y).zip(z) {
        for (((sum, x), y), z) in sums.iter_mut().zip(x).zip(y).zip(z) {
            *y += s * x;
            *sum += *y * z;
        }
    }
    let mut rest = 0.0;
    for ((x, y), z) in x_rest.iter().zip(y_rest).zip(z_rest) {
        *y += s * x;
        rest += *y * z;
    }
    sums.iter().sum::<f64>() + rest
}
