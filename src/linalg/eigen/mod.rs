//! Eigendecomposition of a real matrix, conjugate-symmetric to the last bit and verified.

mod packed;
mod repair;

use crate::linalg::kernel::active as kernel;
use crate::linalg::product::{frobenius, largest};
use crate::linalg::square::{normalised, square};
use crate::linalg::tolerance;
use crate::spectrum::Spectrum;
use crate::{Error, Result};
use nalgebra::DMatrix;
use num_complex::Complex64;
use packed::Packed;

/// $$A = R\\,\mathrm{diag}(\lambda)\\,L,\qquad L = R^{-1}$$ of a real `N x N` matrix.
///
/// Eigenvalues are in the order of [`Spectrum`], those of real ones exactly real. Columns of R have unit
/// 2-norm; columns of R and rows of L follow the eigenvalues: real for real ones, exactly conjugate for
/// pairs. Eigenvalues carry the unit of A, 1/tau for a network.
///
/// Exists for every diagonalisable matrix; defective ones are refused.
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
    /// when the condition number of R exceeds [`tolerance::EIGEN_CONDITION`]; [`Error::Residual`] when
    /// the residual exceeds [`tolerance::eigen_residual`].
    pub fn new(a: &DMatrix<f64>) -> Result<Self> {
        square(a)?;
        let (scaled, factor) = normalised(a);
        let norm = frobenius(&scaled);
        let mut best: Option<Self> = None;
        for attempt in [packed::decompose, repair::decompose] {
            let Ok(packed) = attempt(&scaled, norm) else { continue };
            let candidate = Self::unpacked(&packed, factor);
            if !all_finite(&candidate.values) {
                continue;
            }
            if candidate.is_accurate() && candidate.condition <= tolerance::EIGEN_SUSPICIOUS {
                return Ok(candidate);
            }
            if best.as_ref().is_none_or(|other| candidate.is_better_than(other)) {
                best = Some(candidate);
            }
        }
        if let Some(usable) = best.take_if(|best| best.is_usable()) {
            return Ok(usable);
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

    /// `|A R - R diag(lambda)|_F / |A|_F`, as computed.
    #[must_use]
    pub fn residual(&self) -> f64 {
        self.residual
    }

    /// `|L R - I|_F`, as computed.
    #[must_use]
    pub fn biorthogonality(&self) -> f64 {
        self.biorthogonality
    }

    /// `|R|_1 |L|_1`, the 1-norm condition number of R: eigenvalues move by at most this times a perturbation
    /// of A.
    #[must_use]
    pub fn condition(&self) -> f64 {
        self.condition
    }
}

/// Eigenvalues of `a`, without eigenvectors; defective matrices are welcome.
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
    let (scaled, factor) = normalised(a);
    let (re, im, _) = kernel::eigen(&scaled, false)?;
    if re.iter().chain(&im).any(|x| !x.is_finite()) {
        return Err(Error::EigenNotConverged { size: a.nrows() });
    }
    let values = packed::spectrum(&re, &im).scaled(factor);
    // Entries near the largest number have eigenvalues beyond it.
    if all_finite(&values) { Ok(values) } else { Err(Error::EigenNotConverged { size: a.nrows() }) }
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
