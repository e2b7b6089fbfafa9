//! Norms of powers of a matrix that are never formed.

use crate::linalg::product::{apply, largest, view};
use nalgebra::DMatrix;

/// Steps after which the estimate is taken as it is; two or three are usual.
const STEPS: usize = 5;

/// Estimate of `|A B|_1`, a lower bound that is nearly always within a factor of three, at the cost of a few
/// products with vectors: the norm is convex, and climbs over the corners of the unit ball.
///
/// Reference: N. J. Higham (1988), FORTRAN codes for estimating the one-norm of a real or complex matrix,
/// ACM TOMS 14.
pub(super) fn estimate(a: &DMatrix<f64>, b: &DMatrix<f64>) -> f64 {
    let n = a.nrows();
    let (mut x, mut inner, mut image) = (vec![1.0 / n as f64; n], vec![0.0; n], vec![0.0; n]);
    let mut forward = |x: &[f64], image: &mut [f64]| {
        apply(view(b), x, &mut inner);
        apply(view(a), &inner, image);
        image.iter().map(|y| y.abs()).sum::<f64>()
    };
    let mut best = forward(&x, &mut image);
    let (mut slope, mut scratch, mut corner) = (vec![0.0; n], vec![0.0; n], None);
    for _ in 0..STEPS {
        image.iter_mut().for_each(|y| *y = if *y < 0.0 { -1.0 } else { 1.0 });
        apply(view(a).transpose(), &image, &mut scratch);
        apply(view(b).transpose(), &scratch, &mut slope);
        let steepest = (0..n).max_by(|&i, &j| slope[i].abs().total_cmp(&slope[j].abs()));
        if steepest == corner {
            break;
        }
        corner = steepest;
        x.iter_mut().enumerate().for_each(|(i, x)| *x = if Some(i) == corner { 1.0 } else { 0.0 });
        let size = forward(&x, &mut image);
        if size <= best {
            break;
        }
        best = size;
    }
    // A last trial, for matrices made to mislead the climb.
    let step = 1.0 / (n.max(2) - 1) as f64;
    let sign = |i: usize| if i.is_multiple_of(2) { 1.0 } else { -1.0 };
    x.iter_mut().enumerate().for_each(|(i, x)| *x = sign(i) * (1.0 + step * i as f64));
    best.max(2.0 / (3.0 * n as f64) * forward(&x, &mut image))
}

/// Powers whose norms are computed; those of higher ones are bounded by products of these.
const GROWTH: usize = 5;

/// How powers of `|A|`, the matrix of absolute values, grow: `log2 | |A|^k |_1`.
#[derive(Debug)]
pub(super) struct Growth([f64; GROWTH + 1]);

impl Growth {
    /// Without negative entries the norm of a power is found by multiplying ones.
    pub(super) fn of(a: &DMatrix<f64>) -> Self {
        let a = a.abs();
        let (mut x, mut image) = (vec![1.0; a.nrows()], vec![0.0; a.nrows()]);
        let mut logs = [f64::NEG_INFINITY; GROWTH + 1];
        logs[0] = 0.0;
        for k in 1..=GROWTH {
            apply(view(&a).transpose(), &x, &mut image);
            let size = largest(image.iter().copied());
            if size == 0.0 {
                break;
            }
            logs[k] = logs[k - 1] + size.log2();
            x.iter_mut().zip(&image).for_each(|(x, y)| *x = y / size);
        }
        Self(logs)
    }

    /// An upper bound of `log2 | |A|^k |_1`.
    pub(super) fn bound(&self, k: usize) -> f64 {
        let whole = k / GROWTH;
        let most = if whole > 0 { whole as f64 * self.0[GROWTH] } else { 0.0 };
        most + self.0[k % GROWTH]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cortex;
    use crate::linalg::product::{one_norm, product};

    #[test]
    fn estimates_are_lower_bounds_and_close() {
        for (n, seed) in [(1, 1), (2, 2), (7, 3), (40, 4), (99, 5)] {
            let a = Cortex::random(n, 1.0, seed).unwrap().matrix();
            let b = product(view(&a), view(&a));
            let (found, exact) = (estimate(&a, &b), one_norm(&product(view(&a), view(&b))));
            assert!(found <= exact * (1.0 + 1e-14) && found >= exact / 3.0, "{n}: {found} {exact}");
        }
    }

    #[test]
    fn powers_of_absolute_values_are_bounded_closely() {
        for n in [1, 2, 7, 40] {
            let a = Cortex::random(n, 1.0, n as u64).unwrap().matrix();
            let growth = Growth::of(&a);
            for k in [1, 2, 5, 7, 11, 27] {
                let exact = one_norm(&a.abs().pow(k as u32)).log2();
                let found = growth.bound(k);
                assert!(found > exact - 1e-10 && found < exact + 0.25 * k as f64, "{n} {k}: {found} {exact}");
            }
        }
        let nilpotent = nalgebra::dmatrix![0.0, 1e200; 0.0, 0.0];
        assert_eq!(Growth::of(&nilpotent).bound(7), f64::NEG_INFINITY);
    }
}
