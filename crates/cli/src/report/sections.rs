//! The sections of the page, but for the certificate's.

use maud::{Markup, html};
use serde_json::Value;

use super::figures;
use super::number::{number, whole};
use super::results::Results;
use super::table::{list, table};
use crate::{Result, expected};
use thalamo::Complex64;

/// Figures of single motifs end here; tables go on.
const DRAWN: usize = 24;

/// A patch of colour before the name of what is drawn in it.
pub(super) fn key(colour: &str, name: &str) -> Markup {
    html! { span.key { span.swatch.(colour) aria-hidden="true" {} (name) } " " }
}

/// A motif as the head of a row.
pub(super) fn head(results: &Results<'_>, motif: usize) -> Markup {
    html! { (motif) " " bdi { (results.name(motif)) } }
}

fn some_of(results: &Results<'_>) -> Markup {
    html! { @if results.count() > DRAWN { " The first " (DRAWN) " of " (results.count()) " are drawn." } }
}

/// Motifs and their fits.
pub(super) fn motifs(results: &Results<'_>) -> Result<Markup> {
    let drawn = (0..results.count().min(DRAWN)).map(|i| figures::motif(results, i)).collect::<Vec<_>>();
    let heads = [
        "motif",
        "samples",
        "duration (\u{3c4})",
        "exponentials",
        "RMSE of the fit",
        "over standard deviation",
    ];
    let rows: Vec<_> = results
        .summary
        .motifs
        .iter()
        .map(|m| {
            let key = |name: &str| format!("info/motifs/{}/{name}", m.index);
            let normalised = m.fit_normalised_rmse.unwrap_or(f64::NAN);
            (
                head(results, m.index),
                vec![
                    whole(m.samples as u64, &key("samples")),
                    number(m.duration, &key("duration")),
                    whole(m.eigenvalues.len() as u64, ""),
                    number(m.fit_rmse, &key("fit_rmse")),
                    number(normalised, &key("fit_normalised_rmse")),
                ],
            )
        })
        .collect();
    Ok(html! {
        p { "Each motif is a target for the readout over time, approximated by a sum of complex exponentials, the only \
             thing that a linear network can play. Its error is the root mean square error (RMSE) of the fit, also given \
             over the motif's standard deviation." (some_of(results)) }
        p.keys { (key("grey", "target")) (key("blue", "fit")) }
        div.grid { @for svg in &drawn { (figures::captioned(svg, &html! {})) } }
        (table("Motifs and their fits", &heads, &rows))
    })
}

/// Spectra before and after.
pub(super) fn spectra(results: &Results<'_>) -> Result<Markup> {
    let drawn = figures::spectra(results, DRAWN);
    let (summary, p) = (&results.summary, &results.summary.preparation);
    let abscissae = vec![
        (html! { "cortex alone" }, number(summary.cortex_abscissa, "info/cortex_abscissa")),
        (html! { "with the preparatory module" }, number(p.abscissa, "info/preparation/abscissa")),
    ];
    let heads = [
        "motif",
        "abscissa (1/\u{3c4})",
        "distance from targets (1/\u{3c4})",
        "condition of placement",
        "stabilising",
    ];
    let rows: Vec<_> = summary
        .motifs
        .iter()
        .map(|m| {
            let key = |name: &str| format!("info/motifs/{}/{name}", m.index);
            (
                head(results, m.index),
                vec![
                    number(m.abscissa, &key("abscissa")),
                    number(m.placement_distance, &key("placement_distance")),
                    number(m.condition, &key("condition")),
                    whole(m.stabilising as u64, &key("stabilising")),
                ],
            )
        })
        .collect();
    Ok(html! {
        p { "A loop through thalamus moves eigenvalues of cortex to where the motif's exponentials have theirs; the \
             preparatory module moves them left, where deviations die fast. The spectral abscissa is the largest real part: \
             left of zero a system is stable." (some_of(results)) }
        p.keys { (key("grey", "cortex alone")) (key("green", "with the preparatory module"))
                 (key("blue", "with the motif's loop")) (key("vermillion", "targets")) }
        div.grid { @for svg in &drawn { (figures::captioned(svg, &html! {})) } }
        (list("Spectral abscissa before and during preparation (1/\u{3c4})", abscissae))
        (table("Placement of each motif's eigenvalues", &heads, &rows))
        (modes(results))
    })
}

/// Eigenvalues and amplitudes of every motif.
fn modes(results: &Results<'_>) -> Markup {
    let complex = |z: &Complex64, key: &str| {
        html! { (number(z.re, &format!("{key}/0"))) @if z.im < 0.0 { " " } @else { " + " } (number(z.im, &format!("{key}/1"))) "\u{a0}i" }
    };
    let mut rows = Vec::new();
    for m in &results.summary.motifs {
        for (k, (eigenvalue, amplitude)) in m.eigenvalues.iter().zip(&m.amplitudes).enumerate() {
            let key = |name: &str| format!("info/motifs/{}/{name}/{k}", m.index);
            let first = if k == 0 {
                head(results, m.index)
            } else {
                html! { (m.index) }
            };
            rows.push((
                first,
                vec![complex(eigenvalue, &key("eigenvalues")), complex(amplitude, &key("amplitudes"))],
            ));
        }
    }
    html! { div.long tabindex="0" role="region" aria-label="All exponentials" {
        (table("Exponentials of each motif", &["motif", "eigenvalue (1/\u{3c4})", "amplitude"], &rows))
    } }
}

/// The preparatory module.
pub(super) fn preparation(results: &Results<'_>) -> Result<Markup> {
    let (p, decay) = (&results.summary.preparation, &results.decay);
    let svg = figures::decay(decay, results.model.transition);
    let rows = vec![
        (
            html! { "preparation before each motif (\u{3c4})" },
            number(results.model.transition, "info/transition"),
        ),
        (html! { "deviation left then" }, number(decay.left, "")),
        (html! { "time to 5 % (\u{3c4})" }, number(decay.to_five_percent, "")),
        (html! { "time to 1 % (\u{3c4})" }, number(decay.to_one_percent, "certify/decay_to_one_percent")),
        (html! { "cost C/N" }, number(p.cost_per_unit, "info/preparation/cost_per_unit")),
        (
            html! { "cost C/N before optimisation" },
            number(p.initial_cost_per_unit, "info/preparation/initial_cost_per_unit"),
        ),
        (html! { "rank P" }, whole(p.rank as u64, "info/preparation/rank")),
        (html! { "weight of smoothness \u{3b2}" }, number(p.beta, "info/preparation/beta")),
        (html! { "evaluations of the cost" }, whole(p.evaluations as u64, "info/preparation/evaluations")),
    ];
    Ok(html! {
        p { "Before a motif, one module that all motifs share takes cortex from wherever it is to the motif's own start. \
             Shown is what is left of a random deviation: root mean square per unit, from 1." }
        div.pair {
            (figures::captioned(&svg, &html! {
                (key("blue", "deviation")) (key("vermillion", "when the motif begins"))
                (key("grey", "5 % and 1 %"))
            }))
            (list("Preparation", rows))
        }
    })
}

/// The sequence played.
pub(super) fn sequence(results: &Results<'_>) -> Result<Markup> {
    let svg = figures::sequence(results);
    let (played, transitions) = (&results.played, results.model.transition);
    let rows: Vec<_> = played
        .segments
        .iter()
        .zip(played.rmse())
        .map(|(segment, rmse)| {
            let fit = results.summary.motifs[segment.motif].fit_rmse;
            (head(results, segment.motif), vec![number(rmse, ""), number(fit, "")])
        })
        .collect();
    Ok(html! {
        p { "Played from a random state (every unit from N(0, 1), seed " (results.options.seed) "), with "
            (transitions) " \u{3c4} of preparation, shaded, before each motif." }
        p.keys { (key("grey", "target")) (key("blue", "readout")) (key("sky", "preparation")) }
        figure { div.scroll.wide tabindex="0" role="region" aria-label="The sequence played" {
            (maud::PreEscaped(&svg))
        } }
        (table("Errors of the sequence, in order", &["motif", "RMSE", "RMSE of the fit"], &rows))
    })
}

/// Costs of noise.
pub(super) fn noise(results: &Results<'_>) -> Result<Markup> {
    let motifs = &results.summary.motifs;
    let costs: Vec<f64> = motifs.iter().map(|m| m.noise_cost).collect();
    let svg = figures::per_motif(&[(&costs, 0.0)], "noise cost C", "Noise cost of each motif's loop");
    let heads = [
        "motif",
        "noise cost C",
        "activity E (\u{3c4})",
        "noise gain G (\u{3c4})",
        "cancellation",
        "|x_init|",
        "RMSE under noise",
    ];
    let rows: Vec<_> = motifs
        .iter()
        .zip(&results.expected)
        .map(|(m, expected)| {
            let key = |name: &str| format!("info/motifs/{}/{name}", m.index);
            (
                head(results, m.index),
                vec![
                    html! {
                        (number(m.noise_cost, &key("noise_cost")))
                        @if m.noise_terms.cost != m.noise_cost { " (" (number(m.noise_terms.cost, "")) ")" }
                    },
                    number(m.noise_terms.activity, &key("noise_terms/activity")),
                    number(m.noise_terms.noise_gain, &key("noise_terms/noise_gain")),
                    number(m.noise_terms.cancellation, &key("noise_terms/cancellation")),
                    number(m.initial_state_norm, &key("initial_state_norm")),
                    number(expected.rmse(), &key("expected_rmse")),
                ],
            )
        })
        .collect();
    Ok(html! {
        p { "The noise cost C = (E G / N)" sup { "1/2" } " / T is the expected deviation of the readout over a motif of \
             duration T when every unit's start carries noise as large as its activity: E is the activity along the \
             motif, G the gain from noise to readout. Around 1 a loop is robust. Cancellation tells how many times larger \
             the terms of E and G are than their sums: its logarithm counts lost digits. The last column is the expected \
             RMSE of the readout when a motif is prepared and played from its own start under white noise of intensity "
            (expected::NOISE) " on every unit; without noise it is that of the fit." }
        div.pair {
            (figures::captioned(&svg, &html! { (key("blue", "noise cost C by motif")) }))
            (table("Noise costs", &heads, &rows))
        }
    })
}

/// All that `info --json` tells of the model as a whole, and how this page came about.
pub(super) fn settings(results: &Results<'_>) -> Result<Markup> {
    let mut rows = Vec::new();
    if let Value::Object(all) = expected::listing(results.model)? {
        all.iter()
            .filter(|(name, _)| *name != "motifs")
            .for_each(|(name, value)| leaves(name, value, &mut rows));
    }
    let options = results.options;
    let sequence = results.played.segments.iter().map(|s| s.motif.to_string()).collect::<Vec<_>>().join(", ");
    let page = vec![
        (html! { "version of thalamo" }, html! { (env!("CARGO_PKG_VERSION")) }),
        (html! { "sequence" }, html! { (sequence) }),
        (html! { "random starts per motif" }, whole(options.starts as u64, "")),
        (html! { "depth of the certificate" }, whole(results.depth() as u64, "")),
        (html! { "seed of random starts" }, whole(options.seed, "")),
    ];
    Ok(html! {
        p { "The same motifs, settings and seeds give the same model, and the same model the same page." }
        div.pair {
            (list("Settings and seeds of the model", rows))
            (list("Settings of this page", page))
        }
    })
}

/// One row per number, word or gap in a tree of values.
fn leaves(path: &str, value: &Value, rows: &mut Vec<(Markup, Markup)>) {
    let key = format!("info/{path}");
    let shown = match value {
        Value::Object(fields) => {
            return fields.iter().for_each(|(name, v)| leaves(&format!("{path}/{name}"), v, rows));
        }
        Value::Array(items) => {
            return items.iter().enumerate().for_each(|(i, v)| leaves(&format!("{path}/{i}"), v, rows));
        }
        Value::Number(n) => match (n.as_u64(), n.as_f64()) {
            (Some(n), _) => whole(n, &key),
            (None, n) => number(n.unwrap_or(f64::NAN), &key),
        },
        Value::String(text) => html! { data value=(text) data-key=(key) { (text) } },
        Value::Bool(yes) => html! { data value=(yes) data-key=(key) { @if *yes { "yes" } @else { "no" } } },
        Value::Null => html! { data value="null" data-key=(key) { "not set" } },
    };
    // a break may follow every slash
    let parts: Vec<&str> = path.split('/').collect();
    let name = html! {
        @for (i, part) in parts.iter().enumerate() { @if i > 0 { " / " } (part.replace('_', " ")) }
    };
    rows.push((name, shown));
}

/// Makes the content of one section.
pub(super) type Section = fn(&Results<'_>) -> Result<Markup>;
