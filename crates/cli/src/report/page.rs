//! The page around the sections.

use std::path::Path;

use maud::{DOCTYPE, Markup, PreEscaped};
use thalamo::io::{self, Model, MotifSummary};

use super::number::number;
use super::options::ReportOptions;
use super::results::{Guarantee, Results};
use super::{guarantee, pairs, sections};
use crate::Result;

const STYLE: &str = include_str!("style.css");
/// Nothing is fetched and nothing runs, whatever a name of a motif may say.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The page.
///
/// A library that cannot be certified gets a page that says so.
///
/// # Errors
/// A sequence with a motif that the model does not know, no random starts, a depth that
/// [`certify`](thalamo::certificate::certify) refuses, a transition off the motifs' time grid.
pub fn html(model: &Model, options: &ReportOptions) -> Result<String> {
    Ok(page(&Results::of(model, options)?).into_string())
}

/// Writes the page to a file, whole or not at all.
///
/// # Errors
/// As [`html`]; a file that cannot be written.
pub fn write_html(path: &Path, model: &Model, options: &ReportOptions) -> Result<()> {
    Ok(io::write_whole(path, html(model, options)?.as_bytes())?)
}

fn page(results: &Results<'_>) -> Markup {
    // Anchor, heading and content.
    let sections = [
        ("motifs", "Motifs and fits", sections::motifs(results)),
        ("spectra", "Spectra before and after", sections::spectra(results)),
        ("preparation", "Preparation", sections::preparation(results)),
        ("sequence", "A sequence", sections::sequence(results)),
        ("transitions", "Errors of every ordered pair", pairs::transitions(results)),
        ("noise", "Noise", sections::noise(results)),
        ("certificate", "Certificate", guarantee::section(results)),
        ("settings", "Settings and seeds", sections::settings(results)),
    ];
    let title = format!("A network of {} motifs", results.count());
    maud::html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="color-scheme" content="light dark";
                title { "thalamo: " (title.replacen('A', "a", 1)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (title) }
                    p { "A cortex of " (results.told("info/units")) " units whose thalamus plays motor motifs in any \
                         order. Time is in units of the membrane time constant \u{3c4}, rates and eigenvalues in \
                         1/\u{3c4}; motifs are sampled every " (results.told("info/dt")) " \u{3c4}." }
                    (tiles(results))
                    nav aria-label="Sections" { ul {
                        @for (anchor, heading, _) in &sections { li { a href={ "#" (anchor) } { (heading) } } }
                    } }
                }
                main {
                    @for (anchor, heading, content) in &sections {
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
    }
}

/// The numbers that matter most.
fn tiles(results: &Results<'_>) -> Markup {
    let largest = |of: fn(&MotifSummary) -> f64| number(results.motifs.iter().map(of).fold(0.0, f64::max));
    let worst = match results.guarantee {
        Guarantee::Certified(..) => results.told("certify/worst"),
        Guarantee::NotContracting(_) => maud::html! { "not certified" },
    };
    maud::html! {
        dl.tiles {
            @for (name, value) in [
                ("largest error in any sequence", worst),
                ("largest RMSE of a fit", largest(|m| m.fit_rmse)),
                ("largest noise cost", largest(|m| m.noise_cost)),
                ("deviation after preparation", number(results.decay.left)),
            ] { div { dt { (name) } dd { (value) } } }
        }
    }
}
