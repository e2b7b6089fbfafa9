//! What is known of the modes when errors are looked at.

use num_complex::Complex64;

use crate::direct::basis::Basis;
use crate::direct::packed::Table;
use crate::direct::tables::Tables;

/// The modes of the closed loop and what the evaluation has found of them so far.
#[derive(Clone, Copy)]
pub(in crate::direct) struct Modes<'a> {
    pub(in crate::direct) basis: &'a Basis,
    pub(in crate::direct) tables: &'a Tables,
    /// $\rho = X^T W$ (N x D), $\rho \rho^T$, and $\xi = X^{-1} s$ once s is known.
    pub(in crate::direct) seen: &'a [Complex64],
    pub(in crate::direct) pairs: &'a Table,
    pub(in crate::direct) state: &'a [Complex64],
}

impl Modes<'_> {
    pub(super) fn len(&self) -> usize {
        self.basis.values.len()
    }
}
