//! Errors of weights in the direct design: the slow path, differences, and what they promise.

use proptest::prelude::*;

use super::case::{Case, HARD, case};
use super::slow::difference;
use crate::support::*;

/// The case with errors of the loop's weights, the barrier with and without standard deviations.
fn erroneous(kind: usize, n: usize, outputs: usize, rank: usize, seed: u64) -> Case {
    let mut case = case(kind, n, outputs, rank.min(n), seed);
    case.options = std::mem::take(&mut case.options).with(|o| {
        o.weight_error = 0.3;
        (o.deviations, o.barrier_error) = (if seed % 2 == 0 { 0.0 } else { 1.5 }, 0.2);
    });
    case
}

proptest! {
    #![proptest_config(cases(40))]

    /// At the best start: the slow path's parts, its differences, and no better start nearby.
    #[test]
    fn values_are_the_slow_path_s_and_gradients_differences(
        kind in 0usize..HARD, n in 2usize..12, outputs in 1usize..4, rank in 1usize..3, seed in 0u64..10_000,
    ) {
        let case = erroneous(kind, n, outputs, rank, seed);
        let mut cost = case.cost();
        let terms = cost.evaluate(&case.weights).unwrap();
        // No value without eigenvectors.
        prop_assert_eq!(terms.is_some(), cost.propagations() == 0);
        let Some(terms) = terms else { return Ok(()) };
        let start = cost.start();
        prop_assert!(difference(&terms, &case.slow(&start)) < 1e-7, "{terms:?} {:?}", case.slow(&start));
        let error = case.gradient_error(&cost, &start, seed);
        prop_assert!(error < 5e-6, "{error:e}");
        let mut rng = rng(seed);
        for _ in 0..3 {
            let other = &start + normal_vector(n, &mut rng) * 1e-2;
            prop_assert!(case.slow(&other).objective >= terms.objective * (1.0 - 1e-9));
        }
    }
}
