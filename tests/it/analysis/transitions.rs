//! Errors at transitions: what `run` shows, vanishing as preparation grows.

use crate::support::*;
use nalgebra::{DMatrix, DVector};
use rand_distr::{Distribution, StandardNormal};
use std::sync::OnceLock;
use thalamo::analysis::{TransitionErrors, transition_errors};
use thalamo::play::{Keep, Sequence, Simulator, Start};
use thalamo::{Error, Network};

fn network() -> &'static Network {
    static NETWORK: OnceLock<Network> = OnceLock::new();
    NETWORK.get_or_init(|| small_network(3, 7))
}

fn errors(transition: f64) -> TransitionErrors {
    transition_errors(&Simulator::new(network(), transition).unwrap(), 30, 5).unwrap()
}

/// Each error is that of a run: from the same random states, and in every sequence of two motifs from rest.
#[test]
fn against_direct_simulation() {
    let simulator = Simulator::new(network(), 3.0).unwrap();
    let given = transition_errors(&simulator, 5, 9).unwrap();
    assert_eq!((given.random.shape(), given.sequence.shape(), given.fit.len()), ((3, 5), (3, 3), 3));
    let run = |motifs: &[usize], start: Start| {
        simulator.run(&Sequence::new(motifs).unwrap(), &start, None, Keep::Readout).unwrap().rmse()
    };
    for motif in 0..3 {
        let mut rng = rng(9);
        rng.set_stream(motif as u64);
        for trial in 0..5 {
            let start = DVector::from_fn(40, |_, _| StandardNormal.sample(&mut rng));
            let expected = run(&[motif], Start::State(start))[0];
            assert!((given.random[(motif, trial)] / expected - 1.0).abs() < 1e-9);
        }
        for before in 0..3 {
            let expected = run(&[before, motif], Start::Rest)[1];
            assert!((given.sequence[(motif, before)] / expected - 1.0).abs() < 1e-9);
        }
        assert_eq!(given.fit[motif], network().motifs()[motif].rmse());
    }
}

#[test]
fn longer_preparation_leaves_smaller_errors() {
    // Beyond the fit's own error: the mean over motifs.
    let excess = |e: &TransitionErrors, means: Vec<f64>| {
        means.iter().zip(&e.fit).map(|(mean, fit)| mean - fit).sum::<f64>() / 3.0
    };
    let all: Vec<_> = [5.0, 7.0, 10.0, 20.0].into_iter().map(errors).collect();
    for pair in all.windows(2) {
        for means in
            [TransitionErrors::mean_random, TransitionErrors::mean_sequence, TransitionErrors::worst_sequence]
        {
            let (short, long) = (excess(&pair[0], means(&pair[0])), excess(&pair[1], means(&pair[1])));
            assert!(long.abs() < 0.9 * short.abs(), "{short} {long}");
        }
    }
    assert!(excess(&all[0], all[0].mean_random()) > 1e-4, "nothing to decay");
    let last = errors(40.0);
    for (motif, fit) in last.fit.iter().enumerate() {
        let columns =
            last.random.row(motif).iter().chain(last.sequence.row(motif).iter()).copied().collect::<Vec<_>>();
        assert!(columns.iter().all(|e| (e / fit - 1.0).abs() < 1e-6), "{columns:?} {fit}");
    }
}

#[test]
fn same_seed_same_bits() {
    let simulator = Simulator::new(network(), 5.0).unwrap();
    let with = |threads, seed| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| transition_errors(&simulator, 8, seed).unwrap())
    };
    assert_eq!(with(1, 3), with(4, 3));
    assert_ne!(with(2, 3).random, with(2, 4).random);
    assert_eq!(with(2, 3).sequence, with(2, 4).sequence);
}

#[test]
fn summaries() {
    let errors = TransitionErrors {
        fit: vec![0.0; 3],
        random: DMatrix::from_row_slice(3, 2, &[1.0, 3.0, 2.0, 2.0, 0.0, 1.0]),
        sequence: DMatrix::from_row_slice(3, 3, &[9.0, 1.0, 3.0, 4.0, 9.0, 2.0, 5.0, 5.0, 9.0]),
    };
    assert_eq!(errors.mean_random(), [2.0, 2.0, 0.5]);
    assert_eq!(errors.mean_sequence(), [2.0, 3.0, 5.0]);
    assert_eq!(errors.worst_sequence(), [3.0, 4.0, 5.0]);
    let empty =
        TransitionErrors { fit: vec![], random: DMatrix::zeros(0, 0), sequence: DMatrix::zeros(0, 0) };
    assert!(
        empty.mean_random().is_empty()
            && empty.mean_sequence().is_empty()
            && empty.worst_sequence().is_empty()
    );
}

#[test]
fn refusals() {
    let one = small_network(1, 7);
    let simulator = Simulator::new(&one, 5.0).unwrap();
    let message = "motifs: expected at least 2 to have transitions, given 1";
    assert!(matches!(
        refused(transition_errors(&simulator, 5, 1), message),
        Error::OutOfRange { what: "motifs", .. }
    ));
    let simulator = Simulator::new(network(), 5.0).unwrap();
    for starts in [0, 1_000_001, 1 << 53] {
        let message = format!("random starts: expected 1 to 1000000, given {starts}");
        let error = refused(transition_errors(&simulator, starts, 1), &message);
        assert!(matches!(error, Error::OutOfRange { what: "random starts", .. }));
    }
}
