//! Iterative refinement of a solution, with residuals of twice the working precision.

use crate::Result;
use nalgebra::DMatrix;

/// Refinements after which the solution is taken as it is: each gains at least [`GAIN`].
const STEPS: usize = 12;

/// What a refinement must leave of the one before, to be followed by another.
const GAIN: f64 = 0.25;

/// Refines `M X + X M^T + Q = 0` by solutions for the residual in place of Q; returns the last correction
/// relative to X, an estimate of the error before it.
///
/// The limit does not depend on how the equation amplifies errors of the solver, as long as each step gains.
pub(super) fn refine(
    m: &DMatrix<f64>,
    q: &DMatrix<f64>,
    x: &mut DMatrix<f64>,
    solve: impl Fn(&DMatrix<f64>) -> Result<DMatrix<f64>>,
) -> Result<f64> {
    let transposed = m.transpose();
    let mut last = f64::INFINITY;
    for _ in 0..STEPS {
        let correction = solve(&accurate_residual(&transposed, x, q))?;
        let (change, size) = (correction.norm(), x.norm());
        let relative = if change == 0.0 { 0.0 } else { change / size };
        if relative.is_nan() || relative > GAIN * last {
            break;
        }
        *x += correction;
        last = relative;
        if last <= f64::EPSILON {
            break;
        }
    }
    Ok(last)
}

/// `M X + X M^T + Q` rounded once, for symmetric X and Q, from the transpose of M.
fn accurate_residual(transposed: &DMatrix<f64>, x: &DMatrix<f64>, q: &DMatrix<f64>) -> DMatrix<f64> {
    let n = x.nrows();
    let mut residual = DMatrix::zeros(n, n);
    for j in 0..n {
        for i in j..n {
            let mut sum = Accurate { sum: 0.5 * q[(i, j)], error: 0.5 * q[(j, i)] };
            for (a, b) in [(i, j), (j, i)] {
                let rows = transposed.column(a);
                rows.iter().zip(&x.column(b)).for_each(|(&m, &x)| sum.add_product(m, x));
            }
            residual[(i, j)] = sum.sum + sum.error;
            residual[(j, i)] = residual[(i, j)];
        }
    }
    residual
}

/// A sum of products, as accurate as in twice the working precision.
///
/// Reference: T. Ogita, S. M. Rump and S. Oishi (2005), Accurate sum and dot product, SISC 26.
#[derive(Debug, Clone, Copy)]
struct Accurate {
    sum: f64,
    error: f64,
}

impl Accurate {
    fn add_product(&mut self, a: f64, b: f64) {
        let product = a * b;
        let sum = self.sum + product;
        let part = sum - self.sum;
        let lost = (self.sum - (sum - part)) + (product - part);
        self.error += a.mul_add(b, -product) + lost;
        self.sum = sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_products_survive_cancellation() {
        let mut sum = Accurate { sum: 0.0, error: 0.0 };
        let (large, small) = (1e8 + 1.0, 1e-12);
        sum.add_product(large, large);
        sum.add_product(small, 1.0);
        sum.add_product(-large, large);
        assert!((sum.sum + sum.error - small).abs() < 1e-15);
    }

    /// A solver that is wrong by a percent is good enough; one that is wrong altogether is found out.
    #[test]
    fn refinement_repairs_a_poor_solver_and_reports_a_useless_one() {
        let m = nalgebra::dmatrix![-1.0, 0.3; 0.0, -2.0];
        let q = nalgebra::dmatrix![2.0, 0.1; 0.1, 3.0];
        let exact = super::super::lyapunov_schur(&m, &q).unwrap();
        let poor = |q: &DMatrix<f64>| super::super::lyapunov_schur(&m, q).map(|x| x * 1.01);
        let mut x = poor(&q).unwrap();
        assert!(refine(&m, &q, &mut x, poor).unwrap() < 1e-15);
        assert!((x - exact).norm() < 1e-15);
        let useless = |q: &DMatrix<f64>| Ok(q * 0.01);
        let mut x = useless(&q).unwrap();
        assert!(refine(&m, &q, &mut x, useless).unwrap() > 1e-3);
    }
}
