//! One plotting style for all figures: panels are described as data and drawn twice, as SVG and as PNG.
//!
//! ```ignore
//! mod figure;
//! use figure::{BLUE, Cell, Figure, Panel, TIME};
//!
//! let [left, right] = Cell::FULL.columns([2.0, 1.0]);
//! Figure::new("name", 1200, 500)
//!     .add(left, Panel::new(TIME, "readout").letter('A').line("target", BLUE, points))
//!     .add(right, Panel::complex_plane().letter('B').points("", BLUE, eigenvalues))
//!     .save(&options.out)?;
//! ```
#![allow(dead_code, unreachable_pub, unused_imports)] // each example uses a part of it

mod axis;
mod canvas;
mod draw;
mod options;
mod panel;

use std::path::Path;

pub use self::options::{Options, progress, write_json};
pub use self::panel::{Corner, Panel, Style};
use plotters::style::RGBColor;

/// Whatever can go wrong in an example.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

// Okabe and Ito's palette, told apart with any kind of colour vision; its yellow is too light for lines on white.
pub const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xb2);
pub const VERMILLION: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
pub const GREEN: RGBColor = RGBColor(0x00, 0x9e, 0x73);
pub const PURPLE: RGBColor = RGBColor(0xcc, 0x79, 0xa7);
pub const ORANGE: RGBColor = RGBColor(0xe6, 0x9f, 0x00);
pub const SKY: RGBColor = RGBColor(0x56, 0xb4, 0xe9);
/// Text and axes.
pub const INK: RGBColor = RGBColor(0x26, 0x26, 0x26);
/// What stands behind: targets, references, single trials.
pub const GREY: RGBColor = RGBColor(0x9a, 0x9a, 0x9a);

/// The background.
pub const PAPER: RGBColor = RGBColor(0xff, 0xff, 0xff);

/// Axis label of time.
pub const TIME: &str = "time (\u{3c4})";

/// Colour number `i` of the palette, from the start again after six.
pub fn colour(i: usize) -> RGBColor {
    [BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY][i % 6]
}

/// Colour for an ordered quantity, from light (`t = 0`) to dark (`t = 1`).
pub fn shade(t: f64) -> RGBColor {
    const STOPS: [RGBColor; 3] = [RGBColor(0x9b, 0xd3, 0xf2), BLUE, RGBColor(0x0b, 0x25, 0x45)];
    let position = t.clamp(0.0, 1.0) * 2.0;
    let i = if position < 1.0 { 0 } else { 1 };
    let mix =
        |a: u8, b: u8| (f64::from(a) + (position - i as f64) * (f64::from(b) - f64::from(a))).round() as u8;
    let (a, b) = (STOPS[i], STOPS[i + 1]);
    RGBColor(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// A rectangle of the figure, in fractions of its width and height.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Cell {
    /// The whole figure.
    pub const FULL: Self = Self { x: 0.0, y: 0.0, width: 1.0, height: 1.0 };

    /// Side by side, widths in proportion to the weights.
    pub fn columns<const N: usize>(self, weights: [f64; N]) -> [Self; N] {
        let unit = self.width / weights.iter().sum::<f64>();
        let mut x = self.x;
        weights.map(|w| {
            let cell = Self { x, width: w * unit, ..self };
            x += w * unit;
            cell
        })
    }

    /// One below the other, heights in proportion to the weights.
    pub fn rows<const N: usize>(self, weights: [f64; N]) -> [Self; N] {
        let unit = self.height / weights.iter().sum::<f64>();
        let mut y = self.y;
        weights.map(|w| {
            let cell = Self { y, height: w * unit, ..self };
            y += w * unit;
            cell
        })
    }

    /// Equal cells, row by row.
    pub fn grid(self, rows: usize, columns: usize) -> impl Iterator<Item = Self> {
        let (width, height) = (self.width / columns as f64, self.height / rows as f64);
        (0..rows * columns).map(move |i| {
            let (row, column) = ((i / columns) as f64, (i % columns) as f64);
            Self { x: self.x + column * width, y: self.y + row * height, width, height }
        })
    }
}

/// Panels and where they go.
pub struct Figure {
    name: String,
    size: (u32, u32),
    panels: Vec<(Cell, Panel)>,
}

impl Figure {
    /// An empty figure; text sizes suit a width of about 1200.
    pub fn new(name: &str, width: u32, height: u32) -> Self {
        Self { name: name.to_owned(), size: (width, height), panels: Vec::new() }
    }

    /// Places a panel.
    pub fn add(mut self, cell: Cell, panel: Panel) -> Self {
        self.panels.push((cell, panel));
        self
    }

    /// Places panels row by row, with axes of one size, numbered and labelled at the outside only.
    pub fn add_shared(mut self, cell: Cell, columns: usize, panels: Vec<Panel>) -> Self {
        let columns = columns.clamp(1, panels.len().max(1));
        let (extra_x, extra_y) =
            (draw::LABELS_BESIDE / f64::from(self.size.0), draw::LABELS_BELOW / f64::from(self.size.1));
        let width = (cell.width - extra_x) / columns as f64;
        let height = (cell.height - extra_y) / panels.len().div_ceil(columns) as f64;
        let last = panels.len().saturating_sub(columns);
        for (i, panel) in panels.into_iter().enumerate() {
            let (row, column) = (i / columns, i % columns);
            let (leftmost, lowest) = (column == 0, i >= last);
            let panel = if leftmost { panel } else { panel.share_y() };
            let panel = if lowest { panel } else { panel.share_x() };
            let place = Cell {
                x: cell.x + column as f64 * width + if leftmost { 0.0 } else { extra_x },
                y: cell.y + row as f64 * height,
                width: width + if leftmost { extra_x } else { 0.0 },
                height: height + if lowest { extra_y } else { 0.0 },
            };
            self.panels.push((place, panel));
        }
        self
    }

    /// Writes `NAME.svg` and `NAME.png` into the folder, each complete or not at all.
    pub fn save(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        canvas::write_svg(&folder.join(format!("{}.svg", self.name)), self.size, |canvas| self.draw(canvas))?;
        canvas::write_png(&folder.join(format!("{}.png", self.name)), self.size, |canvas| self.draw(canvas))
    }

    fn draw(&self, canvas: &mut dyn canvas::Canvas) -> Result<()> {
        let (width, height) = (f64::from(self.size.0), f64::from(self.size.1));
        for (cell, panel) in &self.panels {
            let corner = (cell.x * width, cell.y * height);
            draw::panel(canvas, corner, (cell.width * width, cell.height * height), panel)?;
        }
        Ok(())
    }
}
