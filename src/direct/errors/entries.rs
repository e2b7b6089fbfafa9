//! Matrices whose columns or rows are weighed by squares.

use nalgebra::DMatrix;

/// `m diag(x^2)`.
pub(super) fn scale_columns(m: &DMatrix<f64>, x: &[f64], out: &mut DMatrix<f64>) {
    out.copy_from(m);
    out.column_iter_mut().zip(x).for_each(|(mut column, x)| column *= x * x);
}

/// `diag(x^2) m`.
pub(super) fn scale_rows(m: &DMatrix<f64>, x: &[f64], out: &mut DMatrix<f64>) {
    out.copy_from(m);
    for mut column in out.column_iter_mut() {
        column.iter_mut().zip(x).for_each(|(to, x)| *to *= x * x);
    }
}
