//! Errors of ordered pairs: all as a heat map, and as numbers where a reader can take them in.

use maud::{Markup, html};

use super::figures::{self, captioned, key};
use super::number::number;
use super::results::{Column, Results};
use super::table::{long, matrix, per_motif, table};
use thalamo::nalgebra::DMatrix;
use thalamo_figure::HEAT_MAP_ROOM;

/// The numbers of all pairs are listed up to so many motifs.
const LISTED: usize = 40;
/// Pairs that are listed where there are more.
const WORST: usize = 50;

/// A number for each motif (row) after each motif (column), with a caption and, where a command tells it, the
/// path in its JSON.
pub(super) struct Pairs<'a> {
    pub(super) caption: &'a str,
    pub(super) numbers: &'a DMatrix<f64>,
    pub(super) key: Option<&'a str>,
}

impl Pairs<'_> {
    fn shown(&self, results: &Results<'_>, i: usize, j: usize) -> Markup {
        match self.key {
            Some(key) => results.told(&format!("{key}/{i}/{j}")),
            None => number(self.numbers[(i, j)]),
        }
    }
}

/// All pairs as a heat map, with the numbers that its shades stand for.
pub(super) fn map(pairs: &DMatrix<f64>, title: &str, caption: &str) -> Markup {
    let finite = pairs.iter().copied().filter(|x| x.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
    // Small numbers are written in the cells as multiples of a power of ten.
    let small = pairs.nrows() <= HEAT_MAP_ROOM && high > 0.0 && high < 0.1;
    let power = if small { high.log10().floor() } else { 0.0 };
    let svg = figures::pairs(&(pairs * 10_f64.powf(-power)), title);
    let caption = html! {
        (caption) " All " (pairs.len()) " ordered pairs, from " (number(low)) " (lightest) to " (number(high))
        " (darkest)."
        @if power != 0.0 { " Numbers in cells are multiples of 10" sup { "\u{2212}" (-power) } "." }
    };
    captioned(&svg, &caption)
}

/// The numbers of all pairs, a table for each of `few`; of a large library the `order`: the pairs with the
/// largest numbers in the first of `many`.
pub(super) fn tables(results: &Results<'_>, few: &[Pairs<'_>], order: &str, many: &[Pairs<'_>]) -> Markup {
    let count = results.count();
    if count <= LISTED {
        let all = |pairs: &Pairs<'_>| matrix(pairs.caption, count, |i, j| pairs.shown(results, i, j));
        return html! { @for pairs in few { (all(pairs)) } };
    }
    let mut places: Vec<_> = (0..count).flat_map(|i| (0..count).map(move |j| (i, j))).collect();
    let all = places.len();
    places.sort_by(|&a, &b| many[0].numbers[b].total_cmp(&many[0].numbers[a]));
    places.truncate(WORST);
    let heads: Vec<&str> = ["motif", "after"].into_iter().chain(many.iter().map(|p| p.caption)).collect();
    let row = |&(i, j): &(usize, usize)| {
        let numbers = many.iter().map(|pairs| pairs.shown(results, i, j));
        (results.head(i), std::iter::once(results.head(j)).chain(numbers).collect())
    };
    let caption = format!("The {WORST} worst of {all} ordered pairs");
    html! {
        p { "The heat map shows all " (all) " ordered pairs; the table lists the " (WORST) " worst of them, " (order) "." }
        (long(&caption, &table(&caption, &heads, &places.iter().map(row).collect::<Vec<_>>())))
    }
}

/// Errors after every other motif.
pub(super) fn transitions(results: &Results<'_>) -> Markup {
    let Some(errors) = &results.transitions else {
        return html! { p { "The model has one motif: there are no transitions to another." } };
    };
    let (all, fit) = (&errors.sequence, &errors.fit);
    let ratios = DMatrix::from_fn(all.nrows(), all.ncols(), |i, j| all[(i, j)] / fit[i]);
    let rises = DMatrix::from_fn(all.nrows(), all.ncols(), |i, j| all[(i, j)] - fit[i]);
    let map = map(
        &ratios,
        "Heat map: error of each motif (row) after each motif (column) over the error of its fit",
        "RMSE of each motif (row) after each motif (column), over that of its fit: 1 where the transition costs nothing.",
    );
    let (random, others, worst) = (errors.mean_random(), errors.mean_sequence(), errors.worst_sequence());
    let series: [(&[f64], f64); 4] = [(fit, -0.24), (&random, -0.08), (&others, 0.08), (&worst, 0.24)];
    let plot =
        figures::per_motif(&series, "RMSE", "Errors of each motif: fit, random starts, other motifs, worst");
    let heads = ["fit", "mean from random starts", "mean after other motifs", "worst after another"];
    let columns = heads.into_iter().zip(series);
    let columns =
        columns.map(|(head, (of, _))| (head, Box::new(move |i| number(of[i])) as Column<'_>)).collect();
    let pairs = |caption, numbers| Pairs { caption, numbers, key: None };
    html! {
        p { "Each motif is played after each other one, and from " (results.options.starts) " random states (every unit \
             from N(0, 1), seed " (results.options.seed) "). Where preparation does its work, what was played before makes \
             no difference: all errors of a row are alike, and close to the error of the fit." }
        div.pair {
            (map)
            (captioned(&plot, &html! {
                (key("blue", heads[0])) (key("vermillion", heads[1])) (key("green", heads[2])) (key("purple", heads[3]))
            }))
        }
        (per_motif(results, "RMSE of each motif", columns))
        (tables(
            results,
            &[pairs("RMSE of each motif (row) after each motif (column)", all)],
            "by the rise above the error of the fit",
            &[pairs("rise above the fit", &rises), pairs("RMSE", all), pairs("over that of the fit", &ratios)],
        ))
    }
}
