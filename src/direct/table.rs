//! Lists and tables over modes: real modes first, then the upper members of the pairs, then the lower ones.

use num_complex::Complex64;

use crate::modal::vector::Layout;

/// Rows are padded to a multiple of every register.
const PAD: usize = 8;

/// Real and imaginary parts of a row, padding included.
pub(super) type Row<'a> = (&'a [f64], &'a [f64]);
pub(super) type RowMut<'a> = (&'a mut [f64], &'a mut [f64]);

/// A table, row after row. Of tables over pairs of modes there are rows of heads only: real modes and the
/// upper members of pairs, in order. Padding is zero where nothing else is said.
#[derive(Debug, Clone)]
pub(super) struct Table {
    stride: usize,
    re: Vec<f64>,
    im: Vec<f64>,
}

impl Table {
    pub(super) fn new(rows: usize, columns: usize) -> Self {
        let stride = columns.next_multiple_of(PAD);
        Self { stride, re: vec![0.0; rows * stride], im: vec![0.0; rows * stride] }
    }

    /// Length of a row with its padding.
    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    #[inline(always)]
    pub(super) fn row(&self, i: usize) -> Row<'_> {
        let range = i * self.stride..(i + 1) * self.stride;
        (&self.re[range.clone()], &self.im[range])
    }

    #[inline(always)]
    pub(super) fn row_mut(&mut self, i: usize) -> RowMut<'_> {
        let range = i * self.stride..(i + 1) * self.stride;
        (&mut self.re[range.clone()], &mut self.im[range])
    }

    #[inline(always)]
    pub(super) fn parts(&self, i: usize, k: usize) -> (f64, f64) {
        (self.re[i * self.stride + k], self.im[i * self.stride + k])
    }

    #[inline(always)]
    pub(super) fn at(&self, i: usize, k: usize) -> Complex64 {
        let (re, im) = self.parts(i, k);
        Complex64::new(re, im)
    }

    #[inline(always)]
    pub(super) fn set(&mut self, i: usize, k: usize, z: Complex64) {
        (self.re[i * self.stride + k], self.im[i * self.stride + k]) = (z.re, z.im);
    }

    pub(super) fn clear(&mut self) {
        self.re.fill(0.0);
        self.im.fill(0.0);
    }

    /// `self += factor other`, in the first rows.
    pub(super) fn add(&mut self, factor: f64, other: &Table, rows: usize) {
        let len = rows * self.stride;
        for (to, from) in [(&mut self.re, &other.re), (&mut self.im, &other.im)] {
            to[..len].iter_mut().zip(&from[..len]).for_each(|(to, x)| *to += factor * x);
        }
    }

    /// Lower members of pairs from the upper ones, in one row.
    pub(super) fn complete(&mut self, i: usize, layout: Layout) {
        let (re, im) = self.row_mut(i);
        let Layout { reals, pairs } = layout;
        re.copy_within(reals..reals + pairs, reals + pairs);
        let (upper, lower) = im.split_at_mut(reals + pairs);
        lower[..pairs].iter_mut().zip(&upper[reals..]).for_each(|(to, x)| *to = -x);
    }

    /// The list $T^T g$ of real numbers g, such as $X^T w$ of $P^T w$, as a row.
    pub(super) fn list_down(&mut self, i: usize, numbers: &[f64], layout: Layout) {
        self.list(i, numbers, layout, 1.0, 1.0);
    }

    /// The list $T^{-1} g$ of real numbers g, such as $X^{-1} s$ of $P^{-1} s$, as a row.
    pub(super) fn list_up(&mut self, i: usize, numbers: &[f64], layout: Layout) {
        self.list(i, numbers, layout, 0.5, -0.5);
    }

    fn list(&mut self, i: usize, numbers: &[f64], layout: Layout, factor: f64, turn: f64) {
        let Layout { reals, pairs } = layout;
        let (re, im) = self.row_mut(i);
        re[..reals].copy_from_slice(&numbers[..reals]);
        im[..reals].fill(0.0);
        for k in reals..reals + pairs {
            (re[k], im[k]) = (factor * numbers[k], turn * numbers[k + pairs]);
        }
        self.complete(i, layout);
    }

    /// Entries of $T^{-T} g$ for a list g: what $P^{-T}$ then turns into $X^{-T} g$.
    pub(super) fn pack_down(&self, i: usize, layout: Layout, out: &mut [f64]) {
        let ((re, im), Layout { reals, pairs }) = (self.row(i), layout);
        out[..reals + pairs].copy_from_slice(&re[..reals + pairs]);
        out[reals + pairs..].copy_from_slice(&im[reals..reals + pairs]);
    }

    /// Entries of $T g$: what P then turns into $X g$.
    pub(super) fn pack_up(&self, i: usize, layout: Layout, out: &mut [f64]) {
        self.pack_down(i, layout, out);
        out[layout.reals..layout.reals + layout.pairs].iter_mut().for_each(|x| *x *= 2.0);
        out[layout.reals + layout.pairs..].iter_mut().for_each(|x| *x *= -2.0);
    }
}
