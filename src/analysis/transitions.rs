//! Do transitions cost accuracy? Errors of each motif from random starts and after every other
//! motif.

use nalgebra::DMatrix;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use crate::check::root_mean_square;
use crate::play::Simulator;
use crate::{Error, Result, check};

/// More random starts than this are taken for a mistake.
const MAX_STARTS: usize = 1_000_000;

/// Root mean square errors of a library, each over the motif's own duration after preparation.
#[derive(Debug, Clone, PartialEq)]
pub struct TransitionErrors {
    /// Of each motif's fit: what a perfect start would give.
    pub fit: Vec<f64>,
    /// Of each motif (row) from each random start (column).
    pub random: DMatrix<f64>,
    /// Of each motif (row) after each motif (column), itself included.
    pub sequence: DMatrix<f64>,
}

impl TransitionErrors {
    /// Mean over random starts, per motif.
    pub fn mean_random(&self) -> Vec<f64> {
        self.random.row_iter().map(|row| row.mean()).collect()
    }

    /// Mean over all other motifs as predecessors, per motif.
    pub fn mean_sequence(&self) -> Vec<f64> {
        let others = self.sequence.ncols().saturating_sub(1) as f64;
        let mean = |i: usize| (self.sequence.row(i).sum() - self.sequence[(i, i)]) / others;
        (0..self.sequence.nrows()).map(mean).collect()
    }

    /// Worst other predecessor, per motif.
    pub fn worst_sequence(&self) -> Vec<f64> {
        let worst = |i: usize| {
            let others = (0..self.sequence.ncols()).filter(|&j| j != i).map(|j| self.sequence[(i, j)]);
            others.fold(0.0, f64::max)
        };
        (0..self.sequence.nrows()).map(worst).collect()
    }
}

/// Plays every motif from `starts` states drawn from N(0, s^2 I), with the [scale](crate::Network::scale) s of
/// the network, and after every motif, itself prepared from rest.
///
/// # Errors
/// A library of fewer than two motifs; no starts, or more than 1000000; errors that overflow.
pub fn transition_errors(simulator: &Simulator, starts: usize, seed: u64) -> Result<TransitionErrors> {
    let network = simulator.network();
    let scale: f64 = network.scale().unwrap_or(1.0);
    let (units, motifs) = (network.system().units(), network.motifs().len());
    if motifs < 2 {
        return Err(Error::OutOfRange {
            what: "motifs",
            expected: "at least 2 to have transitions",
            given: motifs as f64,
        });
    }
    if !(1..=MAX_STARTS).contains(&starts) {
        return Err(Error::OutOfRange {
            what: "random starts",
            expected: "1 to 1000000",
            given: starts as f64,
        });
    }
    let ends = ends(simulator)?;
    let rows: Vec<_> = (0..motifs)
        .into_par_iter()
        .map(|motif| {
            let random = random_states((units, starts), scale, seed, motif);
            Ok((errors(simulator, motif, &random)?, errors(simulator, motif, &ends)?))
        })
        .collect::<Result<_>>()?;
    Ok(TransitionErrors {
        fit: network.motifs().iter().map(|m| m.rmse()).collect(),
        random: DMatrix::from_fn(motifs, starts, |i, j| rows[i].0[j]),
        sequence: DMatrix::from_fn(motifs, motifs, |i, j| rows[i].1[j]),
    })
}

/// The state at the end of each motif, prepared from rest (N x motifs).
pub(super) fn ends(simulator: &Simulator) -> Result<DMatrix<f64>> {
    let network = simulator.network();
    let (units, motifs) = (network.system().units(), network.motifs().len());
    let ends: Vec<_> = (0..motifs)
        .into_par_iter()
        .map(|motif| {
            let prepared = simulator.prepare(motif, &DMatrix::zeros(units, 1))?;
            simulator.finish(motif, &prepared)
        })
        .collect::<Result<_>>()?;
    Ok(DMatrix::from_fn(units, motifs, |i, j| ends[j][(i, 0)]))
}

/// States from N(0, scale^2 I), one per column, of a motif's own stream.
pub(super) fn random_states(shape: (usize, usize), scale: f64, seed: u64, motif: usize) -> DMatrix<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(motif as u64);
    let random: DMatrix<f64> = DMatrix::from_fn(shape.0, shape.1, |_, _| StandardNormal.sample(&mut rng));
    random * scale
}

/// RMSE of a motif, prepared from each state (column).
pub(super) fn errors(simulator: &Simulator, motif: usize, states: &DMatrix<f64>) -> Result<Vec<f64>> {
    let target = simulator.network().motif(motif)?.motif().values();
    let readout = simulator.play(motif, &simulator.prepare(motif, states)?)?;
    let rmse = |y: nalgebra::DVectorView<'_, f64>| {
        let errors: Vec<f64> = y.iter().zip(target).map(|(y, t)| y - t).collect();
        root_mean_square(errors.into_iter())
    };
    let found: Vec<f64> = readout.column_iter().map(|y| rmse(y.as_view())).collect();
    check::no_overflow("RMSE of a motif", &found)?;
    Ok(found)
}
