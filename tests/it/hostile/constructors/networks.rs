//! Networks, certificates, runs.

use crate::support::guarantees::{self, Violation};
use nalgebra::DMatrix;
use thalamo::fit::Fit;
use thalamo::loops::LoopDesign;
use thalamo::motif::Motif;
use thalamo::network::LearnedMotif;
use thalamo::play::{Keep, Noise, Sequence, Simulator, Start};
use thalamo::{Error, Network, NetworkOptions};
use thalamo::{
    analysis::{expected_rmse, quality, transition_errors},
    certificate::{certify, shortest_preparation},
};

use super::{Input, Tally, assert_finite, assert_size, thalamus};

/// A series that starts at zero, or any.
fn motif(input: &mut Input<'_>, dt: f64, tally: &mut Tally) -> Option<Motif> {
    let len = input.size(8, 40);
    if input.one_in(4) {
        return tally.judge(Motif::new(dt, input.numbers(len)));
    }
    let (a, b) = (0.1 + input.tame().abs(), input.tame());
    let y = |i: usize| (a * i as f64 * 0.3).sin() + b * (1.0 - (i as f64 * 0.1).cos());
    tally.judge(Motif::new(dt, (0..len).map(y).collect()))
}

fn options(input: &mut Input<'_>, units: usize) -> NetworkOptions {
    NetworkOptions::published().with(|o| {
        (o.fit.effort, o.fit.random_starts, o.fit.modes) = (40, 0, input.size(2, 4));
        o.noise.rounds = input.size(0, 1);
        if input.one_in(8) {
            o.noise.rounds = input.count(1);
            o.noise.residual = input.positive();
            o.noise.share = input.positive();
            o.noise.cost_limit = input.positive();
            o.noise.wider = if input.one_in(2) { 2.0 } else { input.positive() };
        }
        o.motif_loop = thalamus::loop_options(input);
        o.preparation = thalamus::preparation_options(input, units);
    })
}

/// A small network, mostly of sane motifs.
fn network(input: &mut Input<'_>, tally: &mut Tally) -> Option<Network> {
    let cortex = thalamus::cortex(input, tally)?;
    let dt = if input.one_in(8) { input.positive() } else { 0.5 };
    let motifs: Option<Vec<Motif>> = (0..input.size(0, 3)).map(|_| motif(input, dt, tally)).collect();
    let options = options(input, cortex.units());
    let network = tally.judge(Network::build(cortex, &motifs?, &options, input.seed()))?;
    for learned in network.motifs() {
        assert_finite("bias", learned.bias().iter());
        assert_finite("u", learned.weights().input().iter());
        assert_finite("v", learned.weights().feedback().iter());
        assert_finite("start", learned.initial_state().iter());
    }
    Some(network)
}

/// What a guarantee says of a sound network: kept, or refused with a typed error. Whether the guarantee's own
/// tolerance holds for numbers like these is what the run of random libraries shows.
fn kept(result: Result<(), Violation>) {
    if let Err(violation) = result {
        assert!(!violation.to_string().is_empty());
    }
}

pub(crate) fn networks(input: &mut Input<'_>, tally: &mut Tally) {
    let Some(mut network) = network(input, tally) else { return };
    kept(guarantees::eigenvalues_placed(&network));
    kept(guarantees::starts_play_fits(&network));
    kept(guarantees::preparation_settles(&network));
    let before = network.clone();
    let dt = if input.one_in(4) { input.positive() } else { 0.5 };
    if let Some(motif) = motif(input, dt, tally)
        && let Some(index) = tally.judge(network.learn(&motif))
    {
        assert_eq!(index, before.motifs().len());
    }
    assert!(guarantees::nothing_forgotten(&before, &network).is_ok(), "learning changed another motif");
    tally.judge(network.motif(input.count(4)));

    // A motif whose parts were made elsewhere, on another cortex perhaps.
    let Some(cortex) = thalamus::cortex(input, tally) else { return };
    let eigenvalues = input.spectrum(3);
    let amplitudes = input.amplitudes(&eigenvalues);
    let design_options = thalamus::loop_options(input);
    let made = LoopDesign::new(&cortex, &eigenvalues, &amplitudes, 10.0, &design_options)
        .and_then(|design| design.optimise(input.seed()));
    if let Some(motif_loop) = tally.judge(made)
        && let Some(fit) = tally.judge(Fit::new(&eigenvalues, &amplitudes, dt))
        && let Some(motif) = motif(input, dt, tally)
        && let Some(learned) = tally.judge(LearnedMotif::new(motif, (fit, motif_loop), network.preparation()))
    {
        tally.judge(network.insert(learned));
    }
    network.truncate(input.count(3));
}

pub(crate) fn certificates(input: &mut Input<'_>, tally: &mut Tally) {
    let Some(network) = network(input, tally) else { return };
    let transition = if input.one_in(4) { input.positive() } else { input.size(0, 30) as f64 * 0.5 };
    let depth = if input.one_in(4) { input.count(3) } else { 1 };
    if let Some(certificate) = tally.judge(certify(&network, transition, depth)) {
        for table in [&certificate.sup_error, &certificate.rms_error, &certificate.exact_sup_error] {
            assert!(table.iter().all(|x| x.is_finite() && *x >= 0.0), "{table}");
        }
        let below = |a: &DMatrix<f64>, b: &DMatrix<f64>| a.iter().zip(b).all(|(a, b)| a <= b);
        assert!(below(&certificate.exact_sup_error, &certificate.sup_error));
        assert!(below(&certificate.exact_rms_error, &certificate.rms_error));
        assert!(certificate.contraction() < 1.0);
        certificate.carried_deviation.iter().for_each(|x| assert_size("carried deviation", *x));
        tally.judge(certificate.verify(&network));
        if let Some(bound) = tally.judge(certificate.from_ball(input.positive())) {
            assert_size("later", bound.later);
            bound.first.iter().for_each(|x| assert_size("first", *x));
        }
        let probability = if input.one_in(2) { 0.99 } else { input.positive() };
        if let Some(bound) = tally.judge(certificate.from_normal(input.positive(), probability)) {
            assert_size("later", bound.later);
        }
    }
    if input.one_in(4)
        && let Some(found) = tally.judge(shortest_preparation(&network, input.positive(), 1))
    {
        assert_size("certified", found.worst());
    }
}

pub(crate) fn runs(input: &mut Input<'_>, tally: &mut Tally) {
    let Some(network) = network(input, tally) else { return };
    let transition = if input.one_in(4) { input.positive() } else { input.size(0, 30) as f64 * 0.5 };
    let Some(simulator) = tally.judge(Simulator::new(&network, transition)) else { return };
    let units = network.system().units();
    let order: Vec<usize> = (0..input.size(0, 5))
        .map(|_| if input.one_in(16) { input.count(4) } else { input.size(0, network.motifs().len() - 1) })
        .collect();
    let start = match input.size(0, 2) {
        0 => Start::Rest,
        1 => Start::Random { std: input.positive(), seed: input.seed() },
        _ => Start::State(input.near_length(units)),
    };
    if let Some(state) = tally.judge(start.state(units)) {
        assert_finite("start", state.iter());
    }
    let noise = Noise { initial: input.positive(), process: input.positive(), seed: input.seed() };
    let noise = input.one_in(2).then_some(noise);
    if let Some(sequence) = tally.judge(Sequence::new(&order))
        && let Some(run) = tally.judge(simulator.run(&sequence, &start, noise, Keep::States))
    {
        assert_finite("readout", &run.readout);
        assert_finite("end", run.end_state.iter());
        run.rmse().iter().for_each(|x| assert_size("RMSE", *x));
        assert_eq!((run.segments.len(), run.times().len()), (order.len(), run.readout.len()));
        if noise.is_none() {
            let composed = guarantees::runs_compose(&simulator, &sequence, &sequence, &start);
            let refused = matches!(composed, Err(Violation::Refused(_)));
            assert!(composed.is_ok() || refused, "{composed:?}");
        }
    }
    let trials = input.size(0, 3);
    let rows = if input.one_in(16) { input.size(0, 9) } else { units };
    let (states, motif) = (input.matrix(rows, trials), if input.one_in(8) { input.count(4) } else { 0 });
    let played =
        [simulator.prepare(motif, &states), simulator.play(motif, &states), simulator.finish(motif, &states)];
    for made in played {
        if let Some(made) = tally.judge(made) {
            assert_finite("propagated states", made.iter());
        }
    }
    errors(input, tally, &simulator, motif, &start);
}

fn errors(input: &mut Input<'_>, tally: &mut Tally, simulator: &Simulator, motif: usize, start: &Start) {
    if let Some(found) = tally.judge(transition_errors(simulator, input.count(3), input.seed())) {
        assert_finite("RMSE after random starts", found.random.iter());
        assert_finite("RMSE after motifs", found.sequence.iter());
        assert_finite("mean", &found.mean_sequence());
    }
    if let Some(found) = tally.judge(quality(simulator)) {
        assert_finite("errors over sizes", found.motifs.iter().flat_map(|m| [&m.fit, &m.worst, &m.mean]));
        assert!(found.warnings.iter().all(|warning| !warning.to_string().is_empty()));
    }
    let noise = Noise { initial: input.positive(), process: input.positive(), seed: 0 };
    let expected = expected_rmse(simulator, motif, start, noise);
    assert!(!matches!(expected, Err(Error::InMotif { .. })));
    if let Some(error) = tally.judge(expected) {
        assert_size("expected RMSE", error.rmse());
        assert!(error.rmse() >= error.noise() * (1.0 - 1e-12));
    }
}
