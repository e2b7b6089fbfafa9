//! Eigenvalues of a loop of rank one: the roots of $f(\mu) = 1 - \sum_j d_j / (\mu - \lambda_j)$, all at
//! once, by the iteration of Ehrlich and Aberth. Pairs that meet on the real line become two real roots, and
//! real roots that meet a pair.

use num_complex::Complex64;
use pulp::{Arch, Simd, WithSimd};

use super::lanes::{Lane, Lanes};
use super::table::Table;
use crate::modal::vector::Layout;

/// Sweeps after which the search gives up, and the size of a step, relative to the largest pole, after which
/// the next one would be below rounding: convergence is cubic.
const SWEEPS: usize = 16;
const CONVERGED: f64 = 1e-6;

/// Sweeps after which two real roots that still move are taken for a pair.
const PATIENCE: usize = 4;

/// Distance, relative to the largest pole, at which roots of another kind begin.
const APART: f64 = 1e-4;

/// One root for each head: real ones, then the upper members of pairs.
#[derive(Debug)]
pub(super) struct Roots {
    row: Table,
    before: Vec<f64>,
    layout: Layout,
}

impl Roots {
    pub(super) fn new(n: usize) -> Self {
        Self { row: Table::new(1, n), before: vec![0.0; n], layout: Layout { reals: 0, pairs: 0 } }
    }

    pub(super) fn layout(&self) -> Layout {
        self.layout
    }

    pub(super) fn len(&self) -> usize {
        self.layout.reals + self.layout.pairs
    }

    pub(super) fn parts(&self, i: usize) -> (f64, f64) {
        self.row.parts(0, i)
    }

    pub(super) fn set(&mut self, values: &[Complex64], layout: Layout) {
        self.layout = layout;
        (0..self.len()).for_each(|i| self.row.set(0, i, values[i]));
    }

    pub(super) fn copy_to(&self, values: &mut [Complex64]) {
        let Layout { reals, pairs } = self.layout;
        for i in 0..reals + pairs {
            values[i] = self.row.at(0, i);
            if i >= reals {
                values[i + pairs] = values[i].conj();
            }
        }
    }

    /// The roots for these poles and strengths, from those at hand; false where some are not found.
    pub(super) fn find(&mut self, poles: &Table, strengths: &Table, layout: Layout) -> bool {
        let heads = 0..layout.reals + layout.pairs;
        let scale = heads.map(|k| poles.at(0, k).norm()).fold(1.0, f64::max);
        self.pad();
        for sweep in 1..=SWEEPS {
            let reals = self.layout.reals;
            self.before[..reals].copy_from_slice(&self.row.row(0).0[..reals]);
            let largest = Arch::new().dispatch(Sweep { roots: self, poles, strengths, layout });
            if (0..self.len()).any(|i| !self.row.at(0, i).is_finite()) {
                return false;
            }
            let mut changed = false;
            while let Some(i) = (self.layout.reals..self.len()).find(|&i| self.parts(i).1 <= 0.0) {
                self.split(i, APART * scale);
                changed = true;
            }
            if !changed && largest.sqrt() < CONVERGED * scale {
                return true;
            }
            if !changed && sweep % PATIENCE == 0 {
                self.join(CONVERGED * scale, APART * scale);
            }
            self.pad();
        }
        false
    }

    /// What pads the roots is one of them, and moves with it.
    fn pad(&mut self) {
        let last = self.row.at(0, self.len() - 1);
        (self.len()..self.row.stride()).for_each(|i| self.row.set(0, i, last));
    }

    /// A pair becomes two real roots, at least so far from where they meet.
    fn split(&mut self, i: usize, apart: f64) {
        let ((re, im), (reals, len)) = (self.parts(i), (self.layout.reals, self.len()));
        let (row_re, row_im) = self.row.row_mut(0);
        for part in [&mut *row_re, &mut *row_im] {
            part.copy_within(i + 1..len, i + 2);
            part.copy_within(reals..i, reals + 2);
        }
        let half = im.abs().max(apart);
        (row_re[reals], row_re[reals + 1]) = (re - half, re + half);
        (row_im[reals], row_im[reals + 1]) = (0.0, 0.0);
        self.layout = Layout { reals: reals + 2, pairs: self.layout.pairs - 1 };
    }

    /// The two closest of the real roots that moved farther than this become a pair.
    fn join(&mut self, moved: f64, apart: f64) {
        let (reals, len) = (self.layout.reals, self.len());
        let (row_re, row_im) = self.row.row_mut(0);
        let moves = |i: &usize| (row_re[*i] - self.before[*i]).abs() > moved;
        let mut closest: Option<(f64, usize, usize)> = None;
        for a in (0..reals).filter(moves) {
            for b in (a + 1..reals).filter(moves) {
                let gap = (row_re[a] - row_re[b]).abs();
                if closest.is_none_or(|(least, ..)| gap < least) {
                    closest = Some((gap, a, b));
                }
            }
        }
        let Some((gap, a, b)) = closest else { return };
        let middle = 0.5 * (row_re[a] + row_re[b]);
        row_re.copy_within(b + 1..reals, b);
        row_re.copy_within(a + 1..reals - 1, a);
        for part in [&mut *row_re, &mut *row_im] {
            part.copy_within(reals..len, reals - 1);
        }
        (row_re[reals - 2], row_im[reals - 2]) = (middle, (0.5 * gap).max(apart));
        self.layout = Layout { reals: reals - 2, pairs: self.layout.pairs + 1 };
    }
}

/// A step of every root, those of one register after the other; returns the square of the longest.
struct Sweep<'a> {
    roots: &'a mut Roots,
    poles: &'a Table,
    strengths: &'a Table,
    layout: Layout,
}

impl WithSimd for Sweep<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let lanes = Lanes(simd);
        let len = self.roots.len();
        let mut largest = simd.splat_f64s(0.0);
        for at in 0..len.div_ceil(S::F64_LANES) {
            let root = lanes.load(self.roots.row.row(0), at);
            let (mut f, mut slope, mut sum) = (lanes.splat((1.0, 0.0)), lanes.zero(), lanes.zero());
            for k in 0..self.layout.reals {
                let c = lanes.inverse(lanes.sub(root, lanes.splat(self.poles.parts(0, k))));
                let dc = lanes.scale(simd.splat_f64s(self.strengths.parts(0, k).0), c);
                f = lanes.sub(f, dc);
                slope = lanes.mul_add(dc, c, slope);
                sum = lanes.add(sum, c);
            }
            for k in self.layout.reals..self.layout.reals + self.layout.pairs {
                // Both members of a pair at once, by one inverse: of q = (mu - lambda) (mu - conj lambda).
                let (pole, d) = (self.poles.parts(0, k), self.strengths.parts(0, k));
                let (twice, inverse) = pair(lanes, root, pole, false);
                let numerator = lanes.scale(simd.splat_f64s(d.0), twice);
                let numerator = Lane {
                    re: simd.sub_f64s(numerator.re, simd.splat_f64s(2.0 * d.1 * pole.1)),
                    ..numerator
                };
                let dc = lanes.mul(numerator, inverse);
                f = lanes.sub(f, dc);
                let change = lanes.mul(dc, twice);
                let change = Lane { re: simd.sub_f64s(change.re, simd.splat_f64s(2.0 * d.0)), ..change };
                slope = lanes.mul_add(change, inverse, slope);
                sum = lanes.mul_add(twice, inverse, sum);
            }
            // The others; a root's distance from itself is zero, and counts as nothing.
            let Layout { reals, pairs } = self.roots.layout;
            for k in 0..reals {
                let other = lanes.splat(self.roots.row.parts(0, k));
                sum = lanes.sub(sum, lanes.inverse_or_zero(lanes.sub(root, other)));
            }
            for k in reals..reals + pairs {
                let (twice, inverse) = pair(lanes, root, self.roots.row.parts(0, k), true);
                sum = lanes.mul_sub(twice, inverse, sum);
            }
            // A root's own conjugate: 1 / (2 i Im mu), nothing for a real root.
            let own = Lane { re: simd.splat_f64s(0.0), im: simd.add_f64s(root.im, root.im) };
            sum = lanes.sub(sum, lanes.inverse_or_zero(own));
            let step = lanes.mul(f, lanes.inverse(lanes.mul_add(sum, f, slope)));
            largest = simd.max_f64s(largest, lanes.square(step));
            lanes.store(&mut self.roots.row.row_mut(0), at, lanes.sub(root, step));
        }
        simd.reduce_max_f64s(largest)
    }
}

/// `2 (mu - Re lambda)` and `1 / ((mu - lambda) (mu - conj lambda))`.
#[inline(always)]
fn pair<S: Simd>(lanes: Lanes<S>, root: Lane<S>, pole: (f64, f64), zero: bool) -> (Lane<S>, Lane<S>) {
    let s = lanes.0;
    let (re, im) = (s.sub_f64s(root.re, s.splat_f64s(pole.0)), s.splat_f64s(pole.1));
    let (below, above) = (s.sub_f64s(root.im, im), s.add_f64s(root.im, im));
    let twice = Lane { re: s.add_f64s(re, re), im: s.add_f64s(root.im, root.im) };
    let q = Lane {
        re: s.mul_add_e_f64s(re, re, s.neg_f64s(s.mul_f64s(below, above))),
        im: s.mul_f64s(re, twice.im),
    };
    (twice, if zero { lanes.inverse_or_zero(q) } else { lanes.inverse(q) })
}
