//! Shared by the integration tests: reference files, random cases and comparisons.
#![allow(dead_code, unreachable_pub)] // each test crate uses its own part

use nalgebra::{DMatrix, DVector};
use proptest::prelude::ProptestConfig;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde_json::Value;
use thalamo::fit::FitOptions;
use thalamo::linalg::spectral_abscissa;
use thalamo::motif::{Motif, OscillationOptions, oscillating_motif};
use thalamo::{Complex64, Cortex, Error, Network, NetworkOptions, Result, System};

/// A file of `tests/data`.
pub fn reference(name: &str) -> Value {
    let path = format!("{}/tests/data/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

pub fn vector(value: &Value) -> DVector<f64> {
    DVector::from_vec(value.as_array().unwrap().iter().map(number).collect())
}

pub fn matrix(value: &Value) -> DMatrix<f64> {
    let rows: Vec<_> = value.as_array().unwrap().iter().map(|row| vector(row).transpose()).collect();
    DMatrix::from_rows(&rows)
}

pub fn complex(value: &Value) -> Vec<Complex64> {
    value.as_array().unwrap().iter().map(|z| Complex64::new(number(&z[0]), number(&z[1]))).collect()
}

pub fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

pub fn normal_vector(n: usize, rng: &mut ChaCha8Rng) -> DVector<f64> {
    DVector::from_fn(n, |_, _| StandardNormal.sample(rng))
}

pub fn normal_matrix(rows: usize, cols: usize, rng: &mut ChaCha8Rng) -> DMatrix<f64> {
    DMatrix::from_fn(rows, cols, |_, _| StandardNormal.sample(rng))
}

/// `reals` real and `pairs` conjugate pairs of decaying exponentials, at least `apart` from each other.
pub fn exponentials(
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
    (values, amplitudes)
}

/// Relative distance of two vectors.
pub fn distance(a: &DVector<f64>, b: &DVector<f64>) -> f64 {
    (a - b).norm() / b.norm()
}

/// Largest distance of a target from a spectrum.
pub fn farthest(targets: &[Complex64], spectrum: &[Complex64]) -> f64 {
    let nearest = |t: &Complex64| spectrum.iter().map(|z| (z - t).norm()).fold(f64::INFINITY, f64::min);
    targets.iter().map(nearest).fold(0.0, f64::max)
}

/// Proptest's configuration without files for failures: a failing case prints its input anyway.
pub fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Kinds of cortex that [`cortex_of_kind`] builds.
pub const KINDS: usize = 5;

/// The hard classes: 0 random, 1 near-marginal, 2 tight clusters of real and complex eigenvalues, 3 symmetric (all
/// eigenvalues real), 4 normal with eigenvalues in pairs.
pub fn cortex_of_kind(kind: usize, n: usize, gain: f64, seed: u64) -> System {
    let mut rng = rng(seed);
    let scale = 1.0 / (n as f64).sqrt();
    let random = normal_matrix(n, n, &mut rng) * scale;
    let w = normal_vector(n, &mut rng) * scale;
    let identity = DMatrix::identity(n, n);
    let j = match kind {
        0 => random,
        1 => {
            let abscissa = spectral_abscissa(&random).unwrap();
            random + identity * (0.999 - abscissa)
        }
        2 => {
            let mut blocks = DMatrix::zeros(n, n);
            let centre: f64 = rng.random_range(-0.3..0.3);
            let mut i = 0;
            while i < n {
                let re = centre + rng.random_range(-1e-2..1e-2);
                blocks[(i, i)] = re;
                if i + 1 < n && rng.random_bool(0.5) {
                    let im = 0.4 + rng.random_range(-1e-2..1e-2);
                    blocks[(i + 1, i + 1)] = re;
                    (blocks[(i, i + 1)], blocks[(i + 1, i)]) = (im, -im);
                    i += 1;
                }
                i += 1;
            }
            let basis = identity + random * 0.4;
            &basis * blocks * basis.clone().try_inverse().unwrap()
        }
        3 => {
            let symmetric = (&random + random.transpose()) * 0.5;
            let abscissa = spectral_abscissa(&symmetric).unwrap();
            symmetric + identity * (0.95 - abscissa)
        }
        _ => (&random - random.transpose()) * 0.5 + identity * 0.2,
    };
    System::from(Cortex::new(j, w, gain).unwrap())
}

/// Smallest singular value of `M - z I` over the norm of M: the backward error of an eigenvalue z.
pub fn backward_error(m: &DMatrix<f64>, z: Complex64) -> f64 {
    let diagonal = |i, j| if i == j { z } else { Complex64::ZERO };
    let shifted = faer::Mat::from_fn(m.nrows(), m.ncols(), |i, j| m[(i, j)] - diagonal(i, j));
    shifted.singular_values().unwrap().into_iter().fold(f64::INFINITY, f64::min) / m.norm()
}

/// The value an error refuses with, and its message.
#[track_caller]
pub fn refused<T>(result: Result<T>, message: &str) -> Error {
    match result {
        Ok(_) => panic!("accepted, expected: {message}"),
        Err(error) => {
            assert_eq!(error.to_string(), message);
            error
        }
    }
}

/// Options for small networks that build in a moment.
pub fn quick_options(modes: usize, rank: usize) -> NetworkOptions {
    let mut options = NetworkOptions::default();
    options.fit = FitOptions { modes, effort: 150, random_starts: 1, ..options.fit };
    options.motif_loop.starts = 2;
    options.motif_loop.optimiser.max_iterations = 40;
    options.preparation.rank = rank;
    options.preparation.optimiser.max_iterations = 60;
    options.noise.rounds = 1;
    options
}

/// Smooth motifs of 30 tau.
pub fn short_motifs(count: usize, seed: u64) -> Vec<Motif> {
    let options = OscillationOptions { duration: 30.0, harmonics: 2, ..OscillationOptions::default() };
    (0..count).map(|index| oscillating_motif(&options, seed, index).unwrap()).collect()
}

/// Options whose separation suits motifs of 30 tau.
pub fn short_options() -> NetworkOptions {
    let mut options = quick_options(6, 20);
    options.fit.separation = 0.1;
    options
}

/// A network of 40 units, 6 modes, rank 20 and as many short motifs as asked for.
pub fn small_network(motifs: usize, seed: u64) -> Network {
    let cortex = System::from(Cortex::random(40, 0.5, seed).unwrap());
    Network::build(cortex, &short_motifs(motifs, seed), &short_options(), seed).unwrap()
}
