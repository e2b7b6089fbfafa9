//! Singular values of a small square matrix by one-sided Jacobi rotations: accurate, and sure to end.

use nalgebra::DMatrix;

/// `R = U diag(s) V^T` for a square matrix; columns of U with a zero singular value are zero.
pub(crate) fn jacobi(r: &DMatrix<f64>) -> (DMatrix<f64>, Vec<f64>, DMatrix<f64>) {
    let n = r.ncols();
    let mut u = r.clone();
    let mut v = DMatrix::identity(n, n);
    for _ in 0..60 {
        let mut rotated = false;
        for p in 0..n {
            for q in p + 1..n {
                let (a, b) = (u.column(p).norm_squared(), u.column(q).norm_squared());
                let c = u.column(p).dot(&u.column(q));
                if c.abs() <= f64::EPSILON * (a * b).sqrt() || c.abs() < f64::MIN_POSITIVE {
                    continue;
                }
                rotated = true;
                let zeta = (b - a) / (2.0 * c);
                let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
                let cosine = 1.0 / tangent.hypot(1.0);
                rotate(&mut u, p, q, cosine, cosine * tangent);
                rotate(&mut v, p, q, cosine, cosine * tangent);
            }
        }
        if !rotated {
            break;
        }
    }
    let mut s = Vec::with_capacity(n);
    for mut column in u.column_iter_mut() {
        let size = column.norm();
        if size > 0.0 {
            column /= size;
        }
        s.push(size);
    }
    (u, s, v)
}

fn rotate(a: &mut DMatrix<f64>, p: usize, q: usize, cosine: f64, sine: f64) {
    for i in 0..a.nrows() {
        let (x, y) = (a[(i, p)], a[(i, q)]);
        a[(i, p)] = cosine * x - sine * y;
        a[(i, q)] = sine * x + cosine * y;
    }
}
