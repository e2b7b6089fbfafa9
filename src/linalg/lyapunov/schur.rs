//! One Lyapunov equation by the Schur form: slower than doubling, and independent of it.

use super::balancing::in_balance;
use super::refinement::refine;
use super::residual::residual;
use super::scaling::{unit_scale, unscaled};
use super::source::{Source, check_symmetric};
use crate::linalg::kernel::active as kernel;
use crate::linalg::product::{frobenius, product, view};
use crate::linalg::schur::Schur;
use crate::linalg::square::square;
use crate::linalg::tolerance;
use crate::{Error, Result, check};
use nalgebra::DMatrix;
use num_complex::Complex64;

/// Solves $$M X + X M^T + Q = 0$$ by the method of Bartels and Stewart on the complex Schur form.
///
/// All `N x N`, Q symmetric; a graded M is balanced first. The solution is refined with residuals of twice
/// the working precision as long as that gains; what has no eight correct digits then is refused. Unlike
/// doubling it needs no stability: a unique solution exists when no two eigenvalues of M sum to zero. For the
/// equation in Y pass the transpose of M.
///
/// # Errors
/// As [`lyapunov()`](super::lyapunov()), but for an unstable M; [`Error::Singular`] when two eigenvalues
/// sum to zero; [`Error::Residual`] for a residual above [`tolerance::LYAPUNOV_RESIDUAL`], or a last
/// refinement, relative to X, above [`tolerance::LYAPUNOV_CORRECTION`].
///
/// Reference: R. H. Bartels and G. W. Stewart (1972), Algorithm 432, Comm. ACM 15.
pub fn lyapunov_schur(m: &DMatrix<f64>, q: &DMatrix<f64>) -> Result<DMatrix<f64>> {
    square(m)?;
    check::shape("Q", q.shape(), m.shape(), "give M and Q the same order")?;
    check::finite("Q", q.as_slice())?;
    let (a, b) = (unit_scale(m), unit_scale(q));
    if (a, b) != (1.0, 1.0) {
        return unscaled(lyapunov_schur(&(m * a), &(q * b))?, a, b);
    }
    check_symmetric("Q", q)?;
    in_balance(m, q, solve)
}

/// The same without balancing.
pub(super) fn solve(m: &DMatrix<f64>, q: &DMatrix<f64>) -> Result<DMatrix<f64>> {
    let form = kernel::schur(m)?;
    let mut x = in_schur_form(&form, q)?;
    let n = m.nrows();
    let residual = residual(&mut DMatrix::zeros(n, n), view(m), &x, Source::Full(q), frobenius(m));
    let failed = |residual, limit| Error::Residual {
        what: "Lyapunov equation",
        residual,
        limit,
        remedy: "two eigenvalues of M nearly sum to zero, or its eigenvectors coincide; move them apart",
    };
    if residual.is_nan() || residual > tolerance::LYAPUNOV_RESIDUAL {
        return Err(failed(residual, tolerance::LYAPUNOV_RESIDUAL));
    }
    let last = refine(m, q, &mut x, |q| in_schur_form(&form, q))?;
    if last <= tolerance::LYAPUNOV_CORRECTION {
        Ok(x)
    } else {
        Err(failed(last, tolerance::LYAPUNOV_CORRECTION))
    }
}

fn in_schur_form(Schur { unitary, triangular }: &Schur, q: &DMatrix<f64>) -> Result<DMatrix<f64>> {
    let u = view(unitary);
    let mut z = product(view(&product(u.adjoint(), view(&q.map(Complex64::from)))), u);
    back_substitute(triangular, &mut z)?;
    let full = product(view(&product(u, view(&z))), u.adjoint());
    let n = q.nrows();
    // X is real and symmetric in exact arithmetic.
    Ok(DMatrix::from_fn(n, n, |i, j| 0.5 * (full[(i, j)].re + full[(j, i)].re)))
}

/// `T Z + Z T^H + C = 0` in place of C: column k needs those to its right, and is one triangular solve.
fn back_substitute(t: &DMatrix<Complex64>, c: &mut DMatrix<Complex64>) -> Result<()> {
    let n = t.nrows();
    let smallest = f64::MIN_POSITIVE.max(f64::EPSILON * f64::EPSILON * t.norm());
    for k in (0..n).rev() {
        let (head, solved) = c.as_mut_slice().split_at_mut((k + 1) * n);
        let column = &mut head[k * n..];
        for (j, z) in (k + 1..n).zip(solved.chunks_exact(n)) {
            let factor = t[(k, j)].conj();
            column.iter_mut().zip(z).for_each(|(x, z)| *x += z * factor);
        }
        for i in (0..n).rev() {
            let pivot = t[(i, i)] + t[(k, k)].conj();
            if pivot.norm() <= smallest {
                let remedy = "two eigenvalues of M sum to zero; move them to the left";
                return Err(Error::Singular { what: "Lyapunov equation", remedy });
            }
            let x = -column[i] / pivot;
            // Row operations on the right-hand side of opposite sign: what remains is C + T z.
            let above = &t.as_slice()[i * n..i * n + i];
            column[..i].iter_mut().zip(above).for_each(|(c, t)| *c += t * x);
            column[i] = x;
        }
    }
    Ok(())
}
