//! Lyapunov equations by doubling, alone or in pairs, without allocation.

use super::residual::{probed, residual, signs};
use super::source::Source;
use crate::linalg::product::{Lu, frobenius, mirror_lower, mul_into, mul_lower_into, view};
use crate::linalg::tolerance;
use crate::{Result, check};
use faer::Accum;
use nalgebra::{DMatrix, DVector};

/// Default shift over `|M|_F / sqrt N`. The best shift is the geometric mean of the fastest and the slowest
/// decay, below that norm; half of it saves a round on the model's matrices and is rarely too small.
const SHIFT: f64 = 0.5;

const REMEDY: &str = "make a workspace of the order of M, and Q of that order";

/// How a doubling iteration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The equations are solved, and M is stable: a power of its Cayley transform has norm below one.
    Converged,
    /// M is unstable: the trace of M, or of a power of its Cayley transform, is larger than a stable matrix
    /// allows.
    Unstable,
    /// Neither was shown: M is marginal or extremely non-normal, or the solution overflows.
    NotConverged,
}

/// What a solve achieved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Doubling {
    /// How the iteration ended; X and Y are solutions only when it converged.
    pub(crate) status: Outcome,
    /// Doublings done.
    pub(crate) rounds: usize,
    /// A better shift for this M, after convergence: the geometric mean of its size and of its slowest decay
    /// as seen in X. Worth passing to [`LyapunovWorkspace::set_shift`] when similar matrices follow.
    pub(crate) suggested_shift: f64,
    /// Frobenius norm of the last power of the Cayley transform: its square bounds the relative truncation
    /// error.
    pub(crate) contraction: f64,
    /// `|M X + X M^T + Q_x|_F / (2 |M|_F |X|_F + |Q_x|_F)`.
    pub(crate) residual_x: f64,
    /// `|M^T Y + Y M + Q_y|_F / (2 |M|_F |Y|_F + |Q_y|_F)`.
    pub(crate) residual_y: f64,
}

/// Memory for solving pairs of Lyapunov equations of one order again and again, without allocation.
///
/// $$M X + X M^T + Q_x = 0,\qquad M^T Y + Y M + Q_y = 0$$
///
/// All matrices are `N x N`, M stable, Q symmetric. With the Cayley transform at a shift `p > 0`,
///
/// $$A_c = (M + pI)(M - pI)^{-1},\quad X \mathrel{+}= A_c X A_c^T,\quad Y \mathrel{+}= A_c^T Y A_c,\quad A_c = A_c^2$$
///
/// starting at `X = 2p (M - pI)^-1 Q_x (M - pI)^-T`. Each round doubles the number of summed terms. M is
/// stable exactly when powers of `A_c` vanish, and X is off by at most `|A_c^(2^k)|^2 |X|` after k rounds:
/// the iteration ends on that norm, so it cannot converge for an unstable M.
///
/// Reference: R. A. Smith (1968), Matrix equation XA + BX = C, SIAM J. Appl. Math. 16.
#[derive(Debug)]
pub(crate) struct LyapunovWorkspace {
    lu: Lu,
    cayley: DMatrix<f64>,
    next: DMatrix<f64>,
    product: DMatrix<f64>,
    x: DMatrix<f64>,
    y: DMatrix<f64>,
    /// Signs that probe residuals, and room for two images.
    vectors: [DVector<f64>; 3],
    shift: Option<f64>,
}

impl LyapunovWorkspace {
    /// Memory for matrices of order `n`.
    pub(crate) fn new(n: usize) -> Self {
        let zeros = || DMatrix::zeros(n, n);
        Self {
            lu: Lu::new(n),
            cayley: zeros(),
            next: zeros(),
            product: zeros(),
            x: zeros(),
            y: zeros(),
            vectors: [signs(n), DVector::zeros(n), DVector::zeros(n)],
            shift: None,
        }
    }

    /// Fixes the shift p > 0 of the following solves, 1/tau, instead of the default, `|M|_F / (2 sqrt N)`.
    /// Any shift gives the same solution; a good one saves rounds.
    pub(crate) fn set_shift(&mut self, shift: f64) {
        self.shift = Some(shift);
    }

    /// X of the last solve.
    pub(crate) fn x(&self) -> &DMatrix<f64> {
        &self.x
    }

    /// X of the last solve, without a copy.
    pub(crate) fn into_x(self) -> DMatrix<f64> {
        self.x
    }

    /// Y of the last solve.
    pub(crate) fn y(&self) -> &DMatrix<f64> {
        &self.y
    }

    /// Solves both equations; an unstable M is a status, not an error, since line searches meet it often.
    ///
    /// Residuals are estimated from one vector of random signs: the mean square of `R z` over such vectors is
    /// `|R|_F^2`. Saves two products of order N.
    pub(crate) fn solve_pair(
        &mut self,
        m: &DMatrix<f64>,
        q_x: Source<'_>,
        q_y: Source<'_>,
    ) -> Result<Doubling> {
        let mut report = self.iterate(m, (q_x, Some(q_y)))?;
        if report.status == Outcome::Converged {
            let size = frobenius(m);
            let Self { x, y, vectors: [signs, image, scratch], .. } = self;
            report.residual_x = probed(view(m), (x, q_x), size, signs, image, scratch);
            report.residual_y = probed(view(m).transpose(), (y, q_y), size, signs, image, scratch);
        }
        Ok(refuse_overflow(report))
    }

    /// Residuals of the last solution, in full.
    pub(crate) fn residuals(
        &mut self,
        m: &DMatrix<f64>,
        q_x: Source<'_>,
        q_y: Option<Source<'_>>,
    ) -> (f64, f64) {
        let size = frobenius(m);
        let Self { product, x, y, .. } = self;
        let of_x = residual(product, view(m), x, q_x, size);
        (of_x, q_y.map_or(0.0, |q_y| residual(product, view(m).transpose(), y, q_y, size)))
    }

    /// Solves the first equation alone; Y keeps an earlier value and `residual_y` is zero.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape), [`Error::NotFinite`](crate::Error::NotFinite), or
    /// [`Error::OutOfRange`](crate::Error::OutOfRange) for a Q that is not symmetric.
    pub(crate) fn solve(&mut self, m: &DMatrix<f64>, q_x: &DMatrix<f64>) -> Result<Doubling> {
        let q_x = Source::of(q_x, self.x.nrows());
        let mut report = self.iterate(m, (q_x, None))?;
        if report.status == Outcome::Converged {
            (report.residual_x, report.residual_y) = self.residuals(m, q_x, None);
        }
        Ok(refuse_overflow(report))
    }

    fn iterate(
        &mut self,
        m: &DMatrix<f64>,
        (q_x, q_y): (Source<'_>, Option<Source<'_>>),
    ) -> Result<Doubling> {
        let n = self.x.nrows();
        q_y.map_or(Ok(()), |q_y| q_y.check("Q_y", n, REMEDY))?;
        check::shape("M", m.shape(), (n, n), REMEDY)?;
        check::finite("M", m.as_slice())?;
        q_x.check("Q_x", n, REMEDY)?;
        let size = frobenius(m);
        let spread = size / (n as f64).sqrt();
        let shift = self.shift.unwrap_or(SHIFT * spread);
        let mut report = Doubling {
            status: Outcome::Unstable,
            rounds: 0,
            suggested_shift: shift,
            contraction: f64::INFINITY,
            residual_x: f64::INFINITY,
            residual_y: f64::INFINITY,
        };
        // A stable real matrix has a negative trace.
        if m.trace() >= 0.0 {
            return Ok(report);
        }
        self.lu.invert_shifted_into(m, shift, &mut self.cayley);
        self.first_round(q_x, q_y, shift);
        report.rounds = 1;

        report.status = Outcome::NotConverged;
        report.contraction = self.cayley.norm();
        while report.contraction.is_nan() || report.contraction > tolerance::DOUBLING_CONTRACTION {
            // A singular M - pI: p > 0 is an eigenvalue of M.
            let blown_up = !report.contraction.is_finite() || report.contraction > tolerance::DOUBLING_BLOWUP;
            // n eigenvalues of modulus below one have a trace below n, whatever the power.
            if self.cayley.trace().abs() > n as f64 * (1.0 + 1e-6) {
                report.status = Outcome::Unstable;
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
        report.status = Outcome::Converged;
        let slowest = q_x.norm(n) / (2.0 * self.x.norm());
        let suggested = (spread * slowest).sqrt();
        if suggested.is_finite() && suggested > 0.0 {
            report.suggested_shift = suggested;
        }
        Ok(report)
    }

    /// The first round from `K = (M - pI)^-1` in place of the transform, with `Ac = I + 2p K` and
    /// `Ac K = K + 2p K^2`:
    ///
    /// `X = 2p (K Q_x K^T + Ac K Q_x (Ac K)^T)`, Y likewise, `Ac^2 = I + 4p K + 4p^2 K^2`.
    fn first_round(&mut self, q_x: Source<'_>, q_y: Option<Source<'_>>, p: f64) {
        let Self { cayley: k, next: square, product, x, y, vectors: [_, image, _], .. } = self;
        mul_into(square, Accum::Replace, 1.0, view(k), view(k));
        q_x.congruence(Accum::Replace, 2.0 * p, view(k), product, image, x);
        if let Some(q_y) = q_y {
            q_y.congruence(Accum::Replace, 2.0 * p, view(k).transpose(), product, image, y);
        }
        // Ac K in place of K, and Ac^2 = I + 2p (K + Ac K) in place of K^2.
        for (k, square) in k.as_mut_slice().iter_mut().zip(square.as_mut_slice()) {
            *k += 2.0 * p * *square;
            *square = 2.0 * p * (2.0 * *k - 2.0 * p * *square);
        }
        (0..square.nrows()).for_each(|i| square[(i, i)] += 1.0);
        q_x.congruence(Accum::Add, 2.0 * p, view(k), product, image, x);
        mirror_lower(x);
        if let Some(q_y) = q_y {
            q_y.congruence(Accum::Add, 2.0 * p, view(k).transpose(), product, image, y);
            mirror_lower(y);
        }
        std::mem::swap(&mut self.cayley, &mut self.next);
    }

    /// Squares the transform into `next` and returns its norm.
    fn square(&mut self) -> f64 {
        mul_into(&mut self.next, Accum::Replace, 1.0, view(&self.cayley), view(&self.cayley));
        self.next.norm()
    }

    /// `X += Ac X Ac^T`, `Y += Ac^T Y Ac`.
    fn accumulate(&mut self, both: bool) {
        let Self { cayley, product, x, y, .. } = self;
        let ac = &*cayley;
        mul_into(product, Accum::Replace, 1.0, view(ac), view(x));
        mul_lower_into(x, Accum::Add, 1.0, view(product), view(ac).transpose());
        mirror_lower(x);
        if both {
            mul_into(product, Accum::Replace, 1.0, view(y), view(ac));
            mul_lower_into(y, Accum::Add, 1.0, view(ac).transpose(), view(product));
            mirror_lower(y);
        }
    }
}

/// Solutions beyond the range of double precision are none.
fn refuse_overflow(mut report: Doubling) -> Doubling {
    if report.status == Outcome::Converged && !(report.residual_x + report.residual_y).is_finite() {
        report.status = Outcome::NotConverged;
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cortex;

    const IDENTITY: Source<'static> = Source::IDENTITY;

    /// A matrix with this spectral abscissa.
    fn system(n: usize, abscissa: f64, seed: u64) -> DMatrix<f64> {
        let drawn = Cortex::random(n, 1.0, seed).unwrap();
        let found = crate::linalg::spectral_abscissa(&drawn.matrix()).unwrap();
        drawn.matrix() + DMatrix::identity(n, n) * (abscissa - found)
    }

    /// Pairs solve both equations, at any shift, with the residuals that are reported.
    #[test]
    fn pairs_do_not_depend_on_the_shift() {
        for (n, exponent) in [(2, 0), (9, 1), (30, 3), (41, 5)] {
            let m = system(n, -(0.1_f64.powi(exponent)), n as u64);
            let r = DVector::from_fn(n, |i, _| (i as f64).sin());
            let source = Source::Identity { weight: 0.7, vector: Some(&r) };
            let q = DMatrix::identity(n, n) + &r * r.transpose() * 0.7;
            let mut workspace = LyapunovWorkspace::new(n);
            let first = workspace.solve_pair(&m, IDENTITY, source).unwrap();
            let (x, y) = (workspace.x().clone(), workspace.y().clone());
            assert!(first.status == Outcome::Converged && first.contraction <= 1e-8 && first.rounds < 35);
            assert!(first.residual_x.max(first.residual_y) < 1e-14);
            let full = workspace.residuals(&m, IDENTITY, Some(source));
            assert!(full.0.max(full.1) < 1e-14, "{full:?}");
            assert!((m.transpose() * &y + &y * &m + q).norm() < 1e-13 * (1.0 + m.norm() * y.norm()));
            for shift in [0.1, 3.0, first.suggested_shift] {
                workspace.set_shift(shift);
                let again = workspace.solve_pair(&m, IDENTITY, source).unwrap();
                assert_eq!(again.status, Outcome::Converged);
                let allowed = 1e-12 * 10_f64.powi(exponent);
                assert!((workspace.x() - &x).norm() < allowed * x.norm());
                assert!((workspace.y() - &y).norm() < allowed * y.norm());
            }
        }
    }

    #[test]
    fn what_is_not_stable_does_not_converge() {
        for (n, exponent) in [(2, 0), (20, 4), (40, 9)] {
            let m = system(n, 0.1_f64.powi(exponent), n as u64);
            let report = LyapunovWorkspace::new(n).solve_pair(&m, IDENTITY, IDENTITY).unwrap();
            assert_ne!(report.status, Outcome::Converged);
        }
        // An eigenvalue at the shift.
        let m = DMatrix::from_diagonal(&DVector::from_vec(vec![1.0, -5.0, -5.0]));
        let mut workspace = LyapunovWorkspace::new(3);
        workspace.set_shift(1.0);
        let report = workspace.solve_pair(&m, IDENTITY, IDENTITY).unwrap();
        assert_ne!(report.status, Outcome::Converged);
        assert!(!report.contraction.is_finite() && report.residual_x.is_infinite());
        // A solution that overflows.
        let (m, q) = (DMatrix::identity(2, 2) * -1e-200, DMatrix::identity(2, 2) * 1e200);
        assert_eq!(LyapunovWorkspace::new(2).solve(&m, &q).unwrap().status, Outcome::NotConverged);
    }
}
