//! Certificates: valid for every sequence, tight, checked by another path, and refused when they do not hold.

use crate::support::*;
use nalgebra::{DMatrix, DVector, dmatrix};
use proptest::prelude::*;
use rand::RngExt;
use thalamo::certificate::{Certificate, certify, decay_time, shortest_preparation};
use thalamo::motif::{oscillating_motifs, step_motifs};
use thalamo::network::LearnedMotif;
use thalamo::play::Simulator;
use thalamo::preparation::Input;
use thalamo::{Cortex, Error, Network, NetworkOptions, System};

fn small(units: usize, motifs: usize, modes: usize, seed: u64) -> thalamo::Result<Network> {
    let options = NetworkOptions::published().with(|o| {
        o.fit.modes = modes;
        o.fit.effort = 150;
        o.motif_loop.starts = 2;
        o.preparation.rank = Some(units / 2);
    });
    let motifs =
        if seed.is_multiple_of(2) { step_motifs(motifs, seed)? } else { oscillating_motifs(motifs, seed)? };
    Network::build(System::from(Cortex::random(units, 0.5, seed)?), &motifs, &options, seed)
}

/// Plays a random order and returns the largest excess of any readout error over its bound.
fn largest_excess(
    network: &Network,
    certificate: &Certificate,
    start: Option<&DVector<f64>>,
    length: usize,
    seed: u64,
) -> f64 {
    let simulator = Simulator::new(network, certificate.transition).unwrap();
    let (count, mut rng) = (network.motifs().len(), rng(seed));
    let mut previous = rng.random_range(0..count);
    let ideal = network.motifs()[previous].initial_state().clone();
    let mut state = match start {
        Some(state) => DMatrix::from_columns(std::slice::from_ref(state)),
        None => simulator.finish(previous, &DMatrix::from_columns(std::slice::from_ref(&ideal))).unwrap(),
    };
    let bounds = start.map(|state| certificate.from_ball(state.norm()).unwrap());
    let mut excess = f64::NEG_INFINITY;
    for position in 0..length {
        let motif = rng.random_range(0..count);
        let prepared = simulator.prepare(motif, &state).unwrap();
        let readout = simulator.play(motif, &prepared).unwrap();
        let ideal = network.motifs()[motif].placed().unwrap().0.values(readout.nrows());
        let error = readout.iter().zip(&ideal).map(|(y, f)| (y - f).abs()).fold(0.0, f64::max);
        let rms = readout.iter().zip(&ideal).map(|(y, f)| (y - f).powi(2)).sum::<f64>() / ideal.len() as f64;
        let bound = match &bounds {
            Some(bound) if position == 0 => bound.first[motif],
            Some(bound) => bound.later,
            None => {
                excess = excess.max(rms.sqrt() - certificate.rms_error[(motif, previous)]);
                certificate.sup_error[(motif, previous)]
            }
        };
        excess = excess.max(error - bound);
        state = simulator.finish(motif, &prepared).unwrap();
        previous = motif;
    }
    excess
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn no_sequence_exceeds_its_certificate(
        seed in 0u64..1000, units in 12usize..50, motifs in 2usize..6, modes in 3usize..8,
        transition in 10usize..120, depth in 1usize..4,
    ) {
        let Ok(network) = small(units, motifs, modes, seed) else {
            return Err(TestCaseError::reject("refused"));
        };
        let certificate = match certify(&network, transition as f64 / 10.0, depth) {
            Ok(certificate) => certificate,
            Err(Error::NotContracting { contraction }) => {
                prop_assert!(contraction >= 1.0);
                return Err(TestCaseError::reject("does not contract"));
            }
            Err(other) => panic!("{other}"),
        };
        // The readout itself carries rounding of this size.
        let rounding = 1e-8;
        prop_assert!(largest_excess(&network, &certificate, None, 200, seed) < rounding);
        let start = normal_vector(units, &mut rng(seed)) * 3.0;
        prop_assert!(largest_excess(&network, &certificate, Some(&start), 60, seed) < rounding);
        prop_assert!(certificate.worst() >= certificate.exact_worst() * (1.0 - 1e-9));
        prop_assert!(certificate.verify(&network).is_ok());
        prop_assert!(certificate.verify(&small(units, motifs, modes, seed + 2).unwrap_or(network.clone())).is_err()
            || small(units, motifs, modes, seed + 2).is_err());
    }
}

/// The default ten-motif library at 5 tau: within 1.5 of the exact worst pair, and the gap closes with depth.
#[test]
fn default_library_is_certified_tightly() {
    let motifs = step_motifs(10, 1).unwrap();
    let network = Network::build(
        System::from(Cortex::random(99, 0.5, 1).unwrap()),
        &motifs,
        &NetworkOptions::published(),
        1,
    )
    .unwrap();
    let gaps: Vec<f64> = (1..=3).map(|depth| certify(&network, 5.0, depth).unwrap().gap()).collect();
    assert!(gaps[0] < 1.5 && gaps[2] < 1.02, "{gaps:?}");
    assert!(gaps.windows(2).all(|pair| pair[1] <= pair[0] * (1.0 + 1e-12)), "{gaps:?}");
    certify(&network, 5.0, 3).unwrap().verify(&network).unwrap();
}

/// A normal start lies in its ball with the stated probability: the 99 % bound covers 1000 draws of it.
#[test]
fn normal_starts_are_covered() {
    let network = small(20, 3, 6, 2).unwrap();
    let certificate = certify(&network, 6.0, 1).unwrap();
    let bound = certificate.from_normal(1.0, 0.99).unwrap();
    let mut rng = rng(9);
    let inside =
        (0..20_000).filter(|_| normal_vector(20, &mut rng).norm() <= bound.radius).count() as f64 / 20_000.0;
    // Standard error 0.0007; four of them.
    assert!((inside - 0.99).abs() < 0.003, "{inside}");
    assert_eq!(bound.first, certificate.from_ball(bound.radius).unwrap().first);
}

#[test]
fn shortest_preparation_is_shortest() {
    let network = small(24, 3, 6, 4).unwrap();
    let certificate = shortest_preparation(&network, 0.02, 2).unwrap();
    assert!(certificate.worst() <= 0.02 && certificate.verify(&network).is_ok());
    let shorter = certify(&network, certificate.transition - 0.1, 2);
    assert!(shorter.is_err() || shorter.unwrap().worst() > 0.02);
    assert!(shortest_preparation(&network, 0.1, 2).unwrap().transition <= certificate.transition);
}

#[test]
fn any_other_number_voids_a_certificate() {
    let network = small(16, 2, 4, 6).unwrap();
    let certificate = certify(&network, 6.0, 2).unwrap();
    assert_eq!(certificate.verify(&network), Ok(()));
    let mut larger = network.clone();
    larger.learn(&step_motifs(3, 6).unwrap()[2]).unwrap();
    assert!(matches!(certificate.verify(&larger), Err(Error::Shape { what: "certified motifs", .. })));
    let other = small(16, 2, 4, 8).unwrap();
    let message = certificate.verify(&other).unwrap_err().to_string();
    assert!(
        message.contains("bits of the network's parameters") && message.contains("certify this network anew")
    );
}

#[test]
fn bad_input_is_named() {
    let network = small(16, 2, 4, 6).unwrap();
    for depth in [0, 40] {
        let error = certify(&network, 5.0, depth).map(|_| ()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "depth of the certificate: expected 1, or deeper up to 100 while motifs^depth stays below 200000, given {depth}"
            )
        );
    }
    assert!(matches!(certify(&network, 5.03, 1), Err(Error::OffGrid { what: "transition", .. })));
    let empty = Network::design(
        System::from(Cortex::random(4, 0.5, 1).unwrap()),
        &NetworkOptions::published().with(|o| o.preparation.rank = Some(2)),
        1,
    )
    .unwrap();
    assert!(matches!(certify(&empty, 5.0, 1), Err(Error::Empty { .. })));
    assert!(matches!(shortest_preparation(&empty, 0.1, 1), Err(Error::Empty { .. })));
    let error = shortest_preparation(&network, 1e-14, 1).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::OutOfRange { what: "certified error", .. }), "{error}");
    for error in [0.0, -1.0, f64::NAN] {
        assert!(matches!(shortest_preparation(&network, error, 1), Err(Error::OutOfRange { .. })));
    }
    let certificate = certify(&network, 6.0, 1).unwrap();
    assert!(matches!(
        certificate.from_ball(f64::NAN),
        Err(Error::OutOfRange { what: "radius of the starts", .. })
    ));
    for p in [0.0, 1.0, f64::NAN] {
        assert!(matches!(
            certificate.from_normal(1.0, p),
            Err(Error::OutOfRange { what: "probability", .. })
        ));
    }
}

#[test]
fn decay_times() {
    let skew = dmatrix![-0.2, 1.0; -1.0, -0.2];
    assert!((decay_time(&skew, 0.05).unwrap() - 20f64.ln() / 0.2).abs() < 1e-6);
    for fraction in [0.0, 1.0, f64::NAN] {
        assert!(matches!(decay_time(&skew, fraction), Err(Error::OutOfRange { what: "fraction", .. })));
    }
    assert!(matches!(decay_time(&dmatrix![0.1], 0.5), Err(Error::Unstable { .. })));
}

/// Every input has a certificate that holds, whatever it makes of the transition.
#[test]
fn every_input_is_certified() {
    let published = small(30, 3, 4, 3).unwrap();
    let of = |input: Input| {
        let options = published.options().clone().with(|o| o.input = input);
        let mut network = Network::design(published.system(), &options, published.seed()).unwrap();
        for own in published.motifs() {
            let (motif, designed) = (own.motif().clone(), own.designed().clone());
            let learned = LearnedMotif::new(motif, designed, network.preparation()).unwrap();
            network.insert(learned).unwrap();
        }
        network
    };
    let plain = certify(&published, 8.0, 2).unwrap();
    for (input, exact) in [
        (Input::Compensated { shortest: Some(2.345) }, true),
        (Input::Constant { preparation: 8.0 }, true),
        // Longer than the preparation, and for another one.
        (Input::Compensated { shortest: Some(9.0) }, false),
        (Input::Constant { preparation: 6.0 }, false),
    ] {
        let network = of(input);
        let made = certify(&network, 8.0, 2).unwrap();
        made.verify(&network).unwrap();
        // The maps are the same, so that a norm tells the same of them.
        assert!(made.norm != plain.norm || made.contraction() == plain.contraction());
        for seed in 0..10 {
            let start = normal_vector(30, &mut rng(seed)) * 2.0;
            assert!(largest_excess(&network, &made, None, 12, seed) <= 0.0);
            assert!(largest_excess(&network, &made, Some(&start), 6, seed) <= 0.0);
        }
        assert!(made.gap() < 1.1, "{input:?}: {}", made.gap());
        // The error from rest is the loop's own where the transition is compensated.
        let from_rest = made.from_ball(0.0).unwrap().first.into_iter().fold(0.0, f64::max);
        assert_eq!(from_rest < 1e-6, exact, "{input:?}: {from_rest:e}");
        // Certificates of one input do not hold for another.
        assert!(matches!(made.verify(&published), Err(Error::CertificateViolated { .. })));
    }
}
