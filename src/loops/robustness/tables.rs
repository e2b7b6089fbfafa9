//! What the robustness cost of one loop needs that does not depend on u.

use std::sync::Arc;

use nalgebra::DMatrix;
use num_complex::Complex64;

use super::near::NearEntries;
use super::pairing::Pairing;
use crate::loops::placement::Placement;
use crate::loops::secular::Root;
use crate::modal::Modes;
use crate::modal::lanes::add_all;
use crate::modal::tiles::Tiles;
use crate::modal::vector::{Layout, packed_map, transposed_map};

/// Over which time a loop's noise is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
pub enum Horizon {
    /// The motif's duration T: what is played, and no more.
    #[default]
    Motif,
    /// All times: the published cost.
    Infinite,
}

/// A matrix and its transpose, each in the order in which its products read it.
#[derive(Debug, Clone)]
pub(super) struct Both {
    pub(super) plain: Tiles,
    pub(super) transposed: Tiles,
}

impl Both {
    fn new(plain: &DMatrix<f64>, rows: Layout, columns: Layout) -> Self {
        Self { transposed: Tiles::new(&transposed_map(plain, rows, columns)), plain: Tiles::new(plain) }
    }
}

/// One motif's cost as a function of u: everything but the memory of an evaluation.
#[derive(Debug, Clone)]
pub(super) struct Formula {
    pub(super) modes: Arc<Modes>,
    pub(super) duration: f64,
    pub(super) noise_floor: f64,
    pub(super) residues: Vec<f64>,
    pub(super) amplitudes: Vec<f64>,
    pub(super) tables: Tables,
}

/// Matrices and vectors fixed once per loop, packed (see `modal::vector`).
#[derive(Debug, Clone)]
pub(super) struct Tables {
    /// Of all eigenvalues mu of the loop, and of the placed ones.
    pub(super) all: Layout,
    pub(super) placed: Layout,
    /// Cauchy matrix `C_ij = 1/(mu_i - lambda_j)`, and its rows at the placed eigenvalues.
    pub(super) cauchy: Both,
    pub(super) cauchy_placed: Both,
    /// `S_ik = -1/(mu_i + mu_k)`, and its block at the placed eigenvalues.
    pub(super) pairing: Pairing,
    pub(super) pairing_placed: Pairing,
    /// The entries that W and V leave out, see `near.rs`.
    pub(super) noise_near: NearEntries,
    pub(super) activity_near: NearEntries,
    /// `1 / n_i`, with `n_i = sum_j d_j C_ij^2 = l_i . r_i`.
    pub(super) inverse_norms: Vec<f64>,
    /// `e_i = exp(mu_i T)`; `None` for the infinite horizon.
    pub(super) end: Option<Vec<f64>>,
}

impl Tables {
    pub(super) fn new(modes: &Modes, placement: &Placement, duration: f64, horizon: Horizon) -> Self {
        let (all, placed) = (placement.layout(), placement.placed_layout());
        let roots = placement.roots();
        let placed_roots = [&roots[..placed.reals], &roots[all.reals..all.reals + placed.pairs]].concat();
        let end = (horizon == Horizon::Motif).then(|| {
            let ends: Vec<_> = roots.iter().map(|r| (r.value() * duration).exp()).collect();
            all.pack_representatives(&ends)
        });
        let (plain, plain_placed) =
            (plain_cauchy(modes, roots, all), plain_cauchy(modes, &placed_roots, placed));
        let over = end.is_some().then_some(duration);
        Self {
            all,
            placed,
            noise_near: NearEntries::new(modes, &modes.near.noise, &plain),
            activity_near: NearEntries::new(modes, &modes.near.activity, &plain_placed),
            cauchy: Both::new(&plain, all, modes.layout),
            cauchy_placed: Both::new(&plain_placed, placed, modes.layout),
            pairing: Pairing::new(roots, all, over),
            pairing_placed: Pairing::new(&placed_roots, placed, over),
            inverse_norms: inverse_norms(modes, roots, all, &modes.layout.unpack(placement.residues())),
            end,
        }
    }

    pub(super) fn is_finite(&self) -> bool {
        self.cauchy.plain.is_finite()
            && self.pairing.is_finite()
            && self.inverse_norms.iter().all(|x| x.is_finite())
    }

    /// The placed entries of a vector over all eigenvalues.
    pub(super) fn gather<T: Copy>(&self, all: &[T], placed: &mut [T]) {
        for (to, from) in self.blocks() {
            placed[to].copy_from_slice(&all[from]);
        }
    }

    /// Adds a vector over the placed eigenvalues into one over all.
    pub(super) fn scatter_add<const B: usize>(&self, placed: &[[f64; B]], all: &mut [[f64; B]]) {
        for (from, to) in self.blocks() {
            add_all(&placed[from], &mut all[to]);
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

fn plain_cauchy(modes: &Modes, roots: &[Root], rows: Layout) -> DMatrix<f64> {
    packed_map(rows, modes.layout, |i, j, conj| 1.0 / roots[i].minus(modes.pole(j, conj)))
}

fn inverse_norms(modes: &Modes, roots: &[Root], layout: Layout, d: &[Complex64]) -> Vec<f64> {
    let norm = |root: &Root| {
        let mut sum = Complex64::ZERO;
        for (j, d) in d.iter().enumerate() {
            if *d == Complex64::ZERO {
                continue;
            }
            let inverse = 1.0 / root.minus(modes.pole(j, false));
            sum += d * inverse * inverse;
            if j >= modes.layout.reals {
                let inverse = 1.0 / root.minus(modes.pole(j, true));
                sum += d.conj() * inverse * inverse;
            }
        }
        sum
    };
    layout.pack_representatives(&roots.iter().map(|root| 1.0 / norm(root)).collect::<Vec<_>>())
}
