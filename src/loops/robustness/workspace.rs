//! Memory of the robustness cost: every intermediate of one evaluation.

use super::forward::Formula;
use crate::modal::algebra::Algebra;

/// The vectors fixed once per loop, as elements of the arithmetic.
#[derive(Debug, Clone)]
pub(super) struct Constants<const B: usize> {
    pub(super) residues: Vec<[f64; B]>,
    pub(super) amplitudes: Vec<[f64; B]>,
    /// `q = R^T w`.
    pub(super) readout: Vec<[f64; B]>,
    pub(super) inverse_norms: Vec<[f64; B]>,
    /// `e_i = exp(mu_i T)`, and its placed entries; empty for the infinite horizon.
    pub(super) end: Vec<[f64; B]>,
    pub(super) end_placed: Vec<[f64; B]>,
}

impl<const B: usize> Constants<B> {
    fn new<A: Algebra<B>>(formula: &Formula<'_>) -> Self {
        let elements = |x: &[f64]| x.iter().map(|x| A::constant(*x)).collect();
        let Formula { modes, tables, .. } = formula;
        let end = tables.end.as_deref().unwrap_or_default();
        let mut end_placed = if end.is_empty() { vec![] } else { vec![0.0; tables.placed.len()] };
        if !end.is_empty() {
            tables.gather(end, &mut end_placed);
        }
        Self {
            residues: elements(&formula.residues),
            amplitudes: elements(&formula.amplitudes),
            readout: elements(&modes.readout),
            inverse_norms: elements(&tables.inverse_norms),
            end: elements(end),
            end_placed: elements(&end_placed),
        }
    }
}

/// Every intermediate of one evaluation at B points side by side; vectors that share a matrix lie one after the other.
#[derive(Debug, Clone)]
pub(super) struct Workspace<const B: usize> {
    pub(super) fixed: Constants<B>,
    pub(super) scale: [f64; B],
    pub(super) a: Vec<[f64; B]>,
    pub(super) inverse_a: Vec<[f64; B]>,
    pub(super) b_z_qt: Vec<[f64; B]>,
    pub(super) w_b_z_qt: Vec<[f64; B]>,
    pub(super) rho: Vec<[f64; B]>,
    pub(super) p_ep: Vec<[f64; B]>,
    pub(super) sp_sep: Vec<[f64; B]>,
    pub(super) m_ep: Vec<[f64; B]>,
    pub(super) s_f: Vec<[f64; B]>,
    pub(super) x0_a_h_xt: Vec<[f64; B]>,
    pub(super) v_x0_a_h_xt: Vec<[f64; B]>,
    pub(super) y: Vec<[f64; B]>,
    pub(super) inverse_rho: Vec<[f64; B]>,
    pub(super) c: Vec<[f64; B]>,
    pub(super) sc: Vec<[f64; B]>,
    pub(super) weights: Vec<[f64; B]>,
    pub(super) a_bar: Vec<[f64; B]>,
    pub(super) b_bar: Vec<[f64; B]>,
    pub(super) p_bar: Vec<[f64; B]>,
    pub(super) rho_bar: Vec<[f64; B]>,
    pub(super) s_f_bar: Vec<[f64; B]>,
    pub(super) y_bar: Vec<[f64; B]>,
    pub(super) mc: Vec<[f64; B]>,
    pub(super) pair_scratch: Vec<[f64; B]>,
    pub(super) scratch: Vec<[f64; B]>,
}

impl<const B: usize> Workspace<B> {
    pub(super) fn new<A: Algebra<B>>(formula: &Formula<'_>) -> Self {
        let (n, k) = (formula.tables.all.len(), formula.tables.placed.len());
        let (n_columns, k_columns) = (|c: usize| vec![[0.0; B]; c * n], |c: usize| vec![[0.0; B]; c * k]);
        Self {
            fixed: Constants::new::<A>(formula),
            scale: [1.0; B],
            a: n_columns(1),
            inverse_a: n_columns(1),
            b_z_qt: n_columns(3),
            w_b_z_qt: n_columns(3),
            rho: n_columns(1),
            p_ep: n_columns(2),
            sp_sep: n_columns(2),
            m_ep: n_columns(2),
            s_f: n_columns(2),
            x0_a_h_xt: n_columns(4),
            v_x0_a_h_xt: n_columns(4),
            y: n_columns(3),
            inverse_rho: k_columns(1),
            c: k_columns(1),
            sc: k_columns(1),
            weights: k_columns(3),
            a_bar: n_columns(1),
            b_bar: n_columns(1),
            p_bar: n_columns(1),
            rho_bar: n_columns(1),
            s_f_bar: n_columns(2),
            y_bar: n_columns(3),
            mc: k_columns(1),
            pair_scratch: k_columns(2),
            scratch: n_columns(1),
        }
    }
}
