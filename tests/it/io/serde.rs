//! Value types as JSON: the same value again, and no value that a constructor would refuse.
use serde::Serialize;
use serde::de::DeserializeOwned;
use thalamo::NetworkOptions;
use thalamo::Rate;
use thalamo::fit::{Fit, FitOptions, fit};
use thalamo::motif::{Motif, OscillationOptions, StepOptions, step_motifs};
use thalamo::network::NoiseTolerance;
use thalamo::optim::LbfgsOptions;
use thalamo::play::{Noise, Sequence};
use thalamo::{
    loops::{Horizon, LoopOptions, PlacementOptions},
    preparation::{PreparationOptions, WeightBound},
};

#[track_caller]
fn survives<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: T) {
    let text = serde_json::to_string(&value).unwrap();
    assert_eq!(serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
}

#[track_caller]
fn refused<T: DeserializeOwned + std::fmt::Debug>(text: &str, said: &str) {
    let message = serde_json::from_str::<T>(text).unwrap_err().to_string();
    assert!(message.contains(said), "{message}");
}

#[test]
fn values_survive() {
    survives(NetworkOptions::published());
    survives(FitOptions::published().with(|o| {
        o.margin = Rate::PerTau(0.1);
        o.amplitude_bound = None;
        o.frequency_limit = Some(thalamo::Rate::PerTau(1.0 / 3.0));
        o.seed = u64::MAX;
    }));
    survives(LoopOptions::default().with(|o| (o.horizon, o.noise_floor) = (Horizon::Infinite, 0.1)));
    survives(PlacementOptions::published().with(|o| o.stabilised_decay = None));
    survives(
        PreparationOptions::published().with(|o| o.bound = WeightBound::FrobeniusPenalty { weight: 0.3 }),
    );
    survives(NoiseTolerance::default());
    survives(LbfgsOptions::default());
    survives(StepOptions::default());
    survives(OscillationOptions::default());
    survives(Sequence::new(&[2, 0, 2]).unwrap());
    survives(Noise { initial: 0.1, process: 0.0, seed: 7 });
    let motif = step_motifs(1, 3).unwrap().remove(0);
    survives(fit(&motif, &FitOptions::published().with(|o| (o.modes, o.effort) = (3, 60))).unwrap());
    survives(motif);
    // An error over a standard deviation of zero is infinite, which JSON has no number for.
    let flat = Motif::new(0.1, vec![1.0; 40]).unwrap();
    let poor = fit(&flat, &FitOptions::published().with(|o| (o.modes, o.effort) = (2, 20))).unwrap();
    assert!(poor.normalised_rmse().is_infinite());
    survives(poor);
}

#[test]
fn missing_fields_take_defaults() {
    assert_eq!(serde_json::from_str::<NetworkOptions>("{}").unwrap(), NetworkOptions::default());
    let options: FitOptions = serde_json::from_str(r#"{"modes": 4}"#).unwrap();
    assert_eq!(options, FitOptions::default().with(|o| o.modes = 4));
}

#[test]
fn what_constructors_refuse_is_refused() {
    refused::<Motif>(
        r#"{"dt": 0.1, "values": [0.0]}"#,
        "motif: expected a series with at least one non-zero sample",
    );
    refused::<Motif>(
        r#"{"dt": -0.1, "values": [1.0]}"#,
        "motif dt: expected a finite number > 0, given -0.1",
    );
    refused::<Motif>(r#"{"dt": 0.1, "values": [null]}"#, "invalid type: null");
    refused::<Motif>(r#"{"dt": 0.1, "values": [1.0], "name": "x"}"#, "unknown field `name`");
    refused::<Sequence>("[]", "sequence: expected at least one element");
    refused::<Noise>(r#"{"initial": -1.0, "process": 0.0, "seed": 1}"#, "initial noise: expected");
    refused::<FitOptions>(r#"{"modes": 65}"#, "fit modes: expected a count in 1..=64, given 65");
    refused::<FitOptions>(r#"{"mode": 5}"#, "unknown field `mode`");
    refused::<LbfgsOptions>(r#"{"memory": 0}"#, "L-BFGS memory: expected 1 to 10000, given 0");
    refused::<LoopOptions>(r#"{"starts": 0}"#, "starts: expected 1 to 10000, given 0");
    refused::<LoopOptions>(r#"{"noise_floor": -1}"#, "noise floor: expected");
    refused::<PlacementOptions>(r#"{"stabilised_decay": {"PerTau": 0.0}}"#, "stabilised decay: expected");
    refused::<PreparationOptions>(r#"{"rank": 0}"#, "preparatory rank P: expected at least 1, given 0");
    refused::<PreparationOptions>(
        r#"{"bound": {"FrobeniusPenalty": {"weight": 0.0}}}"#,
        "Frobenius penalty: expected",
    );
    refused::<NoiseTolerance>(r#"{"wider": 1.0}"#, "wider: expected a finite number > 1, given 1");
    refused::<StepOptions>(r#"{"shortest": 0.1}"#, "step motif shortest: expected at least two steps dt");
    refused::<OscillationOptions>(r#"{"harmonics": 0}"#, "oscillating motif harmonics: expected");
    refused::<NetworkOptions>(r#"{"fit": {"modes": 0}}"#, "fit modes: expected a count in 1..=64, given 0");
    let lone = r#"{"dt":0.1,"eigenvalues":[[-0.1,0.5]],"amplitudes":[[1.0,0.0]],"rmse":0.0,"normalised_rmse":0.0,
        "active":[],"start":"Given","status":"Given","stationarity":0.0,"evaluations":0}"#;
    refused::<Fit>(lone, "eigenvalues: expected numbers closed under conjugation");
}
