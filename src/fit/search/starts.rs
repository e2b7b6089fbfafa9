//! Starting poles, made feasible.

use nalgebra::{DMatrix, SymmetricEigen};
use num_complex::Complex64;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::fit::poles::{Bounds, Poles};
use crate::fit::problem::Problem;

/// Nearest room for a pole beside a feasible poles, searched on growing rings; `None` if there is none nearby
/// and none on a grid over the box.
pub(crate) fn place(bounds: &Bounds, poles: &Poles, pole: Complex64) -> Option<Complex64> {
    if pole.im > 0.0 && !bounds.allows_pairs() {
        return None;
    }
    let home = bounds.clip(pole);
    if bounds.has_room(poles, home) {
        return Some(home);
    }
    let grain = 0.25 * bounds.separation * (1.0 + 1e-9);
    let real = pole.im <= 0.0;
    let directions = if real { 2 } else { 16 };
    for ring in 1..=4 * (poles.units() + 2) {
        for turn in 0..directions {
            let angle = std::f64::consts::TAU * (turn as f64 + 0.5 * f64::from(!real)) / directions as f64;
            let offset = Complex64::from_polar(ring as f64 * grain, angle);
            let moved = home + if real { Complex64::new(offset.re, 0.0) } else { offset };
            let trial =
                bounds.clip(if real { moved } else { Complex64::new(moved.re, moved.im.max(1e-300)) });
            if bounds.has_room(poles, trial) {
                return Some(trial);
            }
        }
    }
    // Columns from the right edge, each from the real axis upwards.
    let step = 4.0 * grain;
    let mut sigma = bounds.sigma_max;
    for _ in 0..=poles.units() {
        let mut omega = if real { 0.0 } else { bounds.omega_min };
        for _ in 0..=poles.units() {
            let trial = Complex64::new(sigma, omega);
            if omega <= bounds.omega_max && bounds.has_room(poles, trial) {
                return Some(trial);
            }
            if real {
                break;
            }
            omega += step;
        }
        sigma -= step;
        if sigma < bounds.sigma_min {
            break;
        }
    }
    None
}

/// The poles wanted (imaginary part > 0: a pair), each moved to the nearest room.
pub(crate) fn assemble(bounds: &Bounds, wanted: &[Complex64]) -> Option<Poles> {
    let mut poles = Poles::default();
    for &pole in wanted {
        poles.push(place(bounds, &poles, pole)?);
    }
    Some(poles)
}

/// Pairs at the lowest Fourier frequencies and slow real decays.
pub(crate) fn evenly_spaced(problem: &Problem, reals: usize) -> Option<Poles> {
    let pairs = (problem.modes - reals) / 2;
    let bounds = &problem.bounds;
    let sigma = bounds.sigma_max - 1.0;
    let mut wanted: Vec<Complex64> =
        (0..pairs).map(|k| Complex64::new(sigma, std::f64::consts::TAU * (k as f64 + 0.75))).collect();
    wanted.extend((0..reals).map(|k| Complex64::new(sigma - 4.0 * k as f64, 0.0)));
    assemble(bounds, &wanted)
}

/// The tightest regular arrangement that fits the box: first pairs along the right edge, then real
/// eigenvalues.
pub(crate) fn packed(problem: &Problem, reals: usize) -> Option<Poles> {
    let bounds = &problem.bounds;
    let corner = Complex64::new(bounds.sigma_max, bounds.omega_min);
    let mut wanted = vec![Complex64::new(bounds.sigma_max, 0.0); reals];
    wanted.extend(vec![corner; (problem.modes - reals) / 2]);
    assemble(bounds, &wanted)
}

/// Random pairs over the lowest few bins per pair, random real decays.
pub(crate) fn random(problem: &Problem, reals: usize, rng: &mut ChaCha8Rng) -> Option<Poles> {
    let pairs = (problem.modes - reals) / 2;
    let bounds = &problem.bounds;
    let mut wanted = Vec::with_capacity(pairs + reals);
    for k in 0..pairs + reals {
        let sigma = bounds.sigma_max - (rng.random_range(-1.0_f64..3.0)).exp();
        let omega: f64 = rng.random_range(0.5..(10.0 * (pairs + 1) as f64));
        wanted.push(Complex64::new(sigma, if k < pairs { omega } else { 0.0 }));
    }
    assemble(bounds, &wanted)
}

/// Largest number of samples and of delays that the matrix pencil sees.
const PENCIL_SAMPLES: usize = 160;

/// Poles of the motif by the matrix pencil (ESPRIT): shift invariance of the dominant subspace of delays.
///
/// `stride` consecutive samples are averaged into one, which leaves exponentials exponential.
pub(crate) fn pencil(problem: &Problem, stride: usize) -> Option<Poles> {
    let y = &problem.weighted[0];
    let data: Vec<f64> =
        y.chunks_exact(stride).take(PENCIL_SAMPLES).map(|c| c.iter().sum::<f64>() / stride as f64).collect();
    let modes = problem.modes;
    let delays = (data.len() / 3).min(48);
    if delays <= modes {
        return None;
    }
    let rows = data.len() - delays;
    let hankel = DMatrix::from_fn(rows, delays + 1, |i, j| data[i + j]);
    let eigen = SymmetricEigen::try_new(hankel.tr_mul(&hankel), f64::EPSILON, 10_000)?;
    let mut order: Vec<usize> = (0..=delays).collect();
    order.sort_unstable_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let basis = DMatrix::from_fn(delays + 1, modes, |i, k| eigen.eigenvectors[(i, order[k])]);
    let (first, last) = (basis.rows(0, delays), basis.rows(1, delays));
    let qr = first.into_owned().qr();
    let shift = qr.r().solve_upper_triangular(&qr.q().tr_mul(&last))?;
    if shift.iter().any(|x| !x.is_finite()) {
        return None;
    }
    let schur = nalgebra::Schur::try_new(shift, f64::EPSILON, 10_000)?;
    let rate = problem.samples() as f64 / stride as f64;
    let mut wanted = Vec::with_capacity(modes);
    for z in schur.complex_eigenvalues().iter() {
        // The magnitude of the logarithm is limited: an eigenvalue 0 means "as fast as allowed".
        let lambda = Complex64::new(z.norm().max(1e-12).ln(), z.im.atan2(z.re)) * rate;
        if z.im > 0.0 || (z.im == 0.0 && wanted.len() < modes) {
            wanted.push(Complex64::new(lambda.re, if z.im > 0.0 { lambda.im } else { 0.0 }));
        }
    }
    let count: usize = wanted.iter().map(|p| if p.im > 0.0 { 2 } else { 1 }).sum();
    if count != modes || wanted.iter().any(|p| !(p.re.is_finite() && p.im.is_finite())) {
        return None;
    }
    assemble(&problem.bounds, &wanted)
}
