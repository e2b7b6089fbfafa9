//! Placement: the reference, an oracle without eigensolver, minimum norm, stabilising targets, refusals.

use crate::support::match_spectra;
use crate::support::*;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use thalamo::Rate;
use thalamo::linalg::{eigenvalues, spectral_abscissa};
use thalamo::loops::{LoopDesign, LoopOptions, Placement, PlacementOptions};
use thalamo::{Complex64, Cortex, Error, System};

fn z(re: f64, im: f64) -> Complex64 {
    Complex64::new(re, im)
}

/// Residues from the weights: `d = (R^T v) * (L u)`.
fn residues(cortex: &System, u: &DVector<f64>, v: &DVector<f64>) -> DVector<Complex64> {
    let complex = |x: &DVector<f64>| x.map(|x| z(x, 0.0));
    (cortex.eigen().unwrap().right().transpose() * complex(v))
        .component_mul(&(cortex.eigen().unwrap().left() * complex(u)))
}

/// `Q^+ 1` and the condition number of Q, by a complex SVD (faer's: nalgebra's is not to be trusted).
fn minimum_norm(cortex: &System, targets: &[Complex64]) -> (DVector<Complex64>, f64) {
    let (k, n) = (targets.len(), cortex.units());
    let q = faer::Mat::from_fn(k, n, |i, j| 1.0 / (targets[i] - cortex.spectrum().unwrap()[j]));
    let svd = q.thin_svd().unwrap();
    let (u, s, v) = (svd.U(), svd.S().column_vector(), svd.V());
    let weight = |m: usize| (0..k).map(|i| u[(i, m)].conj()).sum::<Complex64>() / s[m];
    let weights: Vec<_> = (0..k).map(weight).collect();
    let d = DVector::from_fn(n, |j, _| (0..k).map(|m| v[(j, m)] * weights[m]).sum());
    (d, s[0].re / s[k - 1].re)
}

#[test]
fn reference_values() {
    let data = reference("placement");
    let cortex =
        System::from(Cortex::new(matrix(&data["J"]), vector(&data["w"]), number(&data["gain"])).unwrap());
    let (targets, u) = (complex(&data["targets"]), vector(&data["u"]));
    let placement = Placement::new(&cortex, &targets, &PlacementOptions::published()).unwrap();
    let v = placement.feedback(&u).unwrap();
    assert!(distance(&v, &vector(&data["v"])) < 1e-9);
    assert!((placement.condition() / number(&data["cond_Q"]) - 1.0).abs() < 1e-9);
    let expected = complex(&data["spectrum"]);
    assert!(match_spectra(&placement.spectrum(), &expected).max_distance() < 1e-9);
    // NumPy orders the eigenvalues of A, and with them d, in its own way.
    let d = residues(&cortex, &u, &v);
    let matching = match_spectra(d.as_slice(), &complex(&data["d"]));
    assert!(matching.max_distance() < 1e-9 * d.norm());
}

/// A cortex of one of the hard kinds, targets and an input.
fn case(kind: usize, seed: u64, n: usize, k: usize, gain: f64) -> (System, Vec<Complex64>, DVector<f64>) {
    let k = k.min(n).min(2 + n / 6);
    let mut rng = rng(seed ^ 0x5eed);
    let reals = k % 2 + 2 * usize::from(k > 4);
    let (targets, _) = exponentials(reals, (k - reals) / 2, 0.05, &mut rng);
    (cortex_of_kind(kind, n, gain, seed), targets, normal_vector(n, &mut rng))
}

fn placed(cortex: &System, targets: &[Complex64]) -> Result<Placement, TestCaseError> {
    match Placement::new(cortex, targets, &PlacementOptions::published()) {
        Ok(placement) => Ok(placement),
        Err(Error::IllConditionedPlacement { condition, .. }) if condition > 1e10 => {
            Err(TestCaseError::reject("tight eigenvalues carry few targets"))
        }
        Err(Error::PlacementInaccurate { .. }) if minimum_norm(cortex, targets).1 > 1e6 => {
            Err(TestCaseError::reject("tight eigenvalues, residues of both signs"))
        }
        Err(Error::Unstable { .. }) if spectral_abscissa(cortex.matrix()).unwrap() > -1e-3 => {
            Err(TestCaseError::reject("a marginal cortex beyond what the targets reach"))
        }
        Err(other) => Err(TestCaseError::fail(other.to_string())),
    }
}

proptest! {
    #![proptest_config(cases(150))]

    /// `v^T (t I - A)^-1 u = 1` at the targets, and the trace moves by `v^T u`.
    #[test]
    fn resolvent_and_trace(
        kind in 0..KINDS, seed in 0u64..10_000, n in 2usize..=60, k in 1usize..10, gain in 0.1f64..1.0,
    ) {
        let (cortex, targets, u) = case(kind, seed, n, k, gain);
        let placement = placed(&cortex, &targets)?;
        let v = placement.feedback(&u).unwrap();
        for t in targets.iter().chain(placement.stabilising()) {
            let shifted = DMatrix::identity(n, n) * *t - cortex.matrix().map(|x| z(x, 0.0));
            let response = shifted.lu().solve(&u.map(|x| z(x, 0.0))).unwrap();
            let sum: Complex64 = response.iter().zip(v.iter()).map(|(x, v)| x * v).sum();
            let size: f64 = response.iter().zip(v.iter()).map(|(x, v)| (x * v).norm()).sum();
            prop_assert!((sum - 1.0).norm() < 1e-12 * size * cortex.eigen().unwrap().condition(), "{sum} {size:e}");
        }
        let sum = |values: &[Complex64]| values.iter().sum::<Complex64>();
        let shift = sum(&placement.spectrum()) - sum(cortex.spectrum().unwrap());
        let size = placement.spectrum().iter().chain(cortex.spectrum().unwrap()).map(|z| z.norm()).sum::<f64>()
            + u.iter().zip(v.iter()).map(|(u, v)| (u * v).abs()).sum::<f64>();
        prop_assert!((shift - v.dot(&u)).norm() < 1e-12 * size * cortex.eigen().unwrap().condition(), "{shift} {}", v.dot(&u));
    }

    /// The spectrum is that of `A + u v^T`, for every u: by backward error, one to one, and containing the
    /// targets.
    #[test]
    fn spectrum_of_every_loop(
        kind in 0..KINDS, seed in 0u64..10_000, n in 2usize..=30, k in 1usize..8, gain in 0.1f64..1.0,
    ) {
        let (cortex, targets, u) = case(kind, seed, n, k, gain);
        let placement = placed(&cortex, &targets)?;
        let spectrum = placement.spectrum();
        prop_assert_eq!(spectrum.len(), n);
        prop_assert!(farthest(&targets, &spectrum) < 1e-15);
        prop_assert_eq!(placement.rest().len(), n - targets.len() - placement.stabilising().len());
        prop_assert!(placement.rest().abscissa() <= -1e-3);
        for u in [u, normal_vector(n, &mut rng(seed + 9))] {
            let v = placement.feedback(&u).unwrap();
            let closed = cortex.matrix() + &u * v.transpose();
            for mu in &spectrum {
                let error = backward_error(&closed, *mu);
                prop_assert!(error < 1e-13 * cortex.eigen().unwrap().condition(), "{mu}: {error:e}");
            }
            let computed = eigenvalues(&closed).unwrap();
            let matching = match_spectra(&spectrum, &computed);
            // Clusters of eigenvalues are ill-conditioned, as their backward error above is not.
            let tolerance = if kind == 2 { 1e-3 } else { 1e-4 };
            prop_assert!(matching.max_distance() < tolerance, "{:e}", matching.max_distance());
            prop_assert!(farthest(&targets, &computed) < tolerance);
        }
    }

    /// d is the minimum-norm solution, and cond(Q) what an SVD says.
    #[test]
    fn minimum_norm_residues(
        kind in 0..KINDS, seed in 0u64..10_000, n in 2usize..=60, k in 1usize..10, gain in 0.1f64..1.0,
    ) {
        let (cortex, targets, u) = case(kind, seed, n, k, gain);
        let placement = placed(&cortex, &targets)?;
        let all = [targets.as_slice(), placement.stabilising()].concat();
        let (d, condition) = minimum_norm(&cortex, &all);
        prop_assert!((placement.condition() / condition - 1.0).abs() < 1e-15 * condition + 1e-10);
        let v = placement.feedback(&u).unwrap();
        let given = residues(&cortex, &u, &v);
        let rounding = condition + u.norm() * v.norm() / d.norm();
        let tolerance = 1e-13 * rounding * cortex.eigen().unwrap().condition();
        prop_assert!((&given - &d).norm() < tolerance * d.norm(), "{:e}", (&given - &d).norm() / d.norm());
    }
}

/// A cortex with the given eigenvalues of A (reals, and upper members of pairs) in a random basis.
fn cortex_with(reals: &[f64], upper: &[Complex64], seed: u64) -> System {
    let n = reals.len() + 2 * upper.len();
    let mut blocks = DMatrix::zeros(n, n);
    for (i, x) in reals.iter().enumerate() {
        blocks[(i, i)] = *x;
    }
    for (k, mu) in upper.iter().enumerate() {
        let i = reals.len() + 2 * k;
        (blocks[(i, i)], blocks[(i + 1, i + 1)]) = (mu.re, mu.re);
        (blocks[(i, i + 1)], blocks[(i + 1, i)]) = (mu.im, -mu.im);
    }
    let mut rng = rng(seed);
    let basis = DMatrix::identity(n, n) + normal_matrix(n, n, &mut rng) * (0.3 / (n as f64).sqrt());
    let a = &basis * blocks * basis.clone().try_inverse().unwrap();
    let gain = 0.5;
    System::from(Cortex::new(a / gain + DMatrix::identity(n, n), normal_vector(n, &mut rng), gain).unwrap())
}

/// Fast unstable modes that slow targets do not reach: (cortex, number of unstable eigenvalues).
fn out_of_reach(seed: u64) -> Vec<(System, usize)> {
    let stable = [-0.3, -0.45, -0.6, -0.7];
    vec![
        (cortex_with(&stable, &[z(0.05, 5.0)], seed), 2),
        (cortex_with(&[1.5, -0.3, -0.5, -0.6, -0.8], &[], seed), 1),
        (cortex_with(&stable, &[z(0.02, 4.0), z(0.04, 6.0)], seed), 4),
        (cortex_with(&[2.0, -0.3, -0.5, -0.6], &[z(0.05, 5.0), z(-0.2, 0.3)], seed), 3),
    ]
}

proptest! {
    #![proptest_config(cases(20))]

    #[test]
    fn stabilising_targets(which in 0usize..4, seed in 0u64..10_000, pair in any::<bool>()) {
        let (cortex, unstable) = out_of_reach(seed).swap_remove(which);
        let (targets, amplitudes) = if pair {
            (vec![z(-0.1, 0.2), z(-0.1, -0.2)], vec![z(0.3, 0.1), z(0.3, -0.1)])
        } else {
            (vec![z(-0.1, 0.0)], vec![z(0.7, 0.0)])
        };
        let refuse = PlacementOptions::published().with(|o| o.stabilised_decay = None);
        let error = Placement::new(&cortex, &targets, &refuse).unwrap_err();
        let Error::Unstable { what, abscissa, limit, .. } = error.clone() else { panic!("{error}") };
        prop_assert_eq!((what, limit), ("loop (its eigenvalues beside the targets)", -1e-3));
        prop_assert!(abscissa > 0.0);
        prop_assert_eq!(error.to_string(), format!(
            "loop (its eigenvalues beside the targets): expected every eigenvalue left of -1.0e-3, given spectral \
             abscissa {abscissa:.3e}; lower the gain, use other targets, or another cortex"
        ));

        let placement = Placement::new(&cortex, &targets, &PlacementOptions::published()).unwrap();
        let added = placement.stabilising();
        prop_assert!(added.len() >= unstable, "{added:?}");
        prop_assert!(added.iter().all(|mu| mu.re <= -0.05) && added.iter().map(|mu| mu.im).sum::<f64>() == 0.0);
        prop_assert_eq!(&placement.targets()[..], &targets[..]);
        prop_assert!(placement.rest().abscissa() <= -1e-3);

        let options = LoopOptions::default().with(|o| (o.starts, o.placement) = (2, PlacementOptions::published()));
        let made = LoopDesign::new(&cortex, &targets, &amplitudes, 30.0, &options).unwrap().optimise(seed).unwrap();
        prop_assert_eq!(made.stabilising(), added);
        prop_assert!(spectral_abscissa(made.system()).unwrap() < 0.0);
        prop_assert!(farthest(added, &eigenvalues(made.system()).unwrap()) < 1e-7);
        // Only the targets' modes are excited: (A_mu - t_1) ... (A_mu - t_K) x_init = 0.
        let mut rest = made.initial_state().map(|x| z(x, 0.0));
        for t in &targets {
            rest = made.system().map(|x| z(x, 0.0)) * &rest - &rest * *t;
        }
        let size = made.initial_state().norm() * made.system().norm().powi(targets.len() as i32);
        prop_assert!(rest.norm() < 1e-11 * size, "{:e}", rest.norm() / size);
    }
}

#[test]
fn refusals() {
    let cortex = System::from(Cortex::random(4, 0.5, 1).unwrap());
    let options = PlacementOptions::published();
    let refuse =
        |targets: &[Complex64], message: &str| refused(Placement::new(&cortex, targets, &options), message);

    let error =
        refuse(&[], "targets: expected at least one element, given none; give the eigenvalues to place");
    assert!(matches!(error, Error::Empty { what: "targets", .. }));

    let many: Vec<_> = (1..=5).map(|k| z(-0.1 * f64::from(k), 0.0)).collect();
    let error = refuse(&many, "targets: expected at most as many as units, given 5");
    assert!(matches!(error, Error::OutOfRange { what: "targets", given: 5.0, .. }));

    let message = "eigenvalues: expected finite numbers, given NaN at index 1; remove or replace it";
    let error = refuse(&[z(-0.1, 0.0), z(-0.1, f64::NAN)], message);
    assert!(matches!(error, Error::NotFinite { index: 1, .. }));
    let message = "eigenvalues: expected finite numbers, given inf at index 0; remove or replace it";
    refuse(&[z(f64::INFINITY, 0.0)], message);

    let message = "eigenvalues: expected numbers closed under conjugation, given -0.1+0.2i at index 1 without its \
                   conjugate; add the conjugate";
    let error = refuse(&[z(-0.2, 0.0), z(-0.1, 0.2)], message);
    assert_eq!(error, Error::NotConjugate { what: "eigenvalues", index: 1, value: z(-0.1, 0.2) });

    let message = "targets: expected distinct eigenvalues, given -0.1+0i at indices 0 and 2 (0.0e0 apart); separate \
                   or drop one";
    let error = refuse(&[z(-0.1, 0.0), z(-0.2, 0.0), z(-0.1, 0.0)], message);
    assert!(matches!(error, Error::RepeatedTarget { first: 0, second: 2, distance: 0.0, .. }));
    let message = "targets: expected distinct eigenvalues, given -0.1+0i at indices 0 and 1 (1.0e-10 apart); \
                   separate or drop one";
    refuse(&[z(-0.1, 0.0), z(-0.1 - 1e-10, 0.0)], message);

    let eigenvalue = cortex.spectrum().unwrap()[0];
    assert_eq!(eigenvalue.im, 0.0);
    let error = refuse(
        &[z(-0.1, 0.0), eigenvalue],
        &format!(
            "targets: expected distance from the spectrum of A, given {eigenvalue} at 0.0e0 from its eigenvalue \
             {eigenvalue}; move the target"
        ),
    );
    assert_eq!(error, Error::TargetOnEigenvalue { target: eigenvalue, eigenvalue, distance: 0.0 });
}

#[test]
fn ill_conditioned_placement_says_the_numbers() {
    let cortex = System::from(Cortex::random(8, 0.5, 1).unwrap());
    let targets: Vec<_> = (0..8).map(|k| z(-2.0 - 0.01 * f64::from(k), 0.0)).collect();
    let error = Placement::new(&cortex, &targets, &PlacementOptions::published()).unwrap_err();
    let Error::IllConditionedPlacement { condition, limit, modes, units } = error else { panic!("{error}") };
    assert_eq!((limit, modes, units), (1e10, 8, 8));
    assert!(condition > 1e12, "{condition:e}");
    assert_eq!(
        error.to_string(),
        format!(
            "placement: expected cond(Q) <= 1.0e10, given {condition:.1e} with 8 targets on 8 units; use fewer \
             modes, spread the targets, or a larger cortex"
        )
    );
    // The limit is the one given; the same targets pass where it allows them, or fail to arrive.
    let strict = PlacementOptions::published().with(|o| o.condition_limit = 2.0);
    let error = Placement::new(&cortex, &targets[..2], &strict).unwrap_err();
    assert!(matches!(error, Error::IllConditionedPlacement { limit: 2.0, modes: 2, .. }));
    let lax = PlacementOptions::published().with(|o| o.condition_limit = 1e300);
    let error = Placement::new(&cortex, &targets, &lax).unwrap_err();
    assert!(
        matches!(error, Error::PlacementInaccurate { .. } | Error::Unstable { .. })
            || matches!(error, Error::IllConditionedPlacement { limit: 1e300, .. }),
        "{error}"
    );
    // Equal eigenvalues of A carry one target only.
    let equal = System::from(Cortex::new(DMatrix::zeros(5, 5), DVector::from_element(5, 1.0), 0.5).unwrap());
    let error =
        Placement::new(&equal, &[z(-0.1, 0.0), z(-0.2, 0.0)], &PlacementOptions::published()).unwrap_err();
    assert!(matches!(error, Error::IllConditionedPlacement { modes: 2, units: 5, .. }), "{error}");
}

#[test]
fn options_out_of_range() {
    let cortex = System::from(Cortex::random(4, 0.5, 1).unwrap());
    let plain = PlacementOptions::default;
    let cases = [
        (plain().with(|o| o.condition_limit = 0.0), "condition limit: expected a finite number > 0, given 0"),
        (
            plain().with(|o| o.condition_limit = f64::INFINITY),
            "condition limit: expected a finite number > 0, given inf",
        ),
        (
            plain().with(|o| o.rest_margin = Rate::PerTau(-1.0)),
            "rest margin: expected a finite number >= 0, given -1",
        ),
        (
            plain().with(|o| o.rest_margin = Rate::PerTau(f64::NAN)),
            "rest margin: expected a finite number >= 0, given NaN",
        ),
        (
            plain().with(|o| o.stabilised_decay = Some(Rate::PerTau(1e-3))),
            "stabilised decay (1/tau): expected more than the rest margin, given 0.001",
        ),
        (
            plain().with(|o| o.stabilised_decay = Some(Rate::PerTau(f64::NAN))),
            "stabilised decay: expected a finite number > 0, given NaN",
        ),
    ];
    for (options, message) in cases {
        let error = refused(Placement::new(&cortex, &[z(-0.1, 0.0)], &options), message);
        assert!(matches!(error, Error::OutOfRange { .. }));
    }
}

#[test]
fn inputs_that_carry_no_feedback() {
    let cortex = System::from(Cortex::random(6, 0.5, 1).unwrap());
    let placement = Placement::new(&cortex, &[z(-0.1, 0.0)], &PlacementOptions::published()).unwrap();
    let feedback = |u: DVector<f64>| placement.feedback(&u);
    let message = "input weights u: expected shape 6 x 1, given 5 x 1; give one weight per unit";
    assert!(matches!(refused(feedback(DVector::zeros(5)), message), Error::Shape { .. }));
    let mut u = DVector::from_element(6, 1.0);
    u[3] = f64::NEG_INFINITY;
    let message = "input weights u: expected finite numbers, given -inf at index 3; remove or replace it";
    assert!(matches!(refused(feedback(u), message), Error::NotFinite { index: 3, .. }));
    let message = "feedback v (u has no component along some eigenvector of A): expected a regular problem, given one \
                   that is singular to working precision; choose another u, a random one for instance";
    assert!(matches!(refused(feedback(DVector::zeros(6)), message), Error::Singular { .. }));
}
