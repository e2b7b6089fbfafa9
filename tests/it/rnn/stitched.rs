//! Stitched tanh networks: linear transitions end in a fixed point, and gradients run through it.

use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use thalamo::motif::Motif;
use thalamo::rnn::{
    AdamOptions, Architecture, BatchMemory, Gradient, Learned, Loss, Parameters, Protocol, Real, TanhNetwork,
    TanhOptions, Trainer, TrainingOptions, TransitionModule, Trial, TrialPhase, TrialSegment, gradient,
    linearisation, respond, transition_fixed_point,
};

const PROTOCOL: Protocol = Protocol::Stitched { start: 1.0, trials: 2 };

/// That of [`TanhOptions::new`], of all but control networks.
const GAIN: f64 = 1.4;

/// Two motifs of 30 and 37 samples.
fn motifs() -> Vec<Motif> {
    let wave = |i: usize| (0..30 + 7 * i).map(|k| ((k as f64 / 5.0) + i as f64).sin()).collect();
    (0..2).map(|i| Motif::new(0.1, wave(i)).expect("a motif")).collect()
}

/// Five units with two motifs, biases away from zero and a module of rank two.
fn network(architecture: Architecture) -> TanhNetwork<f64> {
    let options = TanhOptions::new(architecture).with(|o| o.units = 5);
    let network = TanhNetwork::random(&options, 2).expect("a network");
    let mut parameters = network.parameters().clone();
    parameters.biases = DMatrix::from_fn(5, 2, |i, j| 0.3 * ((3 * i + j) as f64).sin());
    let module = TransitionModule::random(5, 2, 3).expect("a module");
    network.with_parameters(parameters).expect("shapes").with_module(module).expect("the same N")
}

/// What seed 1 draws first: starts from its stream 0, motif after motif, then the fixed points.
fn first_minibatch(network: &TanhNetwork<f64>) -> Vec<Trial<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let random = (0..4).map(|i| (i / 2, (0..5).map(|_| f64::normal(&mut rng)).collect::<Vec<_>>()));
    let fixed = |i| transition_fixed_point(network, i).expect("regular").as_slice().to_vec();
    let starts: Vec<_> = random.chain([0, 1].map(|i| (i, fixed(i)))).collect();
    let trial = |(motif, start): (usize, Vec<f64>)| {
        let (values, phase) = (motifs()[motif].values().to_vec(), TrialPhase::Motif);
        let segment = TrialSegment { motif, phase, steps: values.len(), target: Some(values.into()) };
        Trial { start, segments: vec![segment] }
    };
    starts.into_iter().map(trial).collect()
}

/// Loss and gradient at other parameters, the fixed points moving with them but not differentiated.
fn at(network: &TanhNetwork<f64>, parameters: Parameters<f64>) -> Gradient<f64> {
    let network = network.clone().with_parameters(parameters).expect("shapes");
    gradient(
        &network,
        &first_minibatch(&network),
        Loss::Readout,
        Learned::Parameters,
        &mut BatchMemory::default(),
    )
    .expect("a loss")
}

/// The whole gradient with respect to biases and connectivity: (9.12) and (9.15) of the theory.
fn whole_gradient(network: &TanhNetwork<f64>) -> [DMatrix<f64>; 2] {
    let found = at(network, network.parameters().clone());
    let (mut biases, mut recurrent) = (found.parameters.biases, found.parameters.recurrent);
    let system = linearisation(network).transpose().lu();
    for motif in 0..2 {
        // The fixed points are the last two trials.
        let start = DVector::from_column_slice(&found.starts[found.starts.len() - 2 + motif]);
        let through = system.solve(&-start).expect("regular");
        let mut column = biases.column_mut(motif);
        column += &through;
        if !recurrent.is_empty() {
            recurrent += through * transition_fixed_point(network, motif).expect("regular").transpose();
        }
    }
    [biases, recurrent]
}

/// The same network in single precision.
fn single(network: &TanhNetwork<f64>) -> TanhNetwork<f32> {
    let narrow = |m: &DMatrix<f64>| m.map(|x| x as f32);
    let p = network.parameters();
    let readout = |w: &DVector<f64>| w.map(|x| x as f32);
    let parameters = Parameters {
        biases: narrow(&p.biases),
        left: narrow(&p.left),
        right: narrow(&p.right),
        recurrent: narrow(&p.recurrent),
        readout: readout(&p.readout),
    };
    let (recurrent, readout) = (narrow(network.recurrent()), readout(network.readout()));
    let gain = if network.architecture() == Architecture::Control { 1.0 } else { GAIN };
    let found = TanhNetwork::new(network.architecture(), recurrent, readout, gain, 0.1).expect("a network");
    let found = found.with_parameters(parameters).expect("two motifs");
    let module = network.module().expect("a module");
    let module = TransitionModule { input: narrow(&module.input), feedback: narrow(&module.feedback) };
    found.with_module(module).expect("the same N")
}

/// The gradient through $x^\ast(b, J)$: central differences of the loss as a function of the parameters
/// alone, and the direction of a trainer's first step, in single precision.
#[test]
fn stitched_gradients_run_through_the_fixed_points() {
    for architecture in Architecture::ALL {
        let network = network(architecture);
        let whole = whole_gradient(&network);
        let arrays = |p: &Parameters<f64>| [p.biases.clone(), p.recurrent.clone()];
        let before = arrays(network.parameters());
        let adam = AdamOptions::default().with(|o| o.learning_rate = 1e-2);
        let options = TrainingOptions::new(PROTOCOL).with(|o| o.adam = adam);
        let mut trainer = Trainer::new(single(&network), &motifs(), &options).expect("a trainer");
        trainer.step().expect("a step");
        let learned = trainer.network().parameters();
        let after = [learned.biases.map(f64::from), learned.recurrent.map(f64::from)];
        for (array, whole) in whole.iter().enumerate().filter(|(_, whole)| !whole.is_empty()) {
            for i in 0..whole.len() {
                let moved = |by: f64| {
                    let mut parameters = network.parameters().clone();
                    [&mut parameters.biases, &mut parameters.recurrent][array][i] += by;
                    at(&network, parameters).loss
                };
                let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                let place = format!("{architecture:?}, array {array}, {i}");
                assert!(
                    (difference - whole[i]).abs() < 1e-6 * whole.amax(),
                    "{place}: {difference} for {}",
                    whole[i]
                );
                if whole[i].abs() > 1e-3 * whole.amax() {
                    assert_eq!(after[array][i] < before[array][i], whole[i] > 0.0, "{place}");
                }
            }
        }
        assert_eq!(whole[1].is_empty(), architecture != Architecture::Control);
    }
}

#[test]
fn linear_transitions_end_in_the_fixed_point() {
    let network = single(&network(Architecture::Additive));
    let options = thalamo::preparation::PreparationOptions::published().with(|o| o.rank = Some(5));
    let module = TransitionModule::design(&network, &options, 1).expect("a module");
    // The same as the analytic solver's for the linearisation.
    let recurrent = network.recurrent().map(|x| GAIN * f64::from(x));
    let cortex = thalamo::System::from(
        thalamo::Cortex::new(recurrent, network.readout().map(f64::from), 1.0).expect("a cortex"),
    );
    let found = thalamo::preparation::Preparation::optimise(&cortex, &options, 1).expect("a module");
    let network = network.with_module(module).expect("the same N");
    assert!((linearisation(&network) - found.system()).amax() < 1e-5);
    for motif in 0..2 {
        let segment = TrialSegment { motif, phase: TrialPhase::LinearTransition, steps: 2_000, target: None };
        let trial = Trial { start: vec![1.0; 5], segments: vec![segment] };
        let last = &respond(&network, &[trial]).expect("a response")[0].last;
        let fixed = transition_fixed_point(&network, motif).expect("regular");
        let worst = last.iter().zip(&fixed).map(|(&x, f)| (f64::from(x) - f).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-4 * fixed.amax().max(1.0), "{worst:e}");
    }
}
