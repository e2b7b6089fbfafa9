//! Balancing: the diagonal similarity that takes the grading out of a matrix.

use crate::check;
use nalgebra::{DMatrix, DVector};

/// What one scaling must leave of the norm of its row and column, to be worth it.
const GAIN: f64 = 0.95;

/// What all of them together must leave of the norm of the matrix; else it is taken as it is.
const WORTHWHILE: f64 = 0.5;

/// Sweeps over all rows and columns after which the scaling is taken as it is; a handful is usual.
const SWEEPS: usize = 40;

/// Largest scaling and its inverse: of normalised matrices, out of reach of over- and underflow.
const RANGE: std::ops::RangeInclusive<f64> = 1e-150..=1e150;

/// `A = D B D^-1`.
#[derive(Debug, Clone)]
pub(crate) struct Balanced {
    /// B.
    pub(crate) matrix: DMatrix<f64>,
    /// Diagonal of D, powers of two: scaling by it is exact. `None` where `D = I`.
    pub(crate) scaling: Option<DVector<f64>>,
}

/// Brings rows and columns to norms within a factor of about two of each other, where that halves the
/// Frobenius norm of A at least; eigenvalues are then computed to rounding of that smaller norm. The entries
/// of A must be of ordinary size.
///
/// Norms include the diagonal: scalings that only shrink what is small beside it gain nothing, and may blow
/// up rounding errors in its place.
///
/// Reference: R. James, J. Langou and B. R. Lowery (2014), On matrix balancing and eigenvector computation,
/// arXiv:1401.5766.
pub(crate) fn balance(a: &DMatrix<f64>) -> Balanced {
    let n = a.nrows();
    let (mut b, mut d) = (a.clone(), DVector::from_element(n, 1.0));
    for _ in 0..SWEEPS {
        let mut changed = false;
        for i in 0..n {
            let (column, row) = (b.column(i).norm(), b.row(i).norm());
            let f = (0.5 * (row / column).log2()).round().exp2();
            // Not a number for a column or row of zeros.
            let smaller = (column * f).hypot(row / f) < GAIN * column.hypot(row);
            if smaller && RANGE.contains(&(d[i] * f)) {
                b.column_mut(i).scale_mut(f);
                b.row_mut(i).unscale_mut(f);
                d[i] *= f;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    if b.norm() > WORTHWHILE * a.norm() || d.iter().all(|&x| x == 1.0) {
        return Balanced { matrix: a.clone(), scaling: None };
    }
    // Only ratios count: centred, so that nothing that is scaled by D leaves the range of doubles.
    let centre = check::power_of_two(d.max().sqrt() * d.min().sqrt());
    Balanced { matrix: b, scaling: Some(d / centre) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cortex;

    fn graded(a: &DMatrix<f64>, decades: f64) -> DMatrix<f64> {
        let n = a.nrows();
        let d = |i: usize| 10_f64.powf(decades * ((7 * i) % n) as f64 / n as f64);
        DMatrix::from_fn(n, n, |i, j| a[(i, j)] * d(i) / d(j))
    }

    #[test]
    fn a_grading_is_taken_out_without_rounding() {
        for (n, decades) in [(2, 30.0), (20, 6.0), (60, 12.0)] {
            let plain = Cortex::random(n, 0.5, n as u64).unwrap().matrix();
            let a = graded(&plain, decades);
            let Balanced { matrix, scaling } = balance(&a);
            let d = scaling.unwrap();
            assert!(d.iter().all(|x| x.log2().fract() == 0.0));
            assert_eq!(DMatrix::from_fn(n, n, |i, j| matrix[(i, j)] * d[i] / d[j]), a);
            assert!(matrix.norm() < 1.5 * plain.norm(), "{n}: {} {}", matrix.norm(), plain.norm());
        }
    }

    #[test]
    fn well_scaled_matrices_are_left_alone() {
        for n in [1, 2, 9, 99] {
            assert!(balance(&Cortex::random(n, 0.5, 1).unwrap().matrix()).scaling.is_none());
        }
        assert!(balance(&DMatrix::zeros(3, 3)).scaling.is_none());
        assert!(balance(&nalgebra::dmatrix![0.0, 1e9; 0.0, 0.0]).scaling.is_none());
        // Rounding errors below the diagonal of a triangular matrix are not blown up to its size.
        let hessenberg = DMatrix::from_fn(6, 6, |i, j| if i > j { 1e-17 } else { 1.0 });
        assert!(balance(&hessenberg).scaling.is_none());
    }
}
