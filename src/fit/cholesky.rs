//! Cholesky factors, products and norms of small row-major matrices, in place and without allocation.

/// Lower factor of a symmetric positive definite matrix, `A = L L^T`; false where a pivot is not safely positive.
///
/// Only the lower triangle is read and written.
pub(crate) fn factor(a: &mut [f64], n: usize) -> bool {
    for j in 0..n {
        let diagonal = a[j * n + j];
        let mut pivot = diagonal;
        for k in 0..j {
            pivot -= a[j * n + k] * a[j * n + k];
        }
        // A pivot that lost all its digits carries no information; written so that a NaN fails too.
        if !(pivot > 4.0 * f64::EPSILON * diagonal && pivot.is_finite()) {
            return false;
        }
        let root = pivot.sqrt();
        a[j * n + j] = root;
        let (upper, lower) = a.split_at_mut((j + 1) * n);
        let row_j = &upper[j * n..j * n + j];
        for row in lower.chunks_exact_mut(n).take(n - j - 1) {
            let dot: f64 = row[..j].iter().zip(row_j).map(|(x, y)| x * y).sum();
            row[j] = (row[j] - dot) / root;
        }
    }
    true
}

/// Solves `L x = b` in place.
pub(crate) fn forward(l: &[f64], n: usize, x: &mut [f64]) {
    for i in 0..n {
        let dot: f64 = l[i * n..i * n + i].iter().zip(x.iter()).map(|(a, b)| a * b).sum();
        x[i] = (x[i] - dot) / l[i * n + i];
    }
}

/// Solves `L^T x = b` in place.
pub(crate) fn backward(l: &[f64], n: usize, x: &mut [f64]) {
    for i in (0..n).rev() {
        x[i] /= l[i * n + i];
        let top = x[i];
        for j in 0..i {
            x[j] -= l[i * n + j] * top;
        }
    }
}

/// Inner product.
pub(crate) fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(a, b)| a * b).sum()
}

/// Euclidean norm.
pub(crate) fn norm(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}

/// `out = A x` for a square row-major matrix.
pub(crate) fn multiply(a: &[f64], n: usize, x: &[f64], out: &mut [f64]) {
    for (i, value) in out.iter_mut().enumerate().take(n) {
        *value = dot(&a[i * n..(i + 1) * n], x);
    }
}
