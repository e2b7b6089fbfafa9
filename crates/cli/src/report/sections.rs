//! The sections of the page, but for those of pairs and of the certificate.

use maud::{Markup, PreEscaped, html};
use serde_json::Value;

use super::figures::{self, captioned, key};
use super::number::number;
use super::results::Results;
use super::table::{list, long, per_motif, table};
use crate::expected::NOISE;

/// Figures of single motifs end here; tables go on.
const DRAWN: usize = 24;

fn some_of(results: &Results<'_>) -> Markup {
    html! { @if results.count() > DRAWN { " The first " (DRAWN) " of " (results.count()) " are drawn." } }
}

fn grid(drawn: &[String]) -> Markup {
    html! { div.grid { @for svg in drawn { (captioned(svg, &html! {})) } } }
}

/// Motifs and their fits.
pub(super) fn motifs(results: &Results<'_>) -> Markup {
    let drawn: Vec<_> = (0..results.count().min(DRAWN)).map(|i| figures::motif(results, i)).collect();
    let columns = vec![
        ("samples", results.column("samples")),
        ("duration (\u{3c4})", results.column("duration")),
        ("loop", Box::new(|i| html! { (results.motifs[i].loop_in_words()) })),
        ("RMSE of the fit", results.column("fit_rmse")),
        ("over standard deviation", results.column("fit_normalised_rmse")),
    ];
    let played = vec![
        ("fit", results.column("quality/fit")),
        ("played, worst", results.column("quality/worst")),
        ("after", results.column("quality/after")),
        ("played, mean", results.column("quality/mean")),
        ("growth of deviations |M|", results.column("quality/contraction")),
    ];
    html! {
        p { "Each motif is a target for the readout over time, approximated by a sum of complex exponentials, the only \
             thing that a linear network can play: by K that are fitted and placed (K), or by all of a network whose loop \
             of rank r is designed directly (r). The fit is what is played from the motif's own start; its error is the root mean square error (RMSE) of the fit, also given \
             over the motif's standard deviation." (some_of(results)) }
        (warnings(results))
        p.keys { (key("grey", "target")) (key("blue", "fit")) }
        (grid(&drawn))
        (per_motif(results, "Motifs and their fits", columns))
        (per_motif(results, "Errors over the motif's standard deviation (a constant one's root mean square)", played))
    }
}

/// What is fitted or played badly, and what helps.
fn warnings(results: &Results<'_>) -> Markup {
    let count = results.told["info"]["warnings"].as_array().map_or(0, Vec::len);
    html! { @for i in 0..count { p.warning { (results.told(&format!("info/warnings/{i}"))) } } }
}

/// Spectra before and after.
pub(super) fn spectra(results: &Results<'_>) -> Markup {
    let abscissae = [
        ("cortex alone", results.told("info/cortex_abscissa")),
        ("with the preparatory module", results.told("info/preparation/abscissa")),
    ];
    let columns = vec![
        ("rank", results.column("rank")),
        ("abscissa (1/\u{3c4})", results.column("abscissa")),
        ("distance from targets (1/\u{3c4})", results.column("placed/distance")),
        ("condition of placement", results.column("placed/condition")),
        ("stabilising", results.column("placed/stabilising")),
    ];
    html! {
        p { "A loop through thalamus moves the eigenvalues of cortex: a placed one to where the motif's exponentials have \
             theirs. The preparatory module moves them left, where deviations die fast. The spectral abscissa is the largest real part: \
             left of zero a system is stable." (some_of(results)) }
        p.keys { (key("grey", "cortex alone")) (key("green", "with the preparatory module"))
                 (key("blue", "with the motif's loop")) (key("vermillion", "targets")) }
        (grid(&figures::spectra(results, DRAWN)))
        (list("Spectral abscissa before and during preparation (1/\u{3c4})", abscissae))
        (per_motif(results, "Placement of each motif's eigenvalues", columns))
        (super::direct::designs(results))
        (long("Exponentials", &modes(results)))
    }
}

/// Modes of a direct loop that are listed: the largest.
const LISTED: usize = 12;

/// Eigenvalues and amplitudes of every motif: all of placed loops, the largest of direct ones.
fn modes(results: &Results<'_>) -> Markup {
    let mut rows = Vec::new();
    for (i, motif) in results.motifs.iter().enumerate() {
        let mut listed: Vec<usize> = (0..motif.eigenvalues.len().min(motif.amplitudes.len())).collect();
        if motif.direct.is_some() {
            listed.sort_by(|&a, &b| motif.amplitudes[b].norm().total_cmp(&motif.amplitudes[a].norm()));
            listed.truncate(LISTED);
        }
        for (row, k) in listed.into_iter().enumerate() {
            let modes = (motif.eigenvalues[k], motif.amplitudes[k]);
            let complex = |name: &str, im: f64| {
                let part = |part| results.told(&format!("info/motifs/{i}/{name}/{k}/{part}"));
                html! { (part(0)) @if im < 0.0 { " " } @else { " + " } (part(1)) "\u{a0}i" }
            };
            let head = if row == 0 {
                results.head(i)
            } else {
                html! { (i) }
            };
            rows.push((head, vec![complex("eigenvalues", modes.0.im), complex("amplitudes", modes.1.im)]));
        }
    }
    table("Exponentials of each motif", &["motif", "eigenvalue (1/\u{3c4})", "amplitude"], &rows)
}

/// The preparatory module.
pub(super) fn preparation(results: &Results<'_>) -> Markup {
    let decay = &results.decay;
    let svg = figures::decay(decay, results.model.transition);
    let mut rows = vec![
        ("preparation before each motif (\u{3c4})", results.told("info/transition")),
        ("deviation left then", number(decay.left)),
        ("time to 5 % (\u{3c4})", number(decay.to_five_percent)),
        ("time to 1 % (\u{3c4})", number(decay.to_one_percent)),
        ("cost C/N", results.told("info/preparation/cost_per_unit")),
        ("cost C/N before optimisation", results.told("info/preparation/initial_cost_per_unit")),
        ("rank P", results.told("info/preparation/rank")),
        ("weight of smoothness \u{3b2}", results.told("info/preparation/beta")),
        ("evaluations of the cost", results.told("info/preparation/evaluations")),
        ("switch of the input (\u{3c4})", results.told("info/preparation/switch")),
    ];
    if !results.told["info"]["preparation"]["output_null"].is_null() {
        rows.extend([
            ("output-null rate \u{3b3} (1/\u{3c4})", results.told("info/preparation/output_null/gamma")),
            ("output-null residual", results.told("info/preparation/output_null/residual")),
            ("output-null feedback (1/\u{3c4})", results.told("info/preparation/output_null/feedback")),
        ]);
    }
    html! {
        p { "Before a motif, one module that all motifs share takes cortex from wherever it is to the motif's own start. \
             Shown is what is left of a random deviation: root mean square per unit, from 1." }
        div.pair {
            (captioned(&svg, &html! {
                (key("blue", "deviation")) (key("vermillion", "when the motif begins"))
                (key("grey", "5 % and 1 %"))
            }))
            (list("Preparation", rows))
        }
    }
}

/// The sequence played.
pub(super) fn sequence(results: &Results<'_>) -> Markup {
    let row = |(played, rmse): (&thalamo::play::Segment, f64)| {
        let fit = results.motifs[played.motif].fit_rmse;
        (results.head(played.motif), vec![number(rmse), number(fit)])
    };
    let rows: Vec<_> = results.played.segments.iter().zip(results.played.rmse()).map(row).collect();
    html! {
        p { "Played from a random state (every unit from N(0, 1), seed " (results.options.seed) "), with "
            (results.model.transition) " \u{3c4} of preparation, shaded, before each motif." }
        p.keys { (key("grey", "target")) (key("blue", "readout")) (key("sky", "preparation")) }
        figure { div.scroll.wide tabindex="0" role="region" aria-label="The sequence played" {
            (PreEscaped(figures::sequence(results)))
        } }
        (table("Errors of the sequence, in order", &["motif", "RMSE", "RMSE of the fit"], &rows))
    }
}

/// Costs of noise.
pub(super) fn noise(results: &Results<'_>) -> Markup {
    let costs: Vec<f64> = results.motifs.iter().map(|m| m.noise_cost).collect();
    let svg = figures::per_motif(&[(&costs, 0.0)], "noise cost C", "Noise cost of each motif's loop");
    let columns = vec![
        ("noise cost C", results.column("noise_cost")),
        ("activity E (\u{3c4})", results.column("placed/noise_terms/activity")),
        ("noise gain G (\u{3c4})", results.column("placed/noise_terms/noise_gain")),
        ("cancellation", results.column("placed/noise_terms/cancellation")),
        ("norm of the loop (1/\u{3c4})", results.column("loop_norm")),
        ("|x_init|", results.column("initial_state_norm")),
        ("RMSE under noise", results.column("expected_rmse")),
    ];
    html! {
        p { "The noise cost C = (E G / N)" sup { "1/2" } " / T is the expected deviation of the readout over a motif of \
             duration T when every unit's start carries noise as large as its activity: E is the activity along the \
             motif, G the gain from noise to readout. Around 1 a loop is robust. Cancellation tells how many times larger \
             the terms of E and G are than their sums: its logarithm counts lost digits. The last column is the expected \
             RMSE of the readout when a motif is prepared and played from its own start under white noise of intensity "
            (NOISE) " on every unit; without noise it is that of the fit." }
        div.pair {
            (captioned(&svg, &key("blue", "noise cost C by motif")))
            (per_motif(results, "Noise costs", columns))
        }
    }
}

/// All that `info --json` tells of the model as a whole, and how this page came about.
pub(super) fn settings(results: &Results<'_>) -> Markup {
    let mut paths = Vec::new();
    leaves("", &results.told["info"], &mut paths);
    // A break may follow every slash.
    let name = |path: &str| path.replace('/', " / ").replace('_', " ");
    let rows = paths.iter().map(|path| (name(path), results.told(&format!("info/{path}"))));
    let options = results.options;
    let sequence: Vec<_> = results.played.segments.iter().map(|s| s.motif.to_string()).collect();
    let page = [
        ("version of thalamo", html! { (env!("CARGO_PKG_VERSION")) }),
        ("sequence", html! { (sequence.join(", ")) }),
        ("random starts per motif", number(options.starts)),
        ("depth of the certificate", number(results.depth)),
        ("seed of random starts", number(options.seed)),
    ];
    html! {
        p { "The same motifs, settings and seeds give the same model, and the same model the same page." }
        div.pair {
            (list("Settings and seeds of the model", rows))
            (list("Settings of this page", page))
        }
    }
}

/// The path of every number, word or gap in a tree of values, but for the motifs' and the warnings.
fn leaves(path: &str, value: &Value, found: &mut Vec<String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    match value {
        _ if path == "motifs" || path == "warnings" => {}
        Value::Object(fields) => fields.iter().for_each(|(name, v)| leaves(&below(name), v, found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, v)| leaves(&below(&i.to_string()), v, found));
        }
        _ => found.push(path.to_owned()),
    }
}
