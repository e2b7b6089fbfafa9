//! Measures and statistics of what was simulated, and expectations of what would be.

mod certificate;
mod decay;
pub mod noise;
mod pseudospectrum;
mod statistics;
mod transients;
mod transitions;

pub use certificate::{
    Certificate, Norm, StartBound, certify, decay_time, shortest_preparation, usual_depth,
};
pub use decay::rms_decay;
pub use pseudospectrum::{KreissBound, PseudospectralAbscissa, kreiss_bound, pseudospectral_abscissa};
pub use statistics::{Wilcoxon, WilcoxonMethod, rmse, wilcoxon_signed_rank};
pub use transients::{TransientGrowth, numerical_abscissa, propagator_norms, transient_growth};
pub use transitions::{TransitionErrors, transition_errors};
