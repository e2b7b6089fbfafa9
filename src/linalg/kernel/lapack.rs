//! LAPACK's kernels through nalgebra-lapack, over the system's OpenBLAS.
//!
//! Set the environment variable `OPENBLAS_NUM_THREADS=1`: more threads gain nothing at these sizes, and fight
//! with those of the caller.

use super::pure::{PackedEigen, Schur};
use crate::{Error, Result};
use nalgebra::DMatrix;
use num_complex::Complex64;

/// As [`super::pure::eigen`], by dgeev.
///
/// # Errors
///
/// [`Error::EigenNotConverged`] when the QR iteration gives up.
pub fn eigen(a: &DMatrix<f64>, vectors: bool) -> Result<PackedEigen> {
    let failed = Error::EigenNotConverged { size: a.nrows() };
    // The packed fields: nalgebra-lapack's accessors leave out the real eigenvalues.
    let eigen = nalgebra_lapack::Eigen::new(a.clone(), false, vectors).ok_or(failed)?;
    let (re, im) = (eigen.eigenvalues_re, eigen.eigenvalues_im);
    Ok((re.as_slice().to_vec(), im.as_slice().to_vec(), eigen.eigenvectors))
}

/// As [`super::pure::inverse`], by dgetrf and dgetri.
#[must_use]
pub fn inverse(a: &DMatrix<f64>) -> DMatrix<f64> {
    let singular = || DMatrix::from_element(a.nrows(), a.ncols(), f64::INFINITY);
    nalgebra_lapack::LU::new(a.clone()).inverse().unwrap_or_else(singular)
}

/// As [`super::pure::schur`], by dgees, whose real 2 x 2 blocks are triangularised here.
///
/// # Errors
///
/// [`Error::EigenNotConverged`] when the QR iteration gives up.
pub fn schur(a: &DMatrix<f64>) -> Result<Schur> {
    let n = a.nrows();
    let failed = Error::EigenNotConverged { size: n };
    let (q, t) = nalgebra_lapack::Schur::try_new(a.clone()).ok_or(failed)?.unpack();
    let (mut unitary, mut triangular) = (q.map(Complex64::from), t.map(Complex64::from));
    for k in 0..n.saturating_sub(1) {
        if t[(k + 1, k)] != 0.0 {
            let vector = block_eigenvector(t[(k, k)], t[(k, k + 1)], t[(k + 1, k)], t[(k + 1, k + 1)]);
            rotate(&mut unitary, &mut triangular, k, vector);
        }
    }
    Ok(Schur { unitary, triangular })
}

/// Unit eigenvector of `[a, b; c, d]` with complex eigenvalues, for the one with positive imaginary part.
fn block_eigenvector(a: f64, b: f64, c: f64, d: f64) -> (Complex64, Complex64) {
    let half = 0.5 * (a - d);
    // lambda - a; negative discriminant, since b c < 0 in a standardised block
    let shifted = Complex64::new(-half, (-(half * half + b * c)).max(0.0).sqrt());
    let norm = b.hypot(shifted.norm());
    (Complex64::from(b / norm), shifted / norm)
}

/// Similarity by the unitary matrix whose first column is the eigenvector `(x, y)`, in rows and columns
/// `k, k+1`.
fn rotate(
    unitary: &mut DMatrix<Complex64>,
    triangular: &mut DMatrix<Complex64>,
    k: usize,
    (x, y): (Complex64, Complex64),
) {
    let n = triangular.nrows();
    for matrix in [&mut *unitary, &mut *triangular] {
        for i in 0..n {
            let (a, b) = (matrix[(i, k)], matrix[(i, k + 1)]);
            matrix[(i, k)] = a * x + b * y;
            matrix[(i, k + 1)] = b * x.conj() - a * y.conj();
        }
    }
    for j in 0..n {
        let (a, b) = (triangular[(k, j)], triangular[(k + 1, j)]);
        triangular[(k, j)] = x.conj() * a + y.conj() * b;
        triangular[(k + 1, j)] = x * b - y * a;
    }
    triangular[(k + 1, k)] = Complex64::default();
}
