//! Dense linear algebra on [`DMatrix<f64>`](nalgebra::DMatrix): eigendecomposition, Lyapunov equations,
//! matrix exponential, conjugate-closed spectra.
//!
//! Everything is computed on the calling thread, with every result checked: residuals are returned beside the
//! solutions, and what cannot be computed accurately is an [`Error`](crate::Error), never a silent NaN.

mod balance;
mod eigen;
mod expm;
#[doc(hidden)]
pub mod kernel;
pub(crate) mod lyapunov;
mod noise;
pub(crate) mod product;
mod propagation;
pub(crate) mod schur;
mod square;
pub mod tolerance;

pub use eigen::{Eigen, eigenvalues, spectral_abscissa};
pub use expm::expm;
pub use lyapunov::{lyapunov, lyapunov_schur};
pub use noise::{noise_covariance, noise_factor};
pub(crate) use propagation::powers;
pub use propagation::propagate;
pub(crate) use square::square;
