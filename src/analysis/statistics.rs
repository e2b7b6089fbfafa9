//! The Wilcoxon signed-rank test.

use crate::{Error, Result, check};

/// Pairs up to which the null distribution is exact.
const EXACT_PAIRS: usize = 200;

/// How a p-value was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WilcoxonMethod {
    /// From the distribution of the rank sum over all `2^n` assignments of signs, ties included.
    Exact,
    /// From the normal approximation with the variance corrected for ties, without continuity
    /// correction.
    Normal,
}

/// Result of [`wilcoxon_signed_rank`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Wilcoxon {
    /// Sum of the ranks of the positive differences.
    pub positive_rank_sum: f64,
    /// Sum of the ranks of the negative differences.
    pub negative_rank_sum: f64,
    /// Two-sided: the probability, under signs of chance, of a rank sum at least as far from its
    /// mean.
    pub p_value: f64,
    /// Number of differences that were ranked: those that are not zero.
    pub pairs: usize,
    /// Number of zero differences that were dropped.
    pub zeros: usize,
    /// How the p-value was computed.
    pub method: WilcoxonMethod,
}

/// Two-sided Wilcoxon signed-rank test of paired differences against a distribution symmetric about
/// zero.
///
/// Zero differences are dropped (Wilcoxon's own rule), equal absolute values share their mean rank.
/// Up to 200 pairs the p-value is exact, also with ties, by dynamic programming over the rank sums
/// in $O(n^3)$; above, it comes from the normal approximation
/// $$ p = \mathrm{erfc} \frac{|W_+ - n(n+1)/4|}{\sqrt{2} \sigma}, \qquad
/// \sigma^2 = \tfrac14 \sum_i r_i^2 = \frac{n(n+1)(2n+1)}{24} - \sum_{ties} \frac{t^3 - t}{48}. $$
/// Without any non-zero difference there is no evidence at all: the p-value is 1.
///
/// ```
/// let test = thalamo::analysis::wilcoxon_signed_rank(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])?;
/// assert_eq!(test.p_value, 2.0 / 1024.0);
/// # Ok::<(), thalamo::Error>(())
/// ```
///
/// # Errors
/// [`Error::Empty`] without differences, [`Error::NotFinite`] on a NaN or infinity.
///
/// # Reference
/// F. Wilcoxon, Individual comparisons by ranking methods, Biometrics Bulletin 1 (1945).
pub fn wilcoxon_signed_rank(differences: &[f64]) -> Result<Wilcoxon> {
    if differences.is_empty() {
        return Err(Error::Empty { what: "wilcoxon differences", remedy: "give one difference per pair" });
    }
    check::finite("wilcoxon differences", differences)?;
    let mut ranked: Vec<f64> = differences.iter().copied().filter(|&d| d != 0.0).collect();
    ranked.sort_by(|a, b| a.abs().total_cmp(&b.abs()));

    let doubled = doubled_ranks(&ranked);
    let total: usize = doubled.iter().sum();
    let positive: usize = doubled.iter().zip(&ranked).filter(|&(_, &d)| d > 0.0).map(|(r, _)| r).sum();
    let negative = total - positive;
    let (p_value, method) = if ranked.len() <= EXACT_PAIRS {
        (exact(&doubled, positive.min(negative)), WilcoxonMethod::Exact)
    } else {
        (normal(&doubled, positive.abs_diff(negative)), WilcoxonMethod::Normal)
    };
    Ok(Wilcoxon {
        positive_rank_sum: positive as f64 / 2.0,
        negative_rank_sum: negative as f64 / 2.0,
        p_value,
        pairs: ranked.len(),
        zeros: differences.len() - ranked.len(),
        method,
    })
}

/// Twice the mid-ranks of values sorted by magnitude: whole numbers even with ties.
fn doubled_ranks(sorted: &[f64]) -> Vec<usize> {
    let mut doubled = Vec::with_capacity(sorted.len());
    for tie in sorted.chunk_by(|a, b| a.abs() == b.abs()) {
        let below = doubled.len();
        doubled.resize(below + tie.len(), 2 * below + tie.len() + 1);
    }
    doubled
}

/// Twice the probability of a doubled rank sum of at most `smaller`, by symmetry the two-sided
/// p-value.
fn exact(doubled: &[usize], smaller: usize) -> f64 {
    // probability[s] of the sum s over the ranks seen so far, each counted or not with probability
    // 1/2
    let mut probability = vec![0.0; smaller + 1];
    probability[0] = 1.0;
    for &rank in doubled {
        for s in (0..=smaller).rev() {
            let counted = if s >= rank { probability[s - rank] } else { 0.0 };
            probability[s] = 0.5 * (probability[s] + counted);
        }
    }
    (2.0 * probability.iter().sum::<f64>()).min(1.0)
}

/// Normal approximation from the difference of both doubled rank sums.
fn normal(doubled: &[usize], difference: usize) -> f64 {
    // doubled W+ - W- has mean zero and variance sum (2 r)^2
    let deviation = doubled.iter().map(|&r| (r as f64).powi(2)).sum::<f64>().sqrt();
    libm::erfc(difference as f64 / (deviation * std::f64::consts::SQRT_2))
}
