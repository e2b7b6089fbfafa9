//! Value of the robustness cost at B points at once, line by line as in sections 5.2 to 5.4 of `docs/theory.md`.

use super::tables::Tables;
use super::workspace::Workspace;
use crate::modal::Modes;
use crate::modal::algebra::{Algebra, add, scale, subtract};
use crate::modal::lanes::Elementwise;

/// One motif's cost as a function of u: everything but the memory of an evaluation.
#[derive(Debug, Clone)]
pub(super) struct Formula<'a> {
    pub(super) modes: &'a Modes,
    pub(super) duration: f64,
    pub(super) noise_floor: f64,
    pub(super) residues: Vec<f64>,
    pub(super) amplitudes: Vec<f64>,
    pub(super) tables: Tables,
}

/// The integrals E and G at B points, and the sums of the magnitudes of their terms.
#[derive(Debug, Clone, Copy)]
pub(super) struct Integrals<const B: usize> {
    pub(super) activity: [f64; B],
    pub(super) activity_size: [f64; B],
    pub(super) noise_gain: [f64; B],
    pub(super) noise_size: [f64; B],
}

impl Formula<'_> {
    pub(super) fn units(&self) -> usize {
        self.modes.layout.len()
    }

    /// `E + N T floor^2`.
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

    /// Columns of vectors that also exist at the end of the motif: two for its own horizon, else one.
    pub(super) fn ends(&self) -> usize {
        if self.tables.end.is_some() { 2 } else { 1 }
    }

    /// Both integrals at u, leaving every intermediate in the workspace for [`Self::backward`].
    pub(super) fn forward<A: Algebra<B>, const B: usize>(
        &self,
        u: &[[f64; B]],
        k: &mut Workspace<B>,
    ) -> Integrals<B> {
        let Self { modes: m, tables: t, .. } = self;
        let (lambda, mu) = (Elementwise::<A, B>::over(m.layout), Elementwise::<A, B>::over(t.all));
        let (n, columns) = (m.layout.len(), self.ends());
        // a = L u,  b = d / a
        m.left.apply(u, &mut k.a);
        // Only u's direction matters; its length must not over- or underflow what follows.
        k.scale = near_unit::<A, B>(u);
        k.a.iter_mut().for_each(|a| *a = std::array::from_fn(|i| k.scale[i] * a[i]));
        lambda.reciprocal(&k.a, &mut k.inverse_a);
        lambda.multiply(&k.fixed.residues, &k.inverse_a, &mut k.b_z_qt[..n]);
        // rho = C (q * a),  p = rho / n
        lambda.multiply(&k.fixed.readout, &k.a, &mut k.scratch);
        t.cauchy.plain.apply(&k.scratch, &mut k.rho);
        mu.multiply(&k.fixed.inverse_norms, &k.rho, &mut k.p_ep[..n]);
        if columns == 2 {
            let (p, ep) = k.p_ep.split_at_mut(n);
            mu.multiply(&k.fixed.end, p, ep);
        }
        // m = p * (S p - e * S (e * p))
        t.pairing.apply(&k.p_ep[..columns * n], &mut k.sp_sep[..columns * n]);
        difference(mu, &mut k.sp_sep, &k.fixed.end);
        mu.multiply(&k.p_ep[..n], &k.sp_sep[..n], &mut k.m_ep[..n]);
        k.m_ep[n..].copy_from_slice(&k.p_ep[n..]);
        // s = C^T m,  z = b * s;   q_T = b * f,  f = C^T (e * p)
        t.cauchy.transposed.apply(&k.m_ep[..columns * n], &mut k.s_f[..columns * n]);
        for column in 0..columns {
            let (b, targets) = k.b_z_qt.split_at_mut(n);
            lambda.multiply(b, &k.s_f[column * n..][..n], &mut targets[column * n..][..n]);
        }
        // G = q^T W q - q_T^T W q_T + 2 b^T W z
        let used = (columns + 1) * n;
        m.noise.apply(&k.b_z_qt[..used], &mut k.w_b_z_qt[..used]);
        let form = |i: usize, j: usize| lambda.dot(&k.b_z_qt[i * n..][..n], &k.w_b_z_qt[j * n..][..n]);
        let carried = if columns == 2 { form(2, 2) } else { [0.0; B] };
        let (start, looped) = (A::constant(m.readout_noise), scale(2.0, form(0, 1)));
        let (noise_gain, noise_size) = total::<A, B>(start, carried, looped);
        let (activity, activity_size) = self.activity::<A, B>(k);
        Integrals { activity, activity_size, noise_gain, noise_size }
    }

    /// `E = x0^T V x0 - x_T^T V x_T + 2 a^T V h` and the sum of the terms' magnitudes.
    fn activity<A: Algebra<B>, const B: usize>(&self, k: &mut Workspace<B>) -> ([f64; B], [f64; B]) {
        let Self { modes: m, tables: t, .. } = self;
        let (lambda, placed) = (Elementwise::<A, B>::over(m.layout), Elementwise::<A, B>::over(t.placed));
        let (n, size, vectors) = (m.layout.len(), t.placed.len(), self.ends() + 1);
        // c = alpha / rho_K,  then mode weights c, c * (S c - e * S (e * c)) and e * c
        t.gather(&k.rho, &mut k.mc);
        placed.reciprocal(&k.mc, &mut k.inverse_rho);
        placed.multiply(&k.fixed.amplitudes, &k.inverse_rho, &mut k.c);
        paired(placed, t, &k.fixed.end_placed, &k.c, &mut k.pair_scratch, &mut k.sc);
        k.weights[..size].copy_from_slice(&k.c);
        placed.multiply(&k.c, &k.sc, &mut k.weights[size..2 * size]);
        if vectors == 3 {
            placed.multiply(&k.fixed.end_placed, &k.c, &mut k.weights[2 * size..]);
        }
        // y = C_K^T of each;  x0 = a * y_0,  h = a * y_h,  x_T = a * y_T
        t.cauchy_placed.transposed.apply(&k.weights[..vectors * size], &mut k.y[..vectors * n]);
        k.x0_a_h_xt[n..2 * n].copy_from_slice(&k.a);
        for (y, slot) in [0, 2, 3].into_iter().take(vectors).enumerate() {
            lambda.multiply(&k.a, &k.y[y * n..][..n], &mut k.x0_a_h_xt[slot * n..][..n]);
        }
        let used = (vectors + 1) * n;
        m.activity.apply(&k.x0_a_h_xt[..used], &mut k.v_x0_a_h_xt[..used]);
        let form = |i: usize, j: usize| lambda.dot(&k.x0_a_h_xt[i * n..][..n], &k.v_x0_a_h_xt[j * n..][..n]);
        let carried = if vectors == 3 { form(3, 3) } else { [0.0; B] };
        total::<A, B>(form(0, 0), carried, scale(2.0, form(1, 2)))
    }
}

/// `start - carried + looped`, and the sum of their magnitudes.
fn total<A: Algebra<B>, const B: usize>(
    start: [f64; B],
    carried: [f64; B],
    looped: [f64; B],
) -> ([f64; B], [f64; B]) {
    let size = [start, carried, looped].map(A::magnitude).into_iter().reduce(add);
    (add(subtract(start, carried), looped), size.unwrap_or([0.0; B]))
}

/// The power of two that brings the largest entry of each point near one: scaling by it is exact.
fn near_unit<A: Algebra<B>, const B: usize>(u: &[[f64; B]]) -> [f64; B] {
    let larger = |m: [f64; B], x: &[f64; B]| {
        let x = A::magnitude(*x);
        std::array::from_fn(|i| m[i].max(x[i]))
    };
    u.iter().fold([0.0; B], larger).map(power_near_unit)
}

/// The power of two whose product with a magnitude is near one; one for zero.
pub(super) fn power_near_unit(largest: f64) -> f64 {
    1.0 / crate::check::power_of_two(largest)
}

/// First column minus e times the second, into the first, where there is an end.
pub(super) fn difference<A: Algebra<B>, const B: usize>(
    of: Elementwise<A, B>,
    columns: &mut [[f64; B]],
    end: &[[f64; B]],
) {
    if !end.is_empty() {
        let (first, second) = columns.split_at_mut(end.len());
        of.multiply_subtract(end, second, first);
    }
}

/// `out = S x - e * S (e * x)` on the placed eigenvalues.
pub(super) fn paired<A: Algebra<B>, const B: usize>(
    placed: Elementwise<A, B>,
    t: &Tables,
    end: &[[f64; B]],
    x: &[[f64; B]],
    scratch: &mut [[f64; B]],
    out: &mut [[f64; B]],
) {
    t.pairing_placed.apply(x, out);
    if !end.is_empty() {
        let (ex, image) = scratch.split_at_mut(end.len());
        placed.multiply(end, x, ex);
        t.pairing_placed.apply(ex, image);
        placed.multiply_subtract(end, image, out);
    }
}
