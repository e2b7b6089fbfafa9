//! Condition numbers of Cauchy matrices beyond the reach of a singular value decomposition.

use faer::MatRef;
use nalgebra::DMatrix;
use num_complex::Complex64;

/// Condition number, in the 2-norm, of $Q_{kj} = 1/(x_k - y_j)$ with at most as many rows as columns;
/// infinite where rows coincide or two numbers of x and y do.
///
/// A singular value decomposition of Q loses the smallest singular value once it is below rounding of the
/// largest. The entries of every Schur complement are products, however,
///
/// $$ Q^{(m+1)}_{kj} = Q^{(m)}_{kj} \frac{(x_k - x_m)(y_j - y_m)}{(x_k - y_m)(y_j - x_m)}, $$
///
/// free of cancellation, so that complete pivoting gives $Q = L D U$ with every digit, L and U
/// well-conditioned and all of the grading in D. Then $|Q^+| = |U^+ D^{-1} L^{-1}|$ is a norm, which the
/// largest terms decide.
///
/// Reference: J. Demmel (1999), Accurate singular value decompositions of structured matrices, SIMAX 21.
pub(super) fn condition(x: &[Complex64], y: &[Complex64]) -> f64 {
    let (rows, columns) = (x.len(), y.len());
    let q = DMatrix::from_fn(rows, columns, |k, j| 1.0 / (x[k] - y[j]));
    let (mut x, mut y, mut rest) = (x.to_vec(), y.to_vec(), q.clone());
    // Below the diagonal L, above it U, on it D.
    for m in 0..rows {
        let remaining = (m..columns).flat_map(|j| (m..rows).map(move |k| (k, j)));
        let largest = remaining.max_by(|&a, &b| rest[a].norm().total_cmp(&rest[b].norm()));
        let Some((k, j)) = largest else { return f64::INFINITY };
        rest.swap_rows(m, k);
        rest.swap_columns(m, j);
        x.swap(m, k);
        y.swap(m, j);
        for j in m + 1..columns {
            for k in m + 1..rows {
                rest[(k, j)] *= (x[k] - x[m]) / (x[k] - y[m]) * ((y[j] - y[m]) / (y[j] - x[m]));
            }
        }
    }
    let pivots: Vec<Complex64> = (0..rows).map(|m| rest[(m, m)]).collect();
    let lower =
        DMatrix::from_fn(rows, rows, |k, m| if k < m { Complex64::ZERO } else { rest[(k, m)] / pivots[m] });
    let upper =
        DMatrix::from_fn(
            rows,
            columns,
            |m, j| if j < m { Complex64::ZERO } else { rest[(m, j)] / pivots[m] },
        );
    let (Some(mut middle), Some(gram)) = (lower.try_inverse(), (&upper * upper.adjoint()).try_inverse())
    else {
        return f64::INFINITY;
    };
    for (mut row, pivot) in middle.row_iter_mut().zip(pivots.iter()) {
        row /= *pivot;
    }
    let pseudo_inverse = upper.adjoint() * (gram * middle);
    let product = two_norm(&q) * two_norm(&pseudo_inverse);
    if product.is_nan() { f64::INFINITY } else { product }
}

/// Largest singular value; NaN where there is none.
fn two_norm(m: &DMatrix<Complex64>) -> f64 {
    if m.iter().any(|z| !z.is_finite()) {
        return f64::NAN;
    }
    let view = MatRef::from_column_major_slice(m.as_slice(), m.nrows(), m.ncols());
    view.singular_values().map_or(f64::NAN, |s| s.first().copied().unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hilbert matrices: condition numbers to 50 digits, by mpmath.
    #[test]
    fn hilbert_matrices_of_any_order() {
        let known =
            [(5, 476_607.250_2), (10, 1.602_628_687e13), (12, 1.713_228_905e16), (20, 2.452_156_586e28)];
        for (order, expected) in known {
            let x: Vec<Complex64> = (0..order).map(|i| Complex64::from(f64::from(i))).collect();
            let y: Vec<Complex64> = (0..order).map(|j| Complex64::from(-1.0 - f64::from(j))).collect();
            let found = condition(&x, &y);
            assert!((found / expected - 1.0).abs() < 1e-6, "order {order}: {found:e}, expected {expected:e}");
        }
    }

    /// As many columns as one likes: a singular value decomposition agrees where it can tell.
    #[test]
    fn wide_matrices_agree_with_singular_values() {
        for rows in 1..=8 {
            let x: Vec<Complex64> = (0..rows).map(|k| Complex64::new(-0.01, 0.1 * f64::from(k))).collect();
            let y: Vec<Complex64> =
                (0..30).map(|j| Complex64::from_polar(0.5, 0.2 * f64::from(j)) - 0.5).collect();
            let q = DMatrix::from_fn(x.len(), y.len(), |k, j| 1.0 / (x[k] - y[j]));
            let s =
                MatRef::from_column_major_slice(q.as_slice(), x.len(), y.len()).singular_values().unwrap();
            let expected = s[0] / s[x.len() - 1];
            let found = condition(&x, &y);
            assert!((found / expected - 1.0).abs() < 1e-14 * expected, "{rows}: {found:e}, {expected:e}");
        }
    }

    #[test]
    fn coinciding_rows_are_singular() {
        let x = [Complex64::I, Complex64::I];
        assert_eq!(condition(&x, &[-Complex64::I, Complex64::ONE, Complex64::ZERO]), f64::INFINITY);
    }
}
