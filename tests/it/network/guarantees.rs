//! The assertions of `thalamo::guarantees` hold for random libraries, and each fails for one that was
//! tampered with.

use crate::support::guarantees::*;
use crate::support::*;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use rand::RngExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use thalamo::certificate::certify;
use thalamo::fit::Fit;
use thalamo::motif::{oscillating_motifs, step_motifs};
use thalamo::network::LearnedMotif;
use thalamo::play::{Keep, Noise, Sequence, Simulator, Start};
use thalamo::preparation::{Preparation, PreparationOptions};
use thalamo::{Complex64, Cortex, Error, LowRank, Network, NetworkOptions, System};

fn options(units: usize, modes: usize) -> NetworkOptions {
    NetworkOptions::published().with(|o| {
        o.fit.modes = modes;
        o.fit.effort = 100;
        o.motif_loop.starts = 2;
        o.motif_loop.optimiser.max_iterations = 40;
        o.preparation.rank = Some(units.div_ceil(2));
    })
}

fn library(units: usize, gain: f64, motifs: usize, modes: usize, seed: u64) -> thalamo::Result<Network> {
    let motifs =
        if seed.is_multiple_of(2) { step_motifs(motifs, seed)? } else { oscillating_motifs(motifs, seed)? };
    Network::build(System::from(Cortex::random(units, gain, seed)?), &motifs, &options(units, modes), seed)
}

fn small(seed: u64) -> Network {
    library(16, 0.5, 2, 4, seed).unwrap()
}

fn order(count: usize, length: usize, seed: u64) -> Sequence {
    let mut rng = rng(seed);
    Sequence::new(&(0..length).map(|_| rng.random_range(0..count)).collect::<Vec<_>>()).unwrap()
}

/// The message of a violation, which must begin and end like this.
#[track_caller]
fn violated<T: std::fmt::Debug>(result: Result<T, Violation>, begins: &str, ends: &str) -> String {
    let message = result.unwrap_err().to_string();
    assert!(message.starts_with(begins) && message.ends_with(ends), "{message}");
    message
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn parameters_keep_their_promises(
        seed in 0u64..10_000, units in 10usize..80, gain in 0.2f64..1.2, motifs in 1usize..4, modes in 2usize..16,
    ) {
        let Ok(network) = library(units, gain, motifs, modes, seed) else {
            return Err(TestCaseError::reject("refused"));
        };
        eigenvalues_placed(&network)?;
        starts_play_fits(&network)?;
        preparation_settles(&network)?;
    }

    #[test]
    fn learning_forgets_nothing(seed in 0u64..10_000, units in 12usize..40, modes in 2usize..8) {
        let Ok(before) = library(units, 0.6, 2, modes, seed) else {
            return Err(TestCaseError::reject("refused"));
        };
        let mut after = before.clone();
        let more = [step_motifs(1, seed + 1).unwrap(), oscillating_motifs(1, seed + 1).unwrap()].concat();
        for motif in &more {
            // A refused motif must leave no trace either.
            let learned = after.learn(motif);
            prop_assert!(learned.is_ok() || after.motifs().len() < 4);
            nothing_forgotten(&before, &after)?;
        }
    }

    #[test]
    fn sequences_keep_within_certificates(
        seed in 0u64..10_000, units in 12usize..50, motifs in 2usize..6, modes in 3usize..9,
        transition in 10usize..120, depth in 1usize..3, std in 0.0f64..10.0,
    ) {
        let Ok(network) = library(units, 0.5, motifs, modes, seed) else {
            return Err(TestCaseError::reject("refused"));
        };
        let transition = transition as f64 / 10.0;
        let certificate = match certify(&network, transition, depth) {
            Err(Error::NotContracting { .. }) => return Err(TestCaseError::reject("does not contract")),
            certificate => certificate?,
        };
        let simulator = Simulator::new(&network, transition)?;
        let sequence = order(motifs, 200, seed);
        prop_assert!(pairs_certified(&simulator, &certificate, &sequence)? <= certificate.worst());
        sequence_certified(&simulator, &certificate, &sequence, &Start::Random { std, seed })?;
        sequence_certified(&simulator, &certificate, &sequence, &Start::Rest)?;
    }

    #[test]
    fn runs_can_be_continued(seed in 0u64..10_000, units in 12usize..30, std in 0.0f64..10.0) {
        let Ok(network) = library(units, 0.5, 3, 4, seed) else {
            return Err(TestCaseError::reject("refused"));
        };
        let simulator = Simulator::new(&network, 3.0)?;
        let (first, second) = (order(3, 4, seed), order(3, 3, seed + 1));
        runs_compose(&simulator, &first, &second, &Start::Random { std, seed })?;
    }
}

#[test]
fn threads_change_nothing() {
    let motifs = [step_motifs(2, 3).unwrap(), oscillating_motifs(2, 3).unwrap()].concat();
    let build = || {
        let network = Network::build(System::from(Cortex::random(24, 0.5, 3)?), &motifs, &options(24, 6), 3)?;
        let errors = certify(&network, 6.0, 2)?.sup_error.map(f64::to_bits);
        Ok::<_, Error>((parameter_bits(&network), errors))
    };
    assert!(build().is_ok());
    same_on_any_threads(5, build).unwrap();
    // The control sees the pool it runs in, and a result that depends on the run.
    let message = same_on_any_threads(3, rayon_threads).unwrap_err().to_string();
    assert_eq!(message, "result: expected the same bits, achieved different ones with 2 threads");
    let runs = AtomicUsize::new(0);
    let message =
        same_on_any_threads(4, || runs.fetch_add(1, Ordering::Relaxed) / 2).unwrap_err().to_string();
    assert_eq!(message, "result: expected the same bits, achieved different ones with 3 threads");
}

fn rayon_threads() -> usize {
    rayon::current_num_threads()
}

/// A library whose only motif was put together from a loop, a fit and a module that need not belong together.
fn forged(network: &Network, fit: Fit, of: &Network, module: &Preparation) -> Network {
    let mut forged = Network::design(network.system().clone(), network.options(), network.seed()).unwrap();
    let source = &of.motifs()[0];
    let motif =
        LearnedMotif::new(source.motif().clone(), (fit, source.placed().unwrap().1.clone()), module).unwrap();
    forged.insert(motif).unwrap();
    forged
}

#[test]
fn a_loop_over_another_cortex_is_noticed() {
    let (network, other) = (small(2), small(4));
    let fit = other.motifs()[0].placed().unwrap().0.clone();
    let forged = forged(&network, fit, &other, network.preparation());
    let message = violated(
        eigenvalues_placed(&forged),
        "distance of a target from the spectrum of A + u v^T: expected at most 1.",
        " of motif 0",
    );
    assert!(message.contains("achieved"));
    violated(
        starts_play_fits(&forged),
        "|readout - exponentials| from the initial state: expected at most",
        " tau",
    );
    preparation_settles(&forged).unwrap();
}

/// An eigensolver may still call it near enough; the secular equation does not.
#[test]
fn a_slightly_moved_target_is_noticed() {
    let network = small(2);
    let fit = network.motifs()[0].placed().unwrap().0;
    let moved: Vec<Complex64> = fit.eigenvalues().iter().map(|z| z + 1e-8).collect();
    let fit = Fit::new(&moved, fit.amplitudes().as_slice(), fit.dt()).unwrap();
    let forged = forged(&network, fit, &network, network.preparation());
    violated(eigenvalues_placed(&forged), "|v^T (target I - A)^-1 u - 1|: expected at most", " of motif 0");
}

#[test]
fn another_fit_is_noticed() {
    let network = small(2);
    let fit = network.motifs()[0].placed().unwrap().0;
    let louder: Vec<Complex64> = fit.amplitudes().iter().map(|z| z * (1.0 + 1e-6)).collect();
    let fit = Fit::new(fit.eigenvalues(), &louder, fit.dt()).unwrap();
    let forged = forged(&network, fit, &network, network.preparation());
    eigenvalues_placed(&forged).unwrap();
    let message =
        violated(starts_play_fits(&forged), "|readout - exponentials| from the initial state", " tau");
    assert!(message.contains(" in motif 0 at t = "), "{message}");
}

#[test]
fn a_bias_for_another_module_is_noticed() {
    let network = small(2);
    let rest = PreparationOptions::published().with(|o| o.rank = Some(6));
    let module = Preparation::optimise(network.system(), &rest, 1).unwrap();
    let forged = forged(&network, network.motifs()[0].placed().unwrap().0.clone(), &network, &module);
    starts_play_fits(&forged).unwrap();
    violated(preparation_settles(&forged), "|A_prep x_init + b|: expected at most", " in motif 0");
}

#[test]
fn forgetting_is_noticed() {
    let (network, other) = (small(2), small(4));
    violated(
        nothing_forgotten(&network, &other),
        "connectivity J: expected the same bits",
        "in what all motifs share",
    );
    let mut replaced = Network::design(network.system().clone(), network.options(), network.seed()).unwrap();
    let missing = nothing_forgotten(&network, &replaced);
    violated(missing, "number of motifs afterwards, at least: expected 2, given 0", "objects of one network");
    replaced.insert(network.motifs()[0].clone()).unwrap();
    let module = network.preparation();
    let second = &network.motifs()[1];
    let fit = second.placed().unwrap().0;
    let mut amplitudes = fit.amplitudes().as_slice().to_vec();
    amplitudes.iter_mut().for_each(|a| *a *= 1.0 + 2.0 * f64::EPSILON);
    let fit = Fit::new(fit.eigenvalues(), &amplitudes, fit.dt()).unwrap();
    let touched =
        LearnedMotif::new(second.motif().clone(), (fit, second.placed().unwrap().1.clone()), module).unwrap();
    replaced.insert(touched).unwrap();
    violated(nothing_forgotten(&network, &replaced), "amplitudes: expected the same bits", "in motif 1");
    assert_ne!(parameter_bits(&network), parameter_bits(&replaced));
}

/// The certificate of a good preparation does not hold with a poor one.
#[test]
fn an_error_past_its_certificate_is_noticed() {
    let network = library(20, 0.5, 3, 5, 6).unwrap();
    let certificate = certify(&network, 8.0, 2).unwrap();
    let u = DMatrix::identity(20, 1);
    let poor = Preparation::new(network.system(), LowRank::new(u.clone(), -u).unwrap(), 0.05).unwrap();
    let slow = Network::design(
        network.system().clone(),
        &network.options().clone().with(|o| {
            o.preparation.rank = Some(1);
            o.preparation.optimiser.max_iterations = 1;
        }),
        1,
    );
    let mut slow = slow.unwrap();
    for m in network.motifs() {
        let motif = LearnedMotif::new(m.motif().clone(), m.designed().clone(), &poor);
        slow.insert(motif.unwrap()).unwrap();
    }
    let simulator = Simulator::new(&slow, 8.0).unwrap();
    let sequence = order(3, 50, 1);
    let pairs =
        violated(pairs_certified(&simulator, &certificate, &sequence), "readout error: expected at most", "");
    assert!(pairs.contains("in motif ") && pairs.contains(" after motif ") && pairs.contains("at position "));
    let start = Start::Random { std: 1.0, seed: 1 };
    violated(
        sequence_certified(&simulator, &certificate, &sequence, &start),
        "readout error: expected at most",
        " tau",
    );
}

#[test]
fn certificates_of_something_else_are_noticed() {
    let network = library(20, 0.5, 3, 5, 6).unwrap();
    let certificate = certify(&network, 8.0, 1).unwrap();
    let sequence = order(2, 5, 1);
    let simulator = Simulator::new(&network, 9.0).unwrap();
    violated(
        sequence_certified(&simulator, &certificate, &sequence, &Start::Rest),
        "preparation time (tau) of the certificate: expected 9, given 8",
        "compare objects of one network",
    );
    let two = library(20, 0.5, 2, 5, 6).unwrap();
    let simulator = Simulator::new(&two, 8.0).unwrap();
    violated(
        pairs_certified(&simulator, &certificate, &sequence),
        "number of certified motifs: expected 2, given 3",
        "compare objects of one network",
    );
    let simulator = Simulator::new(&network, 8.0).unwrap();
    let unknown = Sequence::new(&[0, 7]).unwrap();
    violated(
        pairs_certified(&simulator, &certificate, &unknown),
        "motif: expected an index below 3, given 7",
        "",
    );
    let nan = Start::State(DVector::from_element(20, f64::NAN));
    violated(
        sequence_certified(&simulator, &certificate, &sequence, &nan),
        "start: expected finite numbers",
        "",
    );
}

#[test]
fn a_broken_continuation_is_noticed() {
    let network = small(2);
    let simulator = Simulator::new(&network, 3.0).unwrap();
    let play = |motifs: &[usize], start: Start, noise| {
        simulator.run(&Sequence::new(motifs).unwrap(), &start, noise, Keep::States).unwrap()
    };
    let (whole, first) = (play(&[0, 1], Start::Rest, None), play(&[0], Start::Rest, None));
    let second = play(&[1], Start::State(first.end_state.clone()), None);
    trajectories_compose(&whole, &first, &second).unwrap();
    let elsewhere = play(&[1], Start::State(&first.end_state * (1.0 + 1e-15)), None);
    let message =
        violated(trajectories_compose(&whole, &first, &elsewhere), "readout: expected the same bits", " tau");
    let join = first.readout.len() as f64 * 0.1;
    let time: f64 = message.rsplit(' ').nth(1).unwrap().parse().unwrap();
    assert!(time >= join - 1e-9, "{message} before {join}");
    // A stream of noise begins anew with every run.
    let noise = Some(Noise { initial: 0.0, process: 0.1, seed: 1 });
    let (whole, first) = (play(&[0, 1], Start::Rest, noise), play(&[0], Start::Rest, noise));
    let second = play(&[1], Start::State(first.end_state.clone()), noise);
    assert!(trajectories_compose(&whole, &first, &second).is_err());
    let short =
        violated(trajectories_compose(&whole, &first, &first), "samples of both runs together", "network");
    assert!(short.contains("expected "));
}
