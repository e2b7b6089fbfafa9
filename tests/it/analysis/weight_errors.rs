//! Playing with wrong weights, against its own first order and against what must not change.

use crate::support::*;
use nalgebra::{DMatrix, DVector};
use thalamo::analysis::{WeightErrors, transition_errors, weight_errors};
use thalamo::fit::Fit;
use thalamo::linalg::expm;
use thalamo::motif::Motif;
use thalamo::network::LearnedMotif;
use thalamo::play::Simulator;
use thalamo::preparation::Input;
use thalamo::{Network, NetworkOptions};

const DT: f64 = 0.5;
const SAMPLES: usize = 40;

/// Motifs that a network of 20 units plays exactly, by its placed loops.
fn exact(input: Input) -> Network {
    let (system, mut rng) = (named_system("random", 20, 5), rng(2));
    let options = NetworkOptions::interpretable().with(|o| {
        (o.input, o.preparation.rank) = (input, Some(10));
        o.preparation.optimiser.max_iterations = 40;
    });
    let mut network = Network::design(system, &options, 1).unwrap();
    for seed in 0..2 {
        let (eigenvalues, amplitudes) = exponentials(0, 2, 0.1, &mut rng);
        let fit = Fit::new(&eigenvalues, &amplitudes, DT).unwrap();
        let motif = Motif::new(DT, fit.values(SAMPLES)).unwrap();
        let loops = thalamo::loops::LoopDesign::new(
            network.system(),
            &eigenvalues,
            &amplitudes,
            motif.duration(),
            &options.motif_loop,
        );
        let made = loops.unwrap().optimise(seed).unwrap();
        network.insert(LearnedMotif::new(motif, (fit, made), network.preparation()).unwrap()).unwrap();
    }
    network
}

#[test]
fn without_errors_motifs_are_played_as_designed() {
    for input in
        [Input::Published, Input::Compensated { shortest: None }, Input::Constant { preparation: 3.0 }]
    {
        let network = exact(input);
        for transition in [1.0, 3.0, 8.0] {
            let simulator = Simulator::new(&network, transition).unwrap();
            let found = weight_errors(&simulator, &WeightErrors::default(), 3, 1).unwrap();
            let expected = transition_errors(&simulator, 1, 1).unwrap().sequence;
            for motif in 0..2 {
                // After the only other motif.
                let expected = expected[(motif, 1 - motif)];
                assert!((found.nominal[motif] / expected - 1.0).abs() < 1e-9, "{input:?} {transition}");
                assert!(found.rmse.row(motif).iter().all(|e| (e / expected - 1.0).abs() < 1e-9));
            }
            assert!((found.share_above(1.0 + 1e-6), found.share_unstable()) == (0.0, 0.0));
        }
    }
}

/// Small errors of a loop add the mean square of first order, entry by entry by central differences.
#[test]
fn small_errors_of_loops_add_their_first_order() {
    let network = exact(Input::Compensated { shortest: None });
    let simulator = Simulator::new(&network, 60.0).unwrap();
    let epsilon = 1e-5;
    let errors = WeightErrors { loops: epsilon, ..WeightErrors::default() };
    let found = weight_errors(&simulator, &errors, 600, 3).unwrap();
    for (index, learned) in network.motifs().iter().enumerate() {
        let (u, v) = (learned.weights().input(), learned.weights().feedback());
        let played = |u: &DMatrix<f64>, v: &DMatrix<f64>| {
            let step = expm(&((network.system().matrix() + u * v.transpose()) * DT)).unwrap();
            let mut state = learned.initial_state().clone();
            let mut row = || {
                let y = network.system().readout().tr_mul(&state)[0];
                state = &step * &state;
                y
            };
            DVector::from_fn(SAMPLES, |_, _| row())
        };
        let mut sum = 0.0;
        for n in 0..u.nrows() {
            let h = 1e-4;
            let scaled = |m: &DMatrix<f64>, factor: f64| {
                let mut m = m.clone();
                m[(n, 0)] *= factor;
                m
            };
            let by_u = played(&scaled(u, 1.0 + h), v) - played(&scaled(u, 1.0 - h), v);
            let by_v = played(u, &scaled(v, 1.0 + h)) - played(u, &scaled(v, 1.0 - h));
            sum += (by_u.norm_squared() + by_v.norm_squared()) / (4.0 * h * h * SAMPLES as f64);
        }
        let measured = found.rmse.row(index).map(|e| e * e).mean();
        // Of 600 draws the mean square is known to some percent.
        assert!((measured / (epsilon * epsilon * sum) - 1.0).abs() < 0.2, "{index}: {measured} {sum}");
        assert!(found.nominal[index] < 1e-9);
    }
}

#[test]
fn each_kind_of_error_counts_and_repeats() {
    let network = exact(Input::Compensated { shortest: None });
    let simulator = Simulator::new(&network, 8.0).unwrap();
    let none = WeightErrors::default();
    let kinds = [
        WeightErrors { loops: 0.01, ..none },
        WeightErrors { module: 0.01, ..none },
        WeightErrors { inputs: 0.01, ..none },
        WeightErrors { system: 0.01, ..none },
    ];
    for errors in kinds {
        let found = weight_errors(&simulator, &errors, 20, 1).unwrap();
        let own = found.nominal.iter().map(|e| e * e).sum::<f64>() / 2.0;
        assert!(found.rms(f64::INFINITY) > 1.01 * own.sqrt(), "{errors:?}");
        assert_eq!(found, weight_errors(&simulator, &errors, 20, 1).unwrap());
        let more = WeightErrors { loops: 10.0 * errors.loops, system: 30.0 * errors.system, ..errors };
        let worse = weight_errors(&simulator, &more, 20, 1).unwrap();
        assert!(worse.rms(f64::INFINITY) >= found.rms(f64::INFINITY) && worse.rms(0.1) <= 0.1);
    }
    let broken = weight_errors(&simulator, &WeightErrors { loops: 3.0, ..none }, 20, 1).unwrap();
    assert!(broken.share_unstable() > 0.3 && broken.share_above(2.0) > 0.5 && broken.median() > 0.0);
    for errors in [WeightErrors { loops: -0.1, ..none }, WeightErrors { system: f64::NAN, ..none }] {
        assert!(weight_errors(&simulator, &errors, 1, 1).is_err());
    }
    assert!(weight_errors(&simulator, &none, 0, 1).unwrap_err().to_string().contains("draws: expected 1 to"));
}
