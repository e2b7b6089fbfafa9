//! The numbers of a model that are worth a look.

use serde::Serialize;

use super::model::Model;
use crate::Cortex;
use crate::direct::{DirectLoop, DirectStart, DirectTerms};
use crate::loops::{CostTerms, MotifLoop};
use crate::network::{DesignedLoop, LearnedMotif};
use crate::preparation::{OutputNull, Preparation};
use crate::spectrum::Spectrum;
use crate::{Complex64, NetworkOptions};

/// A model in numbers: what was asked, and what was achieved.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Version of this crate that made the model.
    pub crate_version: String,
    /// Number of units N.
    pub units: usize,
    /// Gain g (1/tau), where the system was made from a connectivity.
    pub gain: Option<f64>,
    /// Largest real part of the eigenvalues of the cortex alone (1/tau).
    pub cortex_abscissa: f64,
    /// Sampling step (tau).
    pub dt: f64,
    /// Preparation before each motif (tau).
    pub transition: f64,
    /// Seed.
    pub seed: u64,
    /// Every setting.
    pub options: NetworkOptions,
    /// The preparatory module.
    pub preparation: PreparationSummary,
    /// Every motif, in order.
    pub motifs: Vec<MotifSummary>,
}

/// The preparatory module in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PreparationSummary {
    /// Rank P.
    pub rank: usize,
    /// Weight of smoothness, beta.
    pub beta: f64,
    /// Cost C/N.
    pub cost_per_unit: f64,
    /// Cost C/N where the optimisation began.
    pub initial_cost_per_unit: f64,
    /// Largest real part of the eigenvalues of A + U V^T (1/tau).
    pub abscissa: f64,
    /// Evaluations of cost and gradient.
    pub evaluations: usize,
    /// How well the readout is kept from seeing preparation, where it is.
    pub output_null: Option<OutputNull>,
    /// When inputs switch (tau), where they do.
    pub switch: Option<f64>,
}

/// One motif in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MotifSummary {
    /// Its index, for `--sequence`.
    pub index: usize,
    /// Its name.
    pub name: String,
    /// Number of samples.
    pub samples: usize,
    /// Duration (tau).
    pub duration: f64,
    /// Rank of its loop.
    pub rank: usize,
    /// Eigenvalues of the exponentials whose sum is played (1/tau): the K of a placed loop, all N of a direct
    /// one.
    pub eigenvalues: Vec<Complex64>,
    /// Their amplitudes; none where eigenvectors are too close to dependent.
    pub amplitudes: Vec<Complex64>,
    /// RMSE of the motif as it is played from its own start.
    pub fit_rmse: f64,
    /// The same over the motif's standard deviation.
    pub fit_normalised_rmse: Option<f64>,
    /// Largest real part of the loop's eigenvalues (1/tau).
    pub abscissa: f64,
    /// Noise cost C.
    pub noise_cost: f64,
    /// Norm of the initial state.
    pub initial_state_norm: f64,
    /// Norm of its weights, $|U V^T|$.
    pub loop_norm: f64,
    /// Of a placed loop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placed: Option<PlacedSummary>,
    /// Of a direct one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direct: Option<DirectSummary>,
}

/// A placed loop in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlacedSummary {
    /// Condition number of Q.
    pub condition: f64,
    /// Largest distance of an eigenvalue from its target (1/tau).
    pub distance: f64,
    /// Eigenvalues placed only to keep the loop stable.
    pub stabilising: usize,
    /// Terms of the noise cost.
    pub noise_terms: CostTerms,
}

/// A direct design in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DirectSummary {
    /// The objective J and its parts, free of units.
    pub terms: DirectTerms,
    /// RMSE expected in a sequence.
    pub expected_error: f64,
    /// Largest relative error of the loop's weights at which every eigenvalue is at least three standard
    /// deviations left of the axis; none where eigenvectors are too close to dependent, or no error is too
    /// large.
    pub tolerated_error: Option<f64>,
    /// Largest standard deviation of the real part of an eigenvalue (1/tau) per relative error of every
    /// weight of the loop.
    pub largest_deviation: Option<f64>,
    /// Difference of J by modes and by propagation, relative to J.
    pub difference: f64,
    /// Every start, in order.
    pub starts: Vec<DirectStart>,
    /// Index of the start kept.
    pub best: usize,
}

impl Summary {
    /// A model's numbers.
    pub fn of(model: &Model) -> Self {
        let network = &model.network;
        let motifs = network.motifs().iter().zip(&model.names).enumerate();
        Self {
            crate_version: model.crate_version.clone(),
            units: network.system().units(),
            gain: network.system().cortex().map(Cortex::gain),
            cortex_abscissa: network.system().spectrum().map_or(f64::NAN, Spectrum::abscissa),
            dt: network.motifs().first().map_or(0.0, |m| m.motif().dt()),
            transition: model.transition,
            seed: network.seed(),
            options: network.options().clone(),
            preparation: PreparationSummary::of(network.preparation(), network.options()),
            motifs: motifs.map(|(index, (learned, name))| MotifSummary::of(index, name, learned)).collect(),
        }
    }
}

impl PreparationSummary {
    fn of(preparation: &Preparation, options: &NetworkOptions) -> Self {
        let report = preparation.report();
        Self {
            rank: preparation.input().ncols(),
            beta: options.preparation.beta,
            cost_per_unit: report.cost_per_unit,
            initial_cost_per_unit: report.history.map_or(report.cost_per_unit, |h| h.initial_cost_per_unit),
            abscissa: report.abscissa,
            evaluations: report.history.map_or(1, |h| h.evaluations),
            output_null: report.output_null,
            switch: preparation.switch(),
        }
    }
}

impl MotifSummary {
    fn of(index: usize, name: &str, learned: &LearnedMotif) -> Self {
        let motif = learned.motif();
        let parts = match learned.designed() {
            DesignedLoop::Placed(fit, own) => Parts {
                eigenvalues: fit.eigenvalues().to_vec(),
                amplitudes: fit.amplitudes().as_slice().to_vec(),
                abscissa: own.report().abscissa,
                placed: Some(PlacedSummary::of(own)),
                direct: None,
            },
            DesignedLoop::Direct(own) => Parts {
                eigenvalues: own.report().spectrum.to_vec(),
                amplitudes: own.report().amplitudes.as_ref().map_or_else(Vec::new, |a| a.as_slice().to_vec()),
                abscissa: own.report().spectrum.abscissa(),
                placed: None,
                direct: Some(DirectSummary::of(own)),
            },
        };
        Self {
            index,
            name: name.to_owned(),
            samples: motif.len(),
            duration: motif.duration(),
            rank: learned.weights().rank(),
            eigenvalues: parts.eigenvalues,
            amplitudes: parts.amplitudes,
            fit_rmse: learned.rmse(),
            fit_normalised_rmse: Some(learned.rmse() / motif.standard_deviation()).filter(|x| x.is_finite()),
            abscissa: parts.abscissa,
            noise_cost: learned.noise_cost(),
            initial_state_norm: learned.initial_state().norm(),
            loop_norm: learned.weights().norm(),
            placed: parts.placed,
            direct: parts.direct,
        }
    }
}

impl MotifSummary {
    /// How the loop was designed: `K=10` exponentials placed, or rank `r=1` directly.
    pub fn loop_in_words(&self) -> String {
        match self.placed {
            Some(_) => format!("K={}", self.eigenvalues.len()),
            None => format!("r={}", self.rank),
        }
    }
}

/// What depends on how a loop was designed.
struct Parts {
    eigenvalues: Vec<Complex64>,
    amplitudes: Vec<Complex64>,
    abscissa: f64,
    placed: Option<PlacedSummary>,
    direct: Option<DirectSummary>,
}

impl PlacedSummary {
    fn of(own: &MotifLoop) -> Self {
        let report = own.report();
        Self {
            condition: report.condition,
            distance: report.distance,
            stabilising: own.stabilising().len(),
            noise_terms: report.terms,
        }
    }
}

impl DirectSummary {
    fn of(own: &DirectLoop) -> Self {
        let report = own.report();
        Self {
            terms: report.terms,
            expected_error: report.expected_error,
            tolerated_error: report.tolerated_error().filter(|error| error.is_finite()),
            largest_deviation: report.deviations.as_ref().map(|deviations| deviations.max()),
            difference: report.difference,
            starts: report.starts.clone(),
            best: report.best,
        }
    }
}
