//! Lyapunov equations by doubling, alone or in pairs, without allocation.

use super::tolerance;
use super::views::{Lu, Op, frobenius, mirror_lower, mul_into, mul_lower_into};
use crate::{Error, Result, validate};
use faer::Accum;
use nalgebra::DMatrix;

/// Default shift over `|M|_F / sqrt N`. The best shift is the geometric mean of the fastest and the slowest decay, below
/// that norm; half of it saves a round on the model's matrices and is rarely too small.
const SHIFT: f64 = 0.5;

const REMEDY: &str = "make a workspace of the order of M, and Q of that order";

/// How a doubling iteration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PairStatus {
    /// The equations are solved, and M is stable: a power of its Cayley transform has norm below one.
    Converged,
    /// M is unstable: the trace of M, or of a power of its Cayley transform, is larger than a stable matrix allows.
    Unstable,
    /// Neither was shown: M is marginal or extremely non-normal, or the solution overflows.
    NotConverged,
}

/// What a solve achieved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairReport {
    /// How the iteration ended; X and Y are solutions only when it converged.
    pub status: PairStatus,
    /// Doublings done.
    pub rounds: usize,
    /// The shift p used, 1/tau.
    pub shift: f64,
    /// A better shift for this M, after convergence: the geometric mean of its size and of its slowest decay as seen in
    /// X. Worth passing to [`LyapunovWorkspace::set_shift`] when similar matrices follow.
    pub suggested_shift: f64,
    /// Frobenius norm of the last power of the Cayley transform: its square bounds the relative truncation error.
    pub contraction: f64,
    /// `|M X + X M^T + Q_x|_F / (2 |M|_F |X|_F + |Q_x|_F)`.
    pub residual_x: f64,
    /// `|M^T Y + Y M + Q_y|_F / (2 |M|_F |Y|_F + |Q_y|_F)`.
    pub residual_y: f64,
}

/// Memory for solving pairs of Lyapunov equations of one order again and again, without allocation.
///
/// $$M X + X M^T + Q_x = 0,\qquad M^T Y + Y M + Q_y = 0$$
///
/// All matrices are `N x N`, M stable, Q symmetric. With the Cayley transform at a shift `p > 0`,
///
/// $$A_c = (M + pI)(M - pI)^{-1},\quad X \mathrel{+}= A_c X A_c^T,\quad Y \mathrel{+}= A_c^T Y A_c,\quad A_c = A_c^2$$
///
/// starting at `X = 2p (M - pI)^-1 Q_x (M - pI)^-T`. Each round doubles the number of summed terms.
/// M is stable exactly when powers of `A_c` vanish, and X is off by at most `|A_c^(2^k)|^2 |X|` after k rounds: the
/// iteration ends on that norm, so it cannot converge for an unstable M.
///
/// Reference: R. A. Smith (1968), Matrix equation XA + BX = C, SIAM J. Appl. Math. 16.
///
/// ```
/// use nalgebra::DMatrix;
/// use thalamo::linalg::{LyapunovWorkspace, PairStatus};
///
/// let m = DMatrix::from_row_slice(2, 2, &[-1.0, 2.0, 0.0, -0.5]);
/// let q = DMatrix::identity(2, 2);
/// let mut workspace = LyapunovWorkspace::new(2);
/// let report = workspace.solve_pair(&m, &q, &q)?;
/// assert_eq!(report.status, PairStatus::Converged);
/// let x = workspace.x();
/// assert!((&m * x + x * m.transpose() + &q).norm() < 1e-14);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug)]
pub struct LyapunovWorkspace {
    lu: Lu,
    cayley: DMatrix<f64>,
    next: DMatrix<f64>,
    product: DMatrix<f64>,
    x: DMatrix<f64>,
    y: DMatrix<f64>,
    shift: Option<f64>,
}

impl LyapunovWorkspace {
    /// Memory for matrices of order `n`.
    #[must_use]
    pub fn new(n: usize) -> Self {
        let zeros = || DMatrix::zeros(n, n);
        Self {
            lu: Lu::new(n),
            cayley: zeros(),
            next: zeros(),
            product: zeros(),
            x: zeros(),
            y: zeros(),
            shift: None,
        }
    }

    /// Fixes the shift p of the following solves, 1/tau, or returns to the default, `|M|_F / (2 sqrt N)`.
    ///
    /// Any positive shift gives the same solution; a good one saves rounds.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`] for a shift that is not positive.
    pub fn set_shift(&mut self, shift: Option<f64>) -> Result<()> {
        if let Some(shift) = shift {
            validate::positive("shift", shift)?;
        }
        self.shift = shift;
        Ok(())
    }

    /// X of the last solve.
    #[must_use]
    pub fn x(&self) -> &DMatrix<f64> {
        &self.x
    }

    /// X and Y of the last solve, without a copy.
    #[must_use]
    pub fn into_solutions(self) -> (DMatrix<f64>, DMatrix<f64>) {
        (self.x, self.y)
    }

    /// Y of the last solve.
    #[must_use]
    pub fn y(&self) -> &DMatrix<f64> {
        &self.y
    }

    /// Solves both equations; an unstable M is a status, not an error, since line searches meet it often.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`], [`Error::NotFinite`], or [`Error::OutOfRange`] for a Q that is not symmetric.
    pub fn solve_pair(
        &mut self,
        m: &DMatrix<f64>,
        q_x: &DMatrix<f64>,
        q_y: &DMatrix<f64>,
    ) -> Result<PairReport> {
        self.check("Q_y", q_y)?;
        self.iterate(m, q_x, Some(q_y))
    }

    /// Solves the first equation alone; Y keeps an earlier value and `residual_y` is zero.
    ///
    /// # Errors
    ///
    /// As [`LyapunovWorkspace::solve_pair`].
    pub fn solve(&mut self, m: &DMatrix<f64>, q_x: &DMatrix<f64>) -> Result<PairReport> {
        self.iterate(m, q_x, None)
    }

    fn iterate(
        &mut self,
        m: &DMatrix<f64>,
        q_x: &DMatrix<f64>,
        q_y: Option<&DMatrix<f64>>,
    ) -> Result<PairReport> {
        validate::shape("M", m.shape(), self.x.shape(), REMEDY)?;
        validate::finite("M", m.as_slice())?;
        self.check("Q_x", q_x)?;
        let n = m.nrows();
        let size = frobenius(m);
        let spread = size / (n as f64).sqrt();
        let shift = self.shift.unwrap_or(SHIFT * spread);
        let mut report = PairReport {
            status: PairStatus::Unstable,
            rounds: 0,
            shift,
            suggested_shift: shift,
            contraction: f64::INFINITY,
            residual_x: f64::INFINITY,
            residual_y: f64::INFINITY,
        };
        // A stable real matrix has a negative trace.
        if m.trace() >= 0.0 {
            return Ok(report);
        }
        self.start(m, q_x, q_y, shift);

        report.status = PairStatus::NotConverged;
        report.contraction = self.cayley.norm();
        while report.contraction.is_nan() || report.contraction > tolerance::DOUBLING_CONTRACTION {
            // A singular M - pI: p > 0 is an eigenvalue of M.
            let blown_up = !report.contraction.is_finite() || report.contraction > tolerance::DOUBLING_BLOWUP;
            // n eigenvalues of modulus below one have a trace below n, whatever the power.
            if self.cayley.trace().abs() > n as f64 * (1.0 + 1e-6) {
                report.status = PairStatus::Unstable;
                return Ok(report);
            }
            if blown_up || report.rounds == tolerance::DOUBLING_ROUNDS {
                return Ok(report);
            }
            let last = report.contraction * report.contraction <= tolerance::DOUBLING_CONTRACTION;
            report.contraction = if last { report.contraction * report.contraction } else { self.square() };
            self.accumulate(q_y.is_some());
            if !last {
                std::mem::swap(&mut self.cayley, &mut self.next);
            }
            report.rounds += 1;
        }
        report.status = PairStatus::Converged;
        let slowest = q_x.norm() / (2.0 * self.x.norm());
        let suggested = (spread * slowest).sqrt();
        if suggested.is_finite() && suggested > 0.0 {
            report.suggested_shift = suggested;
        }
        report.residual_x = residual(&mut self.product, m, false, &self.x, q_x, size);
        report.residual_y = q_y.map_or(0.0, |q_y| residual(&mut self.product, m, true, &self.y, q_y, size));
        // Solutions beyond the range of double precision are none.
        if !(report.residual_x + report.residual_y).is_finite() {
            report.status = PairStatus::NotConverged;
        }
        Ok(report)
    }

    fn check(&self, what: &'static str, q: &DMatrix<f64>) -> Result<()> {
        validate::shape(what, q.shape(), self.x.shape(), REMEDY)?;
        validate::finite(what, q.as_slice())?;
        check_symmetric(what, q)
    }

    /// `Ac = I + 2p K`, `X = 2p K Q_x K^T`, `Y = 2p K^T Q_y K` with `K = (M - pI)^-1`.
    fn start(&mut self, m: &DMatrix<f64>, q_x: &DMatrix<f64>, q_y: Option<&DMatrix<f64>>, p: f64) {
        let n = m.nrows();
        let shifted = self.lu.matrix_mut();
        shifted.copy_from(m);
        (0..n).for_each(|i| shifted[(i, i)] -= p);
        let Self { lu, cayley, product, x, y, .. } = self;
        lu.invert_into(cayley);
        let k = &*cayley;
        mul_into(product, Accum::Replace, 2.0 * p, (k, Op::Plain), (q_x, Op::Plain));
        mul_lower_into(x, Accum::Replace, 1.0, (product, Op::Plain), (k, Op::Transposed));
        mirror_lower(x);
        if let Some(q_y) = q_y {
            mul_into(product, Accum::Replace, 2.0 * p, (q_y, Op::Plain), (k, Op::Plain));
            mul_lower_into(y, Accum::Replace, 1.0, (k, Op::Transposed), (product, Op::Plain));
            mirror_lower(y);
        }
        *cayley *= 2.0 * p;
        (0..n).for_each(|i| cayley[(i, i)] += 1.0);
    }

    /// Squares the transform into `next` and returns its norm.
    fn square(&mut self) -> f64 {
        mul_into(&mut self.next, Accum::Replace, 1.0, (&self.cayley, Op::Plain), (&self.cayley, Op::Plain));
        self.next.norm()
    }

    /// `X += Ac X Ac^T`, `Y += Ac^T Y Ac`.
    fn accumulate(&mut self, both: bool) {
        let Self { cayley, product, x, y, .. } = self;
        let ac = &*cayley;
        mul_into(product, Accum::Replace, 1.0, (ac, Op::Plain), (x, Op::Plain));
        mul_lower_into(x, Accum::Add, 1.0, (product, Op::Plain), (ac, Op::Transposed));
        mirror_lower(x);
        if both {
            mul_into(product, Accum::Replace, 1.0, (y, Op::Plain), (ac, Op::Plain));
            mul_lower_into(y, Accum::Add, 1.0, (ac, Op::Transposed), (product, Op::Plain));
            mirror_lower(y);
        }
    }
}

/// `|M X + X M^T + Q| / (2 |M| |X| + |Q|)`, or with M transposed; X and Q symmetric, `size = |M|`.
pub(crate) fn residual(
    product: &mut DMatrix<f64>,
    m: &DMatrix<f64>,
    transposed: bool,
    x: &DMatrix<f64>,
    q: &DMatrix<f64>,
    size: f64,
) -> f64 {
    let op = if transposed { Op::Transposed } else { Op::Plain };
    mul_into(product, Accum::Replace, 1.0, (m, op), (x, Op::Plain));
    let n = m.nrows();
    let mut error = 0.0;
    for j in 0..n {
        for i in 0..n {
            let e = product[(i, j)] + product[(j, i)] + q[(i, j)];
            error += e * e;
        }
    }
    let scale = 2.0 * size * x.norm() + q.norm();
    if scale > 0.0 { error.sqrt() / scale } else { error.sqrt() }
}

/// Fails unless the matrix is symmetric up to rounding.
pub(crate) fn check_symmetric(what: &'static str, q: &DMatrix<f64>) -> Result<()> {
    let n = q.nrows();
    let mut difference = 0.0;
    for j in 0..n {
        for i in j + 1..n {
            let d = q[(i, j)] - q[(j, i)];
            difference += 2.0 * d * d;
        }
    }
    let given = difference.sqrt();
    if given <= tolerance::SYMMETRY * q.norm() {
        Ok(())
    } else {
        Err(Error::OutOfRange { what, expected: "a symmetric matrix (|Q - Q^T| = 0)", given })
    }
}
