//! faer's kernels on one thread.

use crate::linalg::product::{Lu, view, view_mut};
pub use crate::linalg::schur::{Schur, schur};
use crate::{Error, Result};
use faer::Par;
use faer::diag::DiagMut;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, evd_real, evd_scratch};
use nalgebra::DMatrix;

/// Real parts and imaginary parts of the eigenvalues, and their packed eigenvectors; see [`eigen`].
pub type PackedEigen = (Vec<f64>, Vec<f64>, Option<DMatrix<f64>>);

/// Real and imaginary parts of the eigenvalues and, on request, the packed eigenvectors: one real column per
/// real eigenvalue, two columns (real part, imaginary part, of the eigenvector whose eigenvalue comes first)
/// per pair.
///
/// # Errors
///
/// [`Error::EigenNotConverged`] when the QR iteration gives up.
pub fn eigen(a: &DMatrix<f64>, vectors: bool) -> Result<PackedEigen> {
    let n = a.nrows();
    if n == 1 {
        return Ok((vec![a[(0, 0)]], vec![0.0], vectors.then(|| DMatrix::identity(1, 1))));
    }
    let (mut re, mut im) = (vec![0.0; n], vec![0.0; n]);
    let mut basis = vectors.then(|| DMatrix::zeros(n, n));
    let wanted = if vectors { ComputeEigenvectors::Yes } else { ComputeEigenvectors::No };
    let requirement = evd_scratch::<f64>(n, ComputeEigenvectors::No, wanted, Par::Seq, Default::default());
    evd_real(
        view(a),
        DiagMut::from_slice_mut(&mut re),
        DiagMut::from_slice_mut(&mut im),
        None,
        basis.as_mut().map(view_mut),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(requirement)),
        Default::default(),
    )
    .map_err(|_| Error::EigenNotConverged { size: n })?;
    Ok((re, im, basis))
}

/// Inverse of a square matrix; entries are infinite or NaN when it is singular.
#[must_use]
pub fn inverse(a: &DMatrix<f64>) -> DMatrix<f64> {
    let n = a.nrows();
    let mut lu = Lu::new(n);
    lu.matrix_mut().copy_from(a);
    let mut out = DMatrix::zeros(n, n);
    lu.invert_into(&mut out);
    out
}
