//! What the robustness cost of one loop needs that does not depend on u.

use nalgebra::DMatrix;
use num_complex::Complex64;

use super::modes::CortexModes;
use super::placement::Placement;
use super::robustness::Horizon;
use super::secular::Root;
use crate::linalg::conjugate_vector::{Layout, packed_map};

/// Matrices and vectors fixed once per loop, packed (see `linalg::conjugate_vector`).
#[derive(Debug, Clone)]
pub(super) struct Tables {
    /// Of all eigenvalues mu of the loop, and of the placed ones.
    pub(super) all: Layout,
    pub(super) placed: Layout,
    /// Cauchy matrix `C_ij = 1/(mu_i - lambda_j)`, and its rows at the placed eigenvalues.
    pub(super) cauchy: DMatrix<f64>,
    pub(super) cauchy_placed: DMatrix<f64>,
    /// `S_ik = -1/(mu_i + mu_k)`, and its block at the placed eigenvalues.
    pub(super) pairing: DMatrix<f64>,
    pub(super) pairing_placed: DMatrix<f64>,
    /// `n_i = sum_j d_j C_ij^2 = l_i . r_i`.
    pub(super) norms: Vec<f64>,
    /// `e_i = exp(mu_i T)`; `None` for the infinite horizon.
    pub(super) end: Option<Vec<f64>>,
}

impl Tables {
    pub(super) fn new(modes: &CortexModes, placement: &Placement, duration: f64, horizon: Horizon) -> Self {
        let (all, placed) = (placement.layout(), placement.placed_layout());
        let roots = placement.roots();
        let placed_roots = [&roots[..placed.reals], &roots[all.reals..all.reals + placed.pairs]].concat();
        let end = (horizon == Horizon::Motif).then(|| {
            let ends: Vec<_> = roots.iter().map(|r| (r.value() * duration).exp()).collect();
            all.pack_representatives(&ends)
        });
        Self {
            all,
            placed,
            cauchy: cauchy(modes, roots, all),
            cauchy_placed: cauchy(modes, &placed_roots, placed),
            pairing: pairing(roots, all),
            pairing_placed: pairing(&placed_roots, placed),
            norms: norms(modes, roots, all, &modes.layout.unpack(placement.residues())),
            end,
        }
    }

    pub(super) fn is_finite(&self) -> bool {
        let matrices = [&self.cauchy, &self.pairing];
        matrices.iter().all(|m| m.iter().all(|x| x.is_finite()))
            && self.norms.iter().all(|x| x.is_finite() && *x != 0.0)
    }

    /// The placed entries of a vector over all eigenvalues.
    pub(super) fn gather(&self, all: &[f64], placed: &mut [f64]) {
        for (to, from) in self.blocks() {
            placed[to].copy_from_slice(&all[from]);
        }
    }

    /// Adds a vector over the placed eigenvalues into one over all.
    pub(super) fn scatter_add(&self, placed: &[f64], all: &mut [f64]) {
        for (from, to) in self.blocks() {
            all[to].iter_mut().zip(&placed[from]).for_each(|(a, p)| *a += p);
        }
    }

    fn blocks(&self) -> [(std::ops::Range<usize>, std::ops::Range<usize>); 3] {
        let Layout { reals, pairs } = self.placed;
        let (re, im) = (self.all.reals, self.all.reals + self.all.pairs);
        [
            (0..reals, 0..reals),
            (reals..reals + pairs, re..re + pairs),
            (reals + pairs..reals + 2 * pairs, im..im + pairs),
        ]
    }
}

fn cauchy(modes: &CortexModes, roots: &[Root], rows: Layout) -> DMatrix<f64> {
    packed_map(rows, modes.layout, |i, j, conj| 1.0 / roots[i].minus(modes.pole(j, conj)))
}

fn pairing(roots: &[Root], layout: Layout) -> DMatrix<f64> {
    let values: Vec<Complex64> = roots.iter().map(Root::value).collect();
    packed_map(layout, layout, |i, k, conj| {
        -1.0 / (values[i] + if conj { values[k].conj() } else { values[k] })
    })
}

fn norms(modes: &CortexModes, roots: &[Root], layout: Layout, d: &[Complex64]) -> Vec<f64> {
    let norm = |root: &Root| {
        let mut sum = Complex64::ZERO;
        for (j, d) in d.iter().enumerate() {
            let inverse = 1.0 / root.minus(modes.pole(j, false));
            sum += d * inverse * inverse;
            if j >= modes.layout.reals {
                let inverse = 1.0 / root.minus(modes.pole(j, true));
                sum += d.conj() * inverse * inverse;
            }
        }
        sum
    };
    layout.pack_representatives(&roots.iter().map(norm).collect::<Vec<_>>())
}
