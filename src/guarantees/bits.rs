//! Promises kept to the bit.

use super::Violation;
use crate::network::{LearnedMotif, Network};

/// Named numbers of one part of a network, as bits.
type Part = (&'static str, Vec<u64>);

/// Learning motifs changed no bit of what was known before: cortex, preparatory module, and every motif of the
/// smaller library are the same in the larger one,
///
/// $$ (J, w, g, U, V)_\mathrm{before} = (J, w, g, U, V)_\mathrm{after}, \qquad
///    (y, \hat\lambda, \alpha, u, v, x_\mathrm{init}, b)_\mu \text{ likewise for all } \mu \text{ before}. $$
///
/// Compared bit by bit, without tolerance: nothing may be touched.
///
/// ```
/// use thalamo::guarantees::nothing_forgotten;
/// # use thalamo::{Cortex, Network, NetworkOptions, motif::oscillating_motifs, preparation::PreparationOptions};
/// # let preparation = PreparationOptions { rank: 15, ..Default::default() };
/// # let options = NetworkOptions { preparation, ..Default::default() };
/// # let cortex = Cortex::random(40, 0.5, 1)?;
/// let motifs = oscillating_motifs(3, 1)?;
/// let before = Network::build(cortex, &motifs[..2], &options, 1)?;
/// let mut after = before.clone();
/// after.learn(&motifs[2])?;
/// nothing_forgotten(&before, &after)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Violation::Differs`] with the first part that changed, [`Violation::Unrelated`] where motifs are missing.
pub fn nothing_forgotten(before: &Network, after: &Network) -> Result<(), Violation> {
    let (known, kept) = (before.motifs().len(), after.motifs().len());
    if kept < known {
        return Err(Violation::Unrelated {
            what: "number of motifs afterwards, at least",
            expected: known as f64,
            given: kept as f64,
        });
    }
    compare(&shared(before), &shared(after), "in what all motifs share")?;
    for (index, (old, new)) in before.motifs().iter().zip(after.motifs()).enumerate() {
        compare(&own(old), &own(new), &format!("in motif {index}"))?;
    }
    Ok(())
}

/// Every parameter of a network, as bits: cortex, preparatory module, then motif by motif.
///
/// What [`same_on_any_threads`](super::same_on_any_threads) compares when it is to tell 0 from -0.
///
/// ```
/// use thalamo::guarantees::parameter_bits;
/// # use thalamo::{Cortex, Network, NetworkOptions, preparation::PreparationOptions};
/// # let preparation = PreparationOptions { rank: 5, ..Default::default() };
/// # let options = NetworkOptions { preparation, ..Default::default() };
/// let network = Network::new(Cortex::random(10, 0.5, 1)?, &options, 1)?;
/// assert_eq!(parameter_bits(&network).len(), 10 * 10 + 10 + 2 * 5 * 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn parameter_bits(network: &Network) -> Vec<u64> {
    let parts = shared(network).into_iter().chain(network.motifs().iter().flat_map(own));
    parts.flat_map(|(_, bits)| bits).collect()
}

fn shared(network: &Network) -> Vec<Part> {
    let (system, module) = (network.system(), network.preparation());
    vec![
        ("system A", bits(system.matrix().iter())),
        ("readout W", bits(system.readout().iter())),
        ("weights U", bits(module.input().iter())),
        ("weights V", bits(module.feedback().iter())),
    ]
}

fn own(learned: &LearnedMotif) -> Vec<Part> {
    let (motif, fit, own) = (learned.motif(), learned.fit(), learned.motif_loop());
    let complex = |numbers: &[crate::Complex64]| bits(numbers.iter().flat_map(|z| [&z.re, &z.im]));
    vec![
        ("target series", bits([motif.dt()].iter().chain(motif.values()))),
        ("eigenvalues", complex(fit.eigenvalues())),
        ("amplitudes", complex(fit.amplitudes())),
        ("weights u", bits(own.input().iter())),
        ("weights v", bits(own.feedback().iter())),
        ("initial state", bits(own.initial_state().iter())),
        ("bias b", bits(learned.bias().iter())),
    ]
}

fn bits<'a>(numbers: impl Iterator<Item = &'a f64>) -> Vec<u64> {
    numbers.map(|x| x.to_bits()).collect()
}

fn compare(before: &[Part], after: &[Part], place: &str) -> Result<(), Violation> {
    match before.iter().zip(after).find(|(old, new)| old.1 != new.1) {
        Some((&(what, _), _)) => Err(Violation::Differs { what, place: place.into() }),
        None => Ok(()),
    }
}
