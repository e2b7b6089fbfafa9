//! Memory of the robustness cost: every vector of one evaluation, under its name in `docs/theory.md`.
//!
//! `x_K` is the part of x at the placed eigenvalues, `x_T` its value at the end of the motif, `W_b` the product
//! of the matrix W with b, and `x_bar` the derivative of the objective with respect to x, written x' there.
#![allow(non_snake_case)]

use super::tables::Formula;

/// A packed vector at B points side by side.
type Slot<const B: usize> = Vec<[f64; B]>;

/// Every vector of one evaluation at B points: over the eigenvalues of A or of the loop (N entries), or over the
/// placed ones (K entries).
#[derive(Debug, Clone)]
pub(super) struct Workspace<const B: usize> {
    // Fixed once per loop: residues d, readout q = R^T w, 1/n of (4.2), amplitudes alpha; ends e of (5.6), empty
    // for the infinite horizon.
    pub(super) d: Slot<B>,
    pub(super) q: Slot<B>,
    pub(super) inverse_n: Slot<B>,
    pub(super) alpha_K: Slot<B>,
    pub(super) e: Slot<B>,
    pub(super) e_K: Slot<B>,
    /// The power of two by which u is scaled.
    pub(super) scale: [f64; B],
    // 5.4
    pub(super) a: Slot<B>,
    pub(super) inverse_a: Slot<B>,
    pub(super) b: Slot<B>,
    pub(super) rho: Slot<B>,
    pub(super) p: Slot<B>,
    // (5.7): ep = e * p, and S_p, the bracket.
    pub(super) ep: Slot<B>,
    pub(super) S_p: Slot<B>,
    pub(super) m: Slot<B>,
    pub(super) s: Slot<B>,
    pub(super) f: Slot<B>,
    pub(super) z: Slot<B>,
    pub(super) q_T: Slot<B>,
    // (5.5)
    pub(super) W_b: Slot<B>,
    pub(super) W_z: Slot<B>,
    pub(super) W_q_T: Slot<B>,
    // (4.3) and (5.10): S_c, the bracket, m_c = c * S_c and ec = e_K * c.
    pub(super) inverse_rho_K: Slot<B>,
    pub(super) c: Slot<B>,
    pub(super) ec: Slot<B>,
    pub(super) S_c: Slot<B>,
    pub(super) m_c: Slot<B>,
    pub(super) y_0: Slot<B>,
    pub(super) y_h: Slot<B>,
    pub(super) y_T: Slot<B>,
    // (5.11)
    pub(super) xi_0: Slot<B>,
    pub(super) h: Slot<B>,
    pub(super) xi_T: Slot<B>,
    // (5.9)
    pub(super) V_xi_0: Slot<B>,
    pub(super) V_a: Slot<B>,
    pub(super) V_h: Slot<B>,
    pub(super) V_xi_T: Slot<B>,
    // (5.12)
    pub(super) a_bar: Slot<B>,
    pub(super) y_0_bar: Slot<B>,
    pub(super) y_h_bar: Slot<B>,
    pub(super) y_T_bar: Slot<B>,
    pub(super) c_bar: Slot<B>,
    pub(super) m_c_bar: Slot<B>,
    pub(super) ec_bar: Slot<B>,
    pub(super) rho_bar: Slot<B>,
    // (5.13)
    pub(super) b_bar: Slot<B>,
    pub(super) s_bar: Slot<B>,
    pub(super) f_bar: Slot<B>,
    pub(super) m_bar: Slot<B>,
    pub(super) ep_bar: Slot<B>,
    pub(super) p_bar: Slot<B>,
    // What no name is worth.
    pub(super) scratch: [Slot<B>; 3],
    pub(super) scratch_K: [Slot<B>; 3],
}

impl<const B: usize> Workspace<B> {
    pub(super) fn new(formula: &Formula) -> Self {
        let Formula { tables, .. } = formula;
        let fixed = |x: &[f64]| x.iter().map(|x| [*x; B]).collect::<Slot<B>>();
        let n = || vec![[0.0; B]; tables.all.len()];
        let k = || vec![[0.0; B]; tables.placed.len()];
        let e = fixed(tables.end.as_deref().unwrap_or_default());
        let mut e_K = if e.is_empty() { vec![] } else { k() };
        if !e.is_empty() {
            tables.gather(&e, &mut e_K);
        }
        Self {
            d: fixed(&formula.residues),
            q: fixed(&formula.modes.readout),
            inverse_n: fixed(&tables.inverse_norms),
            alpha_K: fixed(&formula.amplitudes),
            e,
            e_K,
            scale: [1.0; B],
            a: n(),
            inverse_a: n(),
            b: n(),
            rho: n(),
            p: n(),
            ep: n(),
            S_p: n(),
            m: n(),
            s: n(),
            f: n(),
            z: n(),
            q_T: n(),
            W_b: n(),
            W_z: n(),
            W_q_T: n(),
            inverse_rho_K: k(),
            c: k(),
            ec: k(),
            S_c: k(),
            m_c: k(),
            y_0: n(),
            y_h: n(),
            y_T: n(),
            xi_0: n(),
            h: n(),
            xi_T: n(),
            V_xi_0: n(),
            V_a: n(),
            V_h: n(),
            V_xi_T: n(),
            a_bar: n(),
            y_0_bar: n(),
            y_h_bar: n(),
            y_T_bar: n(),
            c_bar: k(),
            m_c_bar: k(),
            ec_bar: k(),
            rho_bar: n(),
            b_bar: n(),
            s_bar: n(),
            f_bar: n(),
            m_bar: n(),
            ep_bar: n(),
            p_bar: n(),
            scratch: [n(), n(), n()],
            scratch_K: [k(), k(), k()],
        }
    }
}
