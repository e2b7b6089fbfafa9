//! A loop that was designed directly, and what its design achieved.

use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;

use super::starts::DirectOrigin;
use super::terms::DirectTerms;
use crate::low_rank::LowRank;
use crate::optim::Termination;
use crate::spectrum::Spectrum;

/// What one start of a direct design achieved.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
pub struct DirectStart {
    /// Where it began.
    pub origin: DirectOrigin,
    /// J at the start.
    pub initial: f64,
    /// J at the end, over the samples it was designed with.
    pub objective: f64,
    /// Iterations.
    pub iterations: usize,
    /// Evaluations of J and its gradient.
    pub evaluations: usize,
    /// Why it ended.
    pub status: Termination,
}

/// What a direct design achieved.
#[derive(Debug, Clone, PartialEq)]
pub struct DirectReport {
    /// The parts of the objective over all samples, by propagation.
    pub terms: DirectTerms,
    /// Root mean square distance of the readout from the target expected in a sequence, in the unit of the
    /// motif: $c \sqrt{\mathrm{fit} + \mathrm{tr}(O S) / T}$.
    pub expected_error: f64,
    /// Robustness cost C: expected readout deviation per unit of relative noise at the start, in the unit of
    /// the motif.
    pub noise_cost: f64,
    /// Eigenvalues $\mu$ of $A + U V^T$ (1/tau).
    pub spectrum: Spectrum,
    /// Amplitudes of all modes, $W^T e^{M t} s = \sum_i \alpha_i e^{\mu_i t}$, a row for each eigenvalue and
    /// a column for each readout (N x D); `None` where the eigenvectors of M are too close to dependent.
    pub amplitudes: Option<DMatrix<Complex64>>,
    /// Standard deviations of the real part of every eigenvalue (1/tau) per relative error of every weight of
    /// U and V, to first order, in the order of the spectrum; `None` as for amplitudes.
    pub deviations: Option<DVector<f64>>,
    /// Every start, in order.
    pub starts: Vec<DirectStart>,
    /// Index of the start kept.
    pub best: usize,
    /// Difference of J by modes and by propagation, relative to J.
    pub difference: f64,
}

impl DirectReport {
    /// Largest relative error of the loop's weights at which every $\mathrm{Re} \mu_i$ is at least three
    /// standard deviations from zero: above it, some loops with such errors can be expected to be unstable.
    /// `None` where deviations are not known, infinite for a loop that is zero.
    pub fn tolerated_error(&self) -> Option<f64> {
        let ratios = self.spectrum.iter().zip(self.deviations.as_ref()?.iter());
        let ratios =
            ratios.map(|(value, deviation)| if value.re < 0.0 { -value.re / (3.0 * deviation) } else { 0.0 });
        Some(ratios.fold(f64::INFINITY, f64::min))
    }
}

/// A loop $U V^T$ and the state s from which the network under it plays a motif:
/// $\dot x = (A + U V^T) x$, $x(0) = s$, $y \approx W^T x$.
#[derive(Debug, Clone, PartialEq)]
pub struct DirectLoop {
    pub(super) weights: LowRank,
    pub(super) start: DVector<f64>,
    pub(super) system: DMatrix<f64>,
    pub(super) played: DMatrix<f64>,
    pub(super) report: DirectReport,
}

impl DirectLoop {
    /// The loop $U V^T$; columns of U and V are equally long.
    pub fn weights(&self) -> &LowRank {
        &self.weights
    }

    /// The state s (N) from which the readout plays the motif, in the unit of the motif.
    pub fn start(&self) -> &DVector<f64> {
        &self.start
    }

    /// System matrix $A + U V^T$ while the motif plays (N x N, 1/tau).
    pub fn system(&self) -> &DMatrix<f64> {
        &self.system
    }

    /// The motif as it is played from the start, $W^T e^{M t_n} s$ at its samples (T x D).
    pub fn played(&self) -> &DMatrix<f64> {
        &self.played
    }

    /// What the design achieved.
    pub fn report(&self) -> &DirectReport {
        &self.report
    }
}
