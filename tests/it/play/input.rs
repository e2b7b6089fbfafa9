//! Inputs that compensate for the transition: exact for every preparation, against the equations step by
//! step.

use crate::support::guarantees::nothing_forgotten;
use crate::support::*;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use std::sync::OnceLock;
use thalamo::analysis::expected_rmse;
use thalamo::linalg::expm;
use thalamo::network::LearnedMotif;
use thalamo::play::{Keep, Noise, Sequence, Simulator, Start};
use thalamo::preparation::{Input, Preparation, PreparationOptions};
use thalamo::{Cortex, Error, Network, System};

/// Two motifs on 40 units that an input leads to; modules and loops are the same for all inputs.
fn network(input: Input) -> Network {
    static NETWORK: OnceLock<Network> = OnceLock::new();
    let published = NETWORK.get_or_init(|| small_network(2, 7));
    let options = published.options().clone().with(|o| o.input = input);
    let mut network = Network::design(published.system(), &options, published.seed()).unwrap();
    assert_eq!(network.preparation().weights(), published.preparation().weights());
    for own in published.motifs() {
        let (motif, designed) = (own.motif().clone(), own.designed().clone());
        network.insert(LearnedMotif::new(motif, designed, network.preparation()).unwrap()).unwrap();
    }
    network
}

fn compensated(switch: f64) -> Network {
    network(Input::Compensated { shortest: Some(switch) })
}

fn state(seed: u64) -> DVector<f64> {
    normal_vector(40, &mut rng(seed))
}

fn single(x: &DVector<f64>) -> DMatrix<f64> {
    DMatrix::from_columns(std::slice::from_ref(x))
}

/// `x' = M x + b` for a time, by 60 steps of the classical Runge-Kutta method.
fn integrate(m: &DMatrix<f64>, b: &DVector<f64>, mut x: DVector<f64>, time: f64) -> DVector<f64> {
    let h = time / 60.0;
    let f = |x: &DVector<f64>| m * x + b;
    for _ in 0..60 {
        let k1 = f(&x);
        let k2 = f(&(&x + &k1 * (0.5 * h)));
        let k3 = f(&(&x + &k2 * (0.5 * h)));
        let k4 = f(&(&x + &k3 * h));
        x += (k1 + (k2 + k3) * 2.0 + k4) * (h / 6.0);
    }
    x
}

proptest! {
    #![proptest_config(cases(25))]

    /// Any stable system and module, any state, any switch on or off the grid, and every longer preparation.
    #[test]
    fn inputs_lead_from_rest_to_the_state(seed in 0_u64..10_000, n in 2_usize..30, switch in 0.2..6.0_f64) {
        let system = System::from(Cortex::random(n, 0.5, seed).unwrap());
        let options =
            PreparationOptions::default().with(|o| (o.rank, o.optimiser.max_iterations) = (Some(n.div_ceil(2)), 10));
        let made = match Preparation::optimise(&system, &options, seed) {
            Err(Error::Unstable { .. }) => return Err(TestCaseError::reject("the start is unstable")),
            made => made.unwrap(),
        };
        let (x, m) = (normal_vector(n, &mut rng(seed)), made.system().clone());
        let held = |b: &DVector<f64>| -m.clone().lu().solve(b).unwrap();
        let from_rest = |point: &DVector<f64>, t: f64| point - expm(&(&m * t)).unwrap() * point;
        let both = made.clone().with_input(&system, Input::Compensated { shortest: Some(switch) }).unwrap();
        let first = held(&both.starting_bias(&x).unwrap().unwrap());
        prop_assert_eq!(both.switch(), Some(switch));
        prop_assert!((from_rest(&first, switch) - &x).norm() < 1e-9 * (x.norm() + first.norm()));
        prop_assert_eq!(both.bias(&x).unwrap(), made.bias(&x).unwrap());
        let one = made.with_input(&system, Input::Constant { preparation: switch }).unwrap();
        prop_assert_eq!((one.switch(), one.starting_bias(&x).unwrap()), (None, None));
        prop_assert_eq!(one.bias(&x).unwrap(), both.starting_bias(&x).unwrap().unwrap());
    }

    #[test]
    fn every_preparation_that_is_long_enough_ends_there(
        switch in 0.15..4.0_f64, more in 0_usize..40, seed in 0_u64..1000, on_grid: bool,
    ) {
        let switch = if on_grid { (switch / 0.1).round() * 0.1 } else { switch };
        let steps = (switch / 0.1 - 1e-7).ceil() as usize + more;
        let transition = steps as f64 * 0.1;
        let left = |network: &Network, deviation: &DVector<f64>| {
            expm(&(network.preparation().system() * transition)).unwrap() * deviation
        };
        let z = state(seed) * 3.0;
        let compensated = compensated(switch);
        let constant = network(Input::Constant { preparation: transition });
        for (network, published) in
            [(&compensated, false), (&constant, false), (&network(Input::Published), true)]
        {
            let simulator = Simulator::new(network, transition).unwrap();
            for (motif, own) in network.motifs().iter().enumerate() {
                let start = own.initial_state();
                let deviation = if published { &z - start } else { z.clone() };
                let prepared = simulator.prepare(motif, &single(&z)).unwrap();
                let off = (prepared.column(0) - start - left(network, &deviation)).norm();
                prop_assert!(off < 1e-10 * (start.norm() + z.norm()), "{off:e}");
            }
        }
    }
}

/// Every state of a run, with the switch between samples, on one, and after the end of preparation.
#[test]
fn states_follow_the_equations() {
    for (switch, transition) in [(1.234, 3.0), (1.7, 3.0), (2.95, 3.0), (3.0, 3.0), (5.0, 3.0), (0.04, 0.5)] {
        let network = compensated(switch);
        let simulator = Simulator::new(&network, transition).unwrap();
        let sequence = Sequence::new(&[1, 0]).unwrap();
        let run = simulator.run(&sequence, &Start::State(state(1)), None, Keep::States).unwrap();
        let bare = simulator.run(&sequence, &Start::State(state(1)), None, Keep::Readout).unwrap();
        let (states, m) = (run.states.as_ref().unwrap(), network.preparation().system());
        let mut x = state(1);
        for (n, phase) in run.phases().iter().enumerate() {
            let off = (states.column(n) - &x).norm();
            assert!(off < 1e-7 * (1.0 + x.norm()), "{switch} {n}: {off:e}");
            assert!((run.readout[n] - bare.readout[n]).abs() < 1e-11 * (1.0 + x.norm()));
            let segment = run.segments.iter().find(|s| n < s.end).unwrap();
            let own = &network.motifs()[segment.motif];
            if let Some(motif) = phase {
                let system = network.motifs()[*motif].system();
                x = integrate(system, &DVector::zeros(40), x, 0.1);
                continue;
            }
            let begin = (n - segment.preparation) as f64 * 0.1;
            let before = (switch - begin).clamp(0.0, 0.1);
            x = integrate(m, own.starting_bias().unwrap(), x, before);
            x = integrate(m, own.bias(), x, 0.1 - before);
        }
        assert!((bare.end_state - &run.end_state).norm() < 1e-10 * (1.0 + run.end_state.norm()));
    }
}

/// Noise adds the same deviations whatever the input.
#[test]
fn noise_does_not_see_the_input() {
    let deviations = |input: Input| {
        let network = network(input);
        let simulator = Simulator::new(&network, 4.0).unwrap();
        let sequence = Sequence::new(&[0, 1]).unwrap();
        let noise = Noise { initial: 0.3, process: 0.1, seed: 5 };
        let quiet = simulator.run(&sequence, &Start::State(state(2)), None, Keep::States).unwrap();
        let noisy = simulator.run(&sequence, &Start::State(state(2)), Some(noise), Keep::States).unwrap();
        let trials = simulator.trials(&sequence, &Start::State(state(2)), noise, 3, Keep::Readout).unwrap();
        let readouts =
            trials.iter().flat_map(|trial| trial.readout.iter().zip(&quiet.readout).map(|(a, b)| a - b));
        let readouts = DVector::from_vec(readouts.collect());
        let expected = expected_rmse(&simulator, 0, &Start::State(state(2)), noise).unwrap();
        let played = simulator.play(0, &simulator.prepare(0, &single(&state(2))).unwrap()).unwrap();
        let target = network.motifs()[0].motif().values();
        let squares = played.iter().zip(target).map(|(y, t)| (y - t).powi(2)).sum::<f64>();
        assert!((expected.deterministic / (squares / target.len() as f64).sqrt() - 1.0).abs() < 1e-12);
        let own = network.motifs()[0].placed().unwrap().0.values(target.len());
        let squares = played.iter().zip(own).map(|(y, t)| (y - t).powi(2)).sum::<f64>();
        assert!((expected.transition / (squares / target.len() as f64).sqrt() - 1.0).abs() < 1e-6);
        (noisy.states.unwrap() - quiet.states.unwrap(), readouts, (expected.initial, expected.process))
    };
    let published = deviations(Input::Published);
    for input in [Input::Compensated { shortest: Some(1.23) }, Input::Constant { preparation: 4.0 }] {
        let (states, readouts, parts) = deviations(input);
        assert!(published.0.norm() > 1.0 && (states - &published.0).norm() < 1e-9 * published.0.norm());
        assert!(published.1.norm() > 0.1 && (readouts - &published.1).norm() < 1e-9 * published.1.norm());
        assert_eq!(parts, published.2);
    }
}

/// Without a time of one's own the switch belongs to the system: 3 tau for the published network, twice as
/// late where everything is half as fast.
#[test]
fn the_usual_switch_follows_the_system() {
    let input = Input::Compensated { shortest: None };
    let system = System::from(Cortex::random(200, 0.5, 1).unwrap());
    let slow = System::new(system.matrix() / 2.0, system.readout().clone()).unwrap();
    let [switch, later] = [&system, &slow].map(|system| input.switch(system).unwrap());
    assert!((switch - 3.0).abs() < 0.1 && later == 2.0 * switch, "{switch} {later}");
    assert_eq!(Input::Published.switch(&system), None);
}

#[test]
fn learning_changes_nothing_learned() {
    let input = Input::Compensated { shortest: Some(2.2) };
    let before = network(input);
    let mut after = before.clone();
    let index = after.learn(&short_motifs(3, 7)[2]).unwrap();
    nothing_forgotten(&before, &after).unwrap();
    let own = &after.motifs()[index];
    let x = own.initial_state();
    assert_eq!(own.starting_bias(), after.preparation().starting_bias(x).unwrap().as_ref());
}

#[test]
fn refusals() {
    let system = System::from(Cortex::random(6, 0.5, 1).unwrap());
    let options = PreparationOptions::default().with(|o| o.optimiser.max_iterations = 5);
    let made = Preparation::optimise(&system, &options, 1).unwrap();
    for time in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        for input in [Input::Constant { preparation: time }, Input::Compensated { shortest: Some(time) }] {
            let error = made.clone().with_input(&system, input).unwrap_err();
            assert!(matches!(error, Error::OutOfRange { .. }), "{error}");
            let message = error.to_string();
            assert!(message.starts_with("preparation that the input compensates for: expected"), "{message}");
        }
    }
    // Hardly anything happens in so short a time: what compensates for it is beyond all numbers.
    let error = made.clone().with_input(&system, Input::Constant { preparation: 1e-320 }).unwrap_err();
    assert!(matches!(error, Error::Singular { .. }), "{error}");
    let short = made.with_input(&system, Input::Constant { preparation: 1e-12 }).unwrap();
    let error = short.bias(&DVector::from_element(6, 1e300)).unwrap_err();
    assert!(matches!(error, Error::OutOfRange { .. }), "{error}");
}
