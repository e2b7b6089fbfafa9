//! The certificate, explained.

use maud::{Markup, html};

use super::number::{number, whole};
use super::pairs::{self, LISTED, all, worst_of};
use super::results::{Guarantee, PROBABILITY, Results};
use super::sections::head;
use super::table::{list, table};
use crate::Result;
use thalamo::certificate::{Certificate, StartBound};
use thalamo::nalgebra::DMatrix;

/// What holds for all sequences, of any order and length.
pub(super) fn section(results: &Results<'_>) -> Result<Markup> {
    match &results.guarantee {
        Guarantee::Certified(certificate, start) => certified(results, certificate, start),
        Guarantee::NotContracting(contraction) => Ok(html! {
            p.warning { "No certificate: with " (results.model.transition) " \u{3c4} of preparation, deviations shrink in \
                no norm that was tried (factor " (number(*contraction, "")) " per motif). Prepare longer: "
                code { "thalamo certify --error" } " finds the time that an error needs." }
        }),
    }
}

fn certified(results: &Results<'_>, certificate: &Certificate, start: &StartBound) -> Result<Markup> {
    let worst = number(certificate.worst(), "certify/worst");
    let sup = rows(&certificate.sup_error);
    let exact = rows(&certificate.exact_sup_error);
    let map = pairs::map(
        &sup,
        "Heat map: certified error of each motif (row) after each motif (column)",
        "Certified largest readout error of each motif (row) after each motif (column), whatever was played before.",
    )?;
    let first = start.first.iter().copied().fold(0.0, f64::max);
    let percent = 100.0 * PROBABILITY;
    Ok(html! {
        p { "In every sequence of these motifs, of any order and any length, the readout stays within " (worst)
            " of each motif's exponentials: deviations that a motif inherits shrink faster than new ones arise. This is a \
             theorem about this network's numbers, checked a second time by an independent path, not a sample of \
             sequences. A sequence that starts from a random state (every unit from N(0, 1)) is, in " (percent)
            " % of all draws, within " (number(first, "")) " in its first motif and within "
            (number(start.later, "certify/random_start/later")) " ever after." }
        div.pair {
            (map)
            (list("The certificate", numbers(results, certificate)))
        }
        (per_motif(results, certificate, start))
        @if results.count() <= LISTED {
            (all("Certified largest readout error of each motif (row) after each motif (column)", &sup, "certify/sup_error"))
            (all("Exact largest readout error of each motif (row) after each motif (column), played from its own start",
                 &exact, "certify/exact_sup_error"))
            (all("Certified root mean square readout error, likewise", &rows(&certificate.rms_error), "certify/rms_error"))
        } @else {
            (worst_of("by certified error", results, &[
                ("certified largest error", &sup, "certify/sup_error"),
                ("exact, played from its own start", &exact, "certify/exact_sup_error"),
            ]))
        }
    })
}

fn numbers(results: &Results<'_>, certificate: &Certificate) -> Vec<(Markup, Markup)> {
    let norm = format!("{:?}", certificate.norm).to_lowercase();
    vec![
        (html! { "largest error in any sequence" }, number(certificate.worst(), "certify/worst")),
        (
            html! { "largest exact error of a single pair: no bound can be below" },
            number(certificate.exact_worst(), "certify/exact_worst_pair"),
        ),
        (html! { "ratio of the two: 1 is tight" }, number(certificate.gap(), "certify/gap")),
        (
            html! { "contraction: largest factor on a deviation per preparation and motif" },
            number(certificate.contraction(), "certify/contraction"),
        ),
        (
            html! { "norm that it is stated in" },
            html! { data value=(norm) data-key="certify/norm" { (norm) } },
        ),
        (html! { "motifs followed exactly" }, whole(certificate.depth as u64, "certify/depth")),
        (
            html! { "preparation before each motif (\u{3c4})" },
            number(certificate.transition, "certify/transition"),
        ),
        (html! { "part of random starts" }, number(PROBABILITY, "certify/random_start/probability")),
        (
            html! { "time of preparation to 1 % of a deviation (\u{3c4})" },
            number(results.decay.to_one_percent, "certify/decay_to_one_percent"),
        ),
    ]
}

fn per_motif(results: &Results<'_>, certificate: &Certificate, start: &StartBound) -> Markup {
    let heads = [
        "motif",
        "largest error after any motif",
        "the same, exact",
        "largest error as first from a random state",
        "distance from its ideal end state",
    ];
    let bounds = start.first.iter().zip(&certificate.carried_deviation).enumerate();
    let rows: Vec<_> = bounds
        .map(|(i, (&first, &carried))| {
            (
                head(results, i),
                vec![
                    number(certificate.sup_error.row(i).max(), ""),
                    number(certificate.exact_sup_error.row(i).max(), ""),
                    number(first, &format!("certify/random_start/first/{i}")),
                    number(carried, &format!("certify/carried_deviation/{i}")),
                ],
            )
        })
        .collect();
    table("Certified for each motif", &heads, &rows)
}

fn rows(matrix: &DMatrix<f64>) -> Vec<Vec<f64>> {
    matrix.row_iter().map(|row| row.iter().copied().collect()).collect()
}
