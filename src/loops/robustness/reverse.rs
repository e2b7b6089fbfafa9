//! Gradient of the robustness cost: the reverse sweep through the lines of its value, section 5.5 of
//! `docs/theory.md`.

use super::forward::apply_first;
use super::tables::Formula;
use super::workspace::Workspace;
use crate::modal::lanes::{Elementwise, add_all, scale_all};

impl Formula {
    /// Gradient of the objective at the u of the last [`Self::forward`], which returned these E and G.
    pub(super) fn backward<const B: usize>(
        &self,
        (activity, noise_gain): ([f64; B], [f64; B]),
        k: &mut Workspace<B>,
        gradient: &mut [[f64; B]],
    ) {
        let Self { modes, tables: t, .. } = self;
        // d(ln C) = dE / (2 E) + dG / (2 G): the factor 2 of each term of dE and dG cancels the 1/2.
        let (over_e, over_g) = (activity.map(|e| 1.0 / self.floored(e)), noise_gain.map(|g| 1.0 / g));
        for x in [&mut k.V_xi_0, &mut k.V_a, &mut k.V_h, &mut k.V_xi_T] {
            scale_all(over_e, x);
        }
        for x in [&mut k.W_b, &mut k.W_z, &mut k.W_q_T] {
            scale_all(over_g, x);
        }
        self.backward_activity(over_e, k);
        self.backward_noise(over_g, k);
        // (5.14): a' += q * (C^T rho'),  u' = L^T a'
        let c_rho = &mut k.scratch[0];
        t.cauchy.transposed.apply(&k.rho_bar, c_rho);
        Elementwise::over(modes.layout).multiply_add(&k.q, c_rho, &mut k.a_bar);
        modes.left_transposed.apply(&k.a_bar, gradient);
        scale_all(k.scale, gradient);
    }

    /// (5.12): sets `a'` and the placed part of `rho'`.
    fn backward_activity<const B: usize>(&self, over_e: [f64; B], k: &mut Workspace<B>) {
        let (t, ends) = (&self.tables, self.ends());
        let (lambda, placed) = (Elementwise::over(self.modes.layout), Elementwise::over(t.placed));
        // a' = V h + (V xi_0) * y_0 + (V a) * y_h - (V xi_T) * y_T
        k.a_bar.copy_from_slice(&k.V_h);
        lambda.multiply_add(&k.V_xi_0, &k.y_0, &mut k.a_bar);
        lambda.multiply_add(&k.V_a, &k.y_h, &mut k.a_bar);
        // y_0' = (V xi_0) * a,  y_h' = (V a) * a,  y_T' = -(V xi_T) * a
        lambda.multiply(&k.V_xi_0, &k.a, &mut k.y_0_bar);
        lambda.multiply(&k.V_a, &k.a, &mut k.y_h_bar);
        if ends == 2 {
            lambda.multiply_subtract(&k.V_xi_T, &k.y_T, &mut k.a_bar);
            k.y_T_bar.fill([0.0; B]);
            lambda.multiply_subtract(&k.V_xi_T, &k.a, &mut k.y_T_bar);
        }
        // c' = C_K y_0' + e_K * (C_K y_T') + m_c' * S_c + bracket of m_c' * c,  m_c' = C_K y_h'
        let given = [&k.y_0_bar[..], &k.y_h_bar, &k.y_T_bar];
        let images = [&mut k.c_bar[..], &mut k.m_c_bar, &mut k.ec_bar];
        apply_first(&t.cauchy_placed.plain, ends + 1, given, images);
        if ends == 2 {
            placed.multiply_add(&k.e_K, &k.ec_bar, &mut k.c_bar);
        }
        placed.multiply_add(&k.m_c_bar, &k.S_c, &mut k.c_bar);
        let [mc, e_mc, image] = &mut k.scratch_K;
        placed.multiply(&k.m_c_bar, &k.c, mc);
        t.pairing_placed.bracket(placed, &k.e_K, mc, (e_mc, image), &mut k.S_c);
        add_all(&k.S_c, &mut k.c_bar);
        let bars = (&mut k.a_bar[..], &mut k.c_bar[..]);
        t.activity_near.add_gradient((placed, over_e), &k.c, &mut k.activity_near, bars);
        // rho_K' = -c' * c / rho_K
        placed.multiply(&k.c_bar, &k.c, mc);
        image.fill([0.0; B]);
        placed.multiply_subtract(mc, &k.inverse_rho_K, image);
        k.rho_bar.fill([0.0; B]);
        t.scatter_add(image, &mut k.rho_bar);
    }

    /// (5.13): adds to `a'` and `rho'`.
    fn backward_noise<const B: usize>(&self, over_g: [f64; B], k: &mut Workspace<B>) {
        let (t, ends) = (&self.tables, self.ends());
        let (lambda, mu) = (Elementwise::over(self.modes.layout), Elementwise::over(t.all));
        // b' = W z + (W b) * s - (W q_T) * f,  s' = (W b) * b,  f' = -(W q_T) * b
        k.b_bar.copy_from_slice(&k.W_z);
        lambda.multiply_add(&k.W_b, &k.s, &mut k.b_bar);
        lambda.multiply(&k.W_b, &k.b, &mut k.s_bar);
        if ends == 2 {
            lambda.multiply_subtract(&k.W_q_T, &k.f, &mut k.b_bar);
            k.f_bar.fill([0.0; B]);
            lambda.multiply_subtract(&k.W_q_T, &k.b, &mut k.f_bar);
        }
        // p' = m' * S_p + bracket of m' * p + e * (C f'),  m' = C s'
        let given = [&k.s_bar[..], &k.f_bar];
        apply_first(&t.cauchy.plain, ends, given, [&mut k.m_bar, &mut k.ep_bar]);
        mu.multiply(&k.m_bar, &k.S_p, &mut k.p_bar);
        let [mp, e_mp, image] = &mut k.scratch_M;
        mu.multiply(&k.m_bar, &k.p, mp);
        t.pairing.bracket(mu, &k.e, mp, (e_mp, image), &mut k.S_p);
        add_all(&k.S_p, &mut k.p_bar);
        let bars = (&mut k.b_bar[..], &mut k.p_bar[..]);
        t.noise_near.add_gradient((mu, over_g), &k.p, &mut k.noise_near, bars);
        if ends == 2 {
            mu.multiply_add(&k.e, &k.ep_bar, &mut k.p_bar);
        }
        // rho' += p' / n
        mu.multiply_add(&k.inverse_n, &k.p_bar, &mut k.rho_bar);
        // a' -= b' * b / a
        let bb = &mut k.scratch[0];
        lambda.multiply(&k.b_bar, &k.b, bb);
        lambda.multiply_subtract(bb, &k.inverse_a, &mut k.a_bar);
    }
}
