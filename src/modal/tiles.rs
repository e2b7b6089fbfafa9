//! A matrix laid out for products with a few vectors at a time: the products of the robustness cost.
//!
//! One vector reads the whole matrix for two operations per entry, so its product waits for memory. B vectors
//! side by side read it once. Every entry of a product is one chain of fused multiply-adds in the order of
//! the columns, so that a vector's image has the same bits whatever stands beside it.

use std::ops::Range;

use nalgebra::DMatrix;
use pulp::{Arch, NullaryFnOnce, Simd, WithSimd};

/// Rows of a panel: one vector of the widest registers.
const HEIGHT: usize = 8;
/// Panels that all vectors meet before the next ones: what stays in the nearest cache meanwhile.
const GROUP: usize = 4;

/// One column of a panel.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Tile([f64; HEIGHT]);

/// A matrix in panels of eight rows, each column after column, so that a product reads memory in order.
#[derive(Debug, Clone)]
pub(crate) struct Tiles {
    rows: usize,
    columns: usize,
    tiles: Vec<Tile>,
}

impl Tiles {
    pub(crate) fn new(m: &DMatrix<f64>) -> Self {
        let (rows, columns) = m.shape();
        let mut tiles = Vec::with_capacity(rows.div_ceil(HEIGHT) * columns);
        for top in (0..rows).step_by(HEIGHT) {
            for column in m.column_iter() {
                tiles.push(Tile(std::array::from_fn(|r| column.get(top + r).copied().unwrap_or(0.0))));
            }
        }
        Self { rows, columns, tiles }
    }

    pub(crate) fn is_finite(&self) -> bool {
        self.tiles.iter().all(|t| t.0.iter().all(|x| x.is_finite()))
    }

    /// `out = M x` for several vectors, each of them B vectors interleaved.
    pub(crate) fn apply_all<const B: usize>(&self, x: &[&[[f64; B]]], out: &mut [&mut [[f64; B]]]) {
        Arch::new().dispatch(Apply { m: self, x, out });
    }

    /// The same for one of them.
    pub(crate) fn apply<const B: usize>(&self, x: &[[f64; B]], out: &mut [[f64; B]]) {
        self.apply_all(&[x], &mut [out]);
    }

    /// The same for a plain vector.
    pub(crate) fn apply_to(&self, x: &[f64], out: &mut [f64]) {
        self.apply(x.as_chunks::<1>().0, out.as_chunks_mut::<1>().0);
    }
}

struct Apply<'a, 'x, 'v, const B: usize> {
    m: &'a Tiles,
    x: &'a [&'x [[f64; B]]],
    out: &'a mut [&'v mut [[f64; B]]],
}

impl<const B: usize> WithSimd for Apply<'_, '_, '_, B> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match S::F64_LANES {
            8 => self.run::<S, 1>(simd),
            4 => self.run::<S, 2>(simd),
            2 => self.run::<S, 4>(simd),
            _ => self.run::<S, HEIGHT>(simd),
        }
    }
}

// R registers hold a tile. Blocks of P panels and V vectors keep P V B R sums in registers: enough to hide
// the latency of an addition, no more than there are.
impl<const B: usize> Apply<'_, '_, '_, B> {
    /// Panels outside, vectors inside: a panel is read from far away once.
    #[inline(always)]
    fn run<S: Simd, const R: usize>(mut self, simd: S) {
        let (panels, vectors) = (self.m.rows.div_ceil(HEIGHT), self.x.len());
        for from in (0..panels).step_by(GROUP) {
            let to = panels.min(from + GROUP);
            let mut v = 0;
            while v < vectors {
                let two = R == 1 && v + 1 < vectors;
                match (two, B * R) {
                    (true, ..=4) => self.blocks::<S, R, 2, 2>(simd, from..to, v),
                    (true, _) => self.blocks::<S, R, 1, 2>(simd, from..to, v),
                    (false, ..=4) => self.blocks::<S, R, 4, 1>(simd, from..to, v),
                    (false, ..=8) => self.blocks::<S, R, 2, 1>(simd, from..to, v),
                    (false, _) => self.blocks::<S, R, 1, 1>(simd, from..to, v),
                }
                v += if two { 2 } else { 1 };
            }
        }
    }

    /// Panels in blocks of P, and the rest one by one. A function of its own for each shape: in one large
    /// function the compiler gives up keeping sums in registers.
    #[inline(always)]
    fn blocks<S: Simd, const R: usize, const P: usize, const V: usize>(
        &mut self,
        simd: S,
        panels: Range<usize>,
        v: usize,
    ) {
        let rest = panels.end - panels.len() % P;
        if rest > panels.start {
            simd.vectorize(Blocks::<'_, '_, '_, '_, S, B, R, P, V> {
                simd,
                apply: self,
                panels: panels.start..rest,
                v,
            });
        }
        if panels.end > rest {
            simd.vectorize(Blocks::<'_, '_, '_, '_, S, B, R, 1, V> {
                simd,
                apply: self,
                panels: rest..panels.end,
                v,
            });
        }
    }
}

struct Blocks<'r, 'a, 'x, 'v, S, const B: usize, const R: usize, const P: usize, const V: usize> {
    simd: S,
    apply: &'r mut Apply<'a, 'x, 'v, B>,
    panels: Range<usize>,
    v: usize,
}

impl<S: Simd, const B: usize, const R: usize, const P: usize, const V: usize> NullaryFnOnce
    for Blocks<'_, '_, '_, '_, S, B, R, P, V>
{
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let mut from = self.panels.start;
        while from < self.panels.end {
            self.apply.block::<S, R, P, V>(self.simd, from, self.v);
            from += P;
        }
    }
}

impl<const B: usize> Apply<'_, '_, '_, B> {
    /// P panels from `from` on times V vectors from `v` on.
    #[expect(clippy::needless_range_loop)]
    #[inline(always)]
    fn block<S: Simd, const R: usize, const P: usize, const V: usize>(
        &mut self,
        simd: S,
        from: usize,
        v: usize,
    ) {
        let Tiles { rows, columns, .. } = *self.m;
        let (mut tiles, mut x): ([&[Tile]; P], [&[[f64; B]]; V]) = ([&[]; P], [&[]; V]);
        for p in 0..P {
            tiles[p] = &self.m.tiles[(from + p) * columns..][..columns];
        }
        for i in 0..V {
            x[i] = &self.x[v + i][..columns];
        }
        let zero = simd.splat_f64s(0.0);
        let mut sums = [[[[zero; R]; B]; V]; P];
        for k in 0..columns {
            for p in 0..P {
                let (tile, _) = S::as_simd_f64s(&tiles[p][k].0);
                for i in 0..V {
                    for lane in 0..B {
                        let x = simd.splat_f64s(x[i][k][lane]);
                        for r in 0..R {
                            sums[p][i][lane][r] = simd.mul_add_e_f64s(tile[r], x, sums[p][i][lane][r]);
                        }
                    }
                }
            }
        }
        for p in 0..P {
            let top = (from + p) * HEIGHT;
            for i in 0..V {
                let mut columns = [[0.0; HEIGHT]; B];
                for lane in 0..B {
                    let (column, _) = S::as_mut_simd_f64s(&mut columns[lane]);
                    // Adding zero keeps the compiler from copying the sums as one piece of memory, in which
                    // case they would live in memory all along.
                    for r in 0..R {
                        column[r] = simd.add_f64s(sums[p][i][lane][r], zero);
                    }
                }
                let out = &mut self.out[v + i][top..rows.min(top + HEIGHT)];
                for r in 0..out.len() {
                    for lane in 0..B {
                        out[r][lane] = columns[lane][r];
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Products of many vectors against nalgebra's, and against each vector by itself, bit for bit.
    fn check<const B: usize>(rows: usize, columns: usize, vectors: usize) {
        let mut rng = ChaCha8Rng::seed_from_u64(rows as u64);
        let m = DMatrix::from_fn(rows, columns, |_, _| rng.random_range(-1.0..1.0));
        let tiles = Tiles::new(&m);
        let x: Vec<[f64; B]> =
            (0..vectors * columns).map(|_| std::array::from_fn(|_| rng.random_range(-1.0..1.0))).collect();
        let mut out = vec![[f64::NAN; B]; vectors * rows];
        let given: Vec<_> = x.chunks(columns).collect();
        tiles.apply_all(&given, &mut out.chunks_mut(rows).collect::<Vec<_>>());
        for v in 0..vectors {
            for lane in 0..B {
                let single: Vec<f64> = x[v * columns..][..columns].iter().map(|x| x[lane]).collect();
                let expected = &m * nalgebra::DVector::from_column_slice(&single);
                let mut alone = vec![f64::NAN; rows];
                tiles.apply_to(&single, &mut alone);
                for i in 0..rows {
                    let found = out[v * rows + i][lane];
                    assert_abs_diff_eq!(found, expected[i], epsilon = 1e-13 * columns as f64);
                    assert_eq!(found.to_bits(), alone[i].to_bits(), "{rows} x {columns}, B = {B}");
                }
            }
        }
    }

    #[test]
    fn products_of_any_shape_have_the_bits_of_single_ones() {
        for (rows, columns) in [(1, 1), (3, 7), (8, 8), (9, 31), (33, 10), (40, 64), (71, 50)] {
            for vectors in 1..=5 {
                check::<1>(rows, columns, vectors);
                check::<2>(rows, columns, vectors);
                check::<4>(rows, columns, vectors);
                check::<8>(rows, columns, vectors);
            }
        }
    }

    #[test]
    fn infinities_are_seen() {
        let mut m = DMatrix::zeros(9, 3);
        assert!(Tiles::new(&m).is_finite());
        m[(8, 2)] = f64::INFINITY;
        assert!(!Tiles::new(&m).is_finite());
    }
}
