//! Noise in the weights, to first order.

use nalgebra::{DMatrix, DVector};

use super::readout::{MotifReadout, ReadoutVariance};
use super::sweep::{self, Path};
use crate::loops::MotifLoop;
use crate::{Cortex, Result, System, check};

/// Standard deviations of independent Gaussian perturbations of the weights, entry by entry.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct WeightNoise {
    /// Of the entries of the thalamocortical weights u.
    pub input: f64,
    /// Of the entries of the corticothalamic weights v.
    pub feedback: f64,
    /// Of the entries of the connectivity J.
    pub recurrent: f64,
}

impl WeightNoise {
    pub(super) fn check(&self) -> Result<()> {
        check::non_negative("noise of u", self.input)?;
        check::non_negative("noise of v", self.feedback)?;
        check::non_negative("noise of J", self.recurrent)
    }

    pub(super) fn is_zero(&self) -> bool {
        self.input == 0.0 && self.feedback == 0.0 && self.recurrent == 0.0
    }
}

/// The weights of a motif that are perturbed: $\delta A = \delta u\\, v^T + u\\, \delta v^T + g\\, \delta J$.
#[derive(Debug, Clone, Copy)]
pub struct LoopWeights<'a> {
    /// u (N).
    pub input: &'a DVector<f64>,
    /// v (N).
    pub feedback: &'a DVector<f64>,
    /// g, > 0 (1/tau).
    pub gain: f64,
}

impl<'a> LoopWeights<'a> {
    /// Those of a loop over a cortex.
    pub fn of(system: &System, motif_loop: &'a MotifLoop) -> Self {
        Self {
            input: motif_loop.input(),
            feedback: motif_loop.feedback(),
            gain: system.cortex().map_or(1.0, Cortex::gain),
        }
    }
}

/// How the motif's start is reached, which decides what else the perturbed weights move.
#[derive(Debug, Clone, Copy)]
pub enum Approach<'a> {
    /// The motif starts from this state (N), whatever the weights.
    State(&'a DVector<f64>),
    /// A preparation $\dot x = A_\mathrm{prep} (x - x_\mathrm{fix})$ ends where the motif starts. Its constant
    /// input $b = -A_\mathrm{prep} x_\mathrm{fix}$ and its own weights U, V stay; a perturbation of J enters it
    /// as well, and moves its fixed point.
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

/// Squared sensitivities of the readout to the weights, summed over their entries, at each sample: the variance
/// of the readout per unit variance of the entries, to first order.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightSensitivity {
    pub(super) input: Vec<f64>,
    pub(super) feedback: Vec<f64>,
    pub(super) recurrent: Vec<f64>,
}

impl WeightSensitivity {
    /// $\sum_i (\partial y_k / \partial u_i)^2$.
    pub fn input(&self) -> &[f64] {
        &self.input
    }

    /// $\sum_i (\partial y_k / \partial v_i)^2$.
    pub fn feedback(&self) -> &[f64] {
        &self.feedback
    }

    /// $\sum_{ij} (\partial y_k / \partial J_{ij})^2$.
    pub fn recurrent(&self) -> &[f64] {
        &self.recurrent
    }

    /// Variance of the readout at each sample,
    ///
    /// $$ s_u^2 \sum_i (\partial y_k / \partial u_i)^2 + s_v^2 \sum_i (\partial y_k / \partial v_i)^2
    /// + s_J^2 \sum_{ij} (\partial y_k / \partial J_{ij})^2, $$
    ///
    /// short of the mean-square deviation by terms of fourth order in the standard deviations.
    ///
    /// # Errors
    /// A standard deviation that is negative or not finite.
    pub fn variance(&self, noise: &WeightNoise) -> Result<ReadoutVariance> {
        noise.check()?;
        let [u, v, j] = [noise.input, noise.feedback, noise.recurrent].map(|s| s * s);
        let terms = self.input.iter().zip(&self.feedback).zip(&self.recurrent);
        ReadoutVariance::new(terms.map(|((a, b), c)| u * a + v * b + j * c).collect())
    }
}

impl MotifReadout {
    /// Squared sensitivities of the readout to u, v and J at each sample.
    ///
    /// To first order $\delta y(t) = \sum_{ij} Z_{ij}(t)\\, \delta A_{ij}$ with
    ///
    /// $$ Z(t) = \int_0^t e^{A^T (t - r)} w\\, x(r)^T dr, \qquad \dot Z = A^T Z + w\\, x(t)^T, $$
    ///
    /// so that the gradients with respect to u, v and J are $Z v$, $Z^T u$ and $g Z$; a preparation adds its own
    /// part of the integral to the last. Z keeps to the few directions B that the noise-free path visits (K of
    /// them for an undisturbed motif): $Z = (Z B) B^T$, and
    ///
    /// $$ Z_{k+1} B = e^{A^T dt} Z_k B + \int_0^{dt} e^{A^T (dt - r)} w\\, (B^T x(t_k + r))^T dr, $$
    ///
    /// where the integral is exact to rounding. $O(n N^2 \mathrm{rank}\\, B)$; without eigenvectors, hence as
    /// accurate for eigenvalues that are close or coincide. Exists for every A.
    ///
    /// # Errors Vectors or matrices of other sizes or not finite; a gain that is not positive; a negative
    /// duration; a system whose norm exceeds 512 per step ([`Error::OutOfRange`](crate::Error::OutOfRange));
    /// states or sensitivities that overflow.
    ///
    /// ```
    /// use nalgebra::{DMatrix, DVector};
    /// use thalamo::analysis::noise::{Approach, LoopWeights, MotifReadout};
    /// // One unit, y = exp(A t): dy / dA = t exp(A t), and dA / du = v, dA / dv = u, dA / dJ = g.
    /// let motif = MotifReadout::new(&DMatrix::from_element(1, 1, -0.5), &DVector::from_element(1, 1.0), 0.1, 11)?;
    /// let (input, feedback) = (DVector::from_element(1, 2.0), DVector::from_element(1, 3.0));
    /// let weights = LoopWeights { input: &input, feedback: &feedback, gain: 0.5 };
    /// let sensitivity = motif.weight_sensitivity(&weights, &Approach::State(&DVector::from_element(1, 1.0)))?;
    /// let exact = (-0.5_f64).exp().powi(2); // at t = 1
    /// assert!((sensitivity.input()[10] - 9.0 * exact).abs() < 1e-14);
    /// assert!((sensitivity.feedback()[10] - 4.0 * exact).abs() < 1e-14);
    /// assert!((sensitivity.recurrent()[10] - 0.25 * exact).abs() < 1e-14);
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
                Path::from_state(start)
            }
            Approach::Preparation { system, fixed_point, start, duration } => {
                let shape = (self.units(), self.units());
                check::shape("preparation", system.shape(), shape, "use one over the same cortex")?;
                check::finite("preparation", system.as_slice())?;
                self.check_vector("fixed point", fixed_point)?;
                self.check_vector("start", start)?;
                check::non_negative("duration of preparation", duration)?;
                Path::through_preparation(system, fixed_point, start, duration)?
            }
        };
        let sensitivity = sweep::sensitivity(self, weights, &path)?;
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
