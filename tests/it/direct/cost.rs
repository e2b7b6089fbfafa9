//! The objective of a direct design: the slow path, differences, and what must not change it.

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use thalamo::direct::{DirectCost, DirectOptions};
use thalamo::motif::Motif;
use thalamo::{Cortex, Error, LowRank, System};

use super::case::{HARD, case};
use super::slow::difference;
use crate::support::*;

proptest! {
    #![proptest_config(cases(60))]

    /// At the best start: the slow path's parts, its differences, and no better start nearby.
    #[test]
    fn values_are_the_slow_path_s_and_gradients_differences(
        kind in 0usize..HARD, n in 2usize..14, outputs in 1usize..4, rank in 1usize..3, seed in 0u64..10_000,
    ) {
        let case = case(kind, n, outputs, rank.min(n), seed);
        let mut cost = case.cost();
        let terms = cost.evaluate(&case.weights).unwrap().unwrap();
        let start = cost.start();
        prop_assert!(difference(&terms, &case.slow(&start)) < 1e-7, "{terms:?} {:?}", case.slow(&start));
        // The derivative of an eigenvalue that has no eigenvectors does not exist.
        if kind != 4 {
            let error = case.gradient_error(&cost, &start, seed);
            prop_assert!(error < 5e-6, "{error:e}");
        }
        let mut rng = rng(seed);
        for _ in 0..3 {
            let other = &start + normal_vector(n, &mut rng) * 1e-2;
            prop_assert!(case.slow(&other).objective >= terms.objective * (1.0 - 1e-9));
        }
    }

    /// From a given start as well.
    #[test]
    fn any_start(kind in 0usize..4, n in 2usize..14, outputs in 1usize..4, seed in 0u64..10_000) {
        let case = case(kind, n, outputs, 1, seed);
        let start = normal_vector(n, &mut rng(seed + 1));
        let mut cost = case.cost();
        let terms = cost.evaluate_from(&case.weights, &start).unwrap().unwrap();
        prop_assert!(difference(&terms, &case.slow(&start)) < 1e-7);
        prop_assert!(case.gradient_error(&cost, &start, seed) < 5e-6);
    }
}

#[test]
fn a_loop_without_eigenvectors_is_propagated() {
    let case = case(4, 9, 2, 2, 3);
    let mut cost = case.cost();
    let terms = cost.evaluate(&case.weights).unwrap().unwrap();
    assert_eq!(cost.propagations(), 1);
    assert!(difference(&terms, &case.slow(&cost.start())) < 1e-9);
    // The block's own eigenvalues stay left of the barrier, so that the derivative exists.
    let start = cost.start();
    assert_eq!(terms.barrier, 0.0);
    assert!(case.gradient_error(&cost, &start, 5) < 1e-7);
    // Another eigenvalue on the barrier does no harm.
    let case = self::case(4, 6, 1, 1, 2294);
    let mut cost = case.cost();
    let terms = cost.evaluate(&case.weights).unwrap().unwrap();
    assert!(cost.propagations() == 1 && terms.barrier > 0.0);
    assert!(difference(&terms, &case.slow(&cost.start())) < 1e-9);
    let start = cost.start();
    assert!(case.gradient_error(&cost, &start, 5) < 1e-6);
}

/// W Q and y Q for an orthogonal Q, an output that is zero, one that is there twice with half the weight.
#[test]
fn outputs_enter_by_their_span_alone() {
    let case = case(0, 11, 3, 2, 8);
    let mut plain = case.cost();
    let terms = plain.evaluate(&case.weights).unwrap().unwrap();
    let check = |readout: DMatrix<f64>, samples: DMatrix<f64>, weights: Vec<f64>| {
        let system = System::new(case.system.matrix().clone(), readout).unwrap();
        let motif = Motif::from_samples(case.motif.dt(), samples).unwrap();
        let rms = (case.motif.samples().norm_squared() / case.motif.samples().len() as f64).sqrt();
        for exact in [false, true] {
            let options = case
                .options
                .clone()
                .with(|o| (o.scale, o.output_weights, o.exact_start) = (Some(rms), weights.clone(), exact));
            let mut other = DirectCost::new(&system, &case.covariance, &motif, &options).unwrap();
            let found = other.evaluate(&case.weights).unwrap().unwrap();
            let (expected, plain) = if exact {
                let options = case.options.clone().with(|o| o.exact_start = true);
                let mut cost =
                    DirectCost::new(&case.system, &case.covariance, &case.motif, &options).unwrap();
                let terms = cost.evaluate(&case.weights).unwrap().unwrap();
                let first = case.system.readout().transpose() * cost.start();
                assert!((first - case.motif.samples().row(0).transpose()).norm() < 1e-9);
                (terms, cost)
            } else {
                let mut again = case.cost();
                again.evaluate(&case.weights).unwrap();
                (terms, again)
            };
            assert!(difference(&found, &expected) < 1e-9, "{exact}: {found:?} {expected:?}");
            assert!((other.start() - plain.start()).norm() < 1e-7 * plain.start().norm());
            let gap = (other.gradient_input() - plain.gradient_input()).norm();
            assert!(gap < 1e-8 * plain.gradient_input().norm(), "{gap:e}");
            let gap = (other.gradient_feedback() - plain.gradient_feedback()).norm();
            assert!(gap < 1e-8 * plain.gradient_feedback().norm(), "{gap:e}");
        }
    };
    let (w, y) = (case.system.readout(), case.motif.samples());
    let turn = matrices::orthogonal(3, 5);
    check(w * &turn, y * &turn, vec![]);
    let with = |m: &DMatrix<f64>, column: DVector<f64>| {
        m.clone().insert_column(3, 0.0) + {
            let mut extra = DMatrix::zeros(m.nrows(), 4);
            extra.set_column(3, &column);
            extra
        }
    };
    check(with(w, DVector::zeros(w.nrows())), with(y, DVector::zeros(y.nrows())), vec![]);
    let half = 0.5f64.sqrt();
    let twice = |m: &DMatrix<f64>| with(m, m.column(2).into_owned());
    check(twice(w), twice(y), vec![1.0, 1.0, half, half]);
}

/// Ten times slower with everything ten times as long; another unit of the targets.
#[test]
fn units_do_not_matter() {
    let case = case(0, 12, 2, 1, 4);
    let mut cost = case.cost();
    let terms = cost.evaluate(&case.weights).unwrap().unwrap();
    for (slower, unit) in [(10.0, 1.0), (1.0, 1000.0), (0.03, 1e-5)] {
        let system = System::new(case.system.matrix() / slower, case.system.readout().clone()).unwrap();
        let motif = Motif::from_samples(case.motif.dt() * slower, case.motif.samples() * unit).unwrap();
        let root = f64::sqrt(slower);
        let weights = LowRank::new(case.weights.input() / root, case.weights.feedback() / root).unwrap();
        let mut other = DirectCost::new(&system, &case.covariance, &motif, &case.options).unwrap();
        let found = other.evaluate(&weights).unwrap().unwrap();
        assert!(difference(&found, &terms) < 1e-10, "{slower}, {unit}");
        assert!(distance(&(other.start() / unit), &cost.start()) < 1e-8);
        assert!(
            (other.gradient_input() / root - cost.gradient_input()).norm()
                < 1e-8 * cost.gradient_input().norm()
        );
    }
}

#[test]
fn far_loops_have_no_value() {
    let case = case(0, 8, 1, 1, 2);
    let grow = LowRank::new(DMatrix::from_element(8, 1, 2.0), DMatrix::from_element(8, 1, 2.0)).unwrap();
    assert_eq!(case.cost().evaluate(&grow).unwrap(), None);
    let huge = LowRank::new(DMatrix::from_element(8, 1, 1e200), DMatrix::from_element(8, 1, 1e200)).unwrap();
    assert_eq!(case.cost().evaluate(&huge).unwrap(), None);
}

#[test]
fn refusals() {
    let case = case(0, 6, 2, 1, 2);
    let new = |covariance: &DMatrix<f64>, motif: &Motif, options: &DirectOptions| {
        DirectCost::new(&case.system, covariance, motif, options)
    };
    let message = "covariance S: expected shape 6 x 6, given 5 x 5; give S as N x N";
    refused(new(&DMatrix::zeros(5, 5), &case.motif, &case.options), message);
    let mut skew = DMatrix::zeros(6, 6);
    skew[(0, 1)] = 1.0;
    assert!(new(&skew, &case.motif, &case.options).is_err());
    let negative = DMatrix::from_diagonal(&DVector::from_element(6, -1.0));
    let message = "smallest variance of S: expected a finite number >= 0, given -1";
    refused(new(&negative, &case.motif, &case.options), message);
    let scalar = Motif::new(0.3, vec![1.0; 40]).unwrap();
    let message = "motif: expected shape 40 x 2, given 40 x 1; give one column per output of the system";
    assert!(matches!(refused(new(&case.covariance, &scalar, &case.options), message), Error::Shape { .. }));
    let with = |change: fn(&mut DirectOptions)| {
        new(&case.covariance, &case.motif, &case.options.clone().with(change))
    };
    refused(with(|o| o.rank = 7), "rank of a direct loop: expected 1 to the number of units N, given 7");
    refused(with(|o| o.size = 0.0), "weight of the loop's size: expected a finite number > 0, given 0");
    let message = "output weights: expected shape 2 x 1, given 1 x 1; give one weight per output";
    refused(with(|o| o.output_weights = vec![1.0]), message);
    refused(with(|o| o.output_weights = vec![1.0, -1.0]), "output weight: expected a number >= 0, given -1");
    refused(with(|o| o.scale = Some(-1.0)), "scale of a motif: expected a finite number > 0, given -1");
    let mut cost = case.cost();
    let other = LowRank::new(DMatrix::zeros(6, 2), DMatrix::zeros(6, 2)).unwrap();
    let message = "loop U V^T: expected shape 6 x 1, given 6 x 2; use the rank and system of the design";
    refused(cost.evaluate(&other), message);
    let message = "start s: expected shape 6 x 1, given 5 x 1; give one entry per unit";
    refused(cost.evaluate_from(&case.weights, &DVector::zeros(5)), message);
    let cortex = System::from(Cortex::random(1, 0.5, 1).unwrap());
    let one = DirectCost::new(&cortex, &DMatrix::zeros(1, 1), &scalar, &DirectOptions::default());
    let weights = LowRank::new(DMatrix::zeros(1, 1), DMatrix::zeros(1, 1)).unwrap();
    assert!(one.unwrap().evaluate(&weights).unwrap().is_some());
}
