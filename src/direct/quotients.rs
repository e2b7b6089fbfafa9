//! One row of the derivative by the closed loop in the basis of its modes, as difference quotients.

use pulp::{Simd, WithSimd};

use super::basis::EQUAL;
use super::lanes::Lanes;
use super::modal::Modal;
use super::table::Table;

/// The row of Z of one head, on a table that holds its products; entries of equal eigenvalues are wrong, and
/// counted.
pub(super) struct Quotients<'a> {
    pub(super) head: usize,
    pub(super) outputs: usize,
    /// $\sum_o \rho_o \phi_o + \omega (X^T X \odot S) \xi$ and $\kappa/N X^T x_T$.
    pub(super) base: (f64, f64),
    pub(super) arrived: (f64, f64),
    pub(super) modal: &'a Modal,
    pub(super) covered: &'a Table,
    /// Two rows of memory.
    pub(super) scratch: &'a mut Table,
    pub(super) table: &'a mut Table,
}

impl WithSimd for Quotients<'_> {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> usize {
        let (lanes, i, modal) = (Lanes(simd), self.head, self.modal);
        let (values, ends, state) = (modal.tables.values.row(0), modal.tables.end.row(0), modal.state.row(0));
        let registers = lanes.registers(self.table.stride());
        let own = lanes.splat(modal.tables.values.parts(0, i));
        let (arrived, own_end) = (lanes.splat(self.arrived), lanes.splat(modal.tables.end.parts(0, i)));
        let (base, two) = (lanes.splat(self.base), simd.splat_f64s(2.0));
        let mut row = self.table.row_mut(i);
        // What outputs take off: for one of them on the way, for more in rows of memory.
        let more = self.outputs - 1;
        for o in 0..more {
            let seen = lanes.splat(modal.seen.parts(o, i));
            let mut missed = self.scratch.row_mut(0);
            for at in 0..registers {
                let before = if o == 0 { lanes.zero() } else { lanes.load((missed.0, missed.1), at) };
                let misfit = lanes.load(modal.misfit.row(o), at);
                lanes.store(&mut missed, at, lanes.mul_sub(seen, misfit, before));
                let rest = lanes.load((row.0, row.1), at);
                let covered = lanes.load(self.covered.row(o), at);
                lanes.store(&mut row, at, lanes.mul_sub(seen, covered, rest));
            }
        }
        let seen = lanes.splat(modal.seen.parts(more, i));
        let (misfit, covered) = (modal.misfit.row(more), self.covered.row(more));
        let (limit, one) = (simd.splat_f64s(EQUAL * EQUAL), simd.splat_f64s(1.0));
        let mut equal = simd.splat_f64s(0.0);
        for at in 0..registers {
            let gap = lanes.sub(own, lanes.load(values, at));
            let near = simd.less_than_or_equal_f64s(lanes.square(gap), limit);
            equal = simd.add_f64s(equal, simd.select_f64s(near, one, simd.splat_f64s(0.0)));
            let ends = lanes.sub(own_end, lanes.load(ends, at));
            let mut both = lanes.mul_add(arrived, ends, base);
            if more > 0 {
                both = lanes.add(both, lanes.load(self.scratch.row(0), at));
            }
            both = lanes.mul_sub(seen, lanes.load(misfit, at), both);
            let rest = lanes.mul_sub(seen, lanes.load(covered, at), lanes.load((row.0, row.1), at));
            let entry = lanes.mul_add(lanes.load(state, at), both, rest);
            lanes.store(&mut row, at, lanes.scale(two, lanes.mul(entry, lanes.inverse(gap))));
        }
        simd.reduce_sum_f64s(equal) as usize
    }
}
