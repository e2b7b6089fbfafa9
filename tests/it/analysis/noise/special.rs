//! Cases with a known answer.

use super::played::{Played, integral};
use super::{DT, Matrix, Vector, network};
use crate::support::*;
use thalamo::analysis::noise::*;
use thalamo::linalg::expm;
use thalamo::play::{Sequence, Simulator, Start};

#[test]
fn without_noise_the_expected_error_is_the_error() {
    let network = network(16, 13);
    let simulator = Simulator::new(&network, 4.0).unwrap();
    for start in [Start::Rest, Start::Random { std: 2.0, seed: 1 }] {
        let expected = expected_rmse(&simulator, 0, &start, &NoiseModel::default()).unwrap();
        let run = simulator.run(&Sequence::new(&[0]).unwrap(), &start, None, false).unwrap();
        assert!((expected.rmse() / run.rmse()[0] - 1.0).abs() < 1e-9);
        assert_eq!((expected.noise(), expected.rmse()), (0.0, expected.deterministic));
        assert!(expected.deterministic <= expected.fit + expected.transition + 1e-9);
    }
    // A perfect start leaves the fit's error.
    let ideal = network.motifs()[0].motif_loop().initial_state().clone();
    let expected = expected_rmse(&simulator, 0, &Start::State(ideal), &NoiseModel::default()).unwrap();
    assert!(expected.transition < 1e-12 && (expected.deterministic - expected.fit).abs() < 1e-9);
}

#[test]
fn parts_of_the_expected_error_are_the_functions_of_this_module() {
    let network = network(16, 14);
    let simulator = Simulator::new(&network, 4.0).unwrap();
    let weights = WeightNoise { input: 1e-3, feedback: 2e-3, recurrent: 3e-3 };
    let covariance = {
        let f = normal_matrix(16, 16, &mut rng(1));
        &f * f.transpose()
    };
    let model = NoiseModel {
        at_preparation: InitialNoise::Independent(0.5),
        at_motif: InitialNoise::Covariance(covariance.clone()),
        process: 0.1,
        weights,
    };
    let expected = expected_rmse(&simulator, 0, &Start::Rest, &model).unwrap();
    let motif = MotifReadout::of_motif(&network, 0).unwrap();
    let system = network.motifs()[0].motif_loop().system();
    let gramian =
        readout_gramian(system, &network.system().single_readout().unwrap(), DT, motif.samples()).unwrap();
    assert!((expected.at_motif.powi(2) / (&gramian * covariance).trace() - 1.0).abs() < 1e-12);
    let carry = expm(&(network.preparation().system() * 4.0)).unwrap();
    let at_preparation = 0.25 * (&gramian * &carry * carry.transpose()).trace();
    assert!((expected.at_preparation.powi(2) / at_preparation - 1.0).abs() < 1e-11);
    let played = Played::of(&network, 4.0, Vector::zeros(16));
    let all = played.sensitivity().variance(&weights).unwrap().mean();
    let parts = [expected.input_weights, expected.feedback_weights, expected.recurrent_weights];
    assert!((parts.iter().map(|x| x * x).sum::<f64>() / all - 1.0).abs() < 1e-9);
    let squares =
        expected.at_preparation.powi(2) + expected.at_motif.powi(2) + expected.process.powi(2) + all;
    assert!((expected.noise().powi(2) / squares - 1.0).abs() < 1e-9);
    assert!((expected.rmse().powi(2) - expected.deterministic.powi(2) - squares).abs() < 1e-9 * squares);
}

#[test]
fn one_unit_is_an_ornstein_uhlenbeck_process() {
    let (a, s, w) = (0.4_f64, 0.7_f64, 1.3_f64);
    let (system, readout) = (Matrix::from_element(1, 1, -a), Vector::from_element(1, w));
    let stationary = stationary_variance(&system, &readout, s).unwrap();
    assert!((stationary / (w * w * s * s / (2.0 * a)) - 1.0).abs() < 1e-15);
    let motif = MotifReadout::new(&system, &readout, DT, 300).unwrap();
    let variance = motif.process_variance(s).unwrap();
    let initial = motif.initial_variance(&InitialNoise::Independent(s)).unwrap();
    for k in 0..300 {
        let decay = (-2.0 * a * k as f64 * DT).exp();
        assert!((variance.values()[k] - stationary * (1.0 - decay)).abs() < 1e-13 * stationary);
        assert!((initial.values()[k] / (w * w * s * s * decay) - 1.0).abs() < 1e-12);
    }
    assert_eq!(variance.rms(), variance.mean().sqrt());
}

#[test]
fn undisturbed_motifs_visit_few_directions() {
    // Four of thirty: the recursion keeps to these, and nothing is lost.
    let network = network(30, 15);
    let mut played = Played::of(&network, 0.0, network.motifs()[0].motif_loop().initial_state().clone());
    for disturbed in [0.0, 1e-9, 1e-4, 1.0] {
        played.start += normal_vector(30, &mut rng(16)) * disturbed;
        let sensitivity = played.sensitivity();
        let z = integral(&played.system, &played.readout, &played.start, 119.0 * DT);
        for (given, expected) in [
            (sensitivity.input()[119], (&z * &played.feedback).norm_squared()),
            (sensitivity.feedback()[119], z.tr_mul(&played.input).norm_squared()),
            (sensitivity.recurrent()[119], 0.25 * z.norm_squared()),
        ] {
            assert!((given / expected - 1.0).abs() < 1e-9, "{disturbed}: {given} {expected}");
        }
    }
}

#[test]
fn a_path_at_rest_has_no_sensitivity() {
    let played = Played::random(5, 1, 10, 0.0);
    let zero = Vector::zeros(5);
    let sensitivity = played.motif().weight_sensitivity(&played.weights(), &Approach::State(&zero)).unwrap();
    assert_eq!(
        sensitivity.variance(&WeightNoise { input: 1.0, feedback: 1.0, recurrent: 1.0 }).unwrap().mean(),
        0.0
    );
}
