//! The numbers of a model that are worth a look.

use serde::Serialize;

use super::model::Model;
use crate::Cortex;
use crate::network::LearnedMotif;
use crate::spectrum::Spectrum;
use crate::{Complex64, NetworkOptions};
use crate::{
    loops::CostTerms,
    preparation::{OutputNull, Preparation},
};

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
    /// Eigenvalues of its exponentials (1/tau).
    pub eigenvalues: Vec<Complex64>,
    /// Their amplitudes.
    pub amplitudes: Vec<Complex64>,
    /// RMSE of its fit.
    pub fit_rmse: f64,
    /// The same over the motif's standard deviation.
    pub fit_normalised_rmse: Option<f64>,
    /// Condition number of Q.
    pub condition: f64,
    /// Largest distance of an eigenvalue from its target (1/tau).
    pub placement_distance: f64,
    /// Largest real part of the loop's eigenvalues (1/tau).
    pub abscissa: f64,
    /// Eigenvalues placed only to keep the loop stable.
    pub stabilising: usize,
    /// Noise cost C.
    pub noise_cost: f64,
    /// Its terms.
    pub noise_terms: CostTerms,
    /// Norm of the initial state.
    pub initial_state_norm: f64,
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
        let (motif, fit, own) = (learned.motif(), learned.fit(), learned.motif_loop());
        let report = own.report();
        Self {
            index,
            name: name.to_owned(),
            samples: motif.len(),
            duration: motif.duration(),
            eigenvalues: fit.eigenvalues().to_vec(),
            amplitudes: fit.amplitudes().as_slice().to_vec(),
            fit_rmse: fit.rmse(),
            fit_normalised_rmse: Some(fit.normalised_rmse()).filter(|x| x.is_finite()),
            condition: report.condition,
            placement_distance: report.distance,
            abscissa: report.abscissa,
            stabilising: own.stabilising().len(),
            noise_cost: own.noise_cost(),
            noise_terms: report.terms,
            initial_state_norm: own.initial_state().norm(),
        }
    }
}
