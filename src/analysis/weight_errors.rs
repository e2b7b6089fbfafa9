//! How a network plays when its weights are not those of the design.

use nalgebra::{DMatrix, DVector};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use super::transitions::ends;
use crate::linalg::product::{apply, view};
use crate::linalg::{eigenvalues, expm};
use crate::network::Network;
use crate::play::Simulator;
use crate::{Error, Result, check};

/// More draws than this are taken for a mistake.
const MAX_DRAWS: usize = 100_000;

/// Standard deviations of errors, relative to the weights: every entry x becomes $x (1 + \epsilon z)$, with z
/// from N(0, 1) and of its own.
///
/// ```
/// use thalamo::analysis::{WeightErrors, weight_errors};
/// use thalamo::{Cortex, Network, NetworkOptions, motif, play::Simulator};
/// let mut options = NetworkOptions::interpretable();
/// (options.fit.modes, options.preparation.rank) = (6, Some(20));
/// let network = Network::build(Cortex::random(40, 0.5, 1)?, &motif::oscillating_motifs(2, 1)?, &options, 1)?;
/// let simulator = Simulator::new(&network, 10.0)?;
/// let errors = WeightErrors { loops: 0.02, ..WeightErrors::default() };
/// let found = weight_errors(&simulator, &errors, 20, 1)?;
/// assert_eq!(found.rmse.shape(), (2, 20));
/// assert!(found.rms(f64::INFINITY) >= found.nominal.iter().copied().fold(f64::INFINITY, f64::min));
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct WeightErrors {
    /// Of the weights U and V of every motif's loop.
    pub loops: f64,
    /// Of the weights U and V of the preparatory module.
    pub module: f64,
    /// Of the inputs b of every motif.
    pub inputs: f64,
    /// Of the connectivity J, or, where there is none, of the system A.
    pub system: f64,
}

impl WeightErrors {
    fn validate(&self) -> Result<()> {
        check::non_negative("errors of loops", self.loops)?;
        check::non_negative("errors of the module", self.module)?;
        check::non_negative("errors of inputs", self.inputs)?;
        check::non_negative("errors of the system", self.system)
    }
}

/// Errors of motifs as designed and as played with wrong weights.
#[derive(Debug, Clone, PartialEq)]
pub struct UnderWeightErrors {
    /// RMSE of each motif without errors, after the same predecessors (mean square over the draws).
    pub nominal: Vec<f64>,
    /// RMSE of each motif (row) in each draw (column); infinite where it overflows.
    pub rmse: DMatrix<f64>,
    /// Whether the network is unstable while the motif plays, or while it is prepared.
    pub unstable: DMatrix<bool>,
}

impl UnderWeightErrors {
    /// Root mean square over motifs and draws, each at most `most`.
    pub fn rms(&self, most: f64) -> f64 {
        check::root_mean_square(self.rmse.iter().map(|e| e.min(most)))
    }

    /// Median over motifs and draws.
    pub fn median(&self) -> f64 {
        let mut all: Vec<f64> = self.rmse.iter().copied().collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    }

    /// Share of motifs and draws whose RMSE is above this multiple of the motif's own.
    pub fn share_above(&self, multiple: f64) -> f64 {
        let rows = self.rmse.row_iter().zip(&self.nominal);
        let above = rows.map(|(row, own)| row.iter().filter(|&&e| e > multiple * own).count());
        above.sum::<usize>() as f64 / self.rmse.len() as f64
    }

    /// Share of motifs and draws in which the network is unstable.
    pub fn share_unstable(&self) -> f64 {
        self.unstable.iter().filter(|&&unstable| unstable).count() as f64 / self.unstable.len() as f64
    }
}

/// Plays every motif of a network with wrong weights, `draws` times, after the end that another motif has by
/// design, which is drawn for it (its own, where there is but one). Inputs are those of the design, but for
/// their own errors. $O(n N^2)$ for n samples and two exponentials, per motif and draw.
///
/// # Errors
/// Errors that are negative or not finite, no draws or more than 100000, no motifs, a module with errors that
/// has no fixed point.
pub fn weight_errors(
    simulator: &Simulator,
    errors: &WeightErrors,
    draws: usize,
    seed: u64,
) -> Result<UnderWeightErrors> {
    errors.validate()?;
    check::count("draws", draws, 1..=MAX_DRAWS, "1 to 100000")?;
    let network = simulator.network();
    let motifs = network.motifs().len();
    let ends = ends(simulator)?;
    let none = WeightErrors::default();
    let columns: Vec<Vec<[f64; 3]>> = (0..draws)
        .into_par_iter()
        .map(|draw| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(draw as u64);
            let before: Vec<usize> = (0..motifs).map(|motif| predecessor(motif, motifs, &mut rng)).collect();
            let wrong = Weights::drawn(network, errors, &mut rng)?;
            let right = Weights::drawn(network, &none, &mut rng)?;
            let shaky = is_unstable(&wrong.preparing)?;
            (0..motifs)
                .map(|motif| {
                    let start = ends.column(before[motif]).into_owned();
                    let (error, nominal) =
                        (wrong.play(simulator, motif, &start)?, right.play(simulator, motif, &start)?);
                    let unstable = shaky || is_unstable(&wrong.motifs[motif].playing)?;
                    Ok([error, nominal, f64::from(u8::from(unstable))])
                })
                .collect()
        })
        .collect::<Result<_>>()?;
    let table = |part: usize| DMatrix::from_fn(motifs, draws, |i, j| columns[j][i][part]);
    Ok(UnderWeightErrors {
        nominal: table(1).row_iter().map(|row| check::root_mean_square(row.iter().copied())).collect(),
        rmse: table(0),
        unstable: table(2).map(|flag| flag > 0.5),
    })
}

fn predecessor(motif: usize, motifs: usize, rng: &mut ChaCha8Rng) -> usize {
    let others = motifs.saturating_sub(1).max(1);
    (motif + 1 + rng.random_range(0..others)) % motifs
}

/// One draw of all weights.
struct Weights<'a> {
    network: &'a Network,
    preparing: DMatrix<f64>,
    motifs: Vec<MotifWeights>,
}

struct MotifWeights {
    playing: DMatrix<f64>,
    starting_bias: Option<DVector<f64>>,
    bias: DVector<f64>,
}

impl<'a> Weights<'a> {
    fn drawn(network: &'a Network, errors: &WeightErrors, rng: &mut ChaCha8Rng) -> Result<Self> {
        let system = network.system();
        let matrix = match system.cortex() {
            Some(cortex) => {
                let off = wrong(cortex.recurrent(), errors.system, rng) - cortex.recurrent();
                system.matrix() + off * cortex.gain()
            }
            None => wrong(system.matrix(), errors.system, rng),
        };
        let module = network.preparation();
        let [u, v] = [module.input(), module.feedback()].map(|m| wrong(m, errors.module, rng));
        let preparing = &matrix + u * v.transpose();
        let of_motif = |learned: &crate::network::LearnedMotif| {
            let weights = learned.weights();
            let [u, v] = [weights.input(), weights.feedback()].map(|m| wrong(m, errors.loops, rng));
            let mut input = |b: &DVector<f64>| {
                let b = DMatrix::from_columns(std::slice::from_ref(b));
                wrong(&b, errors.inputs, rng).column(0).into_owned()
            };
            let (starting_bias, bias) = (learned.starting_bias().map(&mut input), input(learned.bias()));
            MotifWeights { playing: &matrix + u * v.transpose(), starting_bias, bias }
        };
        let motifs = network.motifs().iter().map(of_motif).collect();
        Ok(Self { network, preparing, motifs })
    }

    /// RMSE of a motif that is prepared from a state.
    fn play(&self, simulator: &Simulator, motif: usize, start: &DVector<f64>) -> Result<f64> {
        let (learned, own) = (self.network.motif(motif)?, &self.motifs[motif]);
        let mut state = self.prepared(simulator.transition(), own, start)?;
        let target = learned.motif().samples();
        let step = expm(&(&own.playing * learned.motif().dt()))?;
        let readout = self.network.system().readout();
        let (mut next, mut seen) = (state.clone(), DVector::zeros(readout.ncols()));
        let mut sum = 0.0;
        for row in target.row_iter() {
            seen.gemv_tr(1.0, readout, &state, 0.0);
            sum += row.iter().zip(&seen).map(|(target, y)| (y - target).powi(2)).sum::<f64>();
            apply(view(&step), state.as_slice(), next.as_mut_slice());
            std::mem::swap(&mut state, &mut next);
        }
        let rmse = (sum / target.nrows() as f64).sqrt();
        Ok(if rmse.is_finite() { rmse } else { f64::INFINITY })
    }

    /// The state after a preparation.
    fn prepared(&self, time: f64, own: &MotifWeights, start: &DVector<f64>) -> Result<DVector<f64>> {
        let factors = self.preparing.clone().lu();
        let singular = Error::Singular { what: "preparation with errors", remedy: "ask for smaller errors" };
        let held = |b: &DVector<f64>| factors.solve(b).map(|point| -point).ok_or_else(|| singular.clone());
        let towards = |point: DVector<f64>, from: &DVector<f64>, time: f64| -> Result<DVector<f64>> {
            Ok(&point + expm(&(&self.preparing * time))? * (from - &point))
        };
        let switch = self.network.preparation().switch().unwrap_or(0.0).min(time);
        let mut state = start.clone();
        if let Some(first) = &own.starting_bias {
            state = towards(held(first)?, &state, switch)?;
        } else {
            return towards(held(&own.bias)?, &state, time);
        }
        towards(held(&own.bias)?, &state, time - switch)
    }
}

fn is_unstable(matrix: &DMatrix<f64>) -> Result<bool> {
    Ok(eigenvalues(matrix)?.abscissa() >= 0.0)
}

/// Every entry times 1 + epsilon z.
fn wrong(weights: &DMatrix<f64>, epsilon: f64, rng: &mut ChaCha8Rng) -> DMatrix<f64> {
    if epsilon == 0.0 {
        return weights.clone();
    }
    weights.map(|x| {
        let z: f64 = StandardNormal.sample(rng);
        x * (1.0 + epsilon * z)
    })
}
