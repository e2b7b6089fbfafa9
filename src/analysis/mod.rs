//! Measures and statistics of what was simulated, and expectations of what would be.

mod expected;
mod golden;
mod pseudospectrum;
mod quality;
mod statistics;
mod transients;
mod transitions;
mod warning;
mod weight_errors;

pub use expected::{ExpectedError, expected_rmse};
pub use pseudospectrum::{KreissBound, PseudospectralAbscissa, kreiss_bound, pseudospectral_abscissa};
pub use quality::{Quality, quality};
pub use statistics::{Wilcoxon, WilcoxonMethod, wilcoxon_signed_rank};
pub use transients::{TransientGrowth, numerical_abscissa, propagator_norms, transient_growth};
pub use transitions::{TransitionErrors, transition_errors};
pub use warning::{MotifQuality, Predecessor, QualityWarning};
pub use weight_errors::{UnderWeightErrors, WeightErrors, weight_errors};
