//! The recursion behind the sensitivities to the weights.

use faer::Accum;
use nalgebra::{DMatrix, DVector};

use super::nodes::{self, StepNodes};
use super::readout::MotifReadout;
use super::weights::{LoopWeights, WeightSensitivity};
use crate::linalg::product::{apply, mirror_lower, mul_into, mul_lower_into, product, view};
use crate::linalg::{expm, noise_factor};
use crate::play::Phase;
use crate::{Result, check};

/// Samples whose share of the preparation is computed together.
const CHUNK: usize = 32;

/// The noise-free path on which the perturbations act.
#[derive(Debug)]
pub(super) struct Path {
    /// Where the motif starts.
    start: DVector<f64>,
    before: Vec<Stretch>,
}

/// A phase before the motif, in panels of quadrature nodes.
#[derive(Debug)]
struct Stretch {
    nodes: StepNodes,
    /// `e^{F h}` over a panel h.
    panel: DMatrix<f64>,
    /// States at the nodes, panel by panel.
    states: DMatrix<f64>,
}

impl Path {
    /// From a state through the phases before the motif.
    pub(super) fn through(phases: &[Phase], mut start: DVector<f64>) -> Result<Self> {
        let mut before = Vec::new();
        for phase in phases {
            let (system, duration) = (&phase.flow.system, phase.flow.duration());
            let panels = nodes::panels(system, duration)?;
            if duration > 0.0 {
                let origin = DVector::zeros(start.len());
                let centre = phase.centre.at(0).unwrap_or(&origin);
                before.push(Stretch::new(system, duration, panels, centre, &mut start)?);
            }
        }
        Ok(Self { start, before })
    }
}

impl Stretch {
    /// `state` ends at the end of the stretch.
    fn new(
        system: &DMatrix<f64>,
        duration: f64,
        panels: usize,
        centre: &DVector<f64>,
        state: &mut DVector<f64>,
    ) -> Result<Self> {
        let nodes = StepNodes::new(system, duration / panels as f64)?;
        let panel = expm(&(system * (duration / panels as f64)))?;
        let mut states = DMatrix::zeros(state.len(), panels * nodes.len());
        *state -= centre;
        let mut next = state.clone();
        for k in 0..panels {
            for (m, (node, _)) in nodes.iter().enumerate() {
                let mut column = states.column_mut(k * nodes.len() + m);
                column.copy_from(centre);
                column.gemv(1.0, node, state, 1.0);
            }
            next.gemv(1.0, &panel, state, 0.0);
            std::mem::swap(state, &mut next);
        }
        *state += centre;
        Ok(Self { nodes, panel, states })
    }

    /// Adds `int x x^T dr` over the stretch.
    fn add_gramian(&self, gramian: &mut DMatrix<f64>) {
        let mut weighted = self.states.clone();
        for (index, mut column) in weighted.column_iter_mut().enumerate() {
            column *= self.nodes.weight(index % self.nodes.len());
        }
        let (left, right) = (view(&weighted), view(&self.states).transpose());
        mul_lower_into(gramian, Accum::Add, 1.0, left, right);
    }

    /// `S_c = int e^{F (T - r)} (B^T x(r))_c dr`, side by side (N x N r), on top of the sum of
    /// earlier stretches: how a perturbation `D = dJ B` moves the state at the end,
    /// `g sum_c S_c D_c`.
    fn responses(&self, basis: &DMatrix<f64>, mut sum: DMatrix<f64>) -> DMatrix<f64> {
        let (units, q) = (basis.nrows(), self.nodes.len());
        let coordinates = product(view(basis).transpose(), view(&self.states));
        for first in (0..self.states.ncols()).step_by(q) {
            sum = product(view(&self.panel), view(&sum));
            for (c, block) in sum.as_mut_slice().chunks_exact_mut(units * units).enumerate() {
                for m in 0..q {
                    let scale = self.nodes.weight(m) * coordinates[(c, first + m)];
                    for (s, e) in block.iter_mut().zip(self.nodes.remaining(m).iter()) {
                        *s += scale * e;
                    }
                }
            }
        }
        sum
    }
}

/// Squared sensitivities of the readout along the path.
pub(super) fn sensitivity(
    motif: &MotifReadout,
    weights: &LoopWeights<'_>,
    path: &Path,
) -> Result<WeightSensitivity> {
    let (units, samples, flow) = (motif.units(), motif.samples(), &motif.phase.flow);
    let mut states = check::zeros("samples", units, samples)?;
    motif.phase.record(&mut path.start.clone(), states.as_mut_slice())?;
    let nodes = StepNodes::new(&flow.system, flow.dt)?;
    let mut squares = WeightSensitivity {
        input: vec![0.0; samples],
        feedback: vec![0.0; samples],
        recurrent: vec![0.0; samples],
    };
    let gramian = path_gramian(&states, &nodes, &path.before);
    check::no_overflow("squared states of the motif", gramian.as_slice())?;
    let Some(basis) = basis_of(&gramian, weights.feedback)? else { return Ok(squares) };
    let (rank, q) = (basis.ncols(), nodes.len());

    // Xi_k = [B^T x(t_k + s_1), B^T x(t_k + s_2), ...] (rank x q), one column per sample.
    let mut readers = DMatrix::zeros(rank * q, units);
    let mut kernel = DMatrix::zeros(units, q);
    for (m, (node, weight)) in nodes.iter().enumerate() {
        readers.rows_mut(m * rank, rank).copy_from(&product(view(&basis).transpose(), view(node)));
        kernel.column_mut(m).gemv_tr(weight, nodes.remaining(m), &flow.readout, 0.0);
    }
    let mut visited = check::zeros("samples", rank * q, samples)?;
    mul_into(&mut visited, Accum::Replace, 1.0, view(&readers), view(&states));

    let feedback = basis.tr_mul(weights.feedback);
    let mut responses = None;
    for stretch in &path.before {
        let earlier = responses.unwrap_or_else(|| DMatrix::zeros(units, units * rank));
        responses = Some(stretch.responses(&basis, earlier));
    }
    let mut before = vec![0.0; if responses.is_some() { units * rank * CHUNK.min(samples) } else { 0 }];
    let mut z = DMatrix::zeros(units, rank);
    let mut next = z.clone();
    let mut xi = DMatrix::zeros(rank, q);
    let (mut by_input, mut by_feedback) = (DVector::zeros(units), DVector::zeros(rank));
    for k in 0..samples {
        let here = k % CHUNK;
        if let Some(responses) = &responses
            && here == 0
        {
            let count = CHUNK.min(samples - k);
            let rows = &flow.rows()?.as_slice()[k * units..][..count * units];
            // One row after the other: for several at once faer packs the matrix first, which takes longer.
            let all = rows.chunks_exact(units).zip(before.chunks_exact_mut(units * rank));
            all.for_each(|(row, image)| apply(view(responses).transpose(), row, image));
        }
        // Without a preparation `before` is empty and nothing is added.
        let before = before.get(here * units * rank..).unwrap_or_default();
        let with = |(i, z): (usize, &f64)| z + before.get(i).copied().unwrap_or(0.0);
        let total: f64 = z.iter().enumerate().map(with).map(|z| z * z).sum();
        squares.recurrent[k] = weights.gain * weights.gain * total;
        by_input.gemv(1.0, &z, &feedback, 0.0);
        squares.input[k] = by_input.norm_squared();
        by_feedback.gemv_tr(1.0, &z, weights.input, 0.0);
        squares.feedback[k] = by_feedback.norm_squared();

        xi.as_mut_slice().copy_from_slice(visited.column(k).as_slice());
        mul_into(&mut next, Accum::Replace, 1.0, view(flow.step(k)).transpose(), view(&z));
        mul_into(&mut next, Accum::Add, 1.0, view(&kernel), view(&xi).transpose());
        std::mem::swap(&mut z, &mut next);
    }
    Ok(squares)
}

/// `int x x^T dr` along the path.
fn path_gramian(states: &DMatrix<f64>, nodes: &StepNodes, before: &[Stretch]) -> DMatrix<f64> {
    let units = states.nrows();
    let mut samples = DMatrix::zeros(units, units);
    mul_lower_into(&mut samples, Accum::Replace, 1.0, view(states), view(states).transpose());
    mirror_lower(&mut samples);
    let mut gramian = DMatrix::zeros(units, units);
    for (node, weight) in nodes.iter() {
        let image = product(view(node), view(&samples));
        mul_lower_into(&mut gramian, Accum::Add, weight, view(&image), view(node).transpose());
    }
    before.iter().for_each(|stretch| stretch.add_gramian(&mut gramian));
    mirror_lower(&mut gramian);
    gramian
}

/// An orthonormal basis B of the directions that the path visits, according to its Gramian, and of
/// the feedback v; nothing for a path at rest.
///
/// Directions in which the Gramian is zero to rounding are left out. What `|Z|^2` and `|Z^T u|^2`
/// lose by that is as small, since both are sums of squares over orthogonal directions. `Z v` has
/// no such bound, so that v itself belongs to the basis: `(Z B)(B^T v) = Z v` then holds exactly.
fn basis_of(gramian: &DMatrix<f64>, feedback: &DVector<f64>) -> Result<Option<DMatrix<f64>>> {
    let factor = noise_factor(gramian)?;
    let rank = factor.ncols();
    if rank == 0 || rank == factor.nrows() {
        return Ok((rank > 0).then(|| DMatrix::identity(rank, rank)));
    }
    let mut spanning = factor.insert_column(0, 0.0);
    spanning.set_column(0, feedback);
    Ok(Some(spanning.qr().q()))
}
