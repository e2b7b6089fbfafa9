//! Low-rank loops through thalamus.

use nalgebra::DMatrix;

use crate::system::System;
use crate::{Result, check};

/// A loop $U V^T$ of rank r from the network through thalamus and back: input weights $U$ and
/// feedback weights $V$, both N x r.
///
/// Motif loops (rank one), the preparatory module and transition modules are all of this kind.
///
/// ```
/// use nalgebra::dmatrix;
/// use thalamo::{LowRank, System};
/// let system = System::new(dmatrix![-1.0, 0.0; 0.0, -1.0], dmatrix![1.0; 0.0])?;
/// let rotation = LowRank::new(dmatrix![1.0, 0.0; 0.0, 1.0], dmatrix![0.0, -2.0; 2.0, 0.0])?;
/// assert_eq!(rotation.closed(&system)?, dmatrix![-1.0, 2.0; -2.0, -1.0]);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LowRank {
    input: DMatrix<f64>,
    feedback: DMatrix<f64>,
}

impl LowRank {
    /// A loop from its input weights U and feedback weights V (N x r each).
    ///
    /// # Errors
    /// Shapes that differ, entries that are not finite.
    pub fn new(input: DMatrix<f64>, feedback: DMatrix<f64>) -> Result<Self> {
        check::shape("feedback V", feedback.shape(), input.shape(), "give U and V of equal shape, N x r")?;
        check::finite("input U", input.as_slice())?;
        check::finite("feedback V", feedback.as_slice())?;
        Ok(Self { input, feedback })
    }

    /// Weights U from thalamus to the network (N x r).
    pub fn input(&self) -> &DMatrix<f64> {
        &self.input
    }

    /// Weights V from the network to thalamus (N x r).
    pub fn feedback(&self) -> &DMatrix<f64> {
        &self.feedback
    }

    /// Number of thalamic units r.
    pub fn rank(&self) -> usize {
        self.input.ncols()
    }

    /// Frobenius norm of $U V^T$.
    pub fn norm(&self) -> f64 {
        let grams = [&self.input, &self.feedback].map(|m| m.tr_mul(m));
        grams[0].component_mul(&grams[1]).sum().max(0.0).sqrt()
    }

    /// The matrix of the closed loop, $A + U V^T$ (N x N, 1/tau).
    ///
    /// # Errors
    /// A system of another number of units.
    pub fn closed(&self, system: &System) -> Result<DMatrix<f64>> {
        let shape = (system.units(), self.rank());
        check::shape("loop U V^T", self.input.shape(), shape, "use a loop over the same system")?;
        Ok(system.matrix() + &self.input * self.feedback.transpose())
    }
}
