//! Sensitivities of a motif's readout to its weights.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::readout::MotifReadout;
use super::sweep::{self, Path};
use super::weights::{LoopWeights, WeightSensitivity};
use crate::play::{Centre, Flow, Phase};
use crate::{Result, check};

/// How the motif's start is reached, which decides what else the perturbed weights move.
#[derive(Debug, Clone, Copy)]
pub enum Approach<'a> {
    /// The motif starts from this state (N), whatever the weights.
    State(&'a DVector<f64>),
    /// A preparation $\dot x = A_\mathrm{prep} (x - x_\mathrm{fix})$ ends where the motif starts.
    /// Its constant input $b = -A_\mathrm{prep} x_\mathrm{fix}$ and its own weights U, V stay; a
    /// perturbation of J enters it as well, and moves its fixed point.
    Preparation {
        /// $A_\mathrm{prep} = A + U V^T$ (N x N, 1/tau).
        system: &'a DMatrix<f64>,
        /// The fixed point without perturbations, $x_\mathrm{init}$ of the motif (N).
        fixed_point: &'a DVector<f64>,
        /// The state at its beginning (N).
        start: &'a DVector<f64>,
        /// Its duration, >= 0 (tau).
        duration: f64,
    },
}

impl MotifReadout {
    /// Squared sensitivities of the readout to u, v and J at each sample.
    ///
    /// To first order $\delta y(t) = \sum_{ij} Z_{ij}(t)\\, \delta A_{ij}$ with
    ///
    /// $$ Z(t) = \int_0^t e^{A^T (t - r)} w\\, x(r)^T dr, \qquad \dot Z = A^T Z + w\\, x(t)^T, $$
    ///
    /// so that the gradients with respect to u, v and J are $Z v$, $Z^T u$ and $g Z$; a preparation
    /// adds its own part of the integral to the last. Z keeps to the few directions B that the
    /// noise-free path visits (K of them for an undisturbed motif): $Z = (Z B) B^T$, and
    ///
    /// $$ Z_{k+1} B = e^{A^T dt} Z_k B + \int_0^{dt} e^{A^T (dt - r)} w\\, (B^T x(t_k + r))^T dr, $$
    ///
    /// where the integral is exact to rounding. $O(n N^2 \mathrm{rank}\\, B)$; without
    /// eigenvectors, hence as accurate for eigenvalues that are close or coincide. Exists for every
    /// A.
    ///
    /// # Errors
    /// Vectors or matrices of other sizes or not finite; a gain that is not positive; a negative
    /// duration; a system whose norm exceeds 512 per step; states or sensitivities that overflow.
    ///
    /// ```
    /// use nalgebra::{dmatrix, dvector};
    /// use thalamo::analysis::noise::{Approach, LoopWeights, MotifReadout};
    /// // One unit, y = exp(A t): dy / dA = t exp(A t), and dA / du = v, dA / dv = u, dA / dJ = g.
    /// let motif = MotifReadout::new(&dmatrix![-0.5], &dvector![1.0], 0.1, 11)?;
    /// let weights = LoopWeights { input: &dvector![2.0], feedback: &dvector![3.0], gain: 0.5 };
    /// let found = motif.weight_sensitivity(&weights, &Approach::State(&dvector![1.0]))?;
    /// let exact = (-0.5_f64).exp().powi(2); // at t = 1
    /// assert!((found.input[10] - 9.0 * exact).abs() < 1e-14);
    /// assert!((found.feedback[10] - 4.0 * exact).abs() < 1e-14);
    /// assert!((found.recurrent[10] - 0.25 * exact).abs() < 1e-14);
    /// # Ok::<(), thalamo::Error>(())
    /// ```
    pub fn weight_sensitivity(
        &self,
        weights: &LoopWeights<'_>,
        approach: &Approach<'_>,
    ) -> Result<WeightSensitivity> {
        self.check_vector("u", weights.input)?;
        self.check_vector("v", weights.feedback)?;
        check::positive("gain g", weights.gain)?;
        let path = match *approach {
            Approach::State(start) => {
                self.check_vector("start", start)?;
                Path::through(&[], start.clone())?
            }
            Approach::Preparation { system, fixed_point, start, duration } => {
                let shape = (self.units(), self.units());
                check::shape("preparation", system.shape(), shape, "use one over the same cortex")?;
                check::finite("preparation", system.as_slice())?;
                self.check_vector("fixed point", fixed_point)?;
                self.check_vector("start", start)?;
                check::non_negative("duration of preparation", duration)?;
                let flow = Flow::new(system, &self.phase.flow.readout, duration, 1)?;
                let phase = Phase::new(Arc::new(flow), Centre::Fixed(fixed_point.clone()), None);
                Path::through(&[phase], start.clone())?
            }
        };
        self.squared_sensitivities(weights, &path)
    }

    /// [`MotifReadout::weight_sensitivity`] along a path.
    pub(super) fn squared_sensitivities(
        &self,
        weights: &LoopWeights<'_>,
        path: &Path,
    ) -> Result<WeightSensitivity> {
        let sensitivity = sweep::sensitivity(self, weights, path)?;
        for part in [&sensitivity.input, &sensitivity.feedback, &sensitivity.recurrent] {
            check::no_overflow("sensitivity of the readout", part)?;
        }
        Ok(sensitivity)
    }

    fn check_vector(&self, what: &'static str, vector: &DVector<f64>) -> Result<()> {
        check::shape(what, vector.shape(), (self.units(), 1), "give one entry per unit")?;
        check::finite(what, vector.as_slice())
    }
}
