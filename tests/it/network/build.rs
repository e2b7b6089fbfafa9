//! Libraries of motifs: learning touches nothing else, and building is learning.

use crate::support::*;
use nalgebra::DVector;
use proptest::prelude::*;
use std::sync::Mutex;
use thalamo::linalg::{eigenvalues, spectral_abscissa};
use thalamo::motif::Motif;
use thalamo::network::{BuildStep, LearnedMotif, NoiseTolerance};
use thalamo::preparation::PreparationOptions;
use thalamo::{Cortex, Error, Network, System};

fn cortex(seed: u64) -> System {
    System::from(Cortex::random(40, 0.5, seed).unwrap())
}

#[test]
fn learning_touches_nothing_else() {
    let motifs = short_motifs(4, 1);
    let mut network = Network::build(cortex(1), &motifs[..2], &short_options(), 1).unwrap();
    for (index, motif) in motifs.iter().enumerate().skip(2) {
        let (before, preparation) = (network.motifs().to_vec(), network.preparation().clone());
        assert_eq!(network.learn(motif).unwrap(), index);
        assert_eq!(network.motifs()[..index], before);
        assert_eq!(network.preparation(), &preparation);
        assert_eq!(network.preparation().input(), preparation.input());
        assert_eq!(network.preparation().feedback(), preparation.feedback());
        assert_eq!(network.motif(index).unwrap().motif(), motif);
    }
}

#[test]
fn building_is_learning_one_by_one() {
    let motifs = short_motifs(3, 2);
    let built = Network::build(cortex(2), &motifs, &short_options(), 5).unwrap();
    let mut learned = Network::design(cortex(2), &short_options(), 5).unwrap();
    assert!(learned.motifs().is_empty());
    for motif in &motifs {
        learned.learn(motif).unwrap();
    }
    assert_eq!(built.motifs(), learned.motifs());
    assert_eq!(built.preparation(), learned.preparation());
    assert_eq!((built.seed(), built.options()), (learned.seed(), learned.options()));
    // A library begun by building goes on by learning.
    let mut begun = Network::build(cortex(2), &motifs[..1], &short_options(), 5).unwrap();
    begun.learn(&motifs[1]).unwrap();
    assert_eq!(begun.motifs(), &built.motifs()[..2]);
    // Parts made elsewhere go in as they are.
    let mut inserted = Network::design(cortex(2), &short_options(), 5).unwrap();
    let part = built.motifs()[0].clone();
    let again = LearnedMotif::new(part.motif().clone(), part.designed().clone(), inserted.preparation());
    assert_eq!(again.unwrap(), part);
    assert_eq!(inserted.insert(part).unwrap(), 0);
    assert_eq!(inserted.motifs(), &built.motifs()[..1]);
}

#[test]
fn same_bits_with_any_number_of_threads() {
    let motifs = short_motifs(3, 3);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Network::build(cortex(3), &motifs, &short_options(), 1).unwrap())
    };
    let (one, four) = (with(1), with(4));
    assert_eq!(one.motifs(), four.motifs());
    assert_eq!(one.preparation(), four.preparation());
    let other = Network::build(cortex(3), &motifs[..1], &short_options(), 2).unwrap();
    assert_ne!(one.motifs()[0].placed().unwrap().1, other.motifs()[0].placed().unwrap().1);
}

#[test]
fn the_observer_sees_every_step() {
    let motifs = short_motifs(2, 4);
    let mut options = short_options();
    options.noise.rounds = 0;
    let seen = Mutex::new(Vec::new());
    let network =
        Network::build_observed(cortex(4), &motifs, &options, 1, &|step| seen.lock().unwrap().push(step))
            .unwrap();
    let seen = seen.into_inner().unwrap();
    assert_eq!(seen.iter().filter(|s| **s == BuildStep::Preparation).count(), 1);
    for motif in 0..2 {
        assert_eq!(seen.iter().filter(|s| **s == BuildStep::Fit { motif }).count(), 1);
        for start in 0..2 {
            assert_eq!(seen.iter().filter(|s| **s == BuildStep::LoopStart { motif, start }).count(), 1);
        }
    }
    assert_eq!(seen.len(), 1 + 2 * 3);
    assert_eq!(network.motifs(), Network::build(cortex(4), &motifs, &options, 1).unwrap().motifs());
}

/// Each motif that is fitted again is announced, so that a bar of progress ends at its length.
#[test]
fn the_observer_foresees_every_step() {
    let motifs = short_motifs(2, 4);
    let options = short_options().with(|o| (o.noise.cost_limit, o.noise.rounds) = (1e-3, 2));
    let seen = Mutex::new(Vec::new());
    Network::build_observed(cortex(4), &motifs, &options, 1, &|step| seen.lock().unwrap().push(step))
        .unwrap();
    let seen = seen.into_inner().unwrap();
    let again = seen.iter().filter(|step| matches!(step, BuildStep::Again { .. })).count();
    assert_eq!((again, seen.len() - again), (4, 1 + (2 + again) * 3));
}

/// Fits that are given are played as they are; those of the build itself give its network again.
#[test]
fn a_network_of_given_fits() {
    let motifs = short_motifs(2, 4);
    let mut options = short_options();
    options.noise.rounds = 0;
    let network = Network::build(cortex(4), &motifs, &options, 1).unwrap();
    let fits = |of: &Network| {
        of.motifs().iter().map(|m| (m.motif().clone(), m.placed().unwrap().0.clone())).collect::<Vec<_>>()
    };
    let again = Network::build_from(cortex(4), &fits(&network), &options, 1, &|_| ()).unwrap();
    assert_eq!(again.motifs(), network.motifs());
    // Noise that would have them fitted again leaves them alone.
    options.noise = options.noise.with(|o| (o.cost_limit, o.rounds) = (1e-3, 2));
    let noisy = Network::build_from(cortex(4), &fits(&network), &options, 1, &|_| ()).unwrap();
    assert_eq!(fits(&noisy), fits(&network));
    // Exponentials of one's own claim no error.
    let (motif, found) = &fits(&network)[0];
    let own = thalamo::fit::Fit::new(found.eigenvalues(), found.amplitudes().as_slice(), motif.dt()).unwrap();
    let own = Network::build_from(cortex(4), &[(motif.clone(), own)], &options, 1, &|_| ()).unwrap();
    assert_eq!(
        own.motifs()[0].placed().unwrap().1.eigenvalues(),
        network.motifs()[0].placed().unwrap().1.eigenvalues()
    );

    let mut swapped = fits(&network);
    swapped[1].1 = swapped[0].1.clone();
    let error = Network::build_from(cortex(4), &swapped, &options, 1, &|_| ()).unwrap_err();
    assert!(error.to_string().starts_with("motif 1: RMSE of the fit: expected within"), "{error}");
    let names = ["reach", "grasp"].map(String::from);
    let named = error.with_names(&names).to_string();
    assert!(named.starts_with("motif `grasp` (index 1): RMSE of the fit"), "{named}");
    let coarse = Motif::new(0.2, motifs[0].values().to_vec()).unwrap();
    let error = Network::build_from(cortex(4), &[(coarse, found.clone())], &options, 1, &|_| ()).unwrap_err();
    assert_eq!(*error.root(), Error::TimeStep { expected: 0.1, given: 0.2 });
}

proptest! {
    #![proptest_config(cases(6))]

    /// Stable throughout, and each motif's start is where its preparation rests.
    #[test]
    fn stability_and_steady_states(seed in 0u64..10_000, n in 30usize..=60, gain in 0.3f64..0.9) {
        let cortex = System::from(Cortex::random(n, gain, seed).unwrap());
        let network = Network::build(cortex, &short_motifs(2, seed), &short_options(), seed).unwrap();
        let preparation = network.preparation();
        prop_assert!(spectral_abscissa(preparation.system()).unwrap() < 0.0);
        let product = network.system().matrix() + preparation.input() * preparation.feedback().transpose();
        prop_assert_eq!(preparation.system(), &product);
        for learned in network.motifs() {
            let made = learned.placed().unwrap().1;
            let all = eigenvalues(made.system()).unwrap();
            prop_assert!(all.iter().all(|z| z.re < 0.0), "{all:?}");
            prop_assert!(farthest(made.eigenvalues(), &all) < 1e-6);
            prop_assert_eq!(made.amplitudes().shape(), learned.placed().unwrap().0.amplitudes().shape());
            for (lambda, alpha) in learned.placed().unwrap().0.eigenvalues().iter().zip(learned.placed().unwrap().0.amplitudes()) {
                let place = made.eigenvalues().iter().position(|z| z == lambda).unwrap();
                prop_assert_eq!(made.amplitudes()[place], *alpha);
            }
            let x = made.initial_state();
            let rate: DVector<f64> = preparation.system() * x + learned.bias();
            prop_assert!(rate.norm() <= 1e-14 * preparation.system().norm() * x.norm());
            // The readout there is where the motif's fit begins: zero.
            prop_assert!(network.system().single_readout().unwrap().dot(x).abs() < 1e-10 * x.norm());
        }
    }
}

#[test]
fn refusals() {
    let mut network = small_network(1, 1);
    let before = network.clone();
    let unchanged = |network: &Network| {
        assert_eq!(network.motifs(), before.motifs());
        assert_eq!(network.preparation(), before.preparation());
    };
    let other_step = Motif::new(0.2, vec![0.0, 1.0, 0.5]).unwrap();
    let message = "motif: expected the library's dt = 0.1, given 0.2; resample the motif";
    let error = refused(network.learn(&other_step), message);
    assert_eq!(error, Error::TimeStep { expected: 0.1, given: 0.2 });
    unchanged(&network);
    let mut motifs = short_motifs(2, 1);
    motifs.push(other_step);
    refused(Network::build(cortex(1), &motifs, &short_options(), 1).map(|_| ()), message);

    // Options out of range are refused at once, whatever the motifs.
    let mut options = short_options();
    options.fit.modes = 0;
    let message = "fit modes: expected a count in 1..=64, given 0";
    assert!(matches!(
        refused(Network::design(cortex(1), &options, 1).map(|_| ()), message),
        Error::OutOfRange { .. }
    ));
    refused(Network::build(cortex(1), &motifs[..2], &options, 1).map(|_| ()), message);
    // The first motif that fails is named, wherever it stands.
    options = short_options();
    options.fit.separation = thalamo::Rate::PerTau(0.0);
    options.fit.start = thalamo::fit::FitStart::Zero;
    options.fit.modes = 40;
    let error = Network::build(cortex(1), &motifs[..2], &options, 1).unwrap_err();
    assert!(matches!(error, Error::InMotif { index: 0, .. }), "{error}");

    let message = "motif: expected an index below 1, given 1";
    let error = refused(network.motif(1).map(|_| ()), message);
    assert_eq!(error, Error::UnknownIndex { what: "motif", index: 1, len: 1 });

    let mut smaller =
        Network::design(System::from(Cortex::random(30, 0.5, 1).unwrap()), &short_options(), 1).unwrap();
    let message = "loop of the motif: expected shape 30 x 1, given 40 x 1; use a loop over the same cortex";
    assert!(matches!(refused(smaller.insert(network.motifs()[0].clone()), message), Error::Shape { .. }));
    let part = &network.motifs()[0];
    let made = LearnedMotif::new(part.motif().clone(), part.designed().clone(), smaller.preparation());
    refused(made, "state: expected shape 30 x 1, given 40 x 1; give one entry per unit");
    assert!(smaller.motifs().is_empty());
    let coarse = Motif::new(0.2, vec![0.0, 1.0]).unwrap();
    let part = LearnedMotif::new(coarse, part.designed().clone(), network.preparation());
    refused(
        network.insert(part.unwrap()),
        "motif: expected the library's dt = 0.1, given 0.2; resample the motif",
    );
    unchanged(&network);
}

#[test]
fn the_failing_motif_is_named() {
    let mut motifs = short_motifs(2, 1);
    // Two samples leave a Nyquist range with no room for the separation of six modes below the decay limit.
    motifs.insert(1, Motif::new(0.1, vec![0.0, 1.0]).unwrap());
    let error = Network::build(cortex(1), &motifs, &short_options(), 1).unwrap_err();
    let Error::InMotif { index, source, .. } = error.clone() else { panic!("{error}") };
    assert_eq!((index, error.to_string()), (1, format!("motif 1: {source}")));
    let mut network = Network::design(cortex(1), &short_options(), 1).unwrap();
    network.learn(&motifs[0]).unwrap();
    let before = network.motifs().to_vec();
    assert_eq!(network.learn(&motifs[1]).unwrap_err(), *source);
    assert_eq!(network.motifs(), before);
    // The place stays free for another.
    assert_eq!(network.learn(&motifs[2]).unwrap(), 1);
}

#[test]
fn options_out_of_range() {
    let motifs = short_motifs(1, 1);
    let tolerance = NoiseTolerance::default;
    let cases = [
        (
            tolerance().with(|o| o.residual = -1.0),
            "residual of preparation: expected a finite number >= 0, given -1",
        ),
        (tolerance().with(|o| o.share = f64::NAN), "noise share: expected a finite number >= 0, given NaN"),
        (tolerance().with(|o| o.cost_limit = 0.0), "cost limit: expected a finite number > 0, given 0"),
        (tolerance().with(|o| o.wider = 1.0), "wider: expected a finite number > 1, given 1"),
        (tolerance().with(|o| o.wider = f64::INFINITY), "wider: expected a finite number > 1, given inf"),
    ];
    for (noise, message) in cases {
        let options = short_options().with(|o| o.noise = noise);
        let error = refused(Network::build(cortex(1), &motifs, &options, 1).map(|_| ()), message);
        assert!(matches!(error, Error::OutOfRange { .. }));
        refused(Network::design(cortex(1), &options, 1).map(|_| ()), message);
    }
    for rank in [0, 41, 1 << 53] {
        let preparation = PreparationOptions::published().with(|o| o.rank = Some(rank));
        let options = short_options().with(|o| o.preparation = preparation);
        let range = if rank == 0 { "at least 1" } else { "1 to the number of units N" };
        let message = format!("preparatory rank P: expected {range}, given {rank}");
        refused(Network::design(cortex(1), &options, 1).map(|_| ()), &message);
        refused(Network::build(cortex(1), &motifs, &options, 1).map(|_| ()), &message);
    }
    let mut options = short_options();
    options.motif_loop.starts = 1 << 53;
    let message = format!("starts: expected 1 to 10000, given {}", 1_usize << 53);
    refused(Network::build(cortex(1), &short_motifs(2, 1), &options, 1).map(|_| ()), &message);
}

/// Many rounds stop once nothing is left to fit again.
#[test]
fn rounds_end_when_nothing_is_noisy() {
    let mut options = short_options();
    options.noise = options.noise.with(|o| {
        o.rounds = 100;
        o.cost_limit = 1e9;
        o.share = 1e9;
    });
    let network = Network::build(cortex(1), &short_motifs(1, 1), &options, 1).unwrap();
    assert_eq!(network.motifs().len(), 1);
}

/// Odd libraries and odd motifs: built, or refused by a typed error.
#[test]
fn extremes() {
    assert!(Network::build(cortex(1), &[], &short_options(), 1).unwrap().motifs().is_empty());
    let mut network = Network::design(cortex(1), &short_options(), 1).unwrap();
    for values in
        [vec![1.0], vec![1e-300, 0.0, 1e-300], vec![1e300, -1e300, 1e300], vec![f64::MIN_POSITIVE; 5]]
    {
        let _ = network.learn(&Motif::new(0.1, values).unwrap());
    }
    // Whatever was accepted is sound.
    for learned in network.motifs() {
        assert!(spectral_abscissa(learned.system()).unwrap() < 0.0);
        assert!(learned.bias().iter().all(|x| x.is_finite()));
    }
    for dt in [1e-300, 1e-10, 1e10, 1e300] {
        let mut network = Network::design(cortex(1), &short_options(), 1).unwrap();
        let values = (0..100).map(|i| (0.3 * f64::from(i)).sin()).collect();
        let _ = network.learn(&Motif::new(dt, values).unwrap());
    }
    // One unit and one mode.
    let options = short_options().with(|o| {
        o.fit.modes = 1;
        o.fit.start = thalamo::fit::FitStart::Free;
        o.preparation.rank = Some(1);
    });
    let values: Vec<f64> = (0..200).map(|i| (-0.02 * f64::from(i)).exp()).collect();
    let motif = Motif::new(0.1, values).unwrap();
    let mut tried = 0;
    for seed in 0..5 {
        match Network::build(
            System::from(Cortex::random(1, 0.5, seed).unwrap()),
            std::slice::from_ref(&motif),
            &options,
            1,
        ) {
            Ok(network) => {
                tried += 1;
                assert!(network.motifs()[0].rmse() < 1e-6);
            }
            Err(Error::Unstable { .. }) => (),
            Err(other) => panic!("{other}"),
        }
    }
    assert!(tried > 0);
}
