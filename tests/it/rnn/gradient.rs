//! Losses and gradients of tanh networks: automatic differentiation elsewhere, central differences here.

use crate::support::{cases, reference};
use std::sync::Arc;

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use serde_json::Value;
use thalamo::rnn::{
    Architecture, BatchMemory, Gradient, Learned, Loss, Parameters, Real, TanhNetwork, TanhOptions,
    TransitionModule, Trial, TrialPhase, TrialSegment, gradient, respond,
};

fn vector<T: Real>(value: &Value) -> Vec<T> {
    value.as_array().expect("a list").iter().map(|x| T::of(x.as_f64().expect("a number"))).collect()
}

fn matrix<T: Real>(value: &Value) -> DMatrix<T> {
    let rows: Vec<Vec<T>> = value.as_array().expect("rows").iter().map(vector).collect();
    DMatrix::from_fn(rows.len(), rows[0].len(), |i, j| rows[i][j])
}

fn case<T: Real>(data: &Value, name: &str) -> (TanhNetwork<T>, Vec<Trial<T>>) {
    let architecture = match name.split('_').next() {
        Some("additive") => Architecture::Additive,
        Some("multiplicative") => Architecture::Multiplicative,
        _ => Architecture::Control,
    };
    let gain = if architecture == Architecture::Control { 1.0 } else { data["gain"].as_f64().expect("gain") };
    let dt = data["dt"].as_f64().expect("dt");
    let readout = DVector::from_vec(vector(&data["w"]));
    let network = TanhNetwork::new(architecture, matrix(&data["J"]), readout, gain, dt).expect("a network");
    let column = |key: &str| DMatrix::from_columns(&[DVector::from_vec(vector::<T>(&data[key]))]);
    let mut parameters = Parameters { biases: column("b"), ..network.parameters().clone() };
    if architecture == Architecture::Multiplicative {
        (parameters.left, parameters.right) = (column("u"), column("v"));
    }
    let mut network = network.with_parameters(parameters).expect("a motif");
    let prep =
        if name.ends_with("transition") { data["prep_steps"].as_u64().expect("steps") as usize } else { 0 };
    if prep > 0 {
        let module = TransitionModule { input: matrix(&data["U_prep"]), feedback: matrix(&data["V_prep"]) };
        network = network.with_module(module).expect("the same N");
    }
    let starts: Vec<Vec<T>> = data["x0"].as_array().expect("starts").iter().map(vector).collect();
    let targets: Vec<Vec<T>> = data["target"].as_array().expect("targets").iter().map(vector).collect();
    let trials = starts.into_iter().zip(targets).map(|(start, target)| {
        let segment = |phase, range: std::ops::Range<usize>| TrialSegment {
            motif: 0,
            phase,
            steps: range.len(),
            target: Some(target[range].into()),
        };
        let mut segments = vec![segment(TrialPhase::Motif, prep..target.len())];
        if prep > 0 {
            segments.insert(0, segment(TrialPhase::Transition, 0..prep));
        }
        Trial { start, segments }
    });
    let trials = trials.collect();
    (network, trials)
}

fn compare<T: Real>(tolerance: f64) {
    let data = reference("tanh_networks");
    let names = [
        "additive",
        "multiplicative",
        "control",
        "additive_with_transition",
        "multiplicative_with_transition",
    ];
    for name in names {
        let (network, trials) = case::<T>(&data, name);
        let memory = &mut BatchMemory::default();
        let found =
            gradient(&network, &trials, Loss::Readout, Learned::Parameters, memory).expect("a gradient");
        let expected = &data[name];
        let loss = expected["loss"].as_f64().expect("a loss");
        assert!((found.loss - loss).abs() <= tolerance * loss, "{name}: loss {} for {loss}", found.loss);
        let p = &found.parameters;
        for (key, array) in [("b", p.biases.as_slice()), ("u", p.left.as_slice()), ("v", p.right.as_slice())]
        {
            if !array.is_empty() {
                close(array, &vector(&expected[format!("grad_{key}")]), tolerance, &format!("{name}: {key}"));
            }
        }
        if name == "control" {
            close(p.recurrent.as_slice(), matrix(&expected["grad_J"]).as_slice(), tolerance, "J");
            close(p.readout.as_slice(), &vector(&expected["grad_w"]), tolerance, "w");
        }
        let finals = expected["final_state"].as_array().expect("states");
        for (response, expected) in respond(&network, &trials).expect("responses").iter().zip(finals) {
            close(&response.last, &vector(expected), tolerance, &format!("{name}: final state"));
        }
    }
}

fn close<T: Real>(found: &[T], expected: &[T], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().map(|x| x.widen().abs()).fold(0.0, f64::max);
    for (a, b) in found.iter().zip(expected) {
        assert!((a.widen() - b.widen()).abs() <= tolerance * scale, "{what}: {a} for {b}");
    }
}

#[test]
fn double_precision_meets_automatic_differentiation() {
    compare::<f64>(1e-10);
}

#[test]
fn single_precision_meets_automatic_differentiation() {
    compare::<f32>(1e-4);
}

fn any_phase() -> impl Strategy<Value = TrialPhase> {
    prop_oneof![Just(TrialPhase::Motif), Just(TrialPhase::Transition), Just(TrialPhase::LinearTransition)]
}

/// Segments (motif, phase, steps, with a target), and steps and motif of a last one with a target.
type DrawnTrial = (Vec<(usize, TrialPhase, usize, bool)>, usize, usize);

/// A network with a module and trials of several segments and lengths, some without targets.
fn any_case() -> impl Strategy<Value = (TanhNetwork<f64>, Vec<Trial<f64>>)> {
    let segment = (0..3_usize, any_phase(), 0..7_usize, any::<bool>());
    let trial = (proptest::collection::vec(segment, 1..5), 1..5_usize, 0..3_usize);
    (0..3_usize, 2..6_usize, any::<u64>(), proptest::collection::vec(trial, 1..30)).prop_map(
        |(architecture, units, seed, trials)| {
            let architecture = Architecture::ALL[architecture];
            let options = TanhOptions::new(architecture).with(|o| (o.units, o.seed) = (units, seed));
            let mut network = TanhNetwork::random(&options, 3).expect("a network");
            let mut parameters = network.parameters().clone();
            parameters.biases =
                DMatrix::from_fn(units, 3, |i, j| ((seed % 97) as f64 + (3 * i + j) as f64).sin());
            network = network.with_parameters(parameters).expect("the same shape");
            let module = TransitionModule::random(units, 2, seed ^ 5).expect("a module");
            let network = network.with_module(module).expect("the same N");
            let build = |(index, (segments, scored, motif)): (usize, DrawnTrial)| {
                let wave = |k: usize| ((7 * index + k) as f64).cos();
                let target = |steps| -> Option<Arc<[f64]>> { Some((0..steps).map(wave).collect()) };
                let mut list: Vec<TrialSegment<f64>> = segments
                    .into_iter()
                    .map(|(motif, phase, steps, scored)| TrialSegment {
                        motif,
                        phase,
                        steps,
                        target: target(steps).filter(|_| scored),
                    })
                    .collect();
                list.push(TrialSegment {
                    motif,
                    phase: TrialPhase::Motif,
                    steps: scored,
                    target: target(scored),
                });
                let start = (0..units).map(|i| ((index + 11 * i) as f64).sin()).collect();
                Trial { start, segments: list }
            };
            let trials = trials.into_iter().enumerate().map(build).collect();
            (network, trials)
        },
    )
}

fn loss_of(network: &TanhNetwork<f64>, trials: &[Trial<f64>], loss: Loss) -> f64 {
    gradient(network, trials, loss, Learned::Parameters, &mut BatchMemory::default()).expect("a loss").loss
}

/// Largest disagreement with central differences along every coordinate, relative to the largest entry.
fn check(found: &[f64], mut at: impl FnMut(usize, f64) -> f64) -> f64 {
    let scale = found.iter().fold(1e-3, |s: f64, g| s.max(g.abs()));
    let step = 1e-5;
    let errors =
        found.iter().enumerate().map(|(i, g)| ((at(i, step) - at(i, -step)) / (2.0 * step) - g).abs());
    errors.fold(0.0, f64::max) / scale
}

fn moved(parameters: &Parameters<f64>, array: usize, index: usize, by: f64) -> Parameters<f64> {
    let mut p = parameters.clone();
    let slices = [&mut p.biases, &mut p.left, &mut p.right, &mut p.recurrent];
    if array < 4 {
        slices.into_iter().nth(array).expect("four")[index] += by
    } else {
        p.readout[index] += by
    }
    p
}

fn arrays(p: &Parameters<f64>) -> [&[f64]; 5] {
    let [biases, left, right, recurrent] = [&p.biases, &p.left, &p.right, &p.recurrent].map(|m| m.as_slice());
    [biases, left, right, recurrent, p.readout.as_slice()]
}

fn full(network: &TanhNetwork<f64>, trials: &[Trial<f64>], loss: Loss, learned: Learned) -> Gradient<f64> {
    gradient(network, trials, loss, learned, &mut BatchMemory::default()).expect("a gradient")
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn gradients_are_central_differences((network, trials) in any_case(), activity in any::<bool>()) {
        let loss = if activity { Loss::Activity } else { Loss::Readout };
        let found = full(&network, &trials, loss, Learned::Parameters);
        for (array, slice) in arrays(&found.parameters).into_iter().enumerate() {
            let error = check(slice, |i, by| {
                let there = network.clone().with_parameters(moved(network.parameters(), array, i, by)).expect("shapes");
                loss_of(&there, &trials, loss)
            });
            prop_assert!(error < 1e-6, "array {}: {:e}", array, error);
        }
        for t in 0..trials.len() {
            let error = check(&found.starts[t], |i, by| {
                let mut there = trials.clone();
                there[t].start[i] += by;
                loss_of(&network, &there, loss)
            });
            prop_assert!(error < 1e-6, "start {}: {:e}", t, error);
        }
    }

    #[test]
    fn module_gradients_are_central_differences((network, trials) in any_case(), activity in any::<bool>()) {
        let loss = if activity { Loss::Activity } else { Loss::Readout };
        let found = full(&network, &trials, loss, Learned::Module);
        let module = network.module().expect("a module");
        for side in 0..2 {
            let error = check(&found.module[side], |i, by| {
                let mut there = module.clone();
                if side == 0 { there.input[i] += by } else { there.feedback[i] += by }
                loss_of(&network.clone().with_module(there).expect("the same N"), &trials, loss)
            });
            prop_assert!(error < 1e-6, "side {}: {:e}", side, error);
        }
    }

    /// Order, company and memory used before do not matter to a trial's response.
    #[test]
    fn trials_do_not_see_each_other((network, trials) in any_case()) {
        let together = respond(&network, &trials).expect("responses");
        for (trial, expected) in trials.iter().zip(&together) {
            let alone = respond(&network, std::slice::from_ref(trial)).expect("a response");
            let steps: usize = trial.segments.iter().map(|s| s.steps).sum();
            prop_assert_eq!(alone[0].readout.len(), steps);
            for (a, b) in alone[0].readout.iter().zip(&expected.readout) {
                prop_assert!((a - b).abs() < 1e-10 * (1.0 + b.abs()));
            }
        }
        let mut memory = BatchMemory::default();
        let half = &trials[..trials.len().div_ceil(2)];
        gradient(&network, half, Loss::Readout, Learned::Parameters, &mut memory).expect("a gradient");
        let reused = gradient(&network, &trials, Loss::Readout, Learned::Parameters, &mut memory).expect("a gradient");
        let fresh = full(&network, &trials, Loss::Readout, Learned::Parameters);
        prop_assert_eq!(reused.loss.to_bits(), fresh.loss.to_bits());
        prop_assert_eq!(reused.parameters, fresh.parameters);
        prop_assert_eq!(reused.starts, fresh.starts);
    }
}

#[test]
fn threads_do_not_change_bits() {
    let network =
        TanhNetwork::<f32>::random(&TanhOptions::new(Architecture::Multiplicative), 10).expect("a network");
    let target: Arc<[f32]> = (0..60).map(|k| (k as f32 / 9.0).sin()).collect();
    let trials: Vec<Trial<f32>> = (0..90)
        .map(|i| {
            let start = (0..100).map(|j| ((i * j) as f32).sin()).collect();
            let segment = TrialSegment {
                motif: i % 10,
                phase: TrialPhase::Motif,
                steps: 20 + i % 40,
                target: Some(target.clone()),
            };
            Trial { start, segments: vec![segment] }
        })
        .collect();
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let memory = &mut BatchMemory::default();
            gradient(&network, &trials, Loss::Readout, Learned::Parameters, memory).expect("a gradient")
        })
    };
    let one = run(1);
    for threads in [2, 3, 8] {
        let many = run(threads);
        assert_eq!(one.loss.to_bits(), many.loss.to_bits());
        assert_eq!(one.parameters, many.parameters);
    }
}

#[test]
fn vectorised_tanh_is_accurate() {
    let mut worst = 0.0_f64;
    let mut bits = 0_u32;
    while f32::from_bits(bits).is_finite() {
        for x in [f32::from_bits(bits), -f32::from_bits(bits)] {
            let exact = f64::from(x).tanh();
            let error = (f64::from(x.tanh_lane()) - exact).abs();
            let unit = f64::from(f32::EPSILON) * exact.abs();
            if x.abs() >= f32::MIN_POSITIVE {
                worst = worst.max(error / unit);
            } else {
                assert!(error <= f64::from(f32::MIN_POSITIVE));
            }
        }
        bits += 2_003;
    }
    assert!(worst < 3.0, "{worst} units");
    assert_eq!(f32::INFINITY.tanh_lane(), 1.0);
    assert!(f32::NAN.tanh_lane().is_nan());
}
