//! Serialisation of value types (feature `serde`). What is read passes the same checks as what is constructed.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::fit::{ActiveConstraint, Fit, FitOptions, Margin, Start as FitStart, Status as FitStatus};
use crate::motif::{Motif, OscillationOptions, StepOptions};
use crate::network::{NetworkOptions, NoiseTolerance};
use crate::optim::LbfgsOptions;
use crate::play::{Noise, Sequence};
use crate::{Complex64, Result};
use crate::{
    loops::{Horizon, LoopOptions, PlacementOptions},
    preparation::{PreparationOptions, WeightBound},
};

/// Options with public fields: missing ones take their defaults, unknown ones and values out of range are refused.
macro_rules! options {
    ($type:ident as $data:ident { $($field:ident: $kind:ty),* $(,)? }, $check:expr) => {
        #[derive(Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        struct $data { $($field: $kind),* }

        impl From<$type> for $data {
            fn from(value: $type) -> Self {
                let $type { $($field),* } = value;
                Self { $($field),* }
            }
        }

        impl Default for $data {
            fn default() -> Self {
                $type::default().into()
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                $data::from(self.clone()).serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
                let $data { $($field),* } = $data::deserialize(deserializer)?;
                let value = Self { $($field),* };
                let check: fn(&Self) -> Result<()> = $check;
                check(&value).map_err(serde::de::Error::custom)?;
                Ok(value)
            }
        }
    };
}

options!(FitOptions as FitOptionsData {
    modes: usize, margin: Margin, separation: f64, amplitude_bound: Option<f64>, zero_start: bool,
    frequency_limit: Option<f64>, decay_limit: Option<f64>, random_starts: usize, effort: usize, seed: u64,
}, FitOptions::validate);
options!(LbfgsOptions as LbfgsOptionsData {
    memory: usize, max_iterations: usize, gradient_tolerance: f64, value_tolerance: f64, first_step: f64,
}, LbfgsOptions::validate);
options!(PlacementOptions as PlacementOptionsData {
    condition_limit: f64, rest_margin: f64, stabilised_decay: Option<f64>,
}, PlacementOptions::validate);
options!(LoopOptions as LoopOptionsData {
    placement: PlacementOptions, horizon: Horizon, noise_floor: f64, starts: usize, finalists: usize,
    playback_tolerance: f64, optimiser: LbfgsOptions,
}, LoopOptions::validate);
options!(PreparationOptions as PreparationOptionsData {
    rank: usize, beta: f64, bound: WeightBound, optimiser: LbfgsOptions,
}, PreparationOptions::validate);
options!(NoiseTolerance as NoiseToleranceData {
    residual: f64, share: f64, cost_limit: f64, wider: f64, rounds: usize,
}, NoiseTolerance::check);
options!(NetworkOptions as NetworkOptionsData {
    fit: FitOptions, motif_loop: LoopOptions, preparation: PreparationOptions, noise: NoiseTolerance,
}, |_| Ok(()));
options!(StepOptions as StepOptionsData {
    dt: f64, noise: f64, warm_up: f64, duration: f64, shortest: f64, longest: f64, rest: f64,
}, StepOptions::validate);
options!(OscillationOptions as OscillationOptionsData {
    dt: f64, duration: f64, harmonics: usize, amplitude: f64,
}, OscillationOptions::validate);

/// Types with private fields: as a plain structure, rebuilt by a checked constructor.
macro_rules! rebuilt {
    ($type:ty as $data:ident) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                $data::from(self).serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
                $data::deserialize(deserializer)?.rebuild().map_err(serde::de::Error::custom)
            }
        }
    };
}

rebuilt!(Motif as MotifData);
rebuilt!(Sequence as SequenceData);
rebuilt!(Noise as NoiseData);
rebuilt!(Fit as FitData);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "Motif")]
struct MotifData {
    dt: f64,
    values: Vec<f64>,
}

impl From<&Motif> for MotifData {
    fn from(motif: &Motif) -> Self {
        Self { dt: motif.dt(), values: motif.values().to_vec() }
    }
}

impl MotifData {
    fn rebuild(self) -> Result<Motif> {
        Motif::new(self.dt, self.values)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct SequenceData(Vec<usize>);

impl From<&Sequence> for SequenceData {
    fn from(sequence: &Sequence) -> Self {
        Self(sequence.motifs().to_vec())
    }
}

impl SequenceData {
    fn rebuild(self) -> Result<Sequence> {
        Sequence::new(&self.0)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "Noise")]
struct NoiseData {
    initial: f64,
    process: f64,
    seed: u64,
}

impl From<&Noise> for NoiseData {
    fn from(noise: &Noise) -> Self {
        Self { initial: noise.initial, process: noise.process, seed: noise.seed }
    }
}

impl NoiseData {
    fn rebuild(self) -> Result<Noise> {
        let noise = Noise { initial: self.initial, process: self.process, seed: self.seed };
        noise.check().map(|()| noise)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Fit")]
struct FitData {
    dt: f64,
    eigenvalues: Vec<Complex64>,
    amplitudes: Vec<Complex64>,
    #[serde(flatten)]
    report: FitReport,
}

/// What a fit's exponentials alone do not tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FitReport {
    rmse: f64,
    #[serde(with = "any_float")]
    normalised_rmse: f64,
    active: Vec<ActiveConstraint>,
    start: FitStart,
    status: FitStatus,
    #[serde(with = "any_float")]
    stationarity: f64,
    evaluations: usize,
}

impl From<&Fit> for FitReport {
    fn from(fit: &Fit) -> Self {
        Self {
            rmse: fit.rmse(),
            normalised_rmse: fit.normalised_rmse(),
            active: fit.active().to_vec(),
            start: fit.start(),
            status: fit.status(),
            stationarity: fit.stationarity(),
            evaluations: fit.evaluations(),
        }
    }
}

impl From<&Fit> for FitData {
    fn from(fit: &Fit) -> Self {
        let (eigenvalues, amplitudes) = (fit.eigenvalues().to_vec(), fit.amplitudes().to_vec());
        Self { dt: fit.dt(), eigenvalues, amplitudes, report: fit.into() }
    }
}

impl FitData {
    fn rebuild(self) -> Result<Fit> {
        self.report.onto(Fit::new(&self.eigenvalues, &self.amplitudes, self.dt)?)
    }
}

impl FitReport {
    /// The exponentials of `fit` with this report.
    pub(crate) fn onto(self, fit: Fit) -> Result<Fit> {
        crate::check::non_negative("RMSE of the fit", self.rmse)?;
        let Self { rmse, normalised_rmse, active, start, status, stationarity, evaluations } = self;
        Ok(Fit { rmse, normalised_rmse, active, start, status, stationarity, evaluations, ..fit })
    }
}

/// JSON has no infinities: numbers that are not finite are written as words.
mod any_float {
    use super::*;

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Number {
        Finite(f64),
        Word(String),
    }

    pub(super) fn serialize<S: Serializer>(x: &f64, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let number = if x.is_finite() { Number::Finite(*x) } else { Number::Word(x.to_string()) };
        number.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<f64, D::Error> {
        match Number::deserialize(deserializer)? {
            Number::Finite(x) => Ok(x),
            Number::Word(word) => word.parse().map_err(serde::de::Error::custom),
        }
    }
}
