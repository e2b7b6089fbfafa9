//! Conjugate-symmetric complex vectors and matrices, held as real ones of the same size.
//!
//! A vector over a conjugate-closed spectrum takes conjugate values at conjugate eigenvalues, so half of it
//! says everything: `[reals | real parts of the upper half | imaginary parts of the upper half]`. With `B`
//! the basis that unpacks it (`[1 i; 1 -i]` on each pair), `B^T B = D = diag(1; 2; -2)`, and a complex matrix
//! becomes a real one of the same size: products cost a quarter of the complex ones.

use nalgebra::DMatrix;
use num_complex::Complex64;

use crate::spectrum::Spectrum;

/// How many real entries and conjugate pairs a packed vector has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) reals: usize,
    pub(crate) pairs: usize,
}

impl Layout {
    pub(crate) fn of(spectrum: &Spectrum) -> Self {
        Self { reals: spectrum.reals(), pairs: spectrum.pairs() }
    }

    pub(crate) fn len(&self) -> usize {
        self.reals + 2 * self.pairs
    }

    /// Start of the real parts and of the imaginary parts of the pairs.
    fn halves(&self) -> (usize, usize) {
        (self.reals, self.reals + self.pairs)
    }

    /// One representative of each real entry and pair, from a vector in canonical order.
    pub(crate) fn representatives(&self, canonical: &[Complex64]) -> Vec<Complex64> {
        let (reals, pairs) = canonical.split_at(self.reals);
        reals.iter().copied().chain(pairs.iter().step_by(2).copied()).collect()
    }

    /// Packs a conjugate-symmetric vector given in canonical order.
    pub(crate) fn pack(&self, canonical: &[Complex64]) -> Vec<f64> {
        self.pack_representatives(&self.representatives(canonical))
    }

    /// Packs a vector given by its representatives.
    pub(crate) fn pack_representatives(&self, half: &[Complex64]) -> Vec<f64> {
        let re = half.iter().map(|z| z.re);
        re.chain(half[self.reals..].iter().map(|z| z.im)).collect()
    }

    /// Unpacks to representatives.
    pub(crate) fn unpack(&self, x: &[f64]) -> Vec<Complex64> {
        let (re, im) = self.halves();
        (0..self.reals + self.pairs)
            .map(|i| Complex64::new(x[i], if i < re { 0.0 } else { x[im + i - re] }))
            .collect()
    }

    /// Unpacks to canonical order.
    pub(crate) fn unpack_all(&self, x: &[f64]) -> Vec<Complex64> {
        let mut reals = self.unpack(x);
        let upper = reals.split_off(self.reals);
        reals.into_iter().chain(upper.into_iter().flat_map(|z| [z, z.conj()])).collect()
    }

    /// `D x` in place: turns a packed vector into the coefficients of the form `y -> x^T y`.
    pub(crate) fn weight(&self, x: &mut [f64]) {
        let (re, im) = self.halves();
        x[re..im].iter_mut().for_each(|v| *v *= 2.0);
        x[im..].iter_mut().for_each(|v| *v *= -2.0);
    }

    /// `D^-1 x` in place.
    pub(crate) fn unweight(&self, x: &mut [f64]) {
        let (re, im) = self.halves();
        x[re..im].iter_mut().for_each(|v| *v *= 0.5);
        x[im..].iter_mut().for_each(|v| *v *= -0.5);
    }

    /// Entry i of D.
    pub(crate) fn weight_of(&self, i: usize) -> f64 {
        let (re, im) = self.halves();
        if i < re {
            1.0
        } else if i < im {
            2.0
        } else {
            -2.0
        }
    }
}

/// The real matrix `B^T M B` of the bilinear form `x^T M y`, from the entries of `M`: `entry(i, j, false)` at
/// representatives i, j and `entry(i, j, true)` at representative i and the conjugate of j.
pub(crate) fn bilinear_form(
    rows: Layout,
    cols: Layout,
    mut entry: impl FnMut(usize, usize, bool) -> Complex64,
) -> DMatrix<f64> {
    let mut form = DMatrix::zeros(rows.len(), cols.len());
    let (row_reals, col_reals) = (rows.reals, cols.reals);
    for j in 0..col_reals + cols.pairs {
        for i in 0..row_reals + rows.pairs {
            let m = entry(i, j, false);
            match (i >= row_reals, j >= col_reals) {
                (false, false) => form[(i, j)] = m.re,
                (true, false) => {
                    form[(i, j)] = 2.0 * m.re;
                    form[(i + rows.pairs, j)] = -2.0 * m.im;
                }
                (false, true) => {
                    form[(i, j)] = 2.0 * m.re;
                    form[(i, j + cols.pairs)] = -2.0 * m.im;
                }
                (true, true) => {
                    let c = entry(i, j, true);
                    form[(i, j)] = 2.0 * (m.re + c.re);
                    form[(i, j + cols.pairs)] = 2.0 * (c.im - m.im);
                    form[(i + rows.pairs, j)] = -2.0 * (m.im + c.im);
                    form[(i + rows.pairs, j + cols.pairs)] = 2.0 * (c.re - m.re);
                }
            }
        }
    }
    form
}

/// The real matrix of the map `y -> M y` between packed vectors: `D^-1 B^T M B`.
pub(crate) fn packed_map(
    rows: Layout,
    cols: Layout,
    entry: impl FnMut(usize, usize, bool) -> Complex64,
) -> DMatrix<f64> {
    let mut map = bilinear_form(rows, cols, entry);
    for mut column in map.column_iter_mut() {
        rows.unweight(column.as_mut_slice());
    }
    map
}

/// `M^T D` for a real M with packed rows: the adjoint `a' -> M^T a'` of `a = M u`, with `a'` packed.
pub(crate) fn adjoint_map(map: &DMatrix<f64>, rows: Layout) -> DMatrix<f64> {
    let mut transpose = map.transpose();
    for (i, mut column) in transpose.column_iter_mut().enumerate() {
        column *= rows.weight_of(i);
    }
    transpose
}

/// The packed map of `M^T`, from the packed map of `M`.
pub(crate) fn transposed_map(map: &DMatrix<f64>, rows: Layout, cols: Layout) -> DMatrix<f64> {
    let mut transpose = adjoint_map(map, rows);
    for mut column in transpose.column_iter_mut() {
        cols.unweight(column.as_mut_slice());
    }
    transpose
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DVector;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn canonical(layout: Layout, half: &[Complex64]) -> DVector<Complex64> {
        let pairs = half[layout.reals..].iter().flat_map(|z| [*z, z.conj()]);
        DVector::from_iterator(layout.len(), half[..layout.reals].iter().copied().chain(pairs))
    }

    fn random(layout: Layout, rng: &mut ChaCha8Rng) -> Vec<Complex64> {
        (0..layout.reals + layout.pairs)
            .map(|i| {
                let im = if i < layout.reals { 0.0 } else { rng.random_range(-1.0..1.0) };
                Complex64::new(rng.random_range(-1.0..1.0), im)
            })
            .collect()
    }

    /// Every operation against the same one on the full complex vectors.
    #[test]
    fn packed_operations_are_the_complex_ones() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for (rows, cols) in [((3, 4), (1, 5)), ((0, 3), (4, 0)), ((2, 0), (2, 2)), ((1, 1), (0, 6))] {
            let [rows, cols] = [rows, cols].map(|(reals, pairs)| Layout { reals, pairs });
            let (lambda, mu) = (random(cols, &mut rng), random(rows, &mut rng));
            let (x, y) = (random(cols, &mut rng), random(rows, &mut rng));
            let cauchy = |i: usize, j: usize, conj: bool| {
                1.0 / (mu[i] + 3.0 - if conj { lambda[j].conj() } else { lambda[j] })
            };
            let (full_mu, full_lambda) = (canonical(rows, &mu), canonical(cols, &lambda));
            let full =
                DMatrix::from_fn(rows.len(), cols.len(), |i, j| 1.0 / (full_mu[i] + 3.0 - full_lambda[j]));
            let (px, py) = (cols.pack_representatives(&x), rows.pack_representatives(&y));
            let (cx, cy) = (canonical(cols, &x), canonical(rows, &y));

            let form = bilinear_form(rows, cols, cauchy);
            let value =
                (DVector::from_vec(py.clone()).transpose() * &form * DVector::from_vec(px.clone()))[0];
            let expected = (cy.transpose() * &full * &cx)[0];
            assert!((value - expected.re).abs() < 1e-12 && expected.im.abs() < 1e-12);

            let map = packed_map(rows, cols, cauchy);
            let image = map * DVector::from_vec(px.clone());
            let expected = &full * &cx;
            assert!((canonical(rows, &rows.unpack(image.as_slice())) - expected).norm() < 1e-12);

            let back = transposed_map(&packed_map(rows, cols, cauchy), rows, cols);
            let image = back * DVector::from_vec(py.clone());
            let expected = full.transpose() * &cy;
            assert!((canonical(cols, &cols.unpack(image.as_slice())) - expected).norm() < 1e-12);

            let mut weighted = py.clone();
            rows.weight(&mut weighted);
            let plain: f64 = weighted.iter().zip(&py).map(|(a, b)| a * b).sum();
            assert!((plain - (cy.transpose() * &cy)[0].re).abs() < 1e-12);
            let weights: Vec<f64> = (0..rows.len()).map(|i| rows.weight_of(i) * py[i]).collect();
            assert_eq!(weights, weighted);
            rows.unweight(&mut weighted);
            assert_eq!(weighted, py);
        }
    }
}
