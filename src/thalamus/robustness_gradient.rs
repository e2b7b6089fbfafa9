//! Gradient of the robustness cost: the reverse sweep through the lines of its value.

use super::robustness::{CostTerms, RobustnessCost, difference, paired, transposed};
use crate::linalg::multiply;

impl RobustnessCost<'_> {
    /// Gradient of the objective at the u of the last [`Self::forward`]: the reverse sweep through its lines,
    /// equations (5.12) to (5.14) of `docs/theory.md`.
    pub(super) fn backward(&mut self, terms: &CostTerms, gradient: &mut [f64]) {
        self.backward_activity(1.0 / self.floored(terms.activity));
        self.backward_noise(1.0 / terms.noise_gain);
        let Self { modes: m, tables: t, work: k, .. } = self;
        let lambda = m.layout;
        // rho = C (q * a):  a' += q * (C^T rho')
        transposed(&t.cauchy, t.all, lambda, &mut k.rho_bar, &mut k.lambda_scratch);
        lambda.multiply_add(1.0, &m.readout, &k.lambda_scratch, &mut k.a_bar);
        // a = L u:  u' = L^T a'
        lambda.weight(&mut k.a_bar);
        k.a_bar.iter_mut().for_each(|a| *a *= k.scale);
        multiply::apply_transpose(&m.left, &k.a_bar, gradient);
    }

    /// Adjoint of E, scaled: sets `a'` and the placed part of `rho'`.
    fn backward_activity(&mut self, scale: f64) {
        let Self { modes: m, tables: t, work: k, .. } = self;
        let (n, lambda, placed, size) = (m.layout.len(), m.layout, t.placed, t.placed.len());
        let vectors = if t.end.is_some() { 3 } else { 2 };
        // d(ln C) = dE / (2 E): the factor 2 of each term of dE cancels the 1/2.
        let (vx0, va, vh, vxt) = quarters(&k.v_x0_a_h_xt, n);
        k.a_bar.iter_mut().zip(vh).for_each(|(a, v)| *a = scale * v);
        for (y, (adjoint, sign)) in
            [(vx0, scale), (va, scale), (vxt, -scale)].into_iter().take(vectors).enumerate()
        {
            lambda.multiply_add(sign, adjoint, &k.y[y * n..][..n], &mut k.a_bar);
            let out = &mut k.y_bar[y * n..][..n];
            out.fill(0.0);
            lambda.multiply_add(sign, adjoint, &k.a, out);
        }
        multiply::apply(&t.cauchy_placed, &k.y_bar[..vectors * n], &mut k.weights[..vectors * size]);
        let (c_bar, others) = k.weights.split_at_mut(size);
        let (m_bar, e_bar) = others.split_at_mut(size);
        if t.end.is_some() {
            placed.multiply_add(1.0, &k.end_placed, e_bar, c_bar);
        }
        // m = c * (S c - e S e c):  c' += m' * (S c - e S e c) + S (m' * c) - e S (e m' * c)
        placed.multiply_add(1.0, m_bar, &k.sc, c_bar);
        placed.multiply(m_bar, &k.c, &mut k.mc);
        paired(t, &k.end_placed, &k.mc, &mut k.pair_scratch, &mut k.sc);
        c_bar.iter_mut().zip(&k.sc).for_each(|(c, s)| *c += s);
        // c = alpha / rho_K:  rho_K' = -c' * c / rho_K
        placed.multiply(c_bar, &k.c, &mut k.mc);
        k.mc.iter_mut().for_each(|x| *x = -*x);
        placed.divide(&k.mc, &k.rho_placed, &mut k.sc);
        k.rho_bar.fill(0.0);
        t.scatter_add(&k.sc, &mut k.rho_bar);
    }

    /// Adjoint of G, scaled: adds to `a'` and `rho'`.
    fn backward_noise(&mut self, scale: f64) {
        let Self { modes: m, tables: t, work: k, .. } = self;
        let (n, lambda, mu) = (m.layout.len(), m.layout, t.all);
        let columns = if t.end.is_some() { 2 } else { 1 };
        let b = &k.b_z_qt[..n];
        let (wb, wz) = (&k.w_b_z_qt[..n], &k.w_b_z_qt[n..2 * n]);
        // z = b * s and q_T = b * f:  b' = W z + z' * s + q_T' * f,  s' = z' * b,  f' = q_T' * b
        k.b_bar.iter_mut().zip(wz).for_each(|(b, v)| *b = scale * v);
        k.s_f_bar.fill(0.0);
        let adjoints = [(wb, scale), (&k.w_b_z_qt[2 * n..], -scale)];
        for (column, (adjoint, sign)) in adjoints.into_iter().take(columns).enumerate() {
            lambda.multiply_add(sign, adjoint, &k.s_f[column * n..][..n], &mut k.b_bar);
            lambda.multiply_add(sign, adjoint, b, &mut k.s_f_bar[column * n..][..n]);
        }
        // s = C^T m, f = C^T (e p):  m' = C s',  (e p)' = C f'
        multiply::apply(&t.cauchy, &k.s_f_bar[..columns * n], &mut k.m_ep[..columns * n]);
        // m = p * (S p - e S e p):  p' = m' * (S p - e S e p) + S (m' * p) - e S (e m' * p) + e * (e p)'
        let (m_bar, ep_bar) = k.m_ep.split_at(n);
        mu.multiply(m_bar, &k.sp_sep[..n], &mut k.p_bar);
        let (pm, epm) = k.s_f_bar.split_at_mut(n);
        mu.multiply(m_bar, &k.p_ep[..n], pm);
        if let Some(e) = &t.end {
            mu.multiply(e, pm, epm);
            mu.multiply_add(1.0, e, ep_bar, &mut k.p_bar);
        }
        multiply::apply(&t.pairing, &k.s_f_bar[..columns * n], &mut k.sp_sep[..columns * n]);
        difference(mu, &mut k.sp_sep, t.end.as_deref());
        k.p_bar.iter_mut().zip(&k.sp_sep[..n]).for_each(|(p, s)| *p += s);
        // p = rho / n
        mu.divide(&k.p_bar, &t.norms, &mut k.mu_scratch);
        k.rho_bar.iter_mut().zip(&k.mu_scratch).for_each(|(r, p)| *r += p);
        // b = d / a:  a' -= b' * b / a
        lambda.multiply(&k.b_bar, b, &mut k.lambda_scratch);
        lambda.divide(&k.lambda_scratch, &k.a, &mut k.b_bar);
        k.a_bar.iter_mut().zip(&k.b_bar).for_each(|(a, b)| *a -= b);
    }
}

fn quarters(block: &[f64], n: usize) -> (&[f64], &[f64], &[f64], &[f64]) {
    (&block[..n], &block[n..2 * n], &block[2 * n..3 * n], &block[3 * n..])
}
