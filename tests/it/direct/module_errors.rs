//! Errors of the preparatory module and of its input in the direct design: the slow path, one weight after
//! the other, and what is refused.

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use thalamo::direct::{DirectCost, DirectModule, DirectOptions, Prepared};
use thalamo::linalg::expm;
use thalamo::motif::Motif;
use thalamo::{Cortex, Error, LowRank, System};

use super::case::{Case, HARD, case};
use super::slow::{difference, slow};
use crate::support::*;

/// A module that is stable.
fn module(system: &System, seed: u64) -> LowRank {
    let n = system.units();
    let u = normal_matrix(n, 3, &mut rng(seed + 5)) * 0.4;
    LowRank::new(u.clone(), -u + normal_matrix(n, 3, &mut rng(seed + 6)) * 0.05).unwrap()
}

/// Covariance of the start from errors of the module's weights and of its input, one weight after the other.
fn covariance(
    system: &System,
    weights: &LowRank,
    duration: f64,
    start: &DVector<f64>,
    (of_weights, of_input): (f64, f64),
) -> DMatrix<f64> {
    let closed = weights.closed(system).unwrap();
    let (n, rank) = weights.input().shape();
    let left = DMatrix::identity(n, n) - expm(&(&closed * duration)).unwrap();
    let fixed = left.clone().lu().solve(start).unwrap();
    let carry = -closed.clone().lu().solve(&left).unwrap();
    let mut out = DMatrix::zeros(n, n);
    let mut add = |moved: DVector<f64>, error: f64| {
        let moved = &carry * moved * error;
        out += &moved * moved.transpose();
    };
    let felt = weights.feedback().transpose() * &fixed;
    for i in 0..n {
        let unit = DVector::from_fn(n, |k, _| f64::from(k == i));
        for k in 0..rank {
            add(&unit * (weights.input()[(i, k)] * felt[k]), of_weights);
            add(weights.input().column(k) * (weights.feedback()[(i, k)] * fixed[i]), of_weights);
        }
        add(&unit * (&closed * &fixed)[i], of_input);
    }
    out
}

proptest! {
    #![proptest_config(cases(40))]

    /// Errors of the module and of its input are a covariance more, with and without eigenvectors.
    #[test]
    fn errors_of_the_module_are_the_slow_path_s(
        kind in 0usize..HARD, n in 2usize..10, outputs in 1usize..3, seed in 0u64..10_000,
    ) {
        let mut case = case(kind, n, outputs, 1, seed);
        case.options = std::mem::take(&mut case.options).with(|o| (o.module_error, o.input_error) = (0.2, 0.3));
        let (weights, duration) = (module(&case.system, seed), 4.0);
        let module = DirectModule::new(&case.system, &weights, duration).unwrap();
        let prepared = (&case.covariance, &module);
        let mut cost = DirectCost::new(&case.system, prepared, &case.motif, &case.options).unwrap();
        let terms = cost.evaluate(&case.weights).unwrap().unwrap();
        let start = cost.start();
        let scale = (case.motif.samples().norm_squared() / case.motif.samples().len() as f64).sqrt();
        let of = |start: &DVector<f64>| {
            covariance(&case.system, &weights, duration, &(start / scale), (0.2, 0.3))
        };
        let with = |covariance: DMatrix<f64>, start: &DVector<f64>| {
            let covariance = &case.covariance + covariance;
            slow(&case.system, &covariance, &case.motif, &case.options, &case.weights, start)
        };
        let mut expected = with(of(&start), &start);
        expected.module_errors = terms.module_errors;
        expected.noise -= terms.module_errors;
        prop_assert!(difference(&terms, &expected) < 1e-7, "{terms:?} {expected:?}");
        prop_assert!(terms.module_errors > 0.0);
        let known = Case { covariance: &case.covariance + of(&start), ..case.clone() };
        if kind != 4 {
            let error = known.gradient_error(&cost, &start, seed);
            prop_assert!(error < 5e-6, "{error:e}");
        }
        let mut rng = rng(seed);
        for _ in 0..3 {
            let other = &start + normal_vector(n, &mut rng) * 1e-2;
            let covariance = &known.covariance - of(&start) + of(&other);
            let other = slow(&known.system, &covariance, &known.motif, &known.options, &known.weights, &other);
            prop_assert!(other.objective >= terms.objective * (1.0 - 1e-9));
        }
    }
}

/// Slower with everything as much longer; a module without units.
#[test]
fn what_does_not_matter() {
    let case = case(0, 9, 2, 1, 3);
    let options = case.options.clone().with(|o| (o.module_error, o.input_error) = (0.1, 0.05));
    let evaluate = |case: &Case, weights: &LowRank, duration: f64| {
        let module = DirectModule::new(&case.system, weights, duration).unwrap();
        let prepared = (&case.covariance, &module);
        let mut cost = DirectCost::new(&case.system, prepared, &case.motif, &options).unwrap();
        let terms = cost.evaluate(&case.weights).unwrap().unwrap();
        (terms, cost.gradient_input().clone())
    };
    let weights = module(&case.system, 4);
    let (terms, by_input) = evaluate(&case, &weights, 5.0);
    let slower = |m: &LowRank| LowRank::new(m.input() / 3.0, m.feedback() / 3.0).unwrap();
    let other = Case {
        system: System::new(case.system.matrix() / 9.0, case.system.readout().clone()).unwrap(),
        motif: Motif::from_samples(case.motif.dt() * 9.0, case.motif.samples() * 1e3).unwrap(),
        weights: slower(&case.weights),
        ..case.clone()
    };
    let (found, moved) = evaluate(&other, &slower(&weights), 45.0);
    assert!(difference(&found, &terms) < 1e-9, "{found:?} {terms:?}");
    assert!((moved / 3.0 - &by_input).norm() < 1e-8 * by_input.norm());
    let none = LowRank::new(DMatrix::zeros(9, 0), DMatrix::zeros(9, 0)).unwrap();
    assert!(evaluate(&case, &none, 5.0).0.module_errors > 0.0);
}

#[test]
fn refusals() {
    let case = case(0, 6, 1, 1, 2);
    let with = |change: fn(&mut DirectOptions), prepared: Prepared<'_>| {
        DirectCost::new(&case.system, prepared, &case.motif, &case.options.clone().with(change))
    };
    let plain = Prepared::from(&case.covariance);
    let message = "relative error of the loop's weights: expected a finite number >= 0, given -1";
    refused(with(|o| o.weight_error = -1.0, plain), message);
    let message = "standard deviations at the barrier: expected a finite number >= 0, given NaN";
    refused(with(|o| o.deviations = f64::NAN, plain), message);
    let message = "module of a direct design with errors of it: expected at least one element, given none; give S together with the module";
    refused(with(|o| o.input_error = 0.1, plain), message);
    let other = System::from(Cortex::random(5, 0.5, 1).unwrap());
    let module = DirectModule::new(&other, &module(&other, 1), 5.0).unwrap();
    let message = "module U: expected shape 6 x 3, given 5 x 3; use a module over the same system";
    refused(with(|o| o.module_error = 0.1, (&case.covariance, &module).into()), message);
    let still = System::new(DMatrix::zeros(2, 2), DVector::from_element(2, 1.0)).unwrap();
    let none = LowRank::new(DMatrix::zeros(2, 1), DMatrix::zeros(2, 1)).unwrap();
    assert!(matches!(DirectModule::new(&still, &none, 5.0), Err(Error::Singular { .. })));
    assert!(DirectModule::new(&still, &none, 0.0).is_err());
}
