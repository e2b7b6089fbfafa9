//! What is known of the modes when errors are looked at.

use num_complex::Complex64;

use crate::direct::basis::Basis;
use crate::direct::table::Table;
use crate::direct::tables::Tables;

/// The modes of the closed loop and what the evaluation has found of them so far.
#[derive(Clone, Copy)]
pub(in crate::direct) struct Modes<'a> {
    pub(in crate::direct) basis: &'a Basis,
    pub(in crate::direct) tables: &'a Tables,
    /// $\rho = X^T W$, a row for each output, $\rho \rho^T$, $\rho \rho^T \odot S$, and
    /// $\xi = X^{-1} s$ once s is known.
    pub(in crate::direct) seen: &'a Table,
    pub(in crate::direct) pairs: &'a Table,
    pub(in crate::direct) weighted: &'a Table,
    pub(in crate::direct) state: &'a Table,
}

impl Modes<'_> {
    pub(super) fn len(&self) -> usize {
        self.basis.values.len()
    }

    /// Every entry of a table as a function of what it was.
    #[inline(always)]
    pub(super) fn update(&self, table: &mut Table, entry: impl Fn(usize, usize, Complex64) -> Complex64) {
        for i in self.basis.heads() {
            for k in 0..self.len() {
                table.set(i, k, entry(i, k, table.at(i, k)));
            }
        }
    }

    /// Sum over all pairs of modes of the product of two tables.
    pub(super) fn sum(&self, a: &Table, b: &Table) -> f64 {
        let row = |i| -> f64 { (0..self.len()).map(|k| (a.at(i, k) * b.at(i, k)).re).sum() };
        self.basis.heads().map(|i| self.basis.count(i) * row(i)).sum()
    }

    /// `out = a * b`, entry by entry.
    pub(super) fn multiply(&self, out: &mut Table, a: &Table, b: &Table) {
        self.update(out, |i, k, _| a.at(i, k) * b.at(i, k));
    }

    /// $\xi \xi^T$ times a table, entry by entry.
    pub(super) fn weigh_states(&self, table: &Table, out: &mut Table) {
        let state = |k| self.state.at(0, k);
        self.update(out, |i, k, _| state(i) * state(k) * table.at(i, k));
    }

    /// Adds twice a table times a row of lists to a row of others.
    pub(super) fn add_image(&self, out: &mut Table, table: &Table, lists: &Table, row: usize) {
        for i in self.basis.heads() {
            let sum: Complex64 = (0..self.len()).map(|k| table.at(i, k) * lists.at(row, k)).sum();
            out.set(row, i, out.at(row, i) + 2.0 * sum);
        }
    }
}
