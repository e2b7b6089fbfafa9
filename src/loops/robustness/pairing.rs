//! Integrals of pairs of modes of a loop, `S_ik = -1/(mu_i + mu_k)`, and what takes their place where the sum
//! is (nearly) zero.

use num_complex::Complex64;

use crate::loops::secular::Root;
use crate::modal::lanes::Elementwise;
use crate::modal::tiles::Tiles;
use crate::modal::vector::{Layout, packed_map};

/// `|mu_i + mu_k| T` below which `1 - e_i e_k` loses digits that its own series has.
const NEAR: f64 = 1e-3;

/// The matrix S; over a finite horizon without the entries whose sum is nearly zero, which are kept beside it
/// as the integrals that they stand for.
#[derive(Debug, Clone)]
pub(super) struct Pairing {
    tiles: Tiles,
    /// Row, column and value of the packed map of `int_0^T exp((mu_i + mu_k) t) dt`.
    near: Vec<(usize, usize, f64)>,
}

impl Pairing {
    pub(super) fn new(roots: &[Root], layout: Layout, horizon: Option<f64>) -> Self {
        let values: Vec<Complex64> = roots.iter().map(Root::value).collect();
        let sum =
            |i: usize, k: usize, conj: bool| values[i] + if conj { values[k].conj() } else { values[k] };
        let is_near = |sum: Complex64| horizon.is_some_and(|end| sum.norm() * end < NEAR);
        let tiles = Tiles::new(&packed_map(layout, layout, |i, k, conj| match sum(i, k, conj) {
            sum if is_near(sum) => Complex64::ZERO,
            sum => -1.0 / sum,
        }));
        let mut near = vec![];
        let all = 0..values.len();
        if all.clone().any(|i| all.clone().any(|k| is_near(sum(i, k, false)) || is_near(sum(i, k, true)))) {
            let end = horizon.unwrap_or_default();
            let map = packed_map(layout, layout, |i, k, conj| match sum(i, k, conj) {
                sum if is_near(sum) => end * growth(sum * end),
                _ => Complex64::ZERO,
            });
            let entries = (0..map.ncols()).flat_map(|k| (0..map.nrows()).map(move |i| (i, k)));
            near = entries.map(|(i, k)| (i, k, map[(i, k)])).filter(|entry| entry.2 != 0.0).collect();
        }
        Self { tiles, near }
    }

    pub(super) fn is_finite(&self) -> bool {
        self.tiles.is_finite()
    }

    /// The bracket of (5.7) and (5.10), `S x - e * S (e * x)`, with `e * x` left in the first vector beside;
    /// `S x` where there is no end.
    pub(super) fn bracket<const B: usize>(
        &self,
        of: Elementwise,
        e: &[[f64; B]],
        x: &[[f64; B]],
        (ex, image): (&mut [[f64; B]], &mut [[f64; B]]),
        out: &mut [[f64; B]],
    ) {
        if e.is_empty() {
            return self.tiles.apply(x, out);
        }
        of.multiply(e, x, ex);
        self.tiles.apply_all(&[x, ex], &mut [&mut *out, &mut *image]);
        of.multiply_subtract(e, image, out);
        for &(i, k, value) in &self.near {
            out[i] = std::array::from_fn(|lane| out[i][lane] + value * x[k][lane]);
        }
    }
}

/// `(e^z - 1) / z` for small z.
fn growth(z: Complex64) -> Complex64 {
    // Four terms leave z^4 / 120, below rounding for |z| < 1e-3 but for a factor of a hundred.
    (1..=6).rev().fold(Complex64::ONE, |sum, k| 1.0 + sum * z / f64::from(k + 1))
}
