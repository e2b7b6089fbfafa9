//! Tables, lists and matrices, entry by entry.

use nalgebra::DMatrix;
use num_complex::Complex64;

use super::modes::Modes;
use crate::direct::packed::Table;

/// Sum over all pairs of modes of the product of two tables.
pub(super) fn sum(modes: &Modes<'_>, a: &[Complex64], b: &[Complex64]) -> f64 {
    let n = modes.len();
    let rows = a.chunks_exact(n).zip(b.chunks_exact(n)).zip(&modes.basis.heads);
    rows.map(|((a, b), head)| {
        let part: f64 = a.iter().zip(b).map(|(a, b)| (a * b).re).sum();
        if head.pair { 2.0 * part } else { part }
    })
    .sum()
}

/// $\xi \xi^T$ times a table, entry by entry.
pub(super) fn weigh_states(modes: &Modes<'_>, table: &Table, out: &mut Table) {
    let n = modes.len();
    for (row, head) in modes.basis.heads.iter().enumerate() {
        let (columns, own) = (row * n..(row + 1) * n, modes.state[head.at]);
        let entries = out[columns.clone()].iter_mut().zip(&table[columns]).zip(modes.state);
        entries.for_each(|((to, x), other)| *to = own * other * x);
    }
}

/// `out = a * b`, entry by entry.
pub(super) fn multiply(out: &mut [Complex64], a: &[Complex64], b: &[Complex64]) {
    out.iter_mut().zip(a).zip(b).for_each(|((to, a), b)| *to = a * b);
}

pub(super) fn add_multiple(out: &mut [Complex64], a: &[Complex64], b: &[Complex64]) {
    out.iter_mut().zip(a).zip(b).for_each(|((to, a), b)| *to += a * b);
}

/// Adds twice the rows of a table times a list.
pub(super) fn add_image(
    out: &mut [Complex64],
    table: &[Complex64],
    x: &[Complex64],
    rows: impl Iterator<Item = usize>,
) {
    for (row, at) in table.chunks_exact(x.len()).zip(rows) {
        out[at] += 2.0 * row.iter().zip(x).map(|(a, x)| a * x).sum::<Complex64>();
    }
}

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
