//! Systems of every kind: each plays a small library, or is refused for the reason that it has.

use crate::support::*;
use nalgebra::{DMatrix, DVector};
use thalamo::fit::FitStart;
use thalamo::linalg::eigenvalues;
use thalamo::loops::{Placement, PlacementOptions, Verdict, feasibility};
use thalamo::play::{Keep, Sequence, Simulator, Start};
use thalamo::{Complex64, Error, Network, NetworkOptions, Rate, Result, System};

fn options(modes: usize) -> NetworkOptions {
    NetworkOptions::interpretable().with(|o| {
        (o.fit.modes, o.fit.effort) = (modes, 150);
        o.motif_loop.starts = 4;
        o.motif_loop.optimiser.max_iterations = 80;
        o.preparation.optimiser.max_iterations = 100;
        o.noise.rounds = 1;
    })
}

/// Largest error of a motif in a sequence of two, over that of its fit.
fn played(system: &System, options: &NetworkOptions, preparation: f64) -> Result<f64> {
    let network = Network::build(system.clone(), &short_motifs(2, 1), options, 1)?;
    let sequence = Sequence::new(&[0, 1, 0, 0, 1, 1])?;
    let run = Simulator::new(&network, preparation)?.run(&sequence, &Start::Rest, None, Keep::Readout)?;
    let of_fit =
        |(segment, error): (&thalamo::play::Segment, f64)| error / network.motifs()[segment.motif].rmse();
    Ok(run.segments.iter().zip(run.rmse()).map(of_fit).fold(0.0, f64::max))
}

#[test]
fn every_kind_plays_or_says_why_not() {
    for kind in NAMED {
        for units in [30, 40] {
            // The six modes of such a fit.
            let (targets, _) = exponentials(0, 3, 0.1, &mut rng(1));
            let system = named_system(kind, units, 3);
            let found = feasibility(&system, &targets, &PlacementOptions::default());
            let outcome = played(&system, &options(6), 20.0).map_err(|error| error.root().clone());
            match kind {
                // Connections of 3 %: A is defective.
                "very sparse" => {
                    assert!(matches!(outcome, Err(Error::Defective { .. })), "{outcome:?}");
                    assert_eq!(found.unwrap_err(), outcome.unwrap_err());
                }
                "J = 0" => {
                    let expected = Error::RepeatedEigenvalues { targets: 6, distinct: 1, units };
                    let found = found.unwrap();
                    assert_eq!(outcome.unwrap_err(), expected);
                    assert_eq!(found.verdict, Verdict::Infeasible { reason: Box::new(expected) });
                    assert!(found.condition.is_infinite() && found.predicted_error.is_infinite());
                }
                "unstable copies" => {
                    let outcome = outcome.unwrap_err();
                    let expected = "A (copies of a repeated eigenvalue, of which a loop moves one): expected every \
                                    eigenvalue left of ";
                    assert!(outcome.to_string().starts_with(expected), "{outcome}");
                    let Verdict::Infeasible { reason } = found.unwrap().verdict else { panic!("{kind}") };
                    assert_eq!(*reason, outcome);
                }
                // More is unstable than stabilising targets put right.
                "random, J 1.6 times larger" if units == 40 => {
                    assert!(matches!(outcome, Err(Error::Unstable { .. })), "{outcome:?}");
                }
                _ => {
                    assert!(outcome.as_ref().is_ok_and(|worst| *worst <= 1.5), "{kind} {units}: {outcome:?}");
                    let verdict = found.unwrap().verdict;
                    assert!(!matches!(verdict, Verdict::Infeasible { .. }), "{kind} {units}: {verdict}");
                }
            }
        }
    }
}

/// One exponential is what a network without connections can play, however many units it has.
#[test]
fn unconnected_units_play_one_exponential() {
    let one = options(1).with(|o| {
        o.fit.start = FitStart::Free;
        o.fit.separation = Rate::PerTau(0.0);
    });
    let worst = played(&named_system("J = 0", 30, 3), &one, 20.0).unwrap();
    assert!(worst <= 1.5, "{worst}");
    let two = played(&named_system("J = 0", 30, 3), &options(2), 20.0).unwrap_err();
    let message = "motif 0: placement: expected at most as many targets as A has distinct eigenvalues, given 2 targets \
                   for 1 distinct of 30; use fewer modes, or a connectivity J with more distinct eigenvalues";
    assert_eq!(two.to_string(), message);
}

/// As many targets as distinct eigenvalues, real ones and pairs, in a basis at random: all arrive, one copy
/// of each is gone, and the others are still there.
#[test]
fn one_copy_of_each_eigenvalue_moves() {
    let z = Complex64::new;
    let (n, mut rng) = (11, rng(4));
    let mut blocks = DMatrix::zeros(n, n);
    for (i, value) in [-0.3, -0.3, -0.3, -0.7, -0.7].into_iter().enumerate() {
        blocks[(i, i)] = value;
    }
    for i in [5, 7, 9] {
        let (re, im) = if i == 9 { (-0.2, 0.9) } else { (-0.4, 0.5) };
        (blocks[(i, i)], blocks[(i + 1, i + 1)]) = (re, re);
        (blocks[(i, i + 1)], blocks[(i + 1, i)]) = (im, -im);
    }
    let basis = DMatrix::identity(n, n) + normal_matrix(n, n, &mut rng) * 0.15;
    let a = &basis * blocks * basis.clone().try_inverse().unwrap();
    let system = System::new(a, normal_vector(n, &mut rng)).unwrap();
    let pairs = [z(-0.05, 0.3), z(-0.1, 0.6), z(-0.08, 1.0)];
    let targets: Vec<Complex64> = pairs.into_iter().flat_map(|t| [t, t.conj()]).collect();
    let placement = Placement::new(&system, &targets, &PlacementOptions::default()).unwrap();
    let expected =
        [&targets[..], &[z(-0.3, 0.0), z(-0.3, 0.0), z(-0.7, 0.0), z(-0.4, 0.5), z(-0.4, -0.5)]].concat();
    let u: DVector<f64> = normal_vector(n, &mut rng);
    let closed = system.matrix() + &u * placement.feedback(&u).unwrap().transpose();
    for spectrum in [eigenvalues(&closed).unwrap(), placement.spectrum()] {
        assert!(match_spectra(&expected, &spectrum).max_distance() < 1e-9, "{spectrum:?}");
    }
    let one_more = [&targets[..], &[z(-0.2, 0.0)]].concat();
    let error = Placement::new(&system, &one_more, &PlacementOptions::default()).unwrap_err();
    assert_eq!(error, Error::RepeatedEigenvalues { targets: 7, distinct: 6, units: 11 });
}
