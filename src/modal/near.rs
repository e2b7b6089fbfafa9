//! Pairs of eigenvalues of A that sum to zero, or nearly: entries of the Gramians that must not be divided by
//! their sum.

use nalgebra::DMatrix;
use num_complex::Complex64;

use super::vector::Layout;

/// Sums below this, relative to the spectral radius, count as nearly zero: the division would cost four
/// digits or more.
const NEAR: f64 = 1e-4;

/// Whether a sum of two eigenvalues is nearly zero, for a spectral radius.
pub(super) fn is_near(sum: Complex64, radius: f64) -> bool {
    sum.norm() < NEAR * radius
}

/// Which Gram matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gram {
    /// `L L^T`.
    Noise,
    /// `R^T R`.
    Activity,
}

/// A symmetric form with few entries: of each row its columns and values.
pub(crate) type Form = Vec<Vec<(usize, f64)>>;

/// The modes of those pairs, and both Gram matrices at the pairs, everything else being zero.
#[derive(Debug, Clone, Default)]
pub(crate) struct Near {
    /// The modes, ascending.
    pub(crate) modes: Vec<usize>,
    /// `sum_jm (L L^T)_jm x_j x_m` over the pairs, as a form in directions: of each mode the vectors `x_j`
    /// and, for a pair, `i x_j` (with their conjugates).
    pub(crate) noise: Form,
    /// The same for `R^T R`.
    pub(crate) activity: Form,
}

impl Near {
    /// From packed maps of the Gram matrices that are zero elsewhere; asked for only where there are any.
    pub(super) fn new(
        layout: Layout,
        lambda: &[Complex64],
        radius: f64,
        gram: impl Fn(Gram) -> DMatrix<f64>,
    ) -> Self {
        let partner =
            |a: &Complex64| lambda.iter().any(|b| is_near(a + b, radius) || is_near(a + b.conj(), radius));
        let modes: Vec<usize> = (0..lambda.len()).filter(|&j| partner(&lambda[j])).collect();
        if modes.is_empty() {
            return Self::default();
        }
        let directions = |&j: &usize| if j < layout.reals { vec![j] } else { vec![j, j + layout.pairs] };
        let packed: Vec<usize> = modes.iter().flat_map(directions).collect();
        let form = |which| {
            let map = gram(which);
            // D^-1 B^T M B is the map; the form in directions is D^-1 B^T M B D^-1.
            let entry = |i: usize, j: usize| map[(packed[i], packed[j])] / layout.weight_of(packed[j]);
            let row = |i: usize| (0..packed.len()).map(|j| (j, entry(i, j))).filter(|e| e.1 != 0.0).collect();
            (0..packed.len()).map(row).collect()
        };
        Self { noise: form(Gram::Noise), activity: form(Gram::Activity), modes }
    }
}
