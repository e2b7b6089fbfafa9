//! Conjugate-symmetric tables and the real matrices that stand for them.
//!
//! A table G of all pairs of modes has $G_{\bar i \bar k} = \overline{G_{ik}}$: the rows of real eigenvalues
//! and of the upper members of pairs say everything, and only they are kept. With T of
//! [`Basis`](super::basis) such a table, multiplied from either side by T, its inverse or their transposes,
//! is a real matrix. Products of tables are therefore products of real matrices, at an eighth of the work. Of
//! a pair of pairs, a is the entry of the two upper members, b that of an upper and a lower one. A row of a
//! table becomes two columns of memory: real matrices are made, and read, transposed.

use nalgebra::DMatrix;
use pulp::{Arch, Simd, WithSimd};

use super::table::Table;
use crate::modal::vector::Layout;

/// What the two sides of a table are multiplied by.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sides {
    /// $T^{-T} G T^{-1}$.
    Down,
    /// $T G T^T$.
    Up,
    /// $T^{-T} G T^T$.
    Mixed,
    /// $T G T^{-1}$.
    Crossed,
}

/// The transpose of the real matrix of a table, with its rows and columns in pairs or not.
pub(super) fn pack(table: &Table, rows: Layout, columns: Layout, sides: Sides, out: &mut DMatrix<f64>) {
    // A pair's rows, or columns, by T: twice the real part and minus twice the imaginary one; by its inverse:
    // the parts themselves.
    let (twice_rows, twice_columns) = match sides {
        Sides::Down => (false, false),
        Sides::Up => (true, true),
        Sides::Mixed => (false, true),
        Sides::Crossed => (true, false),
    };
    let factors = |twice| if twice { (2.0, -2.0) } else { (1.0, 1.0) };
    Arch::new().dispatch(Pack {
        table,
        rows,
        columns,
        by_row: factors(twice_rows),
        by_column: factors(twice_columns),
        out: out.as_mut_slice(),
    });
}

struct Pack<'a> {
    table: &'a Table,
    rows: Layout,
    columns: Layout,
    /// What the first and the second row of a pair are multiplied by, and its columns.
    by_row: (f64, f64),
    by_column: (f64, f64),
    out: &'a mut [f64],
}

impl WithSimd for Pack<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let (n, Layout { reals, pairs }) = (self.columns.len(), self.columns);
        let heads = reals + pairs;
        let (first, second) = self.by_column;
        let (c0, c1) = (s.splat_f64s(first), s.splat_f64s(second));
        for i in 0..self.rows.reals {
            let ((re, im), out) = (self.table.row(i), &mut self.out[i * n..(i + 1) * n]);
            out[..reals].copy_from_slice(&re[..reals]);
            let (x, y) = out[reals..].split_at_mut(pairs);
            for k in (0..pairs).step_by(S::F64_LANES) {
                let end = pairs.min(k + S::F64_LANES);
                let (a, b) = (&re[reals..][k..end], &im[reals..][k..end]);
                store(s, &mut x[k..end], s.mul_f64s(c0, load(s, a)));
                store(s, &mut y[k..end], s.mul_f64s(c1, load(s, b)));
            }
        }
        let (r0, r1) = self.by_row;
        let [xx, xy, yx, yy] =
            [r0 * first, r0 * second, r1 * first, r1 * second].map(|f| s.splat_f64s(0.5 * f));
        let (r0, r1) = (s.splat_f64s(r0), s.splat_f64s(r1));
        for i in 0..self.rows.pairs {
            let row = self.rows.reals + i;
            let (re, im) = self.table.row(row);
            let (above, below) = self.out.split_at_mut((row + self.rows.pairs) * n);
            let (above, below) = (&mut above[row * n..(row + 1) * n], &mut below[..n]);
            for k in (0..reals).step_by(S::F64_LANES) {
                let end = reals.min(k + S::F64_LANES);
                store(s, &mut above[k..end], s.mul_f64s(r0, load(s, &re[k..end])));
                store(s, &mut below[k..end], s.mul_f64s(r1, load(s, &im[k..end])));
            }
            let ((ax, ay), (bx, by)) =
                (above[reals..].split_at_mut(pairs), below[reals..].split_at_mut(pairs));
            for k in (0..pairs).step_by(S::F64_LANES) {
                let end = pairs.min(k + S::F64_LANES);
                let part = |part: &[f64], from: usize| load(s, &part[from..][k..end]);
                let (ar, ai) = (part(re, reals), part(im, reals));
                let (br, bi) = (part(re, heads), part(im, heads));
                store(s, &mut ax[k..end], s.mul_f64s(xx, s.add_f64s(ar, br)));
                store(s, &mut ay[k..end], s.mul_f64s(xy, s.sub_f64s(ai, bi)));
                store(s, &mut bx[k..end], s.mul_f64s(yx, s.add_f64s(ai, bi)));
                store(s, &mut by[k..end], s.mul_f64s(yy, s.sub_f64s(br, ar)));
            }
        }
    }
}

/// The table $T^T R T$ of a real matrix, such as $X^T X$ of $P^T P$, from its transpose.
pub(super) fn unpack_down(transposed: &DMatrix<f64>, layout: Layout, out: &mut Table) {
    unpack(transposed, layout, out, (1.0, 1.0), (1.0, 1.0));
}

/// The table $T^{-1} R T^{-T}$ of a real matrix, such as $X^{-1} S X^{-T}$ of $P^{-1} S P^{-T}$, from its
/// transpose.
pub(super) fn unpack_up(transposed: &DMatrix<f64>, layout: Layout, out: &mut Table) {
    unpack(transposed, layout, out, (0.5, -0.5), (0.5, -0.5));
}

/// The table $T^T R T^{-T}$ of a real matrix, from its transpose.
pub(super) fn unpack_mixed(transposed: &DMatrix<f64>, layout: Layout, out: &mut Table) {
    unpack(transposed, layout, out, (1.0, 1.0), (0.5, -0.5));
}

/// Rows x and y of a pair become `first x + i second y`; so do its columns, with minus for the lower member.
fn unpack(
    transposed: &DMatrix<f64>,
    layout: Layout,
    out: &mut Table,
    by_row: (f64, f64),
    by_column: (f64, f64),
) {
    Arch::new().dispatch(Unpack { matrix: transposed.as_slice(), layout, out, by_row, by_column });
}

struct Unpack<'a> {
    matrix: &'a [f64],
    layout: Layout,
    out: &'a mut Table,
    by_row: (f64, f64),
    by_column: (f64, f64),
}

impl WithSimd for Unpack<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let (n, Layout { reals, pairs }) = (self.layout.len(), self.layout);
        let heads = reals + pairs;
        let ((r0, r1), (c0, c1)) = (self.by_row, self.by_column);
        let (first, second) = (s.splat_f64s(c0), s.splat_f64s(c1));
        for i in 0..reals {
            let (from, (re, im)) = (&self.matrix[i * n..(i + 1) * n], self.out.row_mut(i));
            re[..reals].copy_from_slice(&from[..reals]);
            im[..reals].fill(0.0);
            for k in (0..pairs).step_by(S::F64_LANES) {
                let end = pairs.min(k + S::F64_LANES);
                let x = s.mul_f64s(first, load(s, &from[reals..][k..end]));
                let y = s.mul_f64s(second, load(s, &from[heads..][k..end]));
                store(s, &mut re[reals..][k..end], x);
                store(s, &mut im[reals..][k..end], y);
                store(s, &mut re[heads..][k..end], x);
                store(s, &mut im[heads..][k..end], s.neg_f64s(y));
            }
        }
        let [xx, xy, yx, yy] = [r0 * c0, r0 * c1, r1 * c0, r1 * c1].map(|f| s.splat_f64s(f));
        let (r0, r1) = (s.splat_f64s(r0), s.splat_f64s(r1));
        for i in reals..heads {
            let (above, below) = (&self.matrix[i * n..(i + 1) * n], &self.matrix[(i + pairs) * n..][..n]);
            let (re, im) = self.out.row_mut(i);
            for k in (0..reals).step_by(S::F64_LANES) {
                let end = reals.min(k + S::F64_LANES);
                store(s, &mut re[k..end], s.mul_f64s(r0, load(s, &above[k..end])));
                store(s, &mut im[k..end], s.mul_f64s(r1, load(s, &below[k..end])));
            }
            for k in (0..pairs).step_by(S::F64_LANES) {
                let end = pairs.min(k + S::F64_LANES);
                let part = |part: &[f64], from: usize| load(s, &part[from..][k..end]);
                let (ax, ay) = (s.mul_f64s(xx, part(above, reals)), s.mul_f64s(xy, part(above, heads)));
                let (bx, by) = (s.mul_f64s(yx, part(below, reals)), s.mul_f64s(yy, part(below, heads)));
                store(s, &mut re[reals..][k..end], s.sub_f64s(ax, by));
                store(s, &mut im[reals..][k..end], s.add_f64s(ay, bx));
                store(s, &mut re[heads..][k..end], s.add_f64s(ax, by));
                store(s, &mut im[heads..][k..end], s.sub_f64s(bx, ay));
            }
        }
    }
}

/// At most a register of a part of a row.
#[inline(always)]
fn load<S: Simd>(simd: S, part: &[f64]) -> S::f64s {
    S::as_simd_f64s(part).0.first().copied().unwrap_or_else(|| simd.partial_load_f64s(part))
}

#[inline(always)]
fn store<S: Simd>(simd: S, part: &mut [f64], x: S::f64s) {
    match S::as_mut_simd_f64s(part).0.first_mut() {
        Some(to) => *to = x,
        None => simd.partial_store_f64s(part, x),
    }
}
