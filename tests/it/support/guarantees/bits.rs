//! Promises kept to the bit.

use super::Violation;
use thalamo::network::{Array, Network};

/// Learning motifs changed no bit of what was known before: cortex, preparatory module, and every motif of
/// the smaller library are the same in the larger one,
///
/// $$ (J, w, g, U, V)_\mathrm{before} = (J, w, g, U, V)_\mathrm{after}, \qquad
///    (y, \hat\lambda, \alpha, u, v, x_\mathrm{init}, b)_\mu \text{ likewise for all } \mu \text{ before}. $$
///
/// Compared bit by bit, without tolerance: nothing may be touched.
///
/// # Errors
/// [`Violation::Differs`] with the first part that changed, [`Violation::Unrelated`] where motifs are
/// missing.
pub(crate) fn nothing_forgotten(before: &Network, after: &Network) -> Result<(), Violation> {
    let (known, kept) = (before.motifs().len(), after.motifs().len());
    if kept < known {
        return Err(Violation::Unrelated {
            what: "number of motifs afterwards, at least",
            expected: known as f64,
            given: kept as f64,
        });
    }
    // The motifs of both come in the same order: what is known stands first.
    for (old, new) in before.arrays().iter().zip(after.arrays()) {
        if old.name != new.name || old.bits() != new.bits() {
            return Err(differs(old.words, old.motif));
        }
    }
    for (index, (old, new)) in before.motifs().iter().zip(after.motifs()).enumerate() {
        if old.motif().dt().to_bits() != new.motif().dt().to_bits() {
            return Err(differs("time step", Some(index)));
        }
    }
    Ok(())
}

/// Every parameter of a network, as bits: cortex, preparatory module, then motif by motif.
///
/// What [`same_on_any_threads`](super::same_on_any_threads) compares when it is to tell 0 from -0.
pub(crate) fn parameter_bits(network: &Network) -> Vec<u64> {
    network.arrays().iter().flat_map(Array::bits).collect()
}

fn differs(what: &'static str, motif: Option<usize>) -> Violation {
    let place = match motif {
        Some(index) => format!("in motif {index}"),
        None => "in what all motifs share".into(),
    };
    Violation::Differs { what, place }
}
