//! Motifs as sums of complex exponentials: `yhat(t) = sum_k alpha_k exp(lambda_k t)`.
//!
//! [`fit()`] finds eigenvalues and amplitudes under the constraints of [`FitOptions`]; [`sweep`] compares numbers of
//! modes; [`Fit`] holds the result, or exponentials brought along.

#[cfg(test)]
mod checks;
mod objective;
mod options;
mod poles;
mod problem;
mod quadratic_program;
mod refine;
mod result;
mod search;
mod small;
mod solve;
mod svd;

pub use options::{FitOptions, Margin};
pub use result::{ActiveConstraint, Fit, Start, Status};
pub use solve::{fit, sweep};
