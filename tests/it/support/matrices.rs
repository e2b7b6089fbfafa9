//! The hard classes of matrices, built from a seed.

use nalgebra::DMatrix;

use super::{normal_matrix, rng};

pub(crate) type Matrix = DMatrix<f64>;

pub(crate) fn gaussian(rows: usize, columns: usize, seed: u64) -> Matrix {
    normal_matrix(rows, columns, &mut rng(seed))
}

pub(crate) fn identity(n: usize) -> Matrix {
    DMatrix::identity(n, n)
}

/// `g (J - I)`, the cortex of the model.
pub(crate) fn cortex(n: usize, gain: f64, seed: u64) -> Matrix {
    (gaussian(n, n, seed) / (n as f64).sqrt() - identity(n)) * gain
}

/// The same, moved so that its spectral abscissa is the given one.
pub(crate) fn with_abscissa(n: usize, abscissa: f64, seed: u64) -> Matrix {
    let a = cortex(n, 0.5, seed);
    let now = thalamo::linalg::spectral_abscissa(&a).unwrap();
    a + identity(n) * (abscissa - now)
}

/// `-I + U V^T` of low rank.
pub(crate) fn low_rank(n: usize, seed: u64) -> Matrix {
    let rank = 1 + n / 4;
    gaussian(n, rank, seed) * gaussian(rank, n, seed ^ 1) / (n as f64) - identity(n)
}

pub(crate) fn cyclic(n: usize) -> Matrix {
    DMatrix::from_fn(n, n, |i, j| if (i + 1) % n == j { 1.0 } else { 0.0 })
}

pub(crate) fn orthogonal(n: usize, seed: u64) -> Matrix {
    gaussian(n, n, seed).qr().q()
}

/// One conjugate pair repeated `n / 2` times (and a zero for odd n), in a random basis of condition 10.
pub(crate) fn repeated_pairs(n: usize, seed: u64) -> Matrix {
    let blocks = DMatrix::from_fn(n, n, |i, j| match (i / 2 == j / 2, i == j) {
        _ if i / 2 * 2 + 1 >= n || j / 2 * 2 + 1 >= n => 0.0,
        (true, true) => -0.5,
        (true, false) => {
            if i < j {
                2.0
            } else {
                -2.0
            }
        }
        _ => 0.0,
    });
    let scale =
        DMatrix::from_diagonal(&nalgebra::DVector::from_fn(n, |i, _| 10f64.powf(i as f64 / n as f64)));
    let (left, right) = (orthogonal(n, seed), orthogonal(n, seed ^ 7));
    let basis = &left * &scale * &right;
    let inverse =
        right.transpose() * scale.map(|x| if x == 0.0 { 0.0 } else { x.recip() }) * left.transpose();
    basis * blocks * inverse
}

pub(crate) fn jordan(n: usize, eigenvalue: f64) -> Matrix {
    DMatrix::from_fn(n, n, |i, j| match j.wrapping_sub(i) {
        0 => eigenvalue,
        1 => 1.0,
        _ => 0.0,
    })
}

/// Entries falling over twelve orders of magnitude towards the lower right.
pub(crate) fn graded(n: usize, seed: u64) -> Matrix {
    let a = gaussian(n, n, seed);
    DMatrix::from_fn(n, n, |i, j| a[(i, j)] * 10f64.powf(-6.0 * (i + j) as f64 / n as f64))
}

/// `|M X + X M^T + Q| / (2 |M| |X| + |Q|)`.
pub(crate) fn lyapunov_residual(m: &Matrix, x: &Matrix, q: &Matrix) -> f64 {
    (m * x + x * m.transpose() + q).norm() / (2.0 * m.norm() * x.norm() + q.norm())
}
