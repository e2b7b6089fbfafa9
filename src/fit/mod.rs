//! Motifs as sums of complex exponentials: `yhat(t) = sum_k alpha_k exp(lambda_k t)`.
//!
//! [`fit()`] finds eigenvalues and amplitudes under the constraints of [`FitOptions`]; [`sweep`] compares numbers of
//! modes; [`Fit`] holds the result, or exponentials brought along.

mod accurate;
mod amplitudes;
#[cfg(test)]
mod checks;
mod derivatives;
mod gram;
mod insertion;
mod options;
mod problem;
mod quadratic_program;
mod refine;
mod report;
mod search;
mod small;
mod solve;
mod spectrum;
mod starts;
mod sums;
mod svd;

pub use options::{FitOptions, Margin};
pub use report::{ActiveConstraint, Fit, Start, Status};
pub use solve::{fit, sweep};
