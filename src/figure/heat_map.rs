//! A matrix as coloured cells.

use plotters::style::RGBColor;

use super::canvas::{Align, Canvas};
use super::panel::Shape;
use super::{Panel, Result, Style};

/// More rows or columns than this leave no room for numbers in the cells, nor for one at every tick.
const ROOM: usize = 12;
const CELL_TEXT: f64 = 13.2;
/// Width of the gap between cells, in pixels.
const GAP: f64 = 1.0;

/// Colours from small to large. Neither they nor the text on them follow a page's theme: they keep their contrast.
const RAMP: [RGBColor; 3] =
    [RGBColor(0xe8, 0xf2, 0xfa), RGBColor(0x4a, 0x98, 0xc9), RGBColor(0x08, 0x2f, 0x5c)];
const DARK_TEXT: RGBColor = RGBColor(0x00, 0x00, 0x00);
const LIGHT_TEXT: RGBColor = RGBColor(0xfe, 0xfe, 0xfe);
/// From this shade on the text is light.
const DARK: f64 = 0.55;

impl Panel {
    /// A matrix as cells, its first row on top, shaded from its smallest to its largest number; up to twelve rows and
    /// columns with their numbers. Axes count rows and columns from 0. What is not finite is left out.
    ///
    /// ```
    /// use thalamo::figure::{Cell, Figure, Panel};
    /// let panel = Panel::new("before", "motif").heat_map(&[vec![1.02, 1.05], vec![1.09, f64::NAN]]);
    /// let svg = Figure::new("errors", 300, 300).add(Cell::FULL, panel).svg()?;
    /// assert!(svg.contains("1.09") && svg.contains("#082F5C")); // the largest is dark
    /// # Ok::<(), thalamo::figure::Error>(())
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
        for (i, row) in rows.iter().enumerate() {
            for (j, &value) in row.iter().enumerate().filter(|(_, value)| value.is_finite()) {
                let shade = if high > low { (value - low) / (high - low) } else { 0.0 };
                let text = if written { format!("{value:.*}", decimals as usize) } else { String::new() };
                self = self.mark("", RAMP[0], Shape::Cell(j as f64, i as f64, shade, text));
            }
        }
        self
    }
}

fn ticks(count: usize) -> Vec<f64> {
    (0..count).step_by(count.div_ceil(ROOM).max(1)).map(|i| i as f64).collect()
}

/// Draws a cell between two opposite corners.
pub(super) fn cell(
    canvas: &mut dyn Canvas,
    (a, b): ((f64, f64), (f64, f64)),
    shade: f64,
    text: &str,
) -> Result<()> {
    let (left, right) = (a.0.min(b.0) + GAP / 2.0, a.0.max(b.0) - GAP / 2.0);
    let (top, bottom) = (a.1.min(b.1) + GAP / 2.0, a.1.max(b.1) - GAP / 2.0);
    canvas.fill(
        &[(left, top), (right, top), (right, bottom), (left, bottom)],
        Style::new(super::ramp(RAMP, shade)),
    )?;
    if text.is_empty() {
        return Ok(());
    }
    let colour = if shade < DARK { DARK_TEXT } else { LIGHT_TEXT };
    let centre = ((left + right) / 2.0, (top + bottom) / 2.0);
    canvas.text(centre, Align::Centre, Style::new(colour).size(CELL_TEXT), false, text)
}
