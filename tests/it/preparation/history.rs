//! The preparatory cost does not depend on what was evaluated before, though its shift and the inverse kept for it do.

use crate::support::*;
use nalgebra::DMatrix;
use thalamo::linalg::LyapunovWorkspace;
use thalamo::preparation::PreparationCost;
use thalamo::{Cortex, System};

/// Random U, V near V = -U.
fn weights(cortex: &System, rank: usize, strength: f64, seed: u64) -> (DMatrix<f64>, DMatrix<f64>) {
    let (n, mut rng) = (cortex.units(), rng(seed));
    let u = normal_matrix(n, rank, &mut rng) * (strength / (n as f64).sqrt());
    let v = -&u + normal_matrix(n, rank, &mut rng) * (0.3 * strength / (n as f64).sqrt());
    (u, v)
}

/// A cost that looked at other weights before, whose inverse is updated from that of A, and one that did not.
fn compare_histories(cortex: &System, (u, v): (&DMatrix<f64>, &DMatrix<f64>), beta: f64, allowed: f64) {
    let mut fresh = PreparationCost::new(cortex, beta).unwrap();
    let expected = fresh.evaluate(u, v).unwrap().unwrap();
    let mut cost = PreparationCost::new(cortex, beta).unwrap();
    for scale in [1.001, 0.999, 1.0] {
        let terms = cost.evaluate(&(u * scale), v).unwrap();
        assert!(terms.is_none_or(|terms| terms.residual < 1e-14), "{terms:?}");
    }
    let terms = cost.evaluate(u, v).unwrap().unwrap();
    assert!(terms.residual < 2e-15 && expected.residual < 2e-15, "{terms:?} {expected:?}");
    assert!((terms.decay / expected.decay - 1.0).abs() < allowed, "{terms:?} {expected:?}");
    assert!((terms.total() / expected.total() - 1.0).abs() < allowed, "{terms:?} {expected:?}");
    let gradients =
        |cost: &PreparationCost<'_>| [cost.gradient_input().clone(), cost.gradient_feedback().clone()];
    for (found, expected) in gradients(&cost).iter().zip(&gradients(&fresh)) {
        assert!((found - expected).norm() < allowed * expected.norm());
    }
    // Nothing in it is left to chance.
    assert_eq!(cost.evaluate(u, v).unwrap().unwrap(), terms);
}

/// Modules up to marginal ones, over stable and unstable cortices.
#[test]
fn what_was_evaluated_before_does_not_matter() {
    let mut unstable = 0;
    for seed in 0..40_u64 {
        let (n, exponent) = (12 + 3 * seed as usize, 1 + seed % 4);
        let (rank, beta) = (1 + (seed as usize * 7) % (n / 3), 0.1 * (seed % 3) as f64);
        let drawn = System::from(Cortex::random(n, 0.2 + 0.04 * seed as f64, seed).unwrap());
        let (u, v) = weights(&drawn, rank, 0.5 + 0.1 * (seed % 8) as f64, seed);
        let abscissa = thalamo::linalg::spectral_abscissa(&(drawn.matrix() + &u * v.transpose())).unwrap();
        // Moved along the real axis until the closed loop is as close to marginal as wanted.
        let margin = 0.1_f64.powi(exponent as i32);
        let system = drawn.matrix() - DMatrix::identity(n, n) * (abscissa + margin);
        let cortex = System::new(system, drawn.readout().clone()).unwrap();
        unstable += usize::from(cortex.spectrum().unwrap().iter().any(|z| z.re > 0.0));
        compare_histories(&cortex, (&u, &v), beta, 1e-12 / margin);
    }
    assert!((10..40).contains(&unstable), "{unstable} of 40 cortices are unstable");
}

/// The shift that the second evaluation uses is an eigenvalue of A, or next to it.
#[test]
fn eigenvalues_of_a_next_to_the_shift_do_not_matter() {
    for (seed, gap) in (0..6).flat_map(|seed| [1e-9, -1e-12, 0.0].map(|gap| (seed, gap))) {
        let n = 45;
        let drawn = System::from(Cortex::random(n, 0.5, seed).unwrap());
        let identity = DMatrix::identity(n, n);
        let m = drawn.matrix() - &identity * 0.3;
        let shift = LyapunovWorkspace::new(n).solve_pair(&m, &identity, &identity).unwrap().suggested_shift;
        // U V^T x = (M - lambda) x makes lambda an eigenvalue of A = M - U V^T.
        let x = normal_vector(n, &mut rng(seed)).normalize();
        let (mut u, mut v) = weights(&drawn, 6, 0.3, seed);
        v -= &x * (x.transpose() * &v);
        u.set_column(0, &(&m * &x - &x * (shift + gap)));
        v.set_column(0, &x);
        let system = &m - &u * v.transpose();
        let cortex = System::from(Cortex::new(system + &identity, drawn.readout().clone(), 1.0).unwrap());
        let distance =
            cortex.spectrum().unwrap().iter().map(|z| (z - shift).norm()).fold(f64::INFINITY, f64::min);
        assert!(distance < 2e-9, "{distance}");
        compare_histories(&cortex, (&u, &v), 0.05, 1e-11);
    }
}
