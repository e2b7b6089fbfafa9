//! One motif's loop and what its design achieved.

use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;

use super::robustness::CostTerms;
use crate::low_rank::LowRank;
use crate::optim::{Minimum, Termination};
use crate::spectrum::Spectrum;

/// What one start of the optimisation achieved.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
pub struct LoopStart {
    /// Cost C at the random u.
    pub initial_cost: f64,
    /// Cost C at the end.
    pub cost: f64,
    /// Evaluations of cost and gradient.
    pub evaluations: usize,
    /// Why it ended.
    pub status: Termination,
}

impl LoopStart {
    /// Of a minimum whose value is the logarithm of C over a scale.
    pub(super) fn of(minimum: &Minimum, scale: f64) -> Self {
        Self {
            initial_cost: scale * minimum.initial_value.exp(),
            cost: scale * minimum.value.exp(),
            evaluations: minimum.evaluations,
            status: minimum.status,
        }
    }
}

/// What a loop's design achieved.
#[derive(Debug, Clone, PartialEq)]
pub struct LoopReport {
    /// Condition number of Q.
    pub condition: f64,
    /// Largest distance of a target from the nearest eigenvalue of $A + u v^T$.
    pub distance: f64,
    /// Largest error of the readout that starts at $x_\mathrm{init}$, against the exponentials, at eight
    /// times over the duration and relative to the sum of the amplitudes: what rounding does to this loop.
    pub playback_error: f64,
    /// Largest real part of the eigenvalues of $A + u v^T$ beside the targets; minus infinity without any.
    pub rest_abscissa: f64,
    /// Largest real part of all eigenvalues of $A + u v^T$.
    pub abscissa: f64,
    /// Robustness terms at the u kept.
    pub terms: CostTerms,
    /// Every start, in order.
    pub starts: Vec<LoopStart>,
    /// Index of the start kept.
    pub best: usize,
}

/// A thalamic loop $u v^T$ and the state from which cortex under it plays the motif:
/// $\dot x = (A + u v^T) x$, $x(0) = x_\mathrm{init}$, $w^T x(t) = \sum_k \alpha_k e^{\hat\lambda_k t}$.
#[derive(Debug, Clone, PartialEq)]
pub struct MotifLoop {
    pub(super) eigenvalues: Spectrum,
    pub(super) amplitudes: DMatrix<Complex64>,
    pub(super) stabilising: Spectrum,
    pub(super) weights: LowRank,
    pub(super) initial_state: DVector<f64>,
    pub(super) system: DMatrix<f64>,
    pub(super) report: LoopReport,
}

impl MotifLoop {
    /// Eigenvalues of the motif's exponentials (1/tau).
    pub fn eigenvalues(&self) -> &Spectrum {
        &self.eigenvalues
    }

    /// Their amplitudes, a row for each eigenvalue and a column for each readout (K x D).
    pub fn amplitudes(&self) -> &DMatrix<Complex64> {
        &self.amplitudes
    }

    /// Eigenvalues placed only to keep the loop stable; nearly always none.
    pub fn stabilising(&self) -> &Spectrum {
        &self.stabilising
    }

    /// The loop $u v^T$, of rank one.
    pub fn weights(&self) -> &LowRank {
        &self.weights
    }

    /// Thalamocortical weights u (N x 1), of unit norm.
    pub fn input(&self) -> &DMatrix<f64> {
        self.weights.input()
    }

    /// Corticothalamic weights v (N x 1).
    pub fn feedback(&self) -> &DMatrix<f64> {
        self.weights.feedback()
    }

    /// State $x_\mathrm{init}$ from which the readout plays the motif (N).
    pub fn initial_state(&self) -> &DVector<f64> {
        &self.initial_state
    }

    /// System matrix $A + u v^T$ while the motif plays (N x N, 1/tau).
    pub fn system(&self) -> &DMatrix<f64> {
        &self.system
    }

    /// Robustness cost C: expected readout deviation per unit of relative noise in the initial state.
    pub fn noise_cost(&self) -> f64 {
        self.report.terms.cost
    }

    /// What the design achieved.
    pub fn report(&self) -> &LoopReport {
        &self.report
    }
}
