//! Gramians of a stable matrix.

use super::doubling::{LyapunovWorkspace, PairReport, PairStatus, residual};
use super::views::frobenius;
use super::{eigen, lyapunov_schur, spectral_abscissa, tolerance};
use crate::{Error, Result};
use nalgebra::DMatrix;

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
        super::eigen::square(m)?;
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
        report.residual_x = residual(&mut product, m, false, &x, q_x, size);
        report.residual_y = residual(&mut product, m, true, &y, q_y, size);
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
    let mut workspace = LyapunovWorkspace::new(m.nrows());
    if accurate(&workspace.solve(m, q)?) {
        return Ok(workspace.into_solutions().0);
    }
    check_stable(m)?;
    lyapunov_schur(m, q)
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
