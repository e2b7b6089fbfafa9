//! A trained network, how well it plays, and the panels that several figures show of it.

use rand::SeedableRng;
use serde::Serialize;
use thalamo::analysis::{Wilcoxon, wilcoxon_signed_rank};
use thalamo::rnn::{Checkpoint, Real, TanhErrors, TanhTransition, play, transition_errors};

use super::mean;
use crate::figure::{Corner, GREY, INK, Panel, Result, SKY, Style, TIME, VERMILLION};

/// Trials per motif and per ordered pair.
const TRIALS: usize = 5;

/// A network with its tests.
pub struct Tested {
    pub checkpoint: Checkpoint,
    pub transition: TanhTransition,
    pub errors: TanhErrors,
    pub test: Wilcoxon,
}

/// Its numbers; errors are RMSE of the readout, one per motif.
#[derive(Serialize)]
pub struct Row {
    pub name: String,
    pub architecture: String,
    pub transition: String,
    pub units: usize,
    pub motifs: usize,
    pub learned_parameters: usize,
    pub minibatches: usize,
    pub learning_rate: f64,
    pub final_loss: f64,
    pub random: Vec<f64>,
    pub after_others: Vec<f64>,
    pub worst_pair: f64,
    pub motifs_worse: usize,
    /// Two-sided Wilcoxon signed-rank test of after against random, over motifs.
    pub wilcoxon_p: f64,
    /// Standard deviation of the last states of the motifs, over units and trials.
    pub end_std: f64,
}

impl Tested {
    /// Plays every motif from random starts and after every other one.
    pub fn new(checkpoint: Checkpoint, transition: TanhTransition, seed: u64) -> Result<Self> {
        let start = checkpoint.training.protocol.start();
        let errors =
            transition_errors(&checkpoint.network, &checkpoint.motifs, transition, start, TRIALS, seed)?;
        let changes: Vec<f64> =
            errors.after_others().iter().zip(&errors.random).map(|(a, r)| a - r).collect();
        Ok(Self { test: wilcoxon_signed_rank(&changes)?, checkpoint, transition, errors })
    }

    pub fn row(&self, name: &str) -> Row {
        let Self { checkpoint, transition, errors, test } = self;
        let network = &checkpoint.network;
        let after_others = errors.after_others();
        let states = errors.ends.concat();
        let centre = mean(&states);
        Row {
            name: name.into(),
            architecture: network.architecture().to_string(),
            transition: format!("{transition:?}"),
            units: network.units(),
            motifs: network.motifs(),
            learned_parameters: network.parameters().count(),
            minibatches: checkpoint.curve.len() * checkpoint.stride,
            learning_rate: checkpoint.training.adam.learning_rate,
            final_loss: checkpoint.curve.last().copied().unwrap_or(f64::NAN),
            motifs_worse: after_others.iter().zip(&errors.random).filter(|(a, r)| a > r).count(),
            after_others,
            worst_pair: errors.worst(),
            wilcoxon_p: test.p_value,
            end_std: mean(&states.iter().map(|x| (x - centre).powi(2)).collect::<Vec<_>>()).sqrt(),
            random: errors.random.clone(),
        }
    }

    /// Errors of every motif in both conditions, with the test's p.
    pub fn error_panel(&self, title: impl Into<String>) -> Panel {
        let after = self.errors.after_others();
        let random = &self.errors.random;
        let top = after.iter().chain(random).fold(0.0_f64, |t, &e| t.max(e));
        let panel = Panel::new("", "RMSE of the readout")
            .title(title)
            .y_range(0.0..=1.15 * top)
            .text(-0.3, 1.1 * top, INK, format!("p = {:.3}", self.test.p_value))
            .categories(["random", "after"])
            .bar("", Style::new(SKY), 0.0, mean(random), &[])
            .bar("", Style::new(VERMILLION), 1.0, mean(&after), &[]);
        random.iter().zip(&after).fold(panel, |panel, (&r, &a)| {
            let points = [(0.0, r), (1.0, a)];
            panel.line("", Style::new(GREY).size(0.8), points).points("", Style::new(INK).size(3.0), points)
        })
    }

    /// A sequence from a random state, transitions shaded.
    pub fn sequence_panel(&self, order: &[usize], seed: u64) -> Result<Panel> {
        let Checkpoint { network, motifs, options, .. } = &self.checkpoint;
        let steps = match self.transition {
            TanhTransition::Module { steps } | TanhTransition::Linear { steps } => steps,
            _ => 0,
        };
        let readout =
            play(network, motifs, self.transition, order, &random_state(network.units(), seed))?.readout;
        let time = |k: usize| k as f64 * options.dt;
        let peak = 1.3 * motifs.iter().flat_map(|m| m.values()).fold(0.0_f64, |p, y| p.max(y.abs()));
        let mut panel = Panel::new(TIME, "readout y")
            .legend(Corner::BottomRight)
            .x_range(0.0..=time(readout.len()))
            .y_range(-peak..=peak);
        let mut at = 0;
        for (place, &motif) in order.iter().enumerate() {
            let values = motifs[motif].values();
            let label = if place == 0 { "target" } else { "" };
            let from = at + steps;
            if steps > 0 {
                let band = [(time(at), -peak, peak), (time(from), -peak, peak)];
                panel = panel.band("", Style::new(SKY).opacity(0.35), band);
            }
            let target = values.iter().enumerate().map(|(k, &y)| (time(from + k), y));
            panel = panel.line(label, Style::new(GREY).size(3.0), target).text(
                time(from) + 1.0,
                0.9 * peak,
                INK,
                format!("motif {}", motif + 1),
            );
            at = from + values.len();
        }
        let readout = readout.iter().enumerate().map(|(k, &y)| (time(k), f64::from(y)));
        Ok(panel.line("readout", Style::new(crate::figure::BLUE).size(1.5), readout))
    }
}

/// A start from N(0, I).
pub fn random_state(units: usize, seed: u64) -> Vec<f32> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    (0..units).map(|_| f32::normal(&mut rng)).collect()
}

/// Prints what the record holds.
pub fn print_table(rows: &[Row]) {
    println!(
        "RMSE of the readout, mean over motifs: from random starts, after other motifs, of the worst pair"
    );
    println!(
        "{:>26} {:>5} {:>11} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "network", "N", "minibatches", "random", "after", "worst", "worse", "p"
    );
    for r in rows {
        println!(
            "{:>26} {:>5} {:>11} {:>8.4} {:>8.4} {:>8.3} {:>5}/{:<2} {:>8.4}",
            r.name,
            r.units,
            r.minibatches,
            mean(&r.random),
            mean(&r.after_others),
            r.worst_pair,
            r.motifs_worse,
            r.motifs,
            r.wilcoxon_p
        );
    }
}
