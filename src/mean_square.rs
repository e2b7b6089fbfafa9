//! Root mean squares of numbers whose squares may overflow or vanish.

/// Squares below this lose digits: beside `f64::MIN_POSITIVE` a mean of them may be no normal number.
const SMALLEST: f64 = 1e-290;

/// Root mean square of some numbers; finite for finite ones, and zero only if all of them are.
pub(crate) fn root_mean_square(values: impl ExactSizeIterator<Item = f64> + Clone) -> f64 {
    let count = values.len() as f64;
    let mean = values.clone().map(|x| x * x).sum::<f64>() / count;
    if mean.is_nan() || mean.is_finite() && mean > SMALLEST {
        return mean.sqrt();
    }
    let largest = values.clone().fold(0.0_f64, |most, x| most.max(x.abs()));
    if largest == 0.0 || !largest.is_finite() {
        return mean.sqrt();
    }
    // Rounding must not carry the result past the largest of the numbers.
    ((values.map(|x| (x / largest).powi(2)).sum::<f64>() / count).sqrt() * largest).min(largest)
}

#[cfg(test)]
mod tests {
    use super::root_mean_square;

    #[test]
    fn squares_out_of_range_do_not_matter() {
        for scale in [1.0, 1e300, 1e-300, 1e160, 1e-160, f64::MAX / 8.0] {
            let found = root_mean_square([3.0 * scale, -5.0 * scale, 1.0 * scale, 1.0 * scale].into_iter());
            assert!((found / (3.0 * scale) - 1.0).abs() < 1e-15, "{scale:e}: {found:e}");
        }
        assert_eq!(root_mean_square([0.0, 0.0].into_iter()), 0.0);
        assert_eq!(root_mean_square([5e-324, 5e-324].into_iter()), 5e-324);
        assert!(root_mean_square([f64::NAN, 1.0].into_iter()).is_nan());
    }
}
