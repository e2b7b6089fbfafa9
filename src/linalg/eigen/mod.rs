//! Eigendecomposition of a real matrix, conjugate-symmetric to the last bit and verified.

mod packed;
mod repair;

use crate::linalg::balance::{Balanced, balance};
use crate::linalg::kernel::active as kernel;
use crate::linalg::product::{frobenius, largest};
use crate::linalg::square::{normalised, square};
use crate::linalg::tolerance;
use crate::spectrum::Spectrum;
use crate::{Error, Result};
use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;
use packed::Packed;

/// $$A = R\\,\mathrm{diag}(\lambda)\\,L,\qquad L = R^{-1}$$ of a real `N x N` matrix.
///
/// Eigenvalues are in the order of [`Spectrum`], those of real ones exactly real. Columns of R have unit
/// 2-norm; columns of R and rows of L follow the eigenvalues: real for real ones, exactly conjugate for
/// pairs. Eigenvalues carry the unit of A, 1/tau for a network.
///
/// All checks are made on $B = D^{-1} A D$, D diagonal with powers of two that take a grading out of A, and
/// on its eigenvectors of unit 2-norm, $R_B = D^{-1} R$ up to the length of its columns. `D = I` unless
/// another at least halves the Frobenius norm: the model's matrices are their own B. The residual and the
/// condition number are therefore those that matter: an error of B moves eigenvalues by at most the condition
/// number times its norm, of the order of `eps |B|`, while `|A|` may be larger by any factor.
///
/// Exists for every diagonalisable matrix. Refused as defective is one whose condition number
/// $|R_B|_1 |R_B^{-1}|_1$ exceeds [`tolerance::EIGEN_CONDITION`], 1e10, as computed by the better of two
/// algorithms. That happens within a distance of about `|B| / 1e10` of a matrix with a Jordan block, so two
/// eigenvalues that nearly coincide along nearly one eigenvector are refused as well; equal eigenvalues with
/// independent eigenvectors are not. [`Error::Defective`] tells the condition number found (infinite where
/// R is singular), the limit, and the residual, which shows that the eigenvectors are accurate, only too
/// close to dependent. The eigenvalues of such matrices are those of [`eigenvalues`].
///
/// ```
/// let a = nalgebra::dmatrix![-0.5, 1.0, 0.2; -1.0, -0.5, 0.3; 0.1, 0.0, -2.0];
/// let eigen = thalamo::linalg::Eigen::new(&a)?;
/// assert_eq!(eigen.values().reals(), 1);
/// assert_eq!(eigen.values()[1], eigen.values()[2].conj());
/// assert!(eigen.residual() < 1e-14 && eigen.biorthogonality() < 1e-14);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Eigen {
    values: Spectrum,
    right: DMatrix<Complex64>,
    left: DMatrix<Complex64>,
    residual: f64,
    biorthogonality: f64,
    condition: f64,
}

impl Eigen {
    /// Decomposes `a` and verifies the outcome.
    ///
    /// # Errors
    /// An input that is no finite square matrix; [`Error::EigenNotConverged`]; [`Error::Defective`]
    /// when [`condition`](Self::condition) would exceed [`tolerance::EIGEN_CONDITION`]; [`Error::Residual`]
    /// when [`residual`](Self::residual) would exceed [`tolerance::eigen_residual`].
    pub fn new(a: &DMatrix<f64>) -> Result<Self> {
        square(a)?;
        let (scaled, factor, scaling) = prepared(a);
        let norm = frobenius(&scaled);
        let mut best: Option<Self> = None;
        for attempt in [packed::decompose, repair::decompose] {
            let Ok(packed) = attempt(&scaled, norm) else { continue };
            let candidate = Self::unpacked(&packed, factor);
            if !all_finite(&candidate.values) {
                continue;
            }
            if candidate.is_accurate() && candidate.condition <= tolerance::EIGEN_SUSPICIOUS {
                return Ok(candidate.rescaled(scaling.as_ref()));
            }
            if best.as_ref().is_none_or(|other| candidate.is_better_than(other)) {
                best = Some(candidate);
            }
        }
        if let Some(usable) = best.take_if(|best| best.is_usable()) {
            return Ok(usable.rescaled(scaling.as_ref()));
        }
        Err(best.map_or(Error::EigenNotConverged { size: a.nrows() }, |best| best.refusal()))
    }

    fn unpacked(packed: &Packed, factor: f64) -> Self {
        let (right, left) = (packed.right(), packed.left());
        let condition = one_norm(&right) * one_norm(&left);
        Self {
            values: packed.values.clone().scaled(factor),
            right,
            left,
            residual: packed.residual,
            biorthogonality: packed.biorthogonality,
            condition: if condition.is_nan() { f64::INFINITY } else { condition },
        }
    }

    /// Eigenvectors of `D B D^-1` from those of B, of unit length again.
    fn rescaled(mut self, scaling: Option<&DVector<f64>>) -> Self {
        let Some(d) = scaling else { return self };
        for (mut r, mut l) in self.right.column_iter_mut().zip(self.left.row_iter_mut()) {
            r.iter_mut().zip(d).for_each(|(r, d)| *r *= d);
            // Scaled by the largest entry first, whose square might overflow.
            let largest = r.iter().map(|z| z.norm()).fold(f64::MIN_POSITIVE, f64::max);
            let norm = largest * r.iter().map(|z| (z / largest).norm_sqr()).sum::<f64>().sqrt();
            r.iter_mut().for_each(|r| *r /= norm);
            l.iter_mut().zip(d).for_each(|(l, d)| *l = *l * norm / d);
        }
        self
    }

    fn is_accurate(&self) -> bool {
        self.residual <= tolerance::eigen_residual(self.values.len())
    }

    fn is_usable(&self) -> bool {
        self.is_accurate() && self.condition <= tolerance::EIGEN_CONDITION
    }

    fn is_better_than(&self, other: &Self) -> bool {
        match (self.is_accurate(), other.is_accurate()) {
            (true, true) => self.condition < other.condition,
            (mine, others) => mine || !others && self.residual < other.residual,
        }
    }

    /// Why this decomposition is not good enough.
    fn refusal(&self) -> Error {
        let (residual, condition) = (self.residual, self.condition);
        if self.is_accurate() || residual.is_nan() {
            return Error::Defective { condition, limit: tolerance::EIGEN_CONDITION, residual };
        }
        Error::Residual {
            what: "eigendecomposition",
            residual,
            limit: tolerance::eigen_residual(self.values.len()),
            remedy: "check the matrix for extreme scaling",
        }
    }

    /// Eigenvalues.
    #[must_use]
    pub fn values(&self) -> &Spectrum {
        &self.values
    }

    /// R, `N x N`: right eigenvectors of unit 2-norm in columns.
    #[must_use]
    pub fn right(&self) -> &DMatrix<Complex64> {
        &self.right
    }

    /// L = R^-1, `N x N`: left eigenvectors in rows.
    #[must_use]
    pub fn left(&self) -> &DMatrix<Complex64> {
        &self.left
    }

    /// `|B R_B - R_B diag(lambda)|_F / |B|_F`, as computed: backward error of the decomposition in the
    /// coordinates of B, where it does not depend on how A is graded.
    #[must_use]
    pub fn residual(&self) -> f64 {
        self.residual
    }

    /// `|R_B^-1 R_B - I|_F`, as computed.
    #[must_use]
    pub fn biorthogonality(&self) -> f64 {
        self.biorthogonality
    }

    /// `|R_B|_1 |R_B^-1|_1`, the condition number of the eigenvectors: eigenvalues move by at most this times
    /// the 1-norm of a perturbation of B. At most [`tolerance::EIGEN_CONDITION`].
    #[must_use]
    pub fn condition(&self) -> f64 {
        self.condition
    }
}

/// Eigenvalues of `a`, without eigenvectors; defective matrices are welcome.
///
/// Exact for a matrix within rounding of B, the balanced A of [`Eigen`]. One that belongs to a Jordan block
/// of order k is off by about `(eps |B|)^(1/k)`.
///
/// # Errors
/// An input that is no finite square matrix; [`Error::EigenNotConverged`].
///
/// ```
/// let values = thalamo::linalg::eigenvalues(&nalgebra::dmatrix![0.0, 2.0; -2.0, 0.0])?;
/// assert!((values[0].im - 2.0).abs() < 1e-15 && values[1] == values[0].conj());
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn eigenvalues(a: &DMatrix<f64>) -> Result<Spectrum> {
    square(a)?;
    let (scaled, factor, _) = prepared(a);
    let (re, im, _) = kernel::eigen(&scaled, false)?;
    if re.iter().chain(&im).any(|x| !x.is_finite()) {
        return Err(Error::EigenNotConverged { size: a.nrows() });
    }
    let values = packed::spectrum(&re, &im).scaled(factor);
    // Entries near the largest number have eigenvalues beyond it.
    if all_finite(&values) { Ok(values) } else { Err(Error::EigenNotConverged { size: a.nrows() }) }
}

/// B, its largest entry near one, the factor that takes out, and D: `A = factor D B D^-1`.
fn prepared(a: &DMatrix<f64>) -> (DMatrix<f64>, f64, Option<DVector<f64>>) {
    let (scaled, factor) = normalised(a);
    let Balanced { matrix, scaling } = balance(&scaled);
    if scaling.is_none() {
        return (matrix, factor, None);
    }
    let (matrix, further) = normalised(&matrix);
    (matrix, factor * further, scaling)
}

/// Largest real part of the eigenvalues of `a`, in the unit of `a`; negative when `x' = a x` decays.
///
/// # Errors
/// As [`eigenvalues`].
pub fn spectral_abscissa(a: &DMatrix<f64>) -> Result<f64> {
    Ok(eigenvalues(a)?.abscissa())
}

fn all_finite(values: &[Complex64]) -> bool {
    values.iter().all(|z| z.re.is_finite() && z.im.is_finite())
}

fn one_norm(m: &DMatrix<Complex64>) -> f64 {
    largest(m.column_iter().map(|c| c.iter().map(|z| z.norm()).sum()))
}
