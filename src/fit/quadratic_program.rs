//! A small strictly convex quadratic program by a primal active-set method.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use super::cholesky::cholesky;

/// Solution of `min 1/2 p^T H p + g^T p` subject to `a_i . p >= r_i`, `r <= 0`.
#[derive(Debug, Clone)]
pub(crate) struct Solution {
    /// The minimiser p.
    pub(crate) step: DVector<f64>,
    /// Active constraints and their multipliers (`>= 0`).
    pub(crate) active: Vec<(usize, f64)>,
}

/// Cosine below which a constraint counts as parallel to the step.
const PARALLEL: f64 = 1e-12;

/// Solves with the Cholesky factor of H and the `a_i` as columns; starts from p = 0, which must be feasible.
///
/// In coordinates `x = L^T p` the objective is `1/2 |x|^2 + (L^-1 g) . x`; with working set W its minimiser
/// is `x = -g + A_W^T nu`, `(A_W A_W^T) nu = r_W + A_W g`. Every iterate is feasible, so that an early end
/// (the cap on iterations) still leaves a usable step.
pub(crate) fn solve(
    factor: &Cholesky<f64, Dyn>,
    gradient: &DVector<f64>,
    constraints: &DMatrix<f64>,
    rhs: &[f64],
) -> Solution {
    let (mut g, mut a) = (gradient.clone(), constraints.clone());
    factor.l_dirty().solve_lower_triangular_mut(&mut g);
    factor.l_dirty().solve_lower_triangular_mut(&mut a);
    // Normalised: their lengths differ by orders of magnitude.
    let norms: Vec<f64> = a.column_iter().map(|column| column.norm()).collect();
    a.column_iter_mut().zip(&norms).for_each(|(mut column, norm)| column /= *norm);
    let rhs: Vec<f64> = rhs.iter().zip(&norms).map(|(r, norm)| r / norm).collect();

    let mut x = DVector::zeros(g.len());
    let mut multipliers = DVector::zeros(0);
    let mut working: Vec<usize> = Vec::new();
    for _ in 0..4 * (g.len() + rhs.len()) {
        let rows = a.select_columns(&working);
        let Some(gram) = cholesky(rows.tr_mul(&rows)) else {
            // Dependent rows: the newest one adds nothing.
            working.pop();
            continue;
        };
        multipliers = rows.tr_mul(&g);
        multipliers.iter_mut().zip(&working).for_each(|(nu, &i)| *nu += rhs[i]);
        gram.solve_mut(&mut multipliers);
        let direction = &rows * &multipliers - &g - &x;
        let length = direction.norm();
        if length > 1e-13 * (g.norm() + x.norm()) {
            // Up to the first row that blocks the way.
            let (mut fraction, mut blocking) = (1.0, None);
            for (i, row) in a.column_iter().enumerate() {
                let rate = row.dot(&direction);
                if rate < -PARALLEL * length && !working.contains(&i) {
                    let reach = (rhs[i] - row.dot(&x)).min(0.0) / rate;
                    if reach < fraction {
                        (fraction, blocking) = (reach, Some(i));
                    }
                }
            }
            x.axpy(fraction, &direction, 1.0);
            if let Some(i) = blocking {
                working.push(i);
                continue;
            }
        }
        let least = (0..working.len()).min_by(|&i, &j| multipliers[i].total_cmp(&multipliers[j]));
        match least.filter(|&i| multipliers[i] < -1e-14 * g.norm()) {
            Some(position) => {
                working.remove(position);
            }
            None => break,
        }
    }
    factor.l_dirty().tr_solve_lower_triangular_mut(&mut x);
    let active = working.iter().zip(&multipliers).map(|(&i, nu)| (i, nu.max(0.0) / norms[i])).collect();
    Solution { step: x, active }
}
