//! The learned arrays: values, gradients and Adam's moments all have this shape.

use nalgebra::{DMatrix, DVector};

use super::{Architecture, Real};

/// What a tanh network learns. The arrays that an architecture does not learn are empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters<T: Real> {
    /// Biases $b_\mu$, N x motifs.
    pub biases: DMatrix<T>,
    /// Left loop vectors $u_\mu$, N x motifs.
    pub left: DMatrix<T>,
    /// Right loop vectors $v_\mu$, N x motifs.
    pub right: DMatrix<T>,
    /// Connectivity $J$, N x N (control only).
    pub recurrent: DMatrix<T>,
    /// Readout $w$, N (control only).
    pub readout: DVector<T>,
}

impl<T: Real> Parameters<T> {
    /// All zeros.
    pub(super) fn zeros(architecture: Architecture, units: usize, motifs: usize) -> Self {
        let shared = if architecture == Architecture::Control { units } else { 0 };
        let (rows, columns) = if architecture.has_loops() { (units, motifs) } else { (0, 0) };
        Self {
            biases: DMatrix::zeros(units, motifs),
            left: DMatrix::zeros(rows, columns),
            right: DMatrix::zeros(rows, columns),
            recurrent: DMatrix::zeros(shared, shared),
            readout: DVector::zeros(shared),
        }
    }

    /// Rows and columns of the arrays, in the order of [`Self::arrays`].
    pub(super) fn shapes(&self) -> [(usize, usize); 5] {
        [
            self.biases.shape(),
            self.left.shape(),
            self.right.shape(),
            self.recurrent.shape(),
            self.readout.shape(),
        ]
    }

    /// How many numbers.
    pub fn count(&self) -> usize {
        self.arrays().iter().map(|a| a.len()).sum()
    }

    /// The arrays one after the other, each column by column: biases, left, right, recurrent,
    /// readout.
    pub(super) fn arrays(&self) -> [&[T]; 5] {
        [
            self.biases.as_slice(),
            self.left.as_slice(),
            self.right.as_slice(),
            self.recurrent.as_slice(),
            self.readout.as_slice(),
        ]
    }

    /// The same, to be changed.
    pub(super) fn arrays_mut(&mut self) -> [&mut [T]; 5] {
        [
            self.biases.as_mut_slice(),
            self.left.as_mut_slice(),
            self.right.as_mut_slice(),
            self.recurrent.as_mut_slice(),
            self.readout.as_mut_slice(),
        ]
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (a, b) in self.arrays_mut().into_iter().zip(other.arrays()) {
            a.iter_mut().zip(b).for_each(|(a, &b)| *a += b);
        }
    }
}
