//! Value of the robustness cost at B points at once, line by line as in sections 5.2 to 5.4 of
//! `docs/theory.md`.

use super::tables::Formula;
use super::workspace::Workspace;
use crate::loops::near_unit::near_units;
use crate::modal::lanes::Elementwise;
use crate::modal::tiles::Tiles;

/// An integral at B points: a sum of signed terms, and the sum of their magnitudes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Integral<const B: usize> {
    pub(super) value: [f64; B],
    pub(super) size: [f64; B],
}

impl Formula {
    pub(super) fn units(&self) -> usize {
        self.modes.layout.len()
    }

    /// `E + N T floor^2` (5.16).
    pub(super) fn floored(&self, activity: f64) -> f64 {
        activity + self.units() as f64 * self.duration * self.noise_floor * self.noise_floor
    }

    /// `ln C`, or infinity where E or G is no positive number.
    pub(super) fn objective(&self, activity: f64, noise_gain: f64) -> f64 {
        let value = 0.5 * ((self.floored(activity) / self.units() as f64).ln() + noise_gain.ln())
            - self.duration.ln();
        let valid = activity > 0.0 && noise_gain > 0.0 && value.is_finite();
        if valid { value } else { f64::INFINITY }
    }

    /// Ends of the motif that the integrals have: start and end, or the start alone for the infinite horizon.
    /// So many of the vectors that come in pairs, the second with the subscript T or the factor e, are used.
    pub(super) fn ends(&self) -> usize {
        if self.tables.end.is_some() { 2 } else { 1 }
    }

    /// Both integrals, E and G, at u, leaving every intermediate in the workspace for [`Self::backward`].
    pub(super) fn forward<const B: usize>(
        &self,
        u: &[[f64; B]],
        k: &mut Workspace<B>,
    ) -> (Integral<B>, Integral<B>) {
        let Self { modes, tables: t, .. } = self;
        let (lambda, mu) = (Elementwise::over(modes.layout), Elementwise::over(t.all));
        // a = L u,  b = d / a
        modes.left.apply(u, &mut k.a);
        // Only u's direction matters; its length must not over- or underflow what follows.
        k.scale = near_units(u);
        k.a.iter_mut().for_each(|a| *a = std::array::from_fn(|i| k.scale[i] * a[i]));
        lambda.reciprocal(&k.a, &mut k.inverse_a);
        modes.clear_hidden(&mut k.inverse_a);
        lambda.multiply(&k.d, &k.inverse_a, &mut k.b);
        // rho = C (q * a),  p = rho / n
        let qa = &mut k.scratch[0];
        lambda.multiply(&k.q, &k.a, qa);
        t.cauchy.plain.apply(qa, &mut k.rho);
        mu.multiply(&k.inverse_n, &k.rho, &mut k.p);
        // c = alpha / rho_K
        let rho_k = &mut k.scratch_K[0];
        t.gather(&k.rho, rho_k);
        let placed = Elementwise::over(t.placed);
        placed.reciprocal(rho_k, &mut k.inverse_rho_K);
        placed.multiply(&k.alpha_K, &k.inverse_rho_K, &mut k.c);
        (self.activity(k), self.noise_gain(k))
    }

    /// (5.7), (5.5).
    #[allow(non_snake_case)]
    fn noise_gain<const B: usize>(&self, k: &mut Workspace<B>) -> Integral<B> {
        let (t, W, ends) = (&self.tables, &self.modes.noise, self.ends());
        let (lambda, mu) = (Elementwise::over(self.modes.layout), Elementwise::over(t.all));
        // m = p * (S p - e * S (e * p))
        t.pairing.bracket(mu, &k.e, &k.p, (&mut k.ep, &mut k.scratch_M[0]), &mut k.S_p);
        mu.multiply(&k.p, &k.S_p, &mut k.m);
        // s = C^T m,  z = b * s;  f = C^T (e * p),  q_T = b * f
        apply_first(&t.cauchy.transposed, ends, [&k.m, &k.ep], [&mut k.s, &mut k.f]);
        lambda.multiply(&k.b, &k.s, &mut k.z);
        lambda.multiply(&k.b, &k.f, &mut k.q_T);
        // G = q^T W q - q_T^T W q_T + 2 b^T W z
        let (given, images) = ([&k.b[..], &k.z, &k.q_T], [&mut k.W_b[..], &mut k.W_z, &mut k.W_q_T]);
        apply_first(W, ends + 1, given, images);
        let end = if ends == 2 { lambda.dot(&k.q_T, &k.W_q_T) } else { [0.0; B] };
        let near = t.noise_near.sum((&t.pairing, mu, &k.e), (&k.b, &k.p), &mut k.noise_near);
        integral([self.modes.readout_noise; B], end, lambda.dot(&k.b, &k.W_z), near)
    }

    /// (5.10), (5.11), (5.9).
    #[allow(non_snake_case)]
    fn activity<const B: usize>(&self, k: &mut Workspace<B>) -> Integral<B> {
        let (t, V, ends) = (&self.tables, &self.modes.activity, self.ends());
        let (lambda, placed) = (Elementwise::over(self.modes.layout), Elementwise::over(t.placed));
        // y_0 = C_K^T c,  y_h = C_K^T (c * (S_K c - e_K * S_K (e_K * c))),  y_T = C_K^T (e_K * c)
        t.pairing_placed.bracket(placed, &k.e_K, &k.c, (&mut k.ec, &mut k.scratch_K[0]), &mut k.S_c);
        placed.multiply(&k.c, &k.S_c, &mut k.m_c);
        let (given, images) = ([&k.c[..], &k.m_c, &k.ec], [&mut k.y_0[..], &mut k.y_h, &mut k.y_T]);
        apply_first(&t.cauchy_placed.transposed, ends + 1, given, images);
        // xi_0 = a * y_0,  h = a * y_h,  xi_T = a * y_T
        lambda.multiply(&k.a, &k.y_0, &mut k.xi_0);
        lambda.multiply(&k.a, &k.y_h, &mut k.h);
        lambda.multiply(&k.a, &k.y_T, &mut k.xi_T);
        // E = xi_0^T V xi_0 - xi_T^T V xi_T + 2 a^T V h
        let given = [&k.xi_0[..], &k.a, &k.h, &k.xi_T];
        let images = [&mut k.V_xi_0[..], &mut k.V_a, &mut k.V_h, &mut k.V_xi_T];
        apply_first(V, ends + 2, given, images);
        let end = if ends == 2 { lambda.dot(&k.xi_T, &k.V_xi_T) } else { [0.0; B] };
        let pairing = (&t.pairing_placed, placed, &k.e_K[..]);
        let near = t.activity_near.sum(pairing, (&k.a, &k.c), &mut k.activity_near);
        integral(lambda.dot(&k.xi_0, &k.V_xi_0), end, lambda.dot(&k.a, &k.V_h), near)
    }
}

/// Images of the first vectors of a list.
pub(super) fn apply_first<const B: usize, const V: usize>(
    matrix: &Tiles,
    count: usize,
    given: [&[[f64; B]]; V],
    mut images: [&mut [[f64; B]]; V],
) {
    matrix.apply_all(&given[..count], &mut images[..count]);
}

/// `start - end + 2 looped`, the sums (5.5) and (5.9), and the entries that W or V leave out with their size.
fn integral<const B: usize>(
    start: [f64; B],
    end: [f64; B],
    looped: [f64; B],
    (near, near_size): ([f64; B], [f64; B]),
) -> Integral<B> {
    Integral {
        value: std::array::from_fn(|i| start[i] - end[i] + 2.0 * looped[i] + near[i]),
        size: std::array::from_fn(|i| start[i].abs() + end[i].abs() + 2.0 * looped[i].abs() + near_size[i]),
    }
}
