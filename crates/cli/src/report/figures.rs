//! The report's figures, small enough to be read on a telephone one below the other.

use maud::{Markup, PreEscaped, html};

use super::results::{Decay, Results};
use thalamo::Complex64;
use thalamo::nalgebra::DMatrix;
use thalamo::play::{Segment, Trajectory};
use thalamo_figure::{
    BLUE, Cell, Figure, GREEN, GREY, Panel, Passage, Style, TIME, VERMILLION, colour, sequence_panel,
};

/// Width of a small figure in pixels; text has its normal size on a telephone then.
const WIDTH: u32 = 420;
const HEIGHT: u32 = 290;
/// A figure beside a table.
const SINGLE: (u32, u32) = (520, 360);
/// A heat map.
const SQUARE: (u32, u32) = (470, 440);
/// A series longer than this is drawn by the extremes of as many pieces.
const PIECES: usize = 500;
/// Longest name that a figure shows.
const LETTERS: usize = 26;

type Points = Vec<(f64, f64)>;

/// A figure with its caption.
pub(super) fn captioned(svg: &str, caption: &Markup) -> Markup {
    html! { figure { (PreEscaped(svg)) figcaption { (caption) } } }
}

/// A patch of colour before the name of what is drawn in it.
pub(super) fn key(colour: &str, name: &str) -> Markup {
    html! { span.key { span.swatch.(colour) aria-hidden="true" {} (name) } " " }
}

fn small(name: &str, panel: Panel, title: &str) -> String {
    drawn(name, (WIDTH, HEIGHT), panel, title)
}

fn drawn(name: &str, (width, height): (u32, u32), panel: Panel, title: &str) -> String {
    Figure::new(name, width, height).add(Cell::FULL, panel).inline_svg(title)
}

/// Name of a motif, short enough for a figure.
fn short(results: &Results<'_>, motif: usize) -> String {
    let name = results.name(motif);
    let head: String = name.chars().take(LETTERS).collect();
    if head.len() < name.len() { format!("{head}\u{2026}") } else { name }
}

/// Target and fit.
pub(super) fn motif(results: &Results<'_>, index: usize) -> String {
    let learned = &results.model.network.motifs()[index];
    let motif = learned.motif();
    let series = |values: &[f64]| decimate(motif.times().zip(values.iter().copied()).collect());
    let panel = Panel::new(TIME, "readout y")
        .title(format!("{index}: {}", short(results, index)))
        .line("", Style::new(GREY).size(3.5), series(motif.values()))
        .line("", Style::new(BLUE).size(1.8), series(learned.played().as_slice()));
    small(
        "motif",
        panel,
        &format!("Motif {index}, {}: target and what is played over time", results.name(index)),
    )
}

fn points(values: &[Complex64]) -> impl Iterator<Item = (f64, f64)> + '_ {
    values.iter().map(|z| (z.re, z.im))
}

/// Spectra of the preparatory module and of the first loops, each over cortex alone, on the same axes.
pub(super) fn spectra(results: &Results<'_>, loops: usize) -> Vec<String> {
    let network = &results.model.network;
    let prepared = network.preparation().eigenvalues();
    let all = || results.system.iter().chain(prepared).chain(results.loops.iter().flatten());
    let (left, right) = all().fold((0.0_f64, 0.0_f64), |(l, r), z| (l.min(z.re), r.max(z.re)));
    let margin = 0.05 * (right - left);
    let high = 1.08 * all().fold(f64::MIN_POSITIVE, |high, z| high.max(z.im.abs()));
    let plane = |title: String| {
        let panel = Panel::complex_plane().title(title);
        let panel = panel.x_range(left - margin..=right + margin).y_range(-high..=high);
        panel.points("", Style::new(GREY).size(3.2).opacity(0.75), points(&results.system))
    };
    let panel = plane("preparation".into()).points("", Style::new(GREEN).size(3.2), points(prepared));
    let title = "Eigenvalues of cortex alone and with the preparatory module";
    let mut drawn = vec![small("preparation", panel, title)];
    for (index, spectrum) in results.loops.iter().enumerate().take(loops) {
        let targets = network.motifs()[index].placed().map_or(&[][..], |(fit, _)| fit.eigenvalues());
        let panel = plane(format!("{index}: {}", short(results, index)))
            .points("", Style::new(VERMILLION).size(6.0), points(targets))
            .points("", Style::new(BLUE).size(2.6), points(spectrum));
        let title = format!("Eigenvalues of cortex with the loop of motif {index}, {}", results.name(index));
        drawn.push(small("loop", panel, &title));
    }
    drawn
}

/// How deviations die during preparation.
pub(super) fn decay(decay: &Decay, transition: f64) -> String {
    let last = decay.curve.last().map_or(1.0, |point| point.0);
    let lowest = decay.curve.iter().map(|point| point.1).fold(0.01, f64::min);
    let faint = Style::new(GREY).size(1.2);
    let panel = Panel::new("preparation (\u{3c4})", "rms deviation per unit")
        .log_y()
        .x_range(0.0..=last)
        .y_range(0.7 * lowest..=1.2)
        .y_ticks([1.0, 0.1, 0.01, 0.001])
        .horizontal(0.05, faint)
        .horizontal(0.01, faint)
        .vertical(transition, Style::new(VERMILLION).size(1.6))
        .line("", Style::new(BLUE).size(2.4), decay.curve.clone());
    drawn("decay", SINGLE, panel, "Root mean square deviation over the time of preparation, logarithmic")
}

/// The sequence that was played.
pub(super) fn sequence(results: &Results<'_>) -> String {
    let segments = &results.played.segments;
    let names: Vec<String> = segments.iter().map(|s| short(results, s.motif)).collect();
    let width = 200 * segments.len().clamp(5, 12) as u32;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let panel = played_panel(std::slice::from_ref(&results.played), &names);
    let title = "Readout and target over time, motif after motif with preparation before each";
    Figure::new("sequence", width, 360).add(Cell::FULL, panel).inline_svg(title)
}

/// Trials of one sequence over its target, each motif under its name.
pub(crate) fn played_panel(trials: &[Trajectory], names: &[&str]) -> Panel {
    let Some(first) = trials.first() else { return Panel::new(TIME, "readout y") };
    let passage =
        |(s, &name): (&Segment, _)| Passage { name, preparation: s.preparation, start: s.start, end: s.end };
    let passages: Vec<_> = first.segments.iter().zip(names).map(passage).collect();
    let readouts: Vec<_> = trials.iter().map(|trial| trial.readout.as_slice()).collect();
    sequence_panel(&first.times(), &first.target, &readouts, &passages)
}

/// One number per ordered pair of motifs.
pub(super) fn pairs(numbers: &DMatrix<f64>, title: &str) -> String {
    let rows: Vec<Vec<f64>> = numbers.row_iter().map(|row| row.iter().copied().collect()).collect();
    drawn("pairs", SQUARE, Panel::new("motif before it", "motif played").heat_map(&rows), title)
}

/// Series of numbers per motif as points over the motif's index, each in a colour of its own.
pub(super) fn per_motif(series: &[(&[f64], f64)], label: &str, title: &str) -> String {
    let count = series.iter().map(|s| s.0.len()).max().unwrap_or(0);
    let mut panel = Panel::new("motif", label)
        .x_range(-0.6..=count as f64 - 0.4)
        .x_ticks((0..count).step_by(count.div_ceil(12).max(1)).map(|i| i as f64));
    let highest = series.iter().flat_map(|s| s.0).copied().filter(|x| x.is_finite()).fold(0.0, f64::max);
    panel = panel.y_range(0.0..=if highest > 0.0 { 1.08 * highest } else { 1.0 });
    let size = (150.0 / count.max(1) as f64).clamp(2.4, 5.0); // so that neighbours can be told apart
    for (i, (values, shift)) in series.iter().enumerate() {
        let places = values.iter().enumerate().map(|(x, &y)| (x as f64 + shift, y));
        panel = panel.points("", Style::new(colour(i)).size(size), places);
    }
    drawn("per motif", SINGLE, panel, title)
}

/// The same curve by fewer points: of each piece its ends and extremes.
fn decimate(points: Points) -> Points {
    if points.len() <= 4 * PIECES {
        return points;
    }
    let by_value = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
    let chosen = |piece: &[(f64, f64)]| {
        let extremes =
            [piece.iter().min_by(by_value), piece.iter().max_by(by_value)].map(|p| *p.unwrap_or(&piece[0]));
        let mut chosen = [piece[0], extremes[0], extremes[1], piece[piece.len() - 1]];
        chosen.sort_by(|a, b| a.0.total_cmp(&b.0));
        chosen
    };
    points.chunks(points.len().div_ceil(PIECES)).flat_map(chosen).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_series_keep_their_ends_and_extremes() {
        let long: Points =
            (0..100_000).map(|i| (f64::from(i), if i == 77_777 { 9.0 } else { f64::from(i % 7) })).collect();
        let kept = decimate(long.clone());
        assert!(kept.len() <= 4 * PIECES && kept.is_sorted_by(|a, b| a.0 <= b.0));
        assert_eq!((kept.first(), kept.last()), (long.first(), long.last()));
        assert!(kept.contains(&(77_777.0, 9.0)));
        let brief = long[..100].to_vec();
        assert_eq!(decimate(brief.clone()), brief);
    }
}
