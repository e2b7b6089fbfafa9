//! Gradient of the robustness cost: the reverse sweep through the lines of its value.

use super::forward::{Formula, Integrals, difference, paired};
use super::workspace::Workspace;
use crate::modal::algebra::{Algebra, add, scale};
use crate::modal::lanes::{Elementwise, add_all};

impl Formula<'_> {
    /// Gradient of the objective at the u of the last [`Self::forward`]: the reverse sweep through its lines,
    /// equations (5.12) to (5.14) of `docs/theory.md`.
    pub(super) fn backward<A: Algebra<B>, const B: usize>(
        &self,
        at: &Integrals<B>,
        k: &mut Workspace<B>,
        gradient: &mut [[f64; B]],
    ) {
        let Self { modes: m, tables: t, .. } = self;
        // d(ln C) = dE / (2 E) + dG / (2 G): the factor 2 of each term of dE and dG cancels the 1/2.
        let floored = add(at.activity, A::constant(self.floored(0.0)));
        Elementwise::<A, B>::scale_all(A::reciprocal(floored), &mut k.v_x0_a_h_xt);
        Elementwise::<A, B>::scale_all(A::reciprocal(at.noise_gain), &mut k.w_b_z_qt);
        self.backward_activity::<A, B>(k);
        self.backward_noise::<A, B>(k);
        // rho = C (q * a):  a' += q * (C^T rho')
        let lambda = Elementwise::<A, B>::over(m.layout);
        t.cauchy.transposed.apply(&k.rho_bar, &mut k.scratch);
        lambda.multiply_add(&k.fixed.readout, &k.scratch, &mut k.a_bar);
        // a = L u:  u' = L^T a'
        m.left_transposed.apply(&k.a_bar, gradient);
        gradient.iter_mut().for_each(|g| *g = std::array::from_fn(|i| k.scale[i] * g[i]));
    }

    /// Adjoint of E: sets `a'` and the placed part of `rho'`.
    fn backward_activity<A: Algebra<B>, const B: usize>(&self, k: &mut Workspace<B>) {
        let Self { modes: m, tables: t, .. } = self;
        let (lambda, placed) = (Elementwise::<A, B>::over(m.layout), Elementwise::<A, B>::over(t.placed));
        let (n, size, vectors) = (m.layout.len(), t.placed.len(), self.ends() + 1);
        let [vx0, va, vh, vxt] = [0, 1, 2, 3].map(|i| &k.v_x0_a_h_xt[i * n..][..n]);
        k.a_bar.copy_from_slice(vh);
        for (y, adjoint) in [vx0, va, vxt].into_iter().take(vectors).enumerate() {
            let (of_y, out) = (&k.y[y * n..][..n], &mut k.y_bar[y * n..][..n]);
            lambda.multiply(adjoint, &k.a, out);
            // What has left at the end counts against.
            if y == 2 {
                lambda.multiply_subtract(adjoint, of_y, &mut k.a_bar);
                out.iter_mut().for_each(|x| *x = scale(-1.0, *x));
            } else {
                lambda.multiply_add(adjoint, of_y, &mut k.a_bar);
            }
        }
        t.cauchy_placed.plain.apply(&k.y_bar[..vectors * n], &mut k.weights[..vectors * size]);
        let (c_bar, others) = k.weights.split_at_mut(size);
        let (m_bar, e_bar) = others.split_at_mut(size);
        if vectors == 3 {
            placed.multiply_add(&k.fixed.end_placed, e_bar, c_bar);
        }
        // m = c * (S c - e S e c):  c' += m' * (S c - e S e c) + S (m' * c) - e S (e m' * c)
        placed.multiply_add(m_bar, &k.sc, c_bar);
        placed.multiply(m_bar, &k.c, &mut k.mc);
        paired(placed, t, &k.fixed.end_placed, &k.mc, &mut k.pair_scratch, &mut k.sc);
        add_all(&k.sc, c_bar);
        // c = alpha / rho_K:  rho_K' = -c' * c / rho_K
        placed.multiply(c_bar, &k.c, &mut k.mc);
        k.sc.fill([0.0; B]);
        placed.multiply_subtract(&k.mc, &k.inverse_rho, &mut k.sc);
        k.rho_bar.fill([0.0; B]);
        t.scatter_add(&k.sc, &mut k.rho_bar);
    }

    /// Adjoint of G: adds to `a'` and `rho'`.
    fn backward_noise<A: Algebra<B>, const B: usize>(&self, k: &mut Workspace<B>) {
        let Self { modes: m, tables: t, .. } = self;
        let (lambda, mu) = (Elementwise::<A, B>::over(m.layout), Elementwise::<A, B>::over(t.all));
        let (n, columns) = (m.layout.len(), self.ends());
        let b = &k.b_z_qt[..n];
        let [wb, wz, wqt] = [0, 1, 2].map(|i| &k.w_b_z_qt[i * n..][..n]);
        // z = b * s and q_T = b * f:  b' = W z + z' * s + q_T' * f,  s' = z' * b,  f' = q_T' * b
        k.b_bar.copy_from_slice(wz);
        lambda.multiply_add(wb, &k.s_f[..n], &mut k.b_bar);
        lambda.multiply(wb, b, &mut k.s_f_bar[..n]);
        if columns == 2 {
            lambda.multiply_subtract(wqt, &k.s_f[n..], &mut k.b_bar);
            k.s_f_bar[n..].fill([0.0; B]);
            lambda.multiply_subtract(wqt, b, &mut k.s_f_bar[n..]);
        }
        // s = C^T m, f = C^T (e p):  m' = C s',  (e p)' = C f'
        t.cauchy.plain.apply(&k.s_f_bar[..columns * n], &mut k.m_ep[..columns * n]);
        // m = p * (S p - e S e p):  p' = m' * (S p - e S e p) + S (m' * p) - e S (e m' * p) + e * (e p)'
        let (m_bar, ep_bar) = k.m_ep.split_at(n);
        mu.multiply(m_bar, &k.sp_sep[..n], &mut k.p_bar);
        let (pm, epm) = k.s_f_bar.split_at_mut(n);
        mu.multiply(m_bar, &k.p_ep[..n], pm);
        if columns == 2 {
            mu.multiply(&k.fixed.end, pm, epm);
            mu.multiply_add(&k.fixed.end, ep_bar, &mut k.p_bar);
        }
        t.pairing.apply(&k.s_f_bar[..columns * n], &mut k.sp_sep[..columns * n]);
        difference(mu, &mut k.sp_sep, &k.fixed.end);
        add_all(&k.sp_sep[..n], &mut k.p_bar);
        // p = rho / n
        mu.multiply_add(&k.fixed.inverse_norms, &k.p_bar, &mut k.rho_bar);
        // b = d / a:  a' -= b' * b / a
        lambda.multiply(&k.b_bar, b, &mut k.scratch);
        lambda.multiply_subtract(&k.scratch, &k.inverse_a, &mut k.a_bar);
    }
}
