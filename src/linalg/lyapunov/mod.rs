//! Gramians of a stable matrix.

mod doubling;
mod residual;
mod schur;
pub(crate) mod source;
pub(crate) mod updated_inverse;

pub use doubling::{LyapunovWorkspace, PairReport, PairStatus};
pub use schur::lyapunov_schur;

use crate::linalg::product::frobenius;
use crate::linalg::{eigen, spectral_abscissa, tolerance};
use crate::{Error, Result, check};
use nalgebra::DMatrix;
pub(super) use residual::check_symmetric;
use residual::residual;
use source::Source;

/// Solutions of both Lyapunov equations of a stable M; see [`LyapunovWorkspace`] for the method.
///
/// ```
/// use nalgebra::DMatrix;
/// use thalamo::linalg::LyapunovPair;
///
/// let m = DMatrix::from_row_slice(2, 2, &[-1.0, 2.0, 0.0, -0.5]);
/// let q = DMatrix::identity(2, 2);
/// let pair = LyapunovPair::new(&m, &q, &q)?;
/// assert!((m.transpose() * pair.y() + pair.y() * &m + &q).norm() < 1e-14);
/// assert!(pair.report().residual_x < 1e-15);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LyapunovPair {
    x: DMatrix<f64>,
    y: DMatrix<f64>,
    report: PairReport,
}

impl LyapunovPair {
    /// Solves `M X + X M^T + Q_x = 0` and `M^T Y + Y M + Q_y = 0`, all `N x N`.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`], [`Error::Shape`], [`Error::NotFinite`], [`Error::OutOfRange`] for unfit inputs;
    /// [`Error::Unstable`] with the spectral abscissa; [`Error::Singular`] or [`Error::Residual`] when M is too close to
    /// marginal for double precision.
    pub fn new(m: &DMatrix<f64>, q_x: &DMatrix<f64>, q_y: &DMatrix<f64>) -> Result<Self> {
        crate::linalg::eigen::square(m)?;
        let (a, b, c) = (unit_scale(m), unit_scale(q_x), unit_scale(q_y));
        if (a, b, c) != (1.0, 1.0, 1.0) {
            let made = Self::new(&(m * a), &(q_x * b), &(q_y * c))?;
            return Ok(Self { x: unscaled(made.x, a, b)?, y: unscaled(made.y, a, c)?, report: made.report });
        }
        let mut workspace = LyapunovWorkspace::new(m.nrows());
        let mut report = workspace.solve_pair(m, q_x, q_y)?;
        if accurate(&report) {
            let (x, y) = workspace.into_solutions();
            return Ok(Self { x, y, report });
        }
        check_stable(m)?;
        let x = lyapunov_schur(m, q_x)?;
        let y = lyapunov_schur(&m.transpose(), q_y)?;
        let (size, mut product) = (frobenius(m), m.clone());
        report.status = PairStatus::Converged;
        report.residual_x = residual(&mut product, m, false, &x, Source::Full(q_x), size);
        report.residual_y = residual(&mut product, m, true, &y, Source::Full(q_y), size);
        Ok(Self { x, y, report })
    }

    /// X, symmetric.
    #[must_use]
    pub fn x(&self) -> &DMatrix<f64> {
        &self.x
    }

    /// Y, symmetric.
    #[must_use]
    pub fn y(&self) -> &DMatrix<f64> {
        &self.y
    }

    /// Rounds of doubling and residuals; where the Schur form took over, the rounds are those of the attempt.
    #[must_use]
    pub fn report(&self) -> &PairReport {
        &self.report
    }
}

/// Solves $$M X + X M^T + Q = 0$$ for a stable M: `X = int_0^inf e^{Mt} Q e^{M^T t} dt`.
///
/// All `N x N`, Q symmetric. Doubling, see [`LyapunovWorkspace`]; near marginal stability, where it may fall short, the
/// Schur form, see [`lyapunov_schur()`].
///
/// # Errors
///
/// As [`LyapunovPair::new`].
///
/// ```
/// use nalgebra::DMatrix;
/// use thalamo::linalg::lyapunov;
///
/// let m = DMatrix::from_row_slice(2, 2, &[-1.0, 2.0, 0.0, -0.5]);
/// let q = DMatrix::identity(2, 2);
/// let x = lyapunov(&m, &q)?;
/// assert!((&m * &x + &x * m.transpose() + q).norm() < 1e-14);
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn lyapunov(m: &DMatrix<f64>, q: &DMatrix<f64>) -> Result<DMatrix<f64>> {
    eigen::square(m)?;
    let (a, b) = (unit_scale(m), unit_scale(q));
    if (a, b) != (1.0, 1.0) {
        return unscaled(lyapunov(&(m * a), &(q * b))?, a, b);
    }
    let mut workspace = LyapunovWorkspace::new(m.nrows());
    if accurate(&workspace.solve(m, q)?) {
        return Ok(workspace.into_solutions().0);
    }
    check_stable(m)?;
    lyapunov_schur(m, q)
}

/// Magnitudes between which products of three numbers neither overflow nor lose digits.
const ORDINARY: std::ops::RangeInclusive<f64> = 1e-80..=1e80;

/// One for matrices of ordinary size; else the power of two that brings the largest entry near one.
pub(super) fn unit_scale(m: &DMatrix<f64>) -> f64 {
    let largest = m.amax();
    if ORDINARY.contains(&largest) { 1.0 } else { 1.0 / check::power_of_two(largest) }
}

/// X from the solution X' for `a M` and `b Q`: `X = X' a / b`.
pub(super) fn unscaled(x: DMatrix<f64>, a: f64, b: f64) -> Result<DMatrix<f64>> {
    // Of two extreme factors the first must not overflow what the second brings back.
    let x = if (a > 1.0) == (b > 1.0) { x * (a / b) } else { x * a / b };
    check::no_overflow("solution of a Lyapunov equation", x.as_slice())?;
    Ok(x)
}

fn accurate(report: &PairReport) -> bool {
    let residual = report.residual_x.max(report.residual_y);
    report.status == PairStatus::Converged && residual <= tolerance::LYAPUNOV_RESIDUAL
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
