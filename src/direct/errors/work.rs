//! Memory that is used again.

use nalgebra::DMatrix;
use num_complex::Complex64;

use crate::direct::table::Table;

/// Tables, matrices and lists without a meaning of their own.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) table: Table,
    pub(super) other: Table,
    pub(super) third: Table,
    pub(super) real: DMatrix<f64>,
    pub(super) image: DMatrix<f64>,
    pub(super) second: DMatrix<f64>,
    pub(super) rows: Vec<Complex64>,
    pub(super) columns: Vec<Complex64>,
    pub(super) columns_of_values: Vec<Complex64>,
}

impl Work {
    pub(super) fn new(n: usize) -> Self {
        let (table, list) = (|| Table::new(n, n), || vec![Complex64::ZERO; n]);
        let matrix = || DMatrix::zeros(n, n);
        Self {
            table: table(),
            other: table(),
            third: table(),
            real: matrix(),
            image: matrix(),
            second: matrix(),
            rows: list(),
            columns: list(),
            columns_of_values: list(),
        }
    }

    /// `real += real^T`.
    pub(super) fn add_transposed(&mut self) {
        let n = self.real.nrows();
        for j in 0..n {
            for i in 0..=j {
                let sum = self.real[(i, j)] + self.real[(j, i)];
                (self.real[(i, j)], self.real[(j, i)]) = (sum, sum);
            }
        }
    }
}
