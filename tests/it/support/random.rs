//! Random vectors, matrices and spectra, each from a seed or a generator.

use nalgebra::{DMatrix, DVector};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use thalamo::{Complex64, spectrum::Spectrum};

pub(crate) fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

pub(crate) fn normal_vector(n: usize, rng: &mut ChaCha8Rng) -> DVector<f64> {
    DVector::from_fn(n, |_, _| StandardNormal.sample(rng))
}

pub(crate) fn normal_matrix(rows: usize, cols: usize, rng: &mut ChaCha8Rng) -> DMatrix<f64> {
    DMatrix::from_fn(rows, cols, |_, _| StandardNormal.sample(rng))
}

/// `reals` real and `pairs` conjugate pairs of decaying exponentials, at least `apart` from each other, in
/// canonical order.
pub(crate) fn exponentials(
    reals: usize,
    pairs: usize,
    apart: f64,
    rng: &mut ChaCha8Rng,
) -> (Vec<Complex64>, Vec<Complex64>) {
    let mut values: Vec<Complex64> = Vec::new();
    let mut amplitudes = Vec::new();
    while values.len() < reals + 2 * pairs {
        let real = values.len() < reals;
        let im = if real { 0.0 } else { rng.random_range(apart / 2.0..1.2) };
        let z = Complex64::new(rng.random_range(-0.4..-0.02), im);
        if values.iter().any(|v| (v - z).norm() < apart) {
            continue;
        }
        let alpha =
            Complex64::new(rng.random_range(-1.0..1.0), if real { 0.0 } else { rng.random_range(-1.0..1.0) });
        values.push(z);
        amplitudes.push(alpha);
        if !real {
            values.push(z.conj());
            amplitudes.push(alpha.conj());
        }
    }
    let (values, amplitudes) = Spectrum::with_amplitudes(&values, &amplitudes, 0.0).unwrap();
    (values.to_vec(), amplitudes)
}
