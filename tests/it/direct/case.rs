//! Random problems of a direct design, and what is known of them by slow paths.

use nalgebra::{DMatrix, DVector};
use thalamo::direct::{DirectCost, DirectOptions, DirectTerms};
use thalamo::linalg::{eigenvalues, spectral_abscissa};
use thalamo::motif::Motif;
use thalamo::{LowRank, System};

use super::slow::slow;
use crate::support::*;

/// A system, the covariance that preparation leaves, a motif, options and a loop.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) system: System,
    pub(super) covariance: DMatrix<f64>,
    pub(super) motif: Motif,
    pub(super) options: DirectOptions,
    pub(super) weights: LowRank,
}

/// Kinds of [`case`]: a cortex; equal roots (J = 0); equal roots in a skewed basis; an active barrier; a
/// block without eigenvectors that the loop does not reach; tiny weights.
pub(super) const HARD: usize = 6;

pub(super) fn case(kind: usize, n: usize, outputs: usize, rank: usize, seed: u64) -> Case {
    let mut rng = rng(seed);
    let root = (n as f64).sqrt();
    let identity = DMatrix::<f64>::identity(n, n);
    let random = normal_matrix(n, n, &mut rng) / root;
    let a = match kind {
        1 => -0.4 * &identity,
        2 => {
            let basis = &identity + 0.3 * &random;
            let inverse = basis.clone().try_inverse().unwrap();
            let values =
                DVector::from_fn(n, |i, _| if i % 3 == 0 { -0.3 } else { -0.3 - 0.2 * (i % 3) as f64 });
            basis * DMatrix::from_diagonal(&values) * inverse
        }
        4 => {
            let half = n.div_ceil(2);
            let mut blocks = 0.3 * &random - 0.5 * &identity;
            blocks.view_mut((0, 0), (half, half)).copy_from(&(matrices::jordan(half, -0.4)));
            blocks.view_mut((half, 0), (n - half, half)).fill(0.0);
            blocks.view_mut((0, half), (half, n - half)).fill(0.0);
            blocks
        }
        _ => 0.5 * (&random - &identity),
    };
    let a = match kind {
        3 => &a + &identity * (0.02 - spectral_abscissa(&a).unwrap()),
        4 => a,
        _ => &a - &identity * (spectral_abscissa(&a).unwrap() + 0.15).max(0.0),
    };
    let size = [0.2, 0.4, 0.2, 0.2, 0.3, 1e-5][kind] / root;
    let mut u = normal_matrix(n, rank, &mut rng) * size;
    let mut v = normal_matrix(n, rank, &mut rng) * size;
    if kind == 4 {
        u.rows_mut(0, n.div_ceil(2)).fill(0.0);
        v.rows_mut(0, n.div_ceil(2)).fill(0.0);
    }
    let readout = normal_matrix(n, outputs, &mut rng) / root;
    let factor = normal_matrix(n, n, &mut rng) * (0.1 / root);
    let samples =
        DMatrix::from_fn(40, outputs, |t, o| (0.2 * t as f64 + 1.3 * o as f64).sin() + 0.1 * o as f64);
    let options = DirectOptions::default().with(|o| {
        (o.rank, o.relative_noise, o.absolute_noise) = (rank, 0.1, 0.05);
        (o.end, o.size, o.barrier) = (1e-2, 1e-4, 0.1);
    });
    Case {
        system: System::new(a, readout).unwrap(),
        covariance: &factor * factor.transpose(),
        motif: Motif::from_samples(0.3, samples).unwrap(),
        options,
        weights: LowRank::new(u, v).unwrap(),
    }
}

impl Case {
    pub(super) fn cost(&self) -> DirectCost {
        DirectCost::new(&self.system, &self.covariance, &self.motif, &self.options).unwrap()
    }

    pub(super) fn slow(&self, start: &DVector<f64>) -> DirectTerms {
        slow(&self.system, &self.covariance, &self.motif, &self.options, &self.weights, start)
    }

    fn reaches_barrier(&self) -> bool {
        let closed = self.weights.closed(&self.system).unwrap();
        eigenvalues(&closed).unwrap().abscissa() > -1.1 / self.motif.duration()
    }

    /// Error of the gradient along a direction of U and V, relative to its norm, by differences of the slow
    /// path at a start.
    pub(super) fn gradient_error(&self, cost: &DirectCost, start: &DVector<f64>, seed: u64) -> f64 {
        let (u, v) = (self.weights.input(), self.weights.feedback());
        let mut rng = rng(seed ^ 77);
        let along = [u, v].map(|m| normal_matrix(m.nrows(), m.ncols(), &mut rng));
        let at = |step: f64| {
            let weights = LowRank::new(u + &along[0] * step, v + &along[1] * step).unwrap();
            slow(&self.system, &self.covariance, &self.motif, &self.options, &weights, start).objective
        };
        let h = 1e-4;
        let reals = [-2.0, 0.0, 2.0].map(|k| {
            let weights = LowRank::new(u + &along[0] * (k * h), v + &along[1] * (k * h)).unwrap();
            eigenvalues(&weights.closed(&self.system).unwrap()).unwrap().reals()
        });
        if self.options.barrier > 0.0 && reals.iter().any(|r| *r != reals[0]) && self.reaches_barrier() {
            return 0.0;
        }
        let slope = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
        let own = cost.gradient_input().dot(&along[0]) + cost.gradient_feedback().dot(&along[1]);
        let norm = cost.gradient_input().norm().hypot(cost.gradient_feedback().norm());
        (own - slope).abs() / norm.max(1e-3)
    }
}
