//! Every tolerance of this folder, each with its reason.

/// Largest accepted residual `|B R - R diag(lambda)|_F / |B|_F` of an `n x n` eigendecomposition, B the
/// balanced matrix: measured ones are below `2 n eps`, and a hundred times that is no longer rounding but a
/// failure.
#[must_use]
pub fn eigen_residual(n: usize) -> f64 {
    200.0 * n.max(1) as f64 * f64::EPSILON
}

/// Largest accepted condition number `|R|_1 |R^-1|_1` of an eigenvector basis, of the balanced matrix and
/// with columns of unit 2-norm: `L = R^-1` loses `log10(cond)` of 16 digits. A defective eigenvalue of order
/// `k` shows in a general basis as `eps^(1/k - 1)`, 1e8 for two, 2e10 for three: three or more are always
/// reported.
pub const EIGEN_CONDITION: f64 = 1e10;

/// Condition number above which a second, slower algorithm is asked for a better basis: eigenvectors of
/// repeated eigenvalues may be chosen badly without any residual showing it. Matrices of the model stay
/// below 1e6.
pub const EIGEN_SUSPICIOUS: f64 = 1e7;

/// Doubling ends once `|Ac^(2^k)|_F` is below this: the relative error of the Gramian is at most its
/// square, hence at most rounding, and being below one it proves that M is stable.
pub const DOUBLING_CONTRACTION: f64 = 1e-8;

/// Rounds after which doubling gives up; an abscissa of -1e-10 at unit scale needs about 37. Convergence
/// within 48 means a contraction of at least 3e-14 per step of the Cayley transform, two orders above its
/// rounding errors: they cannot make a marginal M look stable.
pub const DOUBLING_ROUNDS: usize = 48;

/// Norm of `Ac^(2^k)` at which doubling stops: powers of a stable matrix grow that much only when its
/// Gramian has no correct digit left.
pub const DOUBLING_BLOWUP: f64 = 1e14;

/// Residual of doubling, relative as [`LYAPUNOV_RESIDUAL`], above which the Schur form is asked: a hundred
/// times what it leaves of an ordinary equation.
pub const DOUBLING_RESIDUAL: f64 = 1e-13;

/// Largest accepted residual of a Lyapunov equation relative to `2 |M| |X| + |Q|` (Frobenius norms).
/// Doubling reaches 1e-16 to 1e-15; 1e-10 still gives gradients that an optimiser can follow.
pub const LYAPUNOV_RESIDUAL: f64 = 1e-10;

/// Largest accepted last refinement of a Lyapunov equation's solution, relative to it: an estimate of the
/// error left. Half of all digits are right below it; what amplifies rounding more is refused.
pub const LYAPUNOV_CORRECTION: f64 = 1e-8;

/// Largest accepted `|Q - Q^T|_F / |Q|_F` of a right-hand side that must be symmetric.
pub const SYMMETRY: f64 = 1e-12;

/// Pivot of a Cholesky factorisation below which a direction has no variance, per unit of order and of
/// the largest variance: rounding of the products that made the matrix.
pub const PIVOT: f64 = 4.0 * f64::EPSILON;
