//! Preparation that the readout does not see.

use nalgebra::DMatrix;

use crate::low_rank::LowRank;
use crate::system::System;
use crate::{Error, Result, check};

/// Smallest singular value of the readout weights, over the largest, that leaves them independent.
const INDEPENDENT: f64 = 1e-6;

/// What keeps a module output-null, `W^T M = -gamma W^T`: with an orthonormal basis E of the readout weights
/// and `K^T = -E^T (A + gamma I)`,
///
/// ```text
/// M = A + E K^T + U V^T,    W^T U = 0.
/// ```
///
/// So an output-null module is one of D more columns, `[U E]` and `[V K]`, and its design that of U and V for
/// the system `A + E K^T`, with U kept where the readout does not see it.
#[derive(Debug, Clone)]
pub(super) struct Null {
    /// E (N x D).
    input: DMatrix<f64>,
    /// K (N x D).
    feedback: DMatrix<f64>,
}

impl Null {
    /// For readouts that fall at the rate gamma (1/tau).
    ///
    /// # Errors
    /// Readout weights that are zero or depend on each other.
    pub(super) fn new(system: &System, gamma: f64) -> Result<Self> {
        let input = basis(system)?;
        let feedback = -(system.matrix().tr_mul(&input) + &input * gamma);
        check::no_overflow("feedback of the output-null module", feedback.as_slice())?;
        Ok(Self { input, feedback })
    }

    /// Its columns, D.
    pub(super) fn columns(&self) -> usize {
        self.input.ncols()
    }

    /// The system `A + E K^T`.
    pub(super) fn closed(&self, system: &System) -> Result<System> {
        let readouts = LowRank::new(self.input.clone(), self.feedback.clone())?;
        System::new(readouts.closed(system)?, system.readout().clone())
    }

    /// Takes what the readout sees from the columns of a matrix (N rows, packed).
    pub(super) fn project(&self, columns: &mut [f64]) {
        for column in columns.chunks_exact_mut(self.input.nrows()) {
            for seen in self.input.column_iter() {
                let along: f64 = seen.iter().zip(&*column).map(|(e, x)| e * x).sum();
                column.iter_mut().zip(seen.iter()).for_each(|(x, e)| *x -= along * e);
            }
        }
    }

    /// The module `[U E] [V K]^T`, with columns E of a given norm as those of U have.
    pub(super) fn with(&self, [u, v]: [&DMatrix<f64>; 2], norm: f64) -> Result<LowRank> {
        let beside = |left: &DMatrix<f64>, right: DMatrix<f64>| {
            let columns: Vec<_> = left.column_iter().chain(right.column_iter()).collect();
            DMatrix::from_columns(&columns)
        };
        LowRank::new(beside(u, &self.input * norm), beside(v, &self.feedback / norm))
    }
}

/// How well a module keeps the readout from seeing preparation, `W^T M = -gamma W^T`: whatever the state,
/// the readout tends to that of the input at the rate gamma, $\dot y = -\gamma y + W^T b$.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize))]
#[non_exhaustive]
pub struct OutputNull {
    /// The rate gamma (1/tau).
    pub gamma: f64,
    /// Residual $|W^T M + \gamma W^T|$ over $|W| |M|$ (Frobenius norms).
    pub residual: f64,
    /// Norm of the feedback that holds the readout, $|E^T (A + \gamma I)|$ with E an orthonormal basis of W
    /// (1/tau).
    pub feedback: f64,
}

impl OutputNull {
    pub(super) fn of(system: &System, closed: &DMatrix<f64>, gamma: f64) -> Result<Self> {
        let w = system.readout();
        let residual = (closed.tr_mul(w) + w * gamma).norm() / (w.norm() * closed.norm());
        Ok(Self { gamma, residual, feedback: Null::new(system, gamma)?.feedback.norm() })
    }
}

/// Orthonormal columns that span those of W.
fn basis(system: &System) -> Result<DMatrix<f64>> {
    let remedy = "give every output weights of its own, or leave the module as published";
    let dependent = || Error::Singular { what: "readout weights W", remedy };
    let mut weights = system.readout().clone();
    if weights.ncols() > weights.nrows() {
        return Err(dependent());
    }
    for mut column in weights.column_iter_mut() {
        let size = column.amax();
        if size == 0.0 {
            return Err(dependent());
        }
        // In two steps: a square of the smallest numbers would be zero.
        column /= size;
        column.normalize_mut();
    }
    let singular = weights.singular_values();
    if singular.min() <= INDEPENDENT * singular.max() {
        return Err(dependent());
    }
    Ok(weights.qr().q())
}
