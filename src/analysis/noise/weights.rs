//! Noise in the weights, to first order.

use nalgebra::DVector;

use super::readout::ReadoutVariance;
use crate::{Result, check};

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

/// The weights of a motif that are perturbed:
/// $\delta A = \delta u\\, v^T + u\\, \delta v^T + g\\, \delta J$.
#[derive(Debug, Clone, Copy)]
pub struct LoopWeights<'a> {
    /// u (N).
    pub input: &'a DVector<f64>,
    /// v (N).
    pub feedback: &'a DVector<f64>,
    /// g, > 0 (1/tau).
    pub gain: f64,
}

/// Squared sensitivities of the readout to the weights, summed over their entries, at each sample:
/// the variance of the readout per unit variance of the entries, to first order.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightSensitivity {
    /// $\sum_i (\partial y_k / \partial u_i)^2$.
    pub input: Vec<f64>,
    /// $\sum_i (\partial y_k / \partial v_i)^2$.
    pub feedback: Vec<f64>,
    /// $\sum_{ij} (\partial y_k / \partial J_{ij})^2$.
    pub recurrent: Vec<f64>,
}

impl WeightSensitivity {
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
