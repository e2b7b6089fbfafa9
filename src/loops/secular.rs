//! Roots of the secular equation `sum_j d_j / (mu - lambda_j) = 1`, kept as offsets from the nearest pole.
//!
//! Where a residue d_j is small the root sits so close to its pole that `mu - lambda_j`, formed from rounded
//! numbers, has no correct digit left. Held as `lambda_j + delta`, all differences stay accurate.

use num_complex::Complex64;

use crate::modal::vector::Layout;

const NEWTON_STEPS: usize = 12;
/// Newton may correct the eigensolver's rounding, relative to the scale of the spectrum; a longer way means
/// it went to another root.
const LONGEST_CORRECTION: f64 = 1e-6;

/// One root: `mu = lambda_base + delta`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Root {
    base: Complex64,
    delta: Complex64,
    real: bool,
}

impl Root {
    /// A root known exactly, such as a target.
    pub(crate) fn exact(mu: Complex64, lambda: &[Complex64]) -> Self {
        let base = nearest(mu, lambda);
        Self { base, delta: mu - base, real: mu.im == 0.0 }
    }

    /// A root from an eigensolver, corrected by Newton's method on
    /// `g(delta) = d_b + delta (sum_{j != b} d_j / (mu - lambda_j) - 1)`, which is smooth at the pole.
    pub(crate) fn polished(
        mu: Complex64,
        layout: Layout,
        lambda: &[Complex64],
        residues: &[Complex64],
    ) -> Self {
        let start = Self::exact(mu, lambda);
        let scale = lambda.iter().map(|z| z.norm()).fold(mu.norm(), f64::max);
        let mut root = start;
        for _ in 0..NEWTON_STEPS {
            let (value, slope) = root.secular(layout, lambda, residues);
            let mut step = value / slope;
            if root.real {
                // A real root off its axis would not find back: differences to real poles ignore the way off.
                step.im = 0.0;
            }
            root.delta -= step;
            let far = (root.delta - start.delta).norm() > LONGEST_CORRECTION * scale;
            if far || !root.delta.is_finite() {
                return start;
            }
            if step.norm() <= f64::EPSILON * root.delta.norm() {
                break;
            }
        }
        root
    }

    /// The root itself.
    pub(crate) fn value(&self) -> Complex64 {
        let mu = self.base + self.delta;
        if self.real { Complex64::new(mu.re, 0.0) } else { mu }
    }

    /// `mu - lambda`, without cancellation where lambda is the nearest pole.
    pub(crate) fn minus(&self, lambda: Complex64) -> Complex64 {
        let difference = (self.base - lambda) + self.delta;
        if self.real && lambda.im == 0.0 { Complex64::new(difference.re, 0.0) } else { difference }
    }

    /// g and its derivative.
    fn secular(
        &self,
        layout: Layout,
        lambda: &[Complex64],
        residues: &[Complex64],
    ) -> (Complex64, Complex64) {
        let (mut nearest, mut sum, mut slope) = (Complex64::ZERO, Complex64::new(-1.0, 0.0), Complex64::ZERO);
        let mut add = |pole: Complex64, residue: Complex64| {
            if pole == self.base {
                nearest += residue;
            } else {
                let inverse = 1.0 / self.minus(pole);
                sum += residue * inverse;
                slope -= residue * inverse * inverse;
            }
        };
        for (j, (&pole, &residue)) in lambda.iter().zip(residues).enumerate() {
            add(pole, residue);
            if j >= layout.reals {
                add(pole.conj(), residue.conj());
            }
        }
        (nearest + self.delta * sum, sum + self.delta * slope)
    }
}

/// The eigenvalue (or conjugate of one) nearest to mu.
fn nearest(mu: Complex64, lambda: &[Complex64]) -> Complex64 {
    let candidates = lambda.iter().flat_map(|z| [*z, z.conj()]);
    candidates.min_by(|a, b| (a - mu).norm().total_cmp(&(b - mu).norm())).unwrap_or(Complex64::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A real root whose nearest pole is complex stays on the real axis, and converges.
    #[test]
    fn real_roots_stay_real() {
        let lambda = [-0.21, -0.36, -0.5].map(|re| Complex64::new(re, 0.0));
        let lambda = [&lambda[..], &[Complex64::new(-0.288, 0.036)]].concat();
        let layout = Layout { reals: 3, pairs: 1 };
        let d = [0.01, 0.02, 0.3].map(|re| Complex64::new(re, 0.0));
        let d = [&d[..], &[Complex64::new(8e-4, -4e-4)]].concat();
        let f = |mu: f64| {
            let real: f64 = (0..3).map(|j| d[j].re / (mu - lambda[j].re)).sum();
            real + 2.0 * (d[3] / (mu - lambda[3])).re - 1.0
        };
        // Between two real poles the function changes sign.
        let (mut low, mut high) = (-0.36 + 1e-9, -0.21 - 1e-9);
        assert!(f(low) * f(high) < 0.0);
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            if f(middle) * f(low) > 0.0 { low = middle } else { high = middle }
        }
        for off in [0.0, 1e-12, -1e-9, 1e-7] {
            let root = Root::polished(Complex64::new(low + off, 0.0), layout, &lambda, &d);
            assert!((root.value().re - low).abs() < 1e-14, "{:e}", root.value().re - low);
            assert_eq!((root.base + root.delta).im, 0.0);
        }
    }

    /// One real pole with a tiny residue: the root is `lambda + d` to first order, with all digits of d.
    #[test]
    fn keeps_the_digits_of_a_tiny_offset() {
        let lambda = [Complex64::new(-0.3, 0.0), Complex64::new(-0.7, 0.0)];
        for tiny in [1e-9, 1e-17, 1e-40] {
            let d = [Complex64::new(tiny, 0.0), Complex64::new(0.2, 0.0)];
            let layout = Layout { reals: 2, pairs: 0 };
            let root = Root::polished(Complex64::new(-0.3 + tiny, 0.0), layout, &lambda, &d);
            // delta (1 - 0.2 / (0.4 + delta)) = tiny.
            let delta = root.minus(lambda[0]).re;
            assert!((delta * (1.0 - 0.2 / (0.4 + delta)) - tiny).abs() < 1e-14 * tiny, "{delta:e}");
        }
    }
}
