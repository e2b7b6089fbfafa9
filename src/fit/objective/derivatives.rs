//! Gradient and Hessian of the reduced objective.
//!
//! With `f(theta, c) = 1/2 |y - Phi(theta) c|^2` and c eliminated under its constraints, the envelope theorem gives
//! the gradient, and a Schur complement the Hessian, in the tangent space of the active constraints on c:
//!
//! $$ g = f_\theta, \qquad H = f_{\theta\theta} - f_{\theta c} Z (Z^T G_0 Z + \mu I)^{-1}_{\perp d} Z^T f_{c\theta}. $$
//!
//! Derivatives of exponentials are multiples of `t Phi` and `t^2 Phi`, so the exact Hessian costs no more than
//! Gauss-Newton's, which drops every term with the residual.

use super::amplitudes::{InnerSolution, NullSpace};
use crate::fit::cholesky;
use crate::fit::poles::Poles;

/// The reduced objective and its derivatives at one spectrum; buffers are reused.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evaluation {
    /// `1/2` mean squared residual over the mean square of the motif.
    pub(crate) value: f64,
    /// Amplitudes c.
    pub(crate) amplitudes: Vec<f64>,
    /// Multiplier of the amplitude bound (0 where it is inactive).
    pub(crate) multiplier: f64,
    pub(crate) gradient: Vec<f64>,
    /// Exact Hessian, row-major.
    pub(crate) hessian: Vec<f64>,
    /// Gauss-Newton approximation, positive semidefinite.
    pub(crate) gauss_newton: Vec<f64>,
}

/// What the Hessians are made of, at one spectrum.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sums<'a> {
    /// `Phi^T t^p Phi`.
    pub(crate) grams: &'a [Vec<f64>; 3],
    /// `Phi^T t r`.
    pub(crate) s1: &'a [f64],
    /// `Phi^T t^2 r`.
    pub(crate) s2: &'a [f64],
    pub(crate) inner: &'a InnerSolution,
    pub(crate) null_space: &'a NullSpace,
}

/// Workspace of the assembly.
#[derive(Debug, Clone, Default)]
pub(crate) struct Assembly {
    pub(crate) scratch: Vec<f64>,
    cross: Vec<f64>,
    direction: Vec<f64>,
}

/// `out = W^T x` for one vector, W the derivative of `t Phi c` in terms of `t Phi`:
/// blocks `[[a, -b], [b, a]]` for a pair of amplitude a + ib, `[c]` for a real eigenvalue.
pub(crate) fn apply_weights(spectrum: &Poles, amplitudes: &[f64], x: &[f64], out: &mut [f64]) {
    for unit in 0..spectrum.units() {
        let at = spectrum.offset(unit);
        if unit < spectrum.pairs {
            let (a, b) = (amplitudes[at], amplitudes[at + 1]);
            out[at] = a * x[at] + b * x[at + 1];
            out[at + 1] = a * x[at + 1] - b * x[at];
        } else {
            out[at] = amplitudes[at] * x[at];
        }
    }
}

/// Adds `sign * E`, the derivative of `W(c)^T s1` with respect to c (block diagonal).
pub(crate) fn add_exchange(spectrum: &Poles, s1: &[f64], sign: f64, matrix: &mut [f64]) {
    let n = spectrum.modes();
    for unit in 0..spectrum.units() {
        let at = spectrum.offset(unit);
        if unit < spectrum.pairs {
            let (u, v) = (sign * s1[at], sign * s1[at + 1]);
            matrix[at * n + at] += u;
            matrix[at * n + at + 1] += v;
            matrix[(at + 1) * n + at] += v;
            matrix[(at + 1) * n + at + 1] -= u;
        } else {
            matrix[at * n + at] += sign * s1[at];
        }
    }
}

/// Adds `-r^T d^2(Phi c)`, the curvature of the exponentials (block diagonal).
pub(crate) fn add_curvature(spectrum: &Poles, amplitudes: &[f64], s2: &[f64], matrix: &mut [f64]) {
    let n = spectrum.modes();
    for unit in 0..spectrum.units() {
        let at = spectrum.offset(unit);
        if unit < spectrum.pairs {
            let (a, b) = (amplitudes[at], amplitudes[at + 1]);
            let real = a * s2[at] + b * s2[at + 1];
            let imaginary = a * s2[at + 1] - b * s2[at];
            matrix[at * n + at] -= real;
            matrix[(at + 1) * n + at + 1] += real;
            matrix[at * n + at + 1] -= imaginary;
            matrix[(at + 1) * n + at] -= imaginary;
        } else {
            matrix[at * n + at] -= amplitudes[at] * s2[at];
        }
    }
}

impl Assembly {
    /// `g = -W^T s1`, `s1 = (t Phi)^T r`.
    pub(crate) fn gradient(&mut self, spectrum: &Poles, s1: &[f64], out: &mut Evaluation) {
        out.gradient.resize(spectrum.modes(), 0.0);
        apply_weights(spectrum, &out.amplitudes, s1, &mut out.gradient);
        out.gradient.iter_mut().for_each(|g| *g = -*g);
    }

    /// Both Hessians from the Gram matrices.
    pub(crate) fn hessians(&mut self, spectrum: &Poles, sums: &Sums, out: &mut Evaluation) {
        let &Sums { grams, s1, s2, .. } = sums;
        let n = spectrum.modes();
        // W^T G_2 W: weights applied to the rows, then to the columns.
        out.gauss_newton.resize(n * n, 0.0);
        self.scratch.resize(n * n, 0.0);
        for i in 0..n {
            let rows = i * n..(i + 1) * n;
            apply_weights(spectrum, &out.amplitudes, &grams[2][rows.clone()], &mut self.scratch[rows]);
        }
        transpose(&mut self.scratch, n);
        for i in 0..n {
            let rows = i * n..(i + 1) * n;
            apply_weights(
                spectrum,
                &out.amplitudes,
                &self.scratch[rows.clone()],
                &mut out.gauss_newton[rows],
            );
        }
        out.hessian.clear();
        out.hessian.extend_from_slice(&out.gauss_newton);
        add_curvature(spectrum, &out.amplitudes, s2, &mut out.hessian);
        // f_{theta c} = W^T G_1 (Gauss-Newton), minus E (exact); G_1 is symmetric.
        self.cross.resize(n * n, 0.0);
        for i in 0..n {
            let rows = i * n..(i + 1) * n;
            apply_weights(spectrum, &out.amplitudes, &grams[1][rows.clone()], &mut self.cross[rows]);
        }
        transpose(&mut self.cross, n);
        let mut cross = std::mem::take(&mut self.cross);
        let mut exact = std::mem::take(&mut self.scratch);
        exact.clear();
        exact.extend_from_slice(&cross);
        add_exchange(spectrum, s1, -1.0, &mut exact);
        self.eliminate(&mut cross, sums, &mut out.gauss_newton);
        self.eliminate(&mut exact, sums, &mut out.hessian);
        self.cross = cross;
        self.scratch = exact;
    }

    /// `H -= X M^-1 X^T` on the tangent space of the active norm bound; `X = f_{theta c} Z`.
    fn eliminate(&mut self, cross: &mut [f64], sums: &Sums, hessian: &mut [f64]) {
        let &Sums { inner, null_space, s1, .. } = sums;
        let n = s1.len();
        null_space.reflect_rows(cross, n);
        let drop = null_space.dropped;
        let m = n - drop;
        for row in cross.chunks_exact_mut(n) {
            cholesky::forward(&inner.factor, m, &mut row[drop..]);
        }
        if inner.multiplier > 0.0 {
            self.direction.clear();
            self.direction.extend_from_slice(&inner.reduced);
            cholesky::forward(&inner.factor, m, &mut self.direction);
            let size = cholesky::dot(&self.direction, &self.direction);
            // Taking out the component along L^-1 d leaves the tangent space: X M^-1 X^T - q q^T / |L^-1 d|^2.
            for row in cross.chunks_exact_mut(n) {
                let along = cholesky::dot(&row[drop..], &self.direction) / size;
                for (x, d) in row[drop..].iter_mut().zip(&self.direction) {
                    *x -= along * d;
                }
            }
        }
        for i in 0..n {
            for j in 0..=i {
                let value =
                    cholesky::dot(&cross[i * n + drop..(i + 1) * n], &cross[j * n + drop..(j + 1) * n]);
                hessian[i * n + j] -= value;
                if i != j {
                    hessian[j * n + i] -= value;
                }
            }
        }
    }
}

fn transpose(a: &mut [f64], n: usize) {
    for i in 0..n {
        for j in 0..i {
            a.swap(i * n + j, j * n + i);
        }
    }
}
