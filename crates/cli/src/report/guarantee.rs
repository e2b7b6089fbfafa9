//! The certificate, explained.

use maud::{Markup, html};

use super::number::number;
use super::pairs::{self, Pairs};
use super::results::{Guarantee, Results};
use super::table::{list, per_motif};
use crate::certify::PROBABILITY;
use thalamo::certificate::Certificate;

/// What holds for all sequences, of any order and length.
pub(super) fn section(results: &Results<'_>) -> Markup {
    match &results.guarantee {
        Guarantee::Certified(certificate) => certified(results, certificate),
        Guarantee::NotContracting(contraction) => html! {
            p.warning { "No certificate: with " (results.model.transition) " \u{3c4} of preparation, deviations shrink in \
                no norm that was tried (factor " (number(*contraction)) " per motif). Prepare longer: "
                code { "thalamo certify --error" } " finds the time that an error needs." }
        },
    }
}

fn certified(results: &Results<'_>, certificate: &Certificate) -> Markup {
    let (sup, exact) = (&certificate.sup_error, &certificate.exact_sup_error);
    let map = pairs::map(
        sup,
        "Heat map: certified error of each motif (row) after each motif (column)",
        "Certified largest readout error of each motif (row) after each motif (column), whatever was played before.",
    );
    let told = |name: &str| results.told(&format!("certify/{name}"));
    let first = |i| results.told["certify"]["random_start"]["first"][i].as_f64().unwrap_or(f64::NAN);
    let largest_first = (0..results.count()).map(first).fold(0.0, f64::max);
    let numbers = [
        ("largest error in any sequence", told("worst")),
        ("largest exact error of a single pair: no bound can be below", told("exact_worst_pair")),
        ("ratio of the two: 1 is tight", told("gap")),
        ("contraction: largest factor on a deviation per preparation and motif", told("contraction")),
        ("norm that it is stated in", told("norm")),
        ("motifs followed exactly", told("depth")),
        ("preparation before each motif (\u{3c4})", told("transition")),
        ("part of random starts", told("random_start/probability")),
        ("time of preparation to 1 % of a deviation (\u{3c4})", told("decay_to_one_percent")),
    ];
    let columns = vec![
        ("largest error after any motif", Box::new(|i| number(sup.row(i).max())) as _),
        ("the same, exact", Box::new(|i| number(exact.row(i).max())) as _),
        (
            "largest error as first from a random state",
            Box::new(|i| told(&format!("random_start/first/{i}"))) as _,
        ),
        ("distance from its ideal end state", Box::new(|i| told(&format!("carried_deviation/{i}"))) as _),
    ];
    let of = |caption, numbers, key| Pairs { caption, numbers, key: Some(key) };
    html! {
        p { "In every sequence of these motifs, of any order and any length, the readout stays within " (told("worst"))
            " of each motif's exponentials: deviations that a motif inherits shrink faster than new ones arise. This is a \
             theorem about this network's numbers, checked a second time by an independent path, not a sample of \
             sequences. A sequence that starts from a random state (every unit from N(0, 1)) is, in "
            (100.0 * PROBABILITY) " % of all draws, within " (number(largest_first)) " in its first motif and within "
            (told("random_start/later")) " ever after." }
        div.pair {
            (map)
            (list("The certificate", numbers))
        }
        (per_motif(results, "Certified for each motif", columns))
        (pairs::tables(
            results,
            &[
                of("Certified largest readout error of each motif (row) after each motif (column)", sup, "certify/sup_error"),
                of("Exact largest readout error of each motif (row) after each motif (column), played from its own start",
                   exact, "certify/exact_sup_error"),
                of("Certified root mean square readout error, likewise", &certificate.rms_error, "certify/rms_error"),
            ],
            "by certified error",
            &[
                of("certified largest error", sup, "certify/sup_error"),
                of("exact, played from its own start", exact, "certify/exact_sup_error"),
            ],
        ))
    }
}
