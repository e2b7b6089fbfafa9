//! Nothing depends on the unit of the motifs or on the speed of everything.

use proptest::prelude::*;
use thalamo::analysis::transition_errors;
use thalamo::certificate::certify;
use thalamo::motif::{Motif, oscillating_motifs, step_motifs};
use thalamo::network::Design;
use thalamo::play::Simulator;
use thalamo::preparation::Input;
use thalamo::{Cortex, Network, NetworkOptions, System};

use crate::support::cases;

const UNITS: usize = 24;
const TRANSITION: f64 = 5.0;

fn motifs(seed: u64) -> Vec<Motif> {
    vec![step_motifs(1, seed).unwrap().remove(0), oscillating_motifs(1, seed).unwrap().remove(0)]
}

/// The motifs in another unit, at another speed.
fn scaled(motifs: &[Motif], size: f64, pace: f64) -> Vec<Motif> {
    let one = |m: &Motif| Motif::from_samples(m.dt() * pace, m.samples() * size).unwrap();
    motifs.iter().map(one).collect()
}

fn options(design: Design) -> NetworkOptions {
    NetworkOptions::default().with(|o| {
        (o.design, o.direct.iterations, o.placed_starts) = (design, 40, vec![4]);
        (o.fit.modes, o.fit.effort) = (6, 150);
        (o.motif_loop.starts, o.motif_loop.finalists) = (4, 2);
        (o.preparation.optimiser.max_iterations, o.noise.rounds) = (15, 1);
        o.input = Input::Compensated { shortest: None };
    })
}

/// A library over a random cortex whose time runs slower by a factor.
fn library(design: Design, seed: u64, motifs: &[Motif], pace: f64) -> Network {
    let cortex = System::from(Cortex::random(UNITS, 0.5, seed).unwrap());
    let system = System::new(cortex.matrix() / pace, cortex.readout().clone()).unwrap();
    Network::build(system, motifs, &options(design), seed).unwrap()
}

/// What must not change: eigenvalues times T, loops times T, errors over the motif's size, and C; and what
/// must change with the unit: amplitudes and initial states, over it.
fn invariants(network: &Network, size: f64, pace: f64) -> Vec<(&'static str, Vec<f64>)> {
    let errors = transition_errors(&Simulator::new(network, TRANSITION * pace).unwrap(), 3, 1).unwrap();
    let mut all = vec![
        ("scale", vec![network.scale().unwrap() / size]),
        ("switch", vec![network.preparation().switch().unwrap() / pace]),
        ("U", network.preparation().input().iter().map(|x| x * pace.sqrt()).collect()),
        ("cost", vec![network.preparation().report().cost_per_unit / pace]),
    ];
    for learned in network.motifs() {
        if let Some((fit, own)) = learned.placed() {
            all.extend([
                ("eigenvalues", fit.eigenvalues().iter().flat_map(|z| [z.re * pace, z.im * pace]).collect()),
                ("amplitudes", fit.amplitudes().iter().flat_map(|z| [z.re / size, z.im / size]).collect()),
                ("normalised RMSE", vec![fit.normalised_rmse()]),
                ("u", own.input().iter().copied().collect()),
            ]);
        }
        all.extend([
            ("RMSE", vec![learned.rmse() / size]),
            ("played", learned.played().iter().map(|y| y / size).collect()),
            ("A + U V^T", learned.system().iter().map(|x| x * pace).collect()),
            ("x_init", learned.initial_state().iter().map(|x| x / size).collect()),
            ("C", vec![learned.noise_cost() / size]),
            ("b_1", learned.starting_bias().unwrap().iter().map(|x| x * pace / size).collect()),
            ("b", learned.bias().iter().map(|x| x * pace / size).collect()),
        ]);
    }
    all.push(("random", errors.random.iter().map(|e| e / size).collect()));
    all.push(("sequence", errors.sequence.iter().map(|e| e / size).collect()));
    all
}

fn differ(one: &Network, other: &Network, size: f64, pace: f64, tolerance: f64) -> Option<String> {
    let pairs = invariants(one, 1.0, 1.0).into_iter().zip(invariants(other, size, pace));
    let mut all = String::new();
    for ((name, a), (_, b)) in pairs {
        let largest = a.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        let off = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        // A NaN is a difference, too.
        let same = a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= tolerance * largest);
        if !same {
            all += &format!("{name}: {off:e} of {largest:e}; ");
        }
    }
    (!all.is_empty()).then_some(all)
}

proptest! {
    #![proptest_config(cases(6))]

    /// Powers of two leave every digit.
    #[test]
    fn units_in_powers_of_two(seed in 0_u64..100, size in -30_i32..=30) {
        let (size, motifs) = (2.0_f64.powi(size), motifs(seed));
        for design in [Design::Placed, Design::Direct] {
            let plain = library(design, seed, &motifs, 1.0);
            let changed = library(design, seed, &scaled(&motifs, size, 1.0), 1.0);
            prop_assert_eq!(differ(&plain, &changed, size, 1.0, 1e-12), None);
        }
    }

    /// Other numbers round the motif's samples, and another speed the eigenvectors: a descent among many
    /// minima then takes other steps. What is reached may differ by a little, and nothing else is asked.
    #[test]
    fn units_and_speed(seed in 0_u64..100, size in -9_i32..=9, pace in -6_i32..=6, direct in any::<bool>()) {
        let design = if direct { Design::Direct } else { Design::Placed };
        let (size, pace) = (10.0_f64.powi(size), 10.0_f64.powi(pace));
        let motifs = motifs(seed);
        let plain = library(design, seed, &motifs, 1.0);
        let changed = library(design, seed, &scaled(&motifs, size, pace), pace);
        prop_assert!((changed.scale().unwrap() / (size * plain.scale().unwrap()) - 1.0).abs() < 1e-14);
        for (one, other) in plain.motifs().iter().zip(changed.motifs()) {
            let (a, b) = (one.rmse(), other.rmse() / size);
            prop_assert!((a / b).ln().abs() < if direct { 0.1 } else { 0.02 }, "fit {a} {b}");
            let (a, b) = (one.noise_cost(), other.noise_cost() / size);
            prop_assert!((a / b).ln().abs() < 0.3, "C {a} {b}");
        }
        let cost = |network: &Network| network.preparation().report().cost_per_unit;
        // Of a descent that is cut short, after steps that differ: up to 1.4e-4 in a hundred systems.
        prop_assert!((cost(&changed) / (pace * cost(&plain)) - 1.0).abs() < 2e-3);
        let errors = |network: &Network, size: f64, pace: f64| {
            let simulator = Simulator::new(network, TRANSITION * pace).unwrap();
            transition_errors(&simulator, 3, 1).unwrap().sequence / size
        };
        let (a, b) = (errors(&plain, 1.0, 1.0), errors(&changed, size, pace));
        prop_assert!((a.sum() / b.sum()).ln().abs() < 0.1, "{a} {b}");
    }
}

#[test]
fn certificates_have_the_units_of_their_motifs() {
    let motifs = motifs(3);
    let plain = library(Design::Direct, 3, &motifs, 1.0);
    let size = 2.0_f64.powi(20);
    let changed = library(Design::Direct, 3, &scaled(&motifs, size, 1.0), 1.0);
    let [a, b] = [(&plain, 1.0), (&changed, size)].map(|(network, size)| {
        let made = certify(network, 20.0, 2).unwrap();
        made.verify(network).unwrap();
        made.worst() / size
    });
    assert!((a / b - 1.0).abs() < 1e-7, "{a} {b}");
}

#[test]
fn the_scale_is_that_of_the_first_library_and_stays() {
    let motifs = motifs(5);
    let mut network = library(Design::Placed, 5, &motifs, 1.0);
    let scale = network.scale().unwrap();
    let mean_square = |m: &[Motif]| {
        let squares = m.iter().flat_map(|m| m.values()).map(|y| y * y);
        squares.sum::<f64>() / m.iter().map(Motif::len).sum::<usize>() as f64
    };
    assert!((scale / mean_square(&motifs).sqrt() - 1.0).abs() < 1e-14);
    network.learn(&scaled(&motifs[..1], 10.0, 1.0)[0]).unwrap();
    assert_eq!(network.scale(), Some(scale));
    // A network that is designed before it knows a motif takes the first one's.
    let mut empty = Network::design(network.system(), network.options(), 5).unwrap();
    assert_eq!(empty.scale(), None);
    empty.learn(&motifs[1]).unwrap();
    assert_eq!(empty.scale(), Some(motifs[1].rms()));
}
