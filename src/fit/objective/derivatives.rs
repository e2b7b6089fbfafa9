//! The reduced objective with its gradient and Hessians, and the matrices that these are made of.
//!
//! With `f(theta, c) = 1/2 |y - Phi(theta) c|^2` and c eliminated under its constraints, the envelope theorem
//! gives the gradient, and a Schur complement the Hessian, in the tangent space of the active constraints on
//! c:
//!
//! $$ g = f_\theta, \qquad H = f_{\theta\theta} - f_{\theta c} Z (Z^T G_0 Z + \mu I)^{-1}_{\perp d} Z^T f_{c\theta}. $$
//!
//! Derivatives of exponentials are multiples of `t Phi` and `t^2 Phi`, so the exact Hessian costs no more
//! than Gauss-Newton's, which drops every term with the residual r. With `s_p = Phi^T t^p r` and the matrices
//! W and E below, `f_theta = -W^T s_1`, `f_{theta theta} = W^T G_2 W - E(W^T s_2)`,
//! `f_{theta c} = W^T G_1 - E(s_1)`.

use nalgebra::{DMatrix, DVector};

use crate::fit::poles::Poles;

/// The reduced objective and its derivatives at one set of poles.
#[derive(Debug, Clone)]
pub(crate) struct Evaluation {
    /// `1/2` mean squared residual over the mean square of the motif.
    pub(crate) value: f64,
    /// Amplitudes c.
    pub(crate) amplitudes: DVector<f64>,
    /// Multiplier of the amplitude bound (0 where it is inactive).
    pub(crate) multiplier: f64,
    pub(crate) gradient: DVector<f64>,
    /// Exact Hessian.
    pub(crate) hessian: DMatrix<f64>,
    /// Gauss-Newton approximation, positive semidefinite.
    pub(crate) gauss_newton: DMatrix<f64>,
}

/// W, the derivative of `t Phi c` in terms of `t Phi`: blocks `[[a, -b], [b, a]]` for a pair of amplitude a +
/// ib, `[c]` for a real eigenvalue.
pub(crate) fn weights(poles: &Poles, c: &DVector<f64>) -> DMatrix<f64> {
    let mut matrix = DMatrix::from_diagonal(c);
    for at in poles.iter().filter(|unit| unit.pair).map(|unit| unit.at) {
        matrix[(at, at + 1)] = -c[at + 1];
        matrix[(at + 1, at)] = c[at + 1];
        matrix[(at + 1, at + 1)] = c[at];
    }
    matrix
}

/// E, the derivative of `W(c)^T s` with respect to c: blocks `[[u, v], [v, -u]]` for `s = (u, v)`, `[s]`.
pub(crate) fn exchange(poles: &Poles, s: &DVector<f64>) -> DMatrix<f64> {
    let mut matrix = weights(poles, s);
    poles.iter().filter(|unit| unit.pair).for_each(|unit| matrix.column_mut(unit.at + 1).neg_mut());
    matrix
}
