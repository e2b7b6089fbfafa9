//! The page around the sections.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::number::{number, whole};
use super::results::{Guarantee, Results};
use super::sections::{self, Section};
use super::{guarantee, pairs};
use crate::Result;

const STYLE: &str = include_str!("style.css");
/// Nothing is fetched and nothing runs, whatever a name of a motif may say.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Anchor, heading and content.
const SECTIONS: [(&str, &str, Section); 8] = [
    ("motifs", "Motifs and fits", sections::motifs),
    ("spectra", "Spectra before and after", sections::spectra),
    ("preparation", "Preparation", sections::preparation),
    ("sequence", "A sequence", sections::sequence),
    ("transitions", "Errors of every ordered pair", pairs::transitions),
    ("noise", "Noise", sections::noise),
    ("certificate", "Certificate", guarantee::section),
    ("settings", "Settings and seeds", sections::settings),
];

/// The whole page.
pub(super) fn page(results: &Results<'_>) -> Result<String> {
    let contents = SECTIONS.iter().map(|(_, _, make)| make(results)).collect::<Result<Vec<Markup>>>()?;
    let summary = &results.summary;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="color-scheme" content="light dark";
                title { "thalamo: a network of " (results.count()) " motifs" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "A network of " (results.count()) " motifs" }
                    p { "A cortex of " (whole(summary.units as u64, "info/units")) " units whose thalamus plays motor \
                         motifs in any order. Time is in units of the membrane time constant \u{3c4}, rates and \
                         eigenvalues in 1/\u{3c4}; motifs are sampled every " (number(summary.dt, "info/dt")) " \u{3c4}." }
                    (tiles(results))
                    nav aria-label="Sections" { ul {
                        @for (anchor, heading, _) in SECTIONS { li { a href={ "#" (anchor) } { (heading) } } }
                    } }
                }
                main {
                    @for ((anchor, heading, _), content) in SECTIONS.iter().zip(&contents) {
                        section id=(anchor) aria-labelledby={ (anchor) "-heading" } {
                            h2 id={ (anchor) "-heading" } { (heading) }
                            (content)
                        }
                    }
                }
                footer { p { "Written by thalamo " (env!("CARGO_PKG_VERSION")) ". Every number on this page holds all its \
                             digits in the " code { "value" } " of its element." } }
            }
        }
    };
    Ok(page.into_string())
}

/// The numbers that matter most.
fn tiles(results: &Results<'_>) -> Markup {
    let motifs = &results.summary.motifs;
    let largest = |of: fn(&thalamo::io::MotifSummary) -> f64| motifs.iter().map(of).fold(0.0, f64::max);
    html! {
        dl.tiles {
            div { dt { "largest error in any sequence" } dd { @match &results.guarantee {
                Guarantee::Certified(certificate, _) => (number(certificate.worst(), "certify/worst")),
                Guarantee::NotContracting(_) => "not certified",
            } } }
            div { dt { "largest RMSE of a fit" } dd { (number(largest(|m| m.fit_rmse), "")) } }
            div { dt { "largest noise cost" } dd { (number(largest(|m| m.noise_cost), "")) } }
            div { dt { "deviation after preparation" } dd { (number(results.decay.left, "")) } }
        }
    }
}
