//! Errors of ordered pairs: all as a heat map, and as numbers where a reader can take them in.

use maud::{Markup, html};

use super::figures;
use super::number::number;
use super::results::Results;
use super::sections::{head, key};
use super::table::{matrix, table};
use crate::Result;
use thalamo_figure::HEAT_MAP_ROOM;

/// The numbers of all pairs are listed up to so many motifs.
pub(super) const LISTED: usize = 40;
/// Pairs that are listed where there are more.
const WORST: usize = 50;

/// A number for each motif (row) after each motif (column).
pub(super) type Pairs = [Vec<f64>];

/// All pairs as a heat map, with the numbers that its shades stand for.
pub(super) fn map(pairs: &Pairs, title: &str, caption: &str) -> Result<Markup> {
    let finite = pairs.iter().flatten().copied().filter(|x| x.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
    // small numbers are written in the cells as multiples of a power of ten
    let power =
        if pairs.len() <= HEAT_MAP_ROOM && high > 0.0 && high < 0.1 { high.log10().floor() } else { 0.0 };
    let shown: Vec<Vec<f64>> =
        pairs.iter().map(|row| row.iter().map(|x| x * 10_f64.powf(-power)).collect()).collect();
    let svg = figures::pairs(&shown, title);
    let count = pairs.len() * pairs.len();
    Ok(figures::captioned(
        &svg,
        &html! {
            (caption) " All " (count) " ordered pairs, from " (number(low, "")) " (lightest) to " (number(high, ""))
            " (darkest)."
            @if power != 0.0 { " Numbers in cells are multiples of 10" sup { "\u{2212}" (-power) } "." }
        },
    ))
}

/// The numbers of all pairs; `key` is their path in the JSON of a command, or empty.
pub(super) fn all(caption: &str, pairs: &Pairs, key: &str) -> Markup {
    let cells: Vec<Vec<Markup>> = pairs
        .iter()
        .enumerate()
        .map(|(i, row)| row.iter().enumerate().map(|(j, &x)| number(x, &path(key, i, j))).collect())
        .collect();
    matrix(caption, &cells)
}

/// The pairs with the largest numbers in the first of some columns (head, numbers, path), with what the table leaves out.
pub(super) fn worst_of(order: &str, results: &Results<'_>, columns: &[(&str, &Pairs, &str)]) -> Markup {
    let Some((_, first, _)) = columns.first() else { return html! {} };
    let mut places: Vec<(usize, usize)> =
        (0..first.len()).flat_map(|i| (0..first[i].len()).map(move |j| (i, j))).collect();
    let all = places.len();
    places.sort_by(|a, b| first[b.0][b.1].total_cmp(&first[a.0][a.1]));
    places.truncate(WORST);
    let heads: Vec<&str> = ["motif", "after"].into_iter().chain(columns.iter().map(|c| c.0)).collect();
    let rows: Vec<_> = places
        .iter()
        .map(|&(i, j)| {
            let numbers = columns.iter().map(|(_, pairs, key)| number(pairs[i][j], &path(key, i, j)));
            (head(results, i), std::iter::once(head(results, j)).chain(numbers).collect())
        })
        .collect();
    let caption = format!("The {} worst of {all} ordered pairs", places.len());
    html! {
        p { "The heat map shows all " (all) " ordered pairs; the table lists the " (places.len()) " worst of them, " (order) "." }
        div.long tabindex="0" role="region" aria-label=(caption) { (table(&caption, &heads, &rows)) }
    }
}

fn path(key: &str, i: usize, j: usize) -> String {
    if key.is_empty() { String::new() } else { format!("{key}/{i}/{j}") }
}

/// Errors after every other motif.
pub(super) fn transitions(results: &Results<'_>) -> Result<Markup> {
    let Some(errors) = &results.transitions else {
        return Ok(html! { p { "The model has one motif: there are no transitions to another." } });
    };
    let count = results.count();
    let rows = |i: usize| (0..count).map(|j| errors.sequence[(i, j)]).collect::<Vec<f64>>();
    let pairs: Vec<Vec<f64>> = (0..count).map(rows).collect();
    let over_fit = |i: usize| pairs[i].iter().map(|rmse| rmse / errors.fit[i]).collect::<Vec<f64>>();
    let ratios: Vec<Vec<f64>> = (0..count).map(over_fit).collect();
    let above_fit = |i: usize| pairs[i].iter().map(|rmse| rmse - errors.fit[i]).collect::<Vec<f64>>();
    let rises: Vec<Vec<f64>> = (0..count).map(above_fit).collect();
    let map = map(
        &ratios,
        "Heat map: error of each motif (row) after each motif (column) over the error of its fit",
        "RMSE of each motif (row) after each motif (column), over that of its fit: 1 where the transition costs nothing.",
    )?;
    let (random, others, worst) = (errors.mean_random(), errors.mean_sequence(), errors.worst_sequence());
    let series: [(&[f64], f64); 4] =
        [(&errors.fit, -0.24), (&random, -0.08), (&others, 0.08), (&worst, 0.24)];
    let plot =
        figures::per_motif(&series, "RMSE", "Errors of each motif: fit, random starts, other motifs, worst");
    let summary: Vec<_> = (0..count)
        .map(|i| {
            let cells = [errors.fit[i], random[i], others[i], worst[i]].map(|x| number(x, ""));
            (head(results, i), cells.to_vec())
        })
        .collect();
    let heads = ["motif", "fit", "mean from random starts", "mean after other motifs", "worst after another"];
    Ok(html! {
        p { "Each motif is played after each other one, and from " (results.options.starts) " random states (every unit \
             from N(0, 1), seed " (results.options.seed) "). Where preparation does its work, what was played before makes \
             no difference: all errors of a row are alike, and close to the error of the fit." }
        div.pair {
            (map)
            (figures::captioned(&plot, &html! {
                (key("blue", "fit")) (key("vermillion", "mean from random starts"))
                (key("green", "mean after other motifs")) (key("purple", "worst after another"))
            }))
        }
        (table("RMSE of each motif", &heads, &summary))
        @if count <= LISTED {
            (all("RMSE of each motif (row) after each motif (column)", &pairs, ""))
        } @else {
            (worst_of("by the rise above the error of the fit", results, &[
                ("rise above the fit", &rises, ""),
                ("RMSE", &pairs, ""),
                ("over that of the fit", &ratios, ""),
            ]))
        }
    })
}
