//! The robustness cost where eigenvalues sum to zero, nearly, or are repeated: against Gramians of the closed
//! loop by doubling, and its gradient against differences.

use crate::support::*;
use nalgebra::{DMatrix, DVector};
use thalamo::linalg::expm;
use thalamo::loops::{Horizon, Placement, PlacementOptions, RobustnessCost};
use thalamo::{Complex64, System};

const DURATION: f64 = 30.0;

/// `int_0^T e^{Mt} Q e^{M^T t} dt` for any M: a Taylor series over a short time, doubled.
fn gramian(m: &DMatrix<f64>, q: &DMatrix<f64>) -> DMatrix<f64> {
    let doublings = (m.norm() * DURATION / 0.1).log2().ceil().max(0.0) as i32;
    let h = DURATION / 2f64.powi(doublings);
    let (mut term, mut sum) = (q * h, q * h);
    for k in 2..16 {
        term = (m * &term + &term * m.transpose()) * (h / f64::from(k));
        sum += &term;
    }
    let mut step = expm(&(m * h)).unwrap();
    for _ in 0..doublings {
        sum = &sum + &step * &sum * step.transpose();
        step = &step * &step;
    }
    sum
}

/// The state in the span of the placed modes whose readout is the motif, by inverse iteration.
fn initial_state(
    closed: &DMatrix<f64>,
    w: &DVector<f64>,
    modes: (&[Complex64], &[Complex64]),
) -> DVector<f64> {
    let n = closed.nrows();
    let complex = closed.map(Complex64::from);
    let mut state = DVector::<Complex64>::zeros(n);
    for (mu, alpha) in modes.0.iter().zip(modes.1) {
        let lu = (&complex - DMatrix::identity(n, n) * (mu + Complex64::new(1e-9, 1e-9))).lu();
        let mut r = DVector::from_fn(n, |i, _| Complex64::new((i as f64 + 1.0).sin(), (i as f64).cos()));
        for _ in 0..4 {
            r = lu.solve(&r).unwrap();
            r /= Complex64::from(r.norm());
        }
        let rho: Complex64 = r.iter().zip(w.iter()).map(|(r, w)| r * w).sum();
        state += r * (alpha / rho);
    }
    state.map(|z| z.re)
}

/// E, G and the gradient of one loop, over the horizon of its motif.
#[track_caller]
fn check(name: &str, system: &System, modes: (&[Complex64], &[Complex64])) {
    let refuse_nothing = PlacementOptions::default().with(|o| o.rest_margin = thalamo::Rate::PerTau(0.0));
    let placement = Placement::new(system, modes.0, &refuse_nothing).unwrap();
    let mut rng = rng(5);
    let (u, direction) = (normal_vector(system.units(), &mut rng), normal_vector(system.units(), &mut rng));
    let closed = system.matrix() + &u * placement.feedback(&u).unwrap().transpose();
    let mut cost = RobustnessCost::new(&placement, modes.1, DURATION, Horizon::Motif).unwrap();
    let terms = cost.terms(u.as_slice()).unwrap();
    let w = system.single_readout().unwrap();
    let x = initial_state(&closed, &w, modes);
    let activity = gramian(&closed, &(&x * x.transpose())).trace();
    let noise_gain = gramian(&closed.transpose(), &(&w * w.transpose())).trace();
    let off = |found: f64, expected: f64| (found / expected - 1.0).abs();
    assert!(off(terms.activity, activity) < 2e-10, "{name}: E {} {activity}", terms.activity);
    assert!(off(terms.noise_gain, noise_gain) < 2e-10, "{name}: G {} {noise_gain}", terms.noise_gain);
    assert!(terms.cancellation < 1e4, "{name}: {}", terms.cancellation);
    let gradient = [1e-3, 1e-4, 1e-5, 1e-6]
        .map(|h| gradient_error(&mut cost, u.as_slice(), direction.as_slice(), h))
        .into_iter()
        .fold(f64::INFINITY, f64::min);
    assert!(gradient < 2e-9, "{name}: gradient {gradient:e}");
    // Eight points side by side have the bits of one.
    let together: Vec<[f64; 8]> = u.iter().map(|u| [*u; 8]).collect();
    let mut gradients = vec![[0.0; 8]; u.len()];
    let values = cost.batch::<8>().evaluate_batch(&together, &mut gradients);
    let mut alone = vec![0.0; u.len()];
    let value = thalamo::optim::Objective::evaluate(&mut cost, u.as_slice(), &mut alone);
    assert!(values.iter().all(|v| v.to_bits() == value.to_bits()));
    assert!(gradients.iter().zip(&alone).all(|(all, one)| all.iter().all(|g| g.to_bits() == one.to_bits())));
}

fn closed_under_conjugation(upper: &[Complex64]) -> Vec<Complex64> {
    upper.iter().flat_map(|z| [*z, z.conj()]).collect()
}

/// Two pairs, the first with this real part.
fn modes(re: f64) -> (Vec<Complex64>, Vec<Complex64>) {
    let z = Complex64::new;
    let targets = closed_under_conjugation(&[z(re, 0.2), z(-0.05, 0.45)]);
    (targets, closed_under_conjugation(&[z(0.3, 0.4), z(-0.3, 0.2)]))
}

/// A marginal system moved left by `shift`, or two opposite eigenvalues, real ones or pairs, `shift` from it.
fn marginal(kind: &str, shift: f64) -> System {
    let n = 12;
    if !kind.starts_with("opposite") {
        let system = named_system(kind, n, 3);
        let matrix = system.matrix() - DMatrix::identity(n, n) * shift;
        return System::new(matrix, system.readout().clone()).unwrap();
    }
    let mut rng = rng(9);
    let basis = DMatrix::identity(n, n) + normal_matrix(n, n, &mut rng) * 0.1;
    let mut d = DMatrix::from_diagonal(&DVector::from_fn(n, |i, _| -0.3 - 0.05 * i as f64));
    if kind == "opposite" {
        (d[(0, 0)], d[(1, 1)]) = (0.1, -0.1 + shift);
    } else {
        for (k, re) in [(0, 0.1), (2, -0.1 + shift)] {
            (d[(k, k)], d[(k + 1, k + 1)]) = (re, re);
            (d[(k, k + 1)], d[(k + 1, k)]) = (0.3, -0.3);
        }
    }
    let matrix = &basis * d * basis.clone().try_inverse().unwrap();
    System::new(matrix, normal_vector(n, &mut rng)).unwrap()
}

#[test]
fn sums_of_eigenvalues_of_the_system_near_zero() {
    let (targets, amplitudes) = modes(-0.03);
    for shift in [0.0, 1e-14, 1e-12, 1e-10, 1e-8, 1e-7, 1e-6, 1e-5, 2e-5, 1e-4, 1e-3, 1e-2] {
        for kind in ["antisymmetric A", "integrator", "ring", "ring, symmetric", "opposite", "opposite pairs"]
        {
            let name = format!("{kind}, {shift:e}");
            check(&name, &marginal(kind, shift), (&targets, &amplitudes));
        }
    }
}

#[test]
fn sums_of_eigenvalues_of_the_loop_near_zero() {
    for re in [0.0, -1e-14, -1e-10, -1e-7, -1e-6, -1e-5, -1e-4, 1e-9] {
        let (targets, amplitudes) = modes(re);
        for kind in ["random", "ring", "opposite pairs"] {
            let name = format!("{kind}, {re:e}");
            check(&name, &marginal(kind, 0.0), (&targets, &amplitudes));
        }
    }
}

/// Copies of an eigenvalue at a place of its own each, real ones and pairs; also with sums at zero.
#[test]
fn repeated_eigenvalues() {
    let (targets, amplitudes) = modes(-0.03);
    for (kind, units) in
        [("low rank", 24), ("low rank", 30), ("identity blocks", 20), ("ring, symmetric", 12)]
    {
        check(kind, &named_system(kind, units, 3), (&targets, &amplitudes));
    }
    let one = [Complex64::new(-0.05, 0.0)];
    check("J = 0", &named_system("J = 0", 12, 3), (&one, &[Complex64::new(0.7, 0.0)]));
    // Every eigenvalue of a random system twice, in a basis at random.
    let single = named_system("random", 8, 3);
    let mut rng = rng(7);
    let mut twice = DMatrix::zeros(16, 16);
    twice.view_mut((0, 0), (8, 8)).copy_from(single.matrix());
    twice.view_mut((8, 8), (8, 8)).copy_from(single.matrix());
    let basis = DMatrix::identity(16, 16) + normal_matrix(16, 16, &mut rng) * 0.1;
    let matrix = &basis * twice * basis.clone().try_inverse().unwrap();
    let system = System::new(matrix, normal_vector(16, &mut rng)).unwrap();
    check("twice", &system, (&targets, &amplitudes));
}
