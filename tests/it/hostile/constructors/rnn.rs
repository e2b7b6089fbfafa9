//! Tanh networks, trials and training.

use nalgebra::DMatrix;
use thalamo::motif::Motif;
use thalamo::rnn::{
    Adam, AdamOptions, Architecture, Checkpoint, Parameters, Plateau, Protocol, TanhNetwork, TanhOptions,
    TanhTransition, Trainer, TrainingOptions, TransitionModule, Trial, TrialPhase, TrialSegment, respond,
    transition_errors, transition_fixed_point,
};

use super::{Input, Tally, assert_finite};

fn single(input: &mut Input<'_>, len: usize) -> Vec<f32> {
    input.near_length(len).iter().map(|&x| x as f32).collect()
}

fn options(input: &mut Input<'_>) -> TanhOptions {
    let architecture = Architecture::ALL[input.size(0, 2)];
    let (gain, loop_gain) = (input.positive(), input.positive());
    let dt = if input.one_in(4) { input.hostile() } else { 0.1 };
    TanhOptions::new(architecture).with(|o| {
        o.units = input.count(8);
        o.gain = gain;
        o.loop_gain = loop_gain;
        o.dt = dt;
        o.seed = input.seed();
    })
}

fn network(input: &mut Input<'_>, tally: &mut Tally) -> Option<(TanhOptions, TanhNetwork<f32>)> {
    let options = options(input);
    let network = TanhNetwork::random(&options, input.count(3));
    let mut network = tally.judge(network)?;
    if input.one_in(4) {
        let (n, architecture) = (network.units(), network.architecture());
        let loops = if architecture == Architecture::Multiplicative { n } else { 0 };
        let mut column = |n| {
            let numbers = single(input, n);
            DMatrix::from_column_slice(numbers.len(), usize::from(!numbers.is_empty()), &numbers)
        };
        let (biases, left, right) = (column(n), column(loops), column(loops));
        let parameters = Parameters { biases, left, right, ..network.parameters().clone() };
        network = tally.judge(network.with_parameters(parameters))?;
    }
    if input.one_in(2) {
        let rank = input.count(4);
        let module = tally.judge(TransitionModule::random(network.units(), rank, input.seed()))?;
        network = tally.judge(network.with_module(module))?;
    }
    Some((options, network))
}

fn series(input: &mut Input<'_>, dt: f64) -> Motif {
    let len = input.size(1, 5);
    let values = input.numbers(len);
    let dt = if input.one_in(16) { input.hostile() } else { dt };
    Motif::new(dt, values).unwrap_or_else(|_| Motif::new(0.1, vec![1.0, 0.5]).expect("a motif"))
}

fn protocol(input: &mut Input<'_>) -> Protocol {
    let start = input.positive();
    let (trials, steps) = (input.size(0, 3), input.count(4));
    match input.byte() % 5 {
        0 => Protocol::Pairs { start },
        1 => Protocol::Single { start, trials },
        2 => Protocol::Prepared { start, trials, steps },
        3 => Protocol::Stitched { start, trials },
        _ => Protocol::Module { start, trials, steps },
    }
}

pub(crate) fn tanh_networks(input: &mut Input<'_>, tally: &mut Tally) {
    let Some((_, network)) = network(input, tally) else { return };
    assert_eq!(network.recurrent().shape(), (network.units(), network.units()));
    if let Some(state) = tally.judge(transition_fixed_point(&network, input.size(0, 3))) {
        assert_finite("fixed point", state.iter());
    }
    let mut segments = Vec::new();
    for _ in 0..input.size(0, 3) {
        let phase =
            [TrialPhase::Motif, TrialPhase::Transition, TrialPhase::LinearTransition][input.size(0, 2)];
        let len = input.size(0, 4);
        let target = input.one_in(2).then(|| single(input, len).into());
        let steps = if input.one_in(16) { input.count(4) } else { len };
        segments.push(TrialSegment { motif: input.size(0, 3), phase, steps: steps.min(1 << 30), target });
    }
    let start = single(input, network.units());
    let steps = segments.iter().fold(0_usize, |sum, s| sum.saturating_add(s.steps));
    // Long trials take long; those that are too long are refused.
    if !(1000..=10_000_000).contains(&steps)
        && let Some(found) = tally.judge(respond(&network, &[Trial { start, segments }]))
    {
        assert_eq!((found.len(), found[0].readout.len(), found[0].norm.len()), (1, steps, steps));
    }
}

pub(crate) fn training(input: &mut Input<'_>, tally: &mut Tally) {
    let Some((options, network)) = network(input, tally) else { return };
    let motifs: Vec<Motif> = (0..network.motifs()).map(|_| series(input, options.dt)).collect();
    let protocol = protocol(input);
    let long =
        matches!(protocol, Protocol::Prepared { steps, .. } | Protocol::Module { steps, .. } if steps > 1000);
    let adam = AdamOptions::default().with(|o| o.learning_rate = input.positive());
    let chosen = input.one_in(4).then(|| vec![input.size(0, 3)]);
    let plateau = input.one_in(4).then(|| Plateau { window: input.count(3), improvement: input.hostile() });
    let training = TrainingOptions::new(protocol).with(|o| {
        o.adam = adam;
        o.motifs = chosen;
        o.plateau = plateau;
    });
    let Some(mut trainer) = tally.judge(Trainer::new(network, &motifs, &training)) else { return };
    if long {
        return;
    }
    for _ in 0..2 {
        if let Some(loss) = tally.judge(trainer.step()) {
            assert!(loss.is_finite() && loss >= 0.0);
        }
    }
    let p = trainer.network().parameters();
    let learned = [&p.biases, &p.left, &p.right, &p.recurrent].into_iter().flat_map(|m| m.iter());
    assert!(learned.chain(&p.readout).all(|x| !x.is_nan()), "a diverged step is not taken");
    let transition =
        [TanhTransition::None, TanhTransition::Module { steps: 2 }, TanhTransition::Linear { steps: 2 }];
    let which = transition[input.size(0, 2)];
    let trials = input.size(0, 2);
    tally.judge(transition_errors(trainer.network(), &motifs, which, input.positive(), trials, input.seed()));
    if let Some(checkpoint) = tally.judge(Checkpoint::new(&trainer, &options)) {
        let (first, second) = (single(input, 3), single(input, 3));
        let adam = Adam { options: AdamOptions::default(), first, second, steps: input.seed() };
        tally.judge(Checkpoint { adam: Some(adam), ..checkpoint.clone() }.into_trainer());
        tally.judge(checkpoint.into_trainer());
    }
}
