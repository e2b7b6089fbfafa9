//! The O(N^2) robustness cost: against reference values, against its definition, and its gradient.

use crate::support::*;
use approx::assert_relative_eq;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use thalamo::linalg::{expm, lyapunov, spectral_abscissa};
use thalamo::loops::{Horizon, Placement, PlacementOptions, RobustnessCost};
use thalamo::optim::Objective;
use thalamo::spectrum::Spectrum;
use thalamo::{Complex64, Cortex, System};

const HORIZONS: [(Horizon, &str); 2] = [(Horizon::Infinite, "infinite"), (Horizon::Motif, "finite")];

#[test]
fn reference_values() {
    let data = reference("loop_cost");
    let cortex =
        System::from(Cortex::new(matrix(&data["J"]), vector(&data["w"]), number(&data["gain"])).unwrap());
    let (targets, amplitudes) =
        Spectrum::with_amplitudes(&complex(&data["targets"]), &complex(&data["amplitudes"]), 1e-12).unwrap();
    let placement = Placement::new(&cortex, &targets, &PlacementOptions::published()).unwrap();
    let u = vector(&data["u"]);
    assert!(distance(&placement.feedback(&u).unwrap(), &vector(&data["v"])) < 1e-9);
    for (horizon, name) in HORIZONS {
        let duration = number(&data["duration"]);
        let mut cost = RobustnessCost::new(&placement, &amplitudes, duration, horizon).unwrap();
        let terms = cost.terms(u.as_slice()).unwrap();
        for (value, key) in [(terms.activity, "E"), (terms.noise_gain, "G"), (terms.cost, "C")] {
            assert_relative_eq!(value, number(&data[format!("{key}_{name}")]), max_relative = 1e-9);
        }
        let mut gradient = vec![0.0; cortex.units()];
        let value = cost.evaluate(u.as_slice(), &mut gradient);
        assert_relative_eq!(value, terms.cost.ln(), max_relative = 1e-12);
        let expected = vector(&data[format!("grad_log_C_{name}_central_difference")]);
        assert!(distance(&DVector::from_vec(gradient), &expected) < 1e-7);
    }
}

/// E, G and C by their definition: Lyapunov solutions of the closed loop, cut off at T by `expm`.
fn direct(
    cortex: &System,
    u: &DVector<f64>,
    v: &DVector<f64>,
    modes: (&[Complex64], &[Complex64]),
    duration: f64,
    horizon: Horizon,
) -> (f64, f64, f64) {
    let n = cortex.units();
    let closed = cortex.matrix() + u * v.transpose();
    let identity = DMatrix::identity(n, n);
    let mut noise = lyapunov(&closed, &identity).unwrap();
    let mut activity = lyapunov(&closed.transpose(), &identity).unwrap();
    if horizon == Horizon::Motif {
        let end = expm(&(&closed * duration)).unwrap();
        noise -= &end * &noise * end.transpose();
        activity -= end.transpose() * &activity * &end;
    }
    let x0 = initial_state(&closed, cortex, modes);
    let e = (x0.transpose() * activity * &x0)[0];
    let g = (cortex.readout().transpose() * noise * cortex.readout())[0];
    (e, g, (e * g / n as f64).sqrt() / duration)
}

/// The state in the span of the placed modes whose readout is the motif: eigenvectors by inverse iteration.
fn initial_state(
    closed: &DMatrix<f64>,
    cortex: &System,
    (values, amplitudes): (&[Complex64], &[Complex64]),
) -> DVector<f64> {
    let n = closed.nrows();
    let complex_closed = closed.map(|x| Complex64::new(x, 0.0));
    let mut state = DVector::<Complex64>::zeros(n);
    for (mu, alpha) in values.iter().zip(amplitudes) {
        let shifted = &complex_closed - DMatrix::identity(n, n) * (mu + Complex64::new(1e-9, 1e-9));
        let lu = shifted.lu();
        let mut r = DVector::from_fn(n, |i, _| Complex64::new((i as f64 + 1.0).sin(), (i as f64).cos()));
        for _ in 0..4 {
            r = lu.solve(&r).unwrap();
            r /= Complex64::new(r.norm(), 0.0);
        }
        let rho: Complex64 = r.iter().zip(cortex.readout().iter()).map(|(r, w)| r * w).sum();
        state += r * (alpha / rho);
    }
    assert!(state.map(|z| z.im).norm() < 1e-6 * state.norm());
    state.map(|z| z.re)
}

/// Random networks, near-marginal ones included, with loops of mixed real and complex eigenvalues.
fn case(
    seed: u64,
    n: usize,
    k: usize,
    gain: f64,
) -> Option<(System, Placement, Vec<Complex64>, Vec<Complex64>)> {
    let mut rng = rng(seed);
    let (reals, pairs) = (k % 2 + 2 * usize::from(k > 4), (k - k % 2) / 2 - usize::from(k > 4));
    let (values, amplitudes) = exponentials(reals, pairs, 0.05, &mut rng);
    let cortex = System::from(Cortex::random(n, gain, seed).unwrap());
    let placement = Placement::new(&cortex, &values, &PlacementOptions::published()).ok()?;
    Some((cortex, placement, values, amplitudes))
}

/// A real eigenvalue of the loop whose nearest pole is complex, once polished off its axis: G lost 12 digits.
#[test]
fn real_roots_between_complex_poles() {
    let (cortex, placement, values, amplitudes) = case(6351, 58, 7, 0.390_124_772_931_567_17).unwrap();
    let u = normal_vector(58, &mut rng(6352));
    let v = placement.feedback(&u).unwrap();
    for (horizon, _) in HORIZONS {
        let mut cost = RobustnessCost::new(&placement, &amplitudes, 40.0, horizon).unwrap();
        let terms = cost.terms(u.as_slice()).unwrap();
        let (_, g, _) = direct(&cortex, &u, &v, (&values, &amplitudes), 40.0, horizon);
        assert!((terms.noise_gain / g - 1.0).abs() < 1e-8, "{} {g}", terms.noise_gain);
    }
}

/// Smallest distance of two eigenvalues.
fn closest(spectrum: &[Complex64]) -> f64 {
    let apart = |i: usize| spectrum[..i].iter().map(move |z| (z - spectrum[i]).norm());
    (1..spectrum.len()).flat_map(apart).fold(f64::INFINITY, f64::min)
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn cost_is_its_definition(seed in 0u64..10_000, n in 2usize..60, k in 1usize..10, gain in 0.2f64..1.0) {
        let k = k.min(n).min(2 + n / 6);
        let Some((cortex, placement, values, amplitudes)) = case(seed, n, k, gain) else {
            return Err(TestCaseError::reject("refused placement"));
        };
        let u = normal_vector(n, &mut rng(seed + 1));
        let v = placement.feedback(&u).unwrap();
        let closed = cortex.matrix() + &u * v.transpose();
        prop_assert!(spectral_abscissa(&closed).unwrap() < 0.0);
        for (horizon, _) in HORIZONS {
            let mut cost =
                RobustnessCost::new(&placement, &amplitudes, 40.0, horizon).unwrap();
            let terms = cost.terms(u.as_slice()).unwrap();
            let (e, g, c) = direct(&cortex, &u, &v, (&values, &amplitudes), 40.0, horizon);
            // Nearly equal eigenvalues of the loop cost digits that `cancellation` does not see.
            let tolerance = 1e-4 + 1e-12 * terms.cancellation + 1e-12 / closest(&placement.spectrum()).powi(2);
            prop_assert!((terms.activity / e - 1.0).abs() < tolerance, "E {} {e}", terms.activity);
            prop_assert!((terms.noise_gain / g - 1.0).abs() < tolerance, "G {} {g}", terms.noise_gain);
            prop_assert!((terms.cost / c - 1.0).abs() < tolerance);
        }
    }

    #[test]
    fn gradient_is_the_central_difference(seed in 0u64..10_000, n in 2usize..60, k in 1usize..10, gain in 0.2f64..1.0) {
        let k = k.min(n).min(2 + n / 6);
        let Some((_, placement, _, amplitudes)) = case(seed, n, k, gain) else {
            return Err(TestCaseError::reject("refused placement"));
        };
        let mut rng = rng(seed + 2);
        let (u, direction) = (normal_vector(n, &mut rng), normal_vector(n, &mut rng));
        for (horizon, _) in HORIZONS {
            let mut cost =
                RobustnessCost::new(&placement, &amplitudes, 40.0, horizon).unwrap();
            let best = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8]
                .map(|h| gradient_error(&mut cost, u.as_slice(), direction.as_slice(), h))
                .into_iter()
                .fold(f64::INFINITY, f64::min);
            prop_assert!(best < 1e-4, "{best}");
        }
    }

    /// Points side by side, one of them outside the domain, have the bits of each by itself.
    #[test]
    fn batches_are_single_points(seed in 0u64..10_000, n in 2usize..60, k in 1usize..10, gain in 0.2f64..1.0) {
        let k = k.min(n).min(2 + n / 6);
        let Some((_, placement, _, amplitudes)) = case(seed, n, k, gain) else {
            return Err(TestCaseError::reject("refused placement"));
        };
        let mut rng = rng(seed + 4);
        let mut points: [DVector<f64>; 8] = [(); 8].map(|()| normal_vector(n, &mut rng));
        points[5].fill(0.0);
        points[6] *= 1e-200;
        for (horizon, _) in HORIZONS {
            let mut cost =
                RobustnessCost::new(&placement, &amplitudes, 40.0, horizon).unwrap();
            check_batch::<8>(&mut cost, &points)?;
            check_batch::<4>(&mut cost, &points[4..])?;
            check_batch::<3>(&mut cost, &points[4..])?;
        }
    }
}

fn check_batch<const B: usize>(
    cost: &mut RobustnessCost,
    points: &[DVector<f64>],
) -> Result<(), TestCaseError> {
    let n = points[0].len();
    let x: Vec<[f64; B]> = (0..n).map(|j| std::array::from_fn(|i| points[i][j])).collect();
    let mut gradients = vec![[0.0; B]; n];
    let together = cost.batch::<B>().evaluate_batch(&x, &mut gradients);
    let mut gradient = vec![0.0; n];
    for (i, point) in points.iter().take(B).enumerate() {
        let alone = cost.evaluate(point.as_slice(), &mut gradient);
        prop_assert_eq!(alone.to_bits(), together[i].to_bits());
        prop_assert_eq!(alone.is_finite(), point.amax() > 0.0);
        if alone.is_finite() {
            prop_assert!(gradient.iter().zip(&gradients).all(|(g, all)| g.to_bits() == all[i].to_bits()));
        }
    }
    Ok(())
}
