//! Memory of the robustness cost: every intermediate of one evaluation.

use super::robustness_tables::Tables;

/// Every intermediate of one evaluation; vectors that share a matrix lie side by side.
#[derive(Debug, Clone)]
pub(super) struct Workspace {
    pub(super) scale: f64,
    pub(super) a: Vec<f64>,
    pub(super) b_z_qt: Vec<f64>,
    pub(super) w_b_z_qt: Vec<f64>,
    pub(super) rho: Vec<f64>,
    pub(super) p_ep: Vec<f64>,
    pub(super) sp_sep: Vec<f64>,
    pub(super) m_ep: Vec<f64>,
    pub(super) s_f: Vec<f64>,
    pub(super) x0_a_h_xt: Vec<f64>,
    pub(super) v_x0_a_h_xt: Vec<f64>,
    pub(super) y: Vec<f64>,
    pub(super) rho_placed: Vec<f64>,
    pub(super) c: Vec<f64>,
    pub(super) sc: Vec<f64>,
    pub(super) weights: Vec<f64>,
    pub(super) end_placed: Vec<f64>,
    pub(super) a_bar: Vec<f64>,
    pub(super) b_bar: Vec<f64>,
    pub(super) p_bar: Vec<f64>,
    pub(super) rho_bar: Vec<f64>,
    pub(super) s_f_bar: Vec<f64>,
    pub(super) y_bar: Vec<f64>,
    pub(super) mc: Vec<f64>,
    pub(super) pair_scratch: Vec<f64>,
    pub(super) lambda_scratch: Vec<f64>,
    pub(super) mu_scratch: Vec<f64>,
}

impl Workspace {
    pub(super) fn new(tables: &Tables) -> Self {
        let (n, k) = (tables.all.len(), tables.placed.len());
        let (n_columns, k_columns) = (|c: usize| vec![0.0; c * n], |c: usize| vec![0.0; c * k]);
        let mut end_placed = k_columns(1);
        if let Some(end) = &tables.end {
            tables.gather(end, &mut end_placed);
        }
        Self {
            scale: 1.0,
            a: n_columns(1),
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
            rho_placed: k_columns(1),
            c: k_columns(1),
            sc: k_columns(1),
            weights: k_columns(3),
            end_placed,
            a_bar: n_columns(1),
            b_bar: n_columns(1),
            p_bar: n_columns(1),
            rho_bar: n_columns(1),
            s_f_bar: n_columns(2),
            y_bar: n_columns(3),
            mc: k_columns(1),
            pair_scratch: k_columns(2),
            lambda_scratch: n_columns(1),
            mu_scratch: n_columns(1),
        }
    }
}
