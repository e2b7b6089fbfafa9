//! Memory of the robustness cost: every vector of one evaluation, under its name in `docs/theory.md`.
//!
//! `x_K` is the part of x at the placed eigenvalues, `x_T` its value at the end of the motif, `W_b` the
//! product of the matrix W with b, and `x_bar` the derivative of the objective with respect to x, written x'
//! there.
#![allow(non_snake_case)]

use super::near::NearVectors;
use super::tables::Formula;

/// A packed vector at B points side by side.
type Slot<const B: usize> = Vec<[f64; B]>;

/// Declares the vectors of an evaluation and makes them: over the eigenvalues of A (N entries), over those of
/// the loop (M, which is N without repeated eigenvalues), or over the placed ones (K entries).
macro_rules! workspace {
    (N: $($(#[$of_n:meta])* $n:ident)*; M: $($(#[$of_m:meta])* $m:ident)*; K: $($(#[$of_k:meta])* $k:ident)*;) => {
        /// Every vector of one evaluation at B points.
        #[derive(Debug, Clone)]
        pub(super) struct Workspace<const B: usize> {
            // Fixed once per loop: residues d, readout q = R^T w, 1/n of (4.2), amplitudes alpha; ends e of
            // (5.6), empty for the infinite horizon.
            pub(super) d: Slot<B>,
            pub(super) q: Slot<B>,
            pub(super) inverse_n: Slot<B>,
            pub(super) alpha_K: Slot<B>,
            pub(super) e: Slot<B>,
            pub(super) e_K: Slot<B>,
            /// The power of two by which u is scaled.
            pub(super) scale: [f64; B],
            $($(#[$of_n])* pub(super) $n: Slot<B>,)*
            $($(#[$of_m])* pub(super) $m: Slot<B>,)*
            $($(#[$of_k])* pub(super) $k: Slot<B>,)*
            /// Of the entries that W and V leave out.
            pub(super) noise_near: NearVectors<B>,
            pub(super) activity_near: NearVectors<B>,
            // What no name is worth.
            pub(super) scratch: [Slot<B>; 1],
            pub(super) scratch_M: [Slot<B>; 3],
            pub(super) scratch_K: [Slot<B>; 3],
        }

        impl<const B: usize> Workspace<B> {
            pub(super) fn new(formula: &Formula) -> Self {
                let Formula { tables, .. } = formula;
                let fixed = |x: &[f64]| x.iter().map(|x| [*x; B]).collect::<Slot<B>>();
                let n = || vec![[0.0; B]; formula.units()];
                let m = || vec![[0.0; B]; tables.all.len()];
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
                    $($n: n(),)*
                    $($m: m(),)*
                    $($k: k(),)*
                    noise_near: NearVectors::new(&tables.noise_near, tables.all.len()),
                    activity_near: NearVectors::new(&tables.activity_near, tables.placed.len()),
                    scratch: [n()],
                    scratch_M: [m(), m(), m()],
                    scratch_K: [k(), k(), k()],
                }
            }
        }
    };
}

workspace! {
    N:
    /// 5.4.
    a inverse_a b
    /// (5.7).
    s f z q_T
    /// (5.5).
    W_b W_z W_q_T
    /// (4.3) and (5.10).
    y_0 y_h y_T
    /// (5.11).
    xi_0 h xi_T
    /// (5.9).
    V_xi_0 V_a V_h V_xi_T
    /// (5.12).
    a_bar y_0_bar y_h_bar y_T_bar
    /// (5.13).
    b_bar s_bar f_bar;
    M:
    /// 5.4.
    rho p
    /// (5.7): `ep = e * p`, and S_p, the bracket.
    ep S_p m
    /// (5.12).
    rho_bar
    /// (5.13).
    m_bar ep_bar p_bar;
    K:
    /// (4.3) and (5.10): S_c, the bracket, `m_c = c * S_c` and `ec = e_K * c`.
    inverse_rho_K c ec S_c m_c
    /// (5.12).
    c_bar m_c_bar ec_bar;
}
