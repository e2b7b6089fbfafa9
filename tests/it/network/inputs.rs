//! Motifs as people bring them: any unit, any start, any duration; each plays or is refused for a reason.

use thalamo::analysis::quality;
use thalamo::motif::Motif;
use thalamo::network::Design;
use thalamo::play::Simulator;
use thalamo::{Cortex, Error, Network, NetworkOptions, System};

/// Two movements between postures, minimum jerk, as `(from, by way of, to)`.
fn movements(samples: usize, dt: f64, postures: [(f64, f64, f64); 2]) -> Vec<Motif> {
    let piece = |from: f64, to: f64, s: f64| from + (to - from) * s.powi(3) * (10.0 + s * (6.0 * s - 15.0));
    let one = |(from, by, to): (f64, f64, f64)| {
        let value = |n: usize| {
            let s = 2.0 * n as f64 / samples as f64;
            if s < 1.0 { piece(from, by, s) } else { piece(by, to, s - 1.0) }
        };
        Motif::new(dt, (0..samples).map(value).collect()).unwrap()
    };
    postures.into_iter().map(one).collect()
}

fn build(design: Design, motifs: &[Motif]) -> thalamo::Result<Network> {
    let options = NetworkOptions::default().with(|o| {
        (o.design, o.placed_starts, o.direct.iterations) = (design, vec![10], 60);
        (o.fit.effort, o.motif_loop.starts, o.motif_loop.finalists) = (300, 8, 2);
        o.preparation.optimiser.max_iterations = 60;
    });
    let cortex = System::from(Cortex::random(60, 0.5, 4).unwrap());
    Network::build(cortex, motifs, &options, 4)
}

/// Largest error when played, after any predecessor, over the motif's standard deviation.
fn worst(network: &Network, transition: f64) -> f64 {
    let found = quality(&Simulator::new(network, transition).unwrap()).unwrap();
    found.motifs.iter().map(|m| m.worst).fold(0.0, f64::max)
}

/// Joint angles in degrees, in radians with an offset, and numbers of any size.
#[test]
fn units_and_offsets() {
    let degrees = [(20.0, 60.0, 35.0), (45.0, 20.0, 60.0)];
    let radians = [(1.2, 0.5, 0.9), (0.5, 1.1, 0.4)];
    for (postures, scale) in [(degrees, 1.0), (radians, 1.0), (radians, 1e-8), (radians, 1e8)] {
        let postures = postures.map(|(a, b, c)| (a * scale, b * scale, c * scale));
        let direct = build(Design::Direct, &movements(600, 0.1, postures)).unwrap();
        let network = build(Design::Placed, &movements(600, 0.1, postures)).unwrap();
        for network in [&direct, &network] {
            let found = worst(network, 10.0);
            assert!(found < 0.1, "{postures:?}: {found}");
        }
        for learned in network.motifs() {
            // The readout begins where the movement does.
            let start = learned.motif().values()[0];
            assert!((learned.placed().unwrap().0.evaluate(0.0) / start - 1.0).abs() < 1e-9, "{postures:?}");
        }
    }
}

/// Few samples of a motif that is not fast for the system.
#[test]
fn coarse_motifs() {
    for design in [Design::Placed, Design::Direct] {
        let network = build(design, &movements(40, 2.0, [(1.2, 0.5, 0.9), (0.5, 1.1, 0.4)])).unwrap();
        assert!(worst(&network, 10.0) < 0.1);
    }
}

#[test]
fn fewer_samples_than_modes() {
    let three = [Motif::new(20.0, vec![0.2, 1.0, 0.4]).unwrap()];
    let message = "motif 0: fit: expected at most as many exponentials as samples, given 10 for 3 samples; use fewer \
                   modes, or sample the motif more finely";
    assert_eq!(build(Design::Placed, &three).unwrap_err().to_string(), message);
    assert!(worst(&build(Design::Direct, &three).unwrap(), 60.0) < 0.05);
    let fewer = NetworkOptions::interpretable().with(|o| o.fit.modes = 3);
    let network = Network::build(Cortex::random(60, 0.5, 4).unwrap(), &three, &fewer, 4).unwrap();
    assert!(worst(&network, 60.0) < 0.05);
}

/// Far too long or too brief for the system's time constants: refused, and played with another one.
#[test]
fn durations_that_do_not_suit_the_system() {
    let postures = [(1.2, 0.5, 0.9), (0.5, 1.1, 0.4)];
    for (samples, dt) in [(20_000, 0.1), (600, 5.0), (600, 0.005)] {
        let motifs = movements(samples, dt, postures);
        let Error::InMotif { source, .. } = build(Design::Placed, &motifs).unwrap_err() else {
            panic!("no motif is named")
        };
        let Error::Duration { duration, shortest, longest, .. } = *source else { panic!("{source}") };
        assert_eq!(duration, motifs[0].duration());
        assert!(!(shortest..=longest).contains(&duration));
        // The remedy: a time constant for which the motif lasts as long as the message says.
        let tau = duration / (shortest * longest).sqrt();
        let again: Vec<Motif> =
            motifs.iter().map(|m| Motif::from_samples(dt / tau, m.samples().clone()).unwrap()).collect();
        let network = build(Design::Placed, &again).unwrap();
        let step = again[0].dt();
        assert!(worst(&network, (10.0 / step).ceil() * step) < 0.1, "{samples} samples, {dt}");
    }
    let message = "motif 0: motif of 3000 tau: expected about ";
    let error = build(Design::Placed, &movements(600, 5.0, postures)).unwrap_err().to_string();
    assert!(error.starts_with(message) && error.contains("--tau"), "{error}");
}
