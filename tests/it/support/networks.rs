//! Small networks that build in a moment.

use thalamo::motif::{Motif, OscillationOptions, oscillating_motif};
use thalamo::{Cortex, Network, NetworkOptions, System};

/// Options for small networks that build in a moment.
pub(crate) fn quick_options(modes: usize, rank: usize) -> NetworkOptions {
    let mut options = NetworkOptions::published();
    options.fit = options.fit.with(|o| {
        o.modes = modes;
        o.effort = 150;
        o.random_starts = 1;
    });
    options.motif_loop.starts = 2;
    options.motif_loop.optimiser.max_iterations = 40;
    options.preparation.rank = Some(rank);
    options.preparation.optimiser.max_iterations = 60;
    options.noise.rounds = 1;
    options
}

/// Smooth motifs of 30 tau.
pub(crate) fn short_motifs(count: usize, seed: u64) -> Vec<Motif> {
    let options = OscillationOptions::default().with(|o| (o.duration, o.harmonics) = (30.0, 2));
    (0..count).map(|index| oscillating_motif(&options, seed, index).unwrap()).collect()
}

/// Options whose separation suits motifs of 30 tau.
pub(crate) fn short_options() -> NetworkOptions {
    let mut options = quick_options(6, 20);
    options.fit.separation = thalamo::Rate::PerTau(0.1);
    options
}

/// A network of 40 units, 6 modes, rank 20 and as many short motifs as asked for.
pub(crate) fn small_network(motifs: usize, seed: u64) -> Network {
    let cortex = System::from(Cortex::random(40, 0.5, seed).unwrap());
    Network::build(cortex, &short_motifs(motifs, seed), &short_options(), seed).unwrap()
}
