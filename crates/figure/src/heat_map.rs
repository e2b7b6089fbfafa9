//! A matrix as coloured cells.

use super::font;
use super::panel::{HeatCell, Panel, Point, Shape};
use super::scene::{Align, Scene};
use super::style::{Colour, Style};

/// More rows or columns than this leave no room for numbers in the cells, nor for one at every tick.
pub const ROOM: usize = 12;
const CELL_TEXT: f64 = 13.2;
/// Width of the gap between cells, in pixels, where they are larger than the next number.
const GAP: f64 = 1.0;
const ROOM_FOR_GAPS: f64 = 10.0;
/// Steps of shade, more than the eye tells apart.
const LEVELS: f64 = 100.0;

/// Colours from small to large. Neither they nor the text on them follow a page's theme: they keep their
/// contrast.
const RAMP: [Colour; 3] = [Colour(0xe8, 0xf2, 0xfa), Colour(0x4a, 0x98, 0xc9), Colour(0x08, 0x2f, 0x5c)];
const DARK_TEXT: Colour = Colour(0x00, 0x00, 0x00);
const LIGHT_TEXT: Colour = Colour(0xfe, 0xfe, 0xfe);
/// From this shade on the text is light.
const DARK: f64 = 0.55;

impl Panel {
    /// A matrix as cells, its first row on top, shaded from its smallest to its largest number; up to twelve
    /// rows and columns with their numbers, where these fit. Axes count rows and columns from 0. What is not
    /// finite is left out.
    ///
    /// ```
    /// use thalamo_figure::{Cell, Figure, Panel};
    /// let panel = Panel::new("before", "motif").heat_map(&[vec![1.02, 1.05], vec![1.09, f64::NAN]]);
    /// let svg = Figure::new("errors", 300, 300).add(Cell::FULL, panel).inline_svg("errors");
    /// assert!(svg.contains("1.09") && svg.contains("#082F5C")); // the largest is dark
    /// ```
    pub fn heat_map(mut self, rows: &[Vec<f64>]) -> Self {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let finite = rows.iter().flatten().copied().filter(|x| x.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
        // two digits of the largest number, or so many that five steps can be told apart
        let digits =
            |size: f64, count: f64| if size > 0.0 { count - 1.0 - size.log10().floor() } else { 0.0 };
        let decimals =
            digits(low.abs().max(high.abs()), 2.0).max(digits((high - low) / 5.0, 1.0)).clamp(0.0, 4.0);
        let written = rows.len().max(columns) <= ROOM;
        let edge = |count: usize| count.max(1) as f64 - 0.5;
        self.x.range = Some((-0.5, edge(columns)));
        self.y.range = Some((edge(rows.len()), -0.5));
        self.x.ticks = Some(ticks(columns));
        self.y.ticks = Some(ticks(rows.len()));
        let mut cells = Vec::new();
        for (i, row) in rows.iter().enumerate() {
            for (j, &value) in row.iter().enumerate().filter(|(_, value)| value.is_finite()) {
                let shade = if high > low { (value - low) / (high - low) } else { 0.0 };
                let level = (shade * LEVELS).round() as u8;
                let text = written.then(|| format!("{value:.*}", decimals as usize));
                cells.push(HeatCell { level, row: i, column: j, text });
            }
        }
        // Equal colours one after the other, and neighbours beside each other.
        cells.sort_by_key(|cell| (cell.level, cell.row, cell.column));
        self.mark("", RAMP[0], Shape::Cells(cells))
    }
}

fn ticks(count: usize) -> Vec<f64> {
    (0..count).step_by(count.div_ceil(ROOM).max(1)).map(|i| i as f64).collect()
}

/// Draws cells, given where a point of the axes lies.
pub(crate) fn draw(scene: &mut Scene, cells: &[HeatCell], place: impl Fn(f64, f64) -> Point) {
    // Cells too small for gaps touch, and equal neighbours are one.
    let (a, b) = (place(0.0, 0.0), place(1.0, 1.0));
    let large = (b.0 - a.0).abs().min((b.1 - a.1).abs()) > ROOM_FOR_GAPS;
    let gap = if large { GAP } else { 0.0 };
    let joined = |a: &HeatCell, b: &HeatCell| {
        !large && a.level == b.level && a.row == b.row && a.column + 1 == b.column
    };
    for run in cells.chunk_by(joined) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let a = place(first.column as f64 - 0.5, first.row as f64 - 0.5);
        let b = place(last.column as f64 + 0.5, last.row as f64 + 0.5);
        let (left, right) = (a.0.min(b.0) + gap / 2.0, a.0.max(b.0) - gap / 2.0);
        let (top, bottom) = (a.1.min(b.1) + gap / 2.0, a.1.max(b.1) - gap / 2.0);
        let colour = shade(f64::from(first.level) / LEVELS);
        scene.rectangle((left, top), (right, bottom), Style::new(colour));
    }
    let fits = |text: &str| font::width(CELL_TEXT, text) + 2.0 <= (b.0 - a.0).abs();
    if !cells.iter().filter_map(|cell| cell.text.as_deref()).all(fits) {
        return;
    }
    for cell in cells {
        let Some(text) = &cell.text else { continue };
        let colour = if f64::from(cell.level) < DARK * LEVELS { DARK_TEXT } else { LIGHT_TEXT };
        let centre = place(cell.column as f64, cell.row as f64);
        scene.text(centre, Align::Centre, Style::new(colour).size(CELL_TEXT), text);
    }
}

/// The colour at `t` from 0 to 1.
fn shade(t: f64) -> Colour {
    let (from, to, t) = if t < 0.5 { (RAMP[0], RAMP[1], 2.0 * t) } else { (RAMP[1], RAMP[2], 2.0 * t - 1.0) };
    let mix = |a: u8, b: u8| (f64::from(a) + t * (f64::from(b) - f64::from(a))).round() as u8;
    Colour(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}
