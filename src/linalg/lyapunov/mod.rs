//! Gramians of a stable matrix.

mod balancing;
mod doubling;
mod refinement;
mod residual;
mod scaling;
mod schur;
pub(crate) mod source;

pub(crate) use doubling::{LyapunovWorkspace, Outcome};
pub use schur::lyapunov_schur;

use crate::linalg::product::frobenius;
use crate::linalg::square::square;
use crate::linalg::{spectral_abscissa, tolerance};
use crate::{Error, Result};
use balancing::in_balance;
use nalgebra::DMatrix;
pub(crate) use scaling::unit_scale;
use scaling::unscaled;
use source::Source;
pub(crate) use source::check_symmetric;

/// Solves $$M X + X M^T + Q = 0$$ for a stable M: `X = int_0^inf e^{Mt} Q e^{M^T t} dt`.
///
/// All `N x N`, Q symmetric. Doubling; where its residual is above [`tolerance::DOUBLING_RESIDUAL`], as for
/// extremely non-normal M, or it does not converge, near marginal stability, the Schur form, see
/// [`lyapunov_schur()`]. A graded M is balanced first, $M = D B D^{-1}$, and the equation solved in the
/// coordinates of B. The dual equation $M^T Y + Y M + Q = 0$ is the same for $M^T$.
///
/// # Errors
/// M or Q of other shapes, not finite, Q not symmetric, a solution that overflows; [`Error::Unstable`]
/// with the spectral abscissa; [`Error::Singular`] or [`Error::Residual`] when M is too close to marginal
/// for double precision.
///
/// Reference: R. A. Smith (1968), Matrix equation XA + BX = C, SIAM J. Appl. Math. 16.
///
/// ```
/// let (m, q) = (nalgebra::dmatrix![-1.0, 2.0; 0.0, -0.5], nalgebra::DMatrix::identity(2, 2));
/// let x = thalamo::linalg::lyapunov(&m, &q)?;
/// assert!((&m * &x + &x * m.transpose() + q).norm() < 1e-14);
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn lyapunov(m: &DMatrix<f64>, q: &DMatrix<f64>) -> Result<DMatrix<f64>> {
    square(m)?;
    let (a, b) = (unit_scale(m), unit_scale(q));
    if (a, b) != (1.0, 1.0) {
        return unscaled(lyapunov(&(m * a), &(q * b))?, a, b);
    }
    Source::Full(q).check("Q_x", m.nrows(), "give M and Q the same order")?;
    in_balance(m, q, |m, q| {
        let mut workspace = LyapunovWorkspace::new(m.nrows());
        let report = workspace.solve(m, q)?;
        if report.status == Outcome::Converged && report.residual_x <= tolerance::DOUBLING_RESIDUAL {
            return Ok(workspace.into_x());
        }
        check_stable(m)?;
        schur::solve(m, q)
    })
}

/// Fails with the abscissa unless it is negative beyond rounding.
fn check_stable(m: &DMatrix<f64>) -> Result<()> {
    let abscissa = spectral_abscissa(m)?;
    let limit = -f64::EPSILON * frobenius(m);
    if abscissa < limit {
        return Ok(());
    }
    let remedy = "only a stable matrix has Gramians; move its eigenvalues to the left";
    Err(Error::Unstable { what: "Lyapunov equation", abscissa, limit, remedy })
}
