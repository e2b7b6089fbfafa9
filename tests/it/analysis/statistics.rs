//! The signed-rank test, against SciPy, enumeration and quadrature.

use crate::support::{cases, reference};
use proptest::prelude::*;
use thalamo::Error;
use thalamo::analysis::{WilcoxonMethod, wilcoxon_signed_rank};

#[test]
fn signed_rank_matches_scipy() {
    let data = reference("wilcoxon");
    let cases = data["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let differences: Vec<f64> = serde_json::from_value(case["differences"].clone()).unwrap();
        let expected = case["p_value"].as_f64().unwrap();
        let test = wilcoxon_signed_rank(&differences).unwrap();
        assert!((test.p_value - expected).abs() < 1e-12, "{} is not {expected}", test.p_value);
        assert_eq!(test.method, WilcoxonMethod::Exact);
    }
}

#[test]
fn ranks_ties_and_zeros_by_hand() {
    // magnitudes 1 1 2 3 3 3 -> ranks 1.5 1.5 3 5 5 5
    let test = wilcoxon_signed_rank(&[3.0, -1.0, 0.0, 2.0, -3.0, 1.0, -0.0, 3.0]).unwrap();
    assert_eq!((test.positive_rank_sum, test.negative_rank_sum), (14.5, 6.5));
    assert_eq!((test.positive_rank_sum.min(test.negative_rank_sum), test.pairs, test.zeros), (6.5, 6, 2));
}

#[test]
fn zeros_alone_are_no_evidence() {
    let test = wilcoxon_signed_rank(&[0.0, -0.0, 0.0]).unwrap();
    assert_eq!((test.p_value, test.pairs, test.zeros), (1.0, 0, 3));
}

#[test]
fn signed_rank_refuses_bad_differences() {
    let error = wilcoxon_signed_rank(&[]).unwrap_err();
    assert!(matches!(error, Error::Empty { what: "wilcoxon differences", .. }));
    let message =
        "wilcoxon differences: expected at least one element, given none; give one difference per pair";
    assert_eq!(error.to_string(), message);
    let error = wilcoxon_signed_rank(&[1.0, f64::NAN]).unwrap_err();
    assert!(matches!(error, Error::NotFinite { what: "wilcoxon differences", index: 1, .. }));
}

/// Differences of distinct magnitudes 1..=n, every `every`-th of them negative.
fn alternating(n: usize, every: usize) -> Vec<f64> {
    (1..=n).map(|i| if i % every == 0 { -(i as f64) } else { i as f64 }).collect()
}

/// Two-sided tail of the standard normal distribution by Simpson's rule.
fn two_sided_tail(z: f64) -> f64 {
    let (n, end) = (20_000, z + 12.0);
    let h = (end - z) / n as f64;
    let density = |x: f64| (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
    let weight = |i| if i == 0 || i == n { 1.0 } else { 2.0 + 2.0 * (i % 2) as f64 };
    2.0 * h / 3.0 * (0..=n).map(|i| weight(i) * density(z + i as f64 * h)).sum::<f64>()
}

#[test]
fn large_samples_use_the_normal_distribution() {
    for every in [2, 3, 4] {
        let differences = alternating(201, every);
        let test = wilcoxon_signed_rank(&differences).unwrap();
        assert_eq!(test.method, WilcoxonMethod::Normal);
        let n = 201.0;
        let z = (test.positive_rank_sum - n * (n + 1.0) / 4.0).abs()
            / f64::sqrt(n * (n + 1.0) * (2.0 * n + 1.0) / 24.0);
        let expected = two_sided_tail(z);
        assert!((test.p_value / expected - 1.0).abs() < 1e-10, "{} is not {expected}", test.p_value);
    }
}

#[test]
fn large_samples_correct_the_variance_for_ties() {
    // 300 differences: magnitudes 1 (200 times) and 2 (100 times)
    let differences: Vec<f64> =
        (0..300).map(|i| if i < 200 { 1.0 } else { 2.0 } * if i % 5 < 2 { -1.0 } else { 1.0 }).collect();
    let test = wilcoxon_signed_rank(&differences).unwrap();
    let (n, ties) = (300.0, [200.0_f64, 100.0]);
    let variance =
        n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ties.iter().map(|t| t.powi(3) - t).sum::<f64>() / 48.0;
    let expected = two_sided_tail((test.positive_rank_sum - n * (n + 1.0) / 4.0).abs() / variance.sqrt());
    assert!((test.p_value / expected - 1.0).abs() < 1e-10, "{} is not {expected}", test.p_value);
}

#[test]
fn exact_distribution_approaches_the_normal_one() {
    let differences: Vec<f64> = (1..=200).map(|i| f64::from(if i % 7 < 3 { -i } else { i })).collect();
    let exact = wilcoxon_signed_rank(&differences).unwrap();
    assert_eq!(exact.method, WilcoxonMethod::Exact);
    let n = 200.0;
    let z =
        (exact.positive_rank_sum - n * (n + 1.0) / 4.0) / f64::sqrt(n * (n + 1.0) * (2.0 * n + 1.0) / 24.0);
    let ratio = exact.p_value / two_sided_tail(z);
    assert!(z > 1.0 && (ratio - 1.0).abs() < 0.01, "{ratio} at {z} standard deviations");
}

/// Two-sided p-value by going through all assignments of signs.
fn by_enumeration(differences: &[f64]) -> f64 {
    let magnitudes: Vec<f64> = differences.iter().map(|d| d.abs()).filter(|&m| m > 0.0).collect();
    let rank = |m: f64| {
        let below = magnitudes.iter().filter(|&&x| x < m).count();
        let equal = magnitudes.iter().filter(|&&x| x == m).count();
        below as f64 + 0.5 * (equal as f64 + 1.0)
    };
    let ranks: Vec<f64> = magnitudes.iter().map(|&m| rank(m)).collect();
    let observed: f64 = differences.iter().filter(|&&d| d != 0.0).map(|&d| rank(d.abs()) * d.signum()).sum();
    let assignments = 1_u32 << ranks.len();
    let as_extreme = (0..assignments)
        .filter(|signs| {
            let sum: f64 =
                ranks.iter().enumerate().map(|(i, r)| if signs >> i & 1 == 1 { *r } else { -r }).sum();
            sum.abs() >= observed.abs()
        })
        .count();
    as_extreme as f64 / f64::from(assignments)
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn exact_p_values_match_enumeration_with_ties_and_zeros(whole in prop::collection::vec(-5_i32..=5, 1..=12)) {
        let differences: Vec<f64> = whole.iter().map(|&i| f64::from(i)).collect();
        let p_value = wilcoxon_signed_rank(&differences).unwrap().p_value;
        prop_assert!((p_value - by_enumeration(&differences)).abs() < 1e-14);
    }

    #[test]
    fn exact_p_values_match_enumeration_without_ties(differences in prop::collection::vec(-1.0_f64..1.0, 1..=12)) {
        let p_value = wilcoxon_signed_rank(&differences).unwrap().p_value;
        prop_assert!((p_value - by_enumeration(&differences)).abs() < 1e-14);
    }

    #[test]
    fn signs_and_order_do_not_matter(differences in prop::collection::vec(-3_i32..=3, 1..=300)) {
        let forward: Vec<f64> = differences.iter().map(|&i| f64::from(i)).collect();
        let backward: Vec<f64> = forward.iter().rev().map(|d| -d).collect();
        let (a, b) = (wilcoxon_signed_rank(&forward).unwrap(), wilcoxon_signed_rank(&backward).unwrap());
        prop_assert_eq!(a.p_value, b.p_value);
        prop_assert_eq!(a.positive_rank_sum, b.negative_rank_sum);
        prop_assert!(a.p_value > 0.0 && a.p_value <= 1.0);
    }
}
