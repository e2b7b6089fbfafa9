//! Dense linear algebra on [`DMatrix<f64>`](nalgebra::DMatrix): eigendecomposition, Lyapunov equations,
//! matrix exponential, conjugate-closed spectra.
//!
//! Everything is computed on the calling thread, with every result checked: residuals are returned beside the
//! solutions, and what cannot be computed accurately is an [`Error`](crate::Error), never a silent NaN.

pub(crate) mod algebra;
mod conjugate;
pub(crate) mod conjugate_vector;
mod doubling;
mod eigen;
mod expm;
#[doc(hidden)]
pub mod kernel;
pub(crate) mod lanes;
mod lyapunov;
mod lyapunov_residual;
mod lyapunov_schur;
pub(crate) mod lyapunov_source;
mod matching;
pub(crate) mod multiply;
mod noise;
mod packed;
mod propagator;
mod repair;
mod schur;
pub(crate) mod tiles;
pub mod tolerance;
pub(crate) mod updated_inverse;
pub(crate) mod views;

pub use conjugate::ConjugateSet;
pub use doubling::{LyapunovWorkspace, PairReport, PairStatus};
pub use eigen::{Eigen, eigenvalues, spectral_abscissa};
pub use expm::expm;
pub use lyapunov::{LyapunovPair, lyapunov};
pub use lyapunov_schur::lyapunov_schur;
pub use matching::{Matching, match_spectra};
pub use noise::{noise_covariance, noise_factor};
pub use propagator::Propagator;
