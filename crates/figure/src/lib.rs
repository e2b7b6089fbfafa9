//! Figures of thalamo: panels are described as data, and written as SVG and as PNG in one style with one font.
//!
//! ```
//! use thalamo_figure::{BLUE, Cell, Figure, Panel, TIME};
//!
//! let [left, right] = Cell::FULL.columns([2.0, 1.0]);
//! let figure = Figure::new("name", 1200, 500)
//!     .add(left, Panel::new(TIME, "readout").letter('A').line("target", BLUE, [(0.0, 0.0), (1.0, 0.5)]))
//!     .add(right, Panel::complex_plane().letter('B').points("", BLUE, [(-0.1, 0.3), (-0.1, -0.3)]));
//! assert!(figure.svg().contains("readout"));
//! // figure.save(folder) writes name.svg and name.png
//! ```

mod axis;
mod draw;
mod font;
mod heat_map;
mod panel;
mod path;
mod png;
mod scene;
mod sequence;
mod svg;

use std::io;
use std::path::Path;

use self::scene::Scene;

pub use self::heat_map::ROOM as HEAT_MAP_ROOM;
pub use self::panel::{Corner, Panel, Style};
pub use self::sequence::{Passage, sequence_panel};

/// Red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

/// First colour of Okabe and Ito's palette, told apart with any kind of colour vision; its yellow is left out, being
/// too light for lines on white.
pub const BLUE: Colour = Colour(0x00, 0x72, 0xb2);
/// Of the same palette.
pub const VERMILLION: Colour = Colour(0xd5, 0x5e, 0x00);
/// Of the same palette.
pub const GREEN: Colour = Colour(0x00, 0x9e, 0x73);
/// Of the same palette.
pub const PURPLE: Colour = Colour(0xcc, 0x79, 0xa7);
/// Of the same palette.
pub const ORANGE: Colour = Colour(0xe6, 0x9f, 0x00);
/// Of the same palette.
pub const SKY: Colour = Colour(0x56, 0xb4, 0xe9);
/// Text and axes.
pub const INK: Colour = Colour(0x26, 0x26, 0x26);
/// What stands behind: targets, references, single trials.
pub const GREY: Colour = Colour(0x9a, 0x9a, 0x9a);

/// The background.
pub const PAPER: Colour = Colour(0xff, 0xff, 0xff);

/// Axis label of time.
pub const TIME: &str = "time (\u{3c4})";

/// Colour number `i` of the palette, from the start again after six.
pub fn colour(i: usize) -> Colour {
    [BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY][i % 6]
}

/// Colour for an ordered quantity, from light (`t = 0`) to dark (`t = 1`).
pub fn shade(t: f64) -> Colour {
    ramp([Colour(0x9b, 0xd3, 0xf2), BLUE, Colour(0x0b, 0x25, 0x45)], t)
}

/// The colour at `t` from 0 to 1 between three stops.
fn ramp(stops: [Colour; 3], t: f64) -> Colour {
    let position = t.clamp(0.0, 1.0) * 2.0;
    let i = if position < 1.0 { 0 } else { 1 };
    let mix =
        |a: u8, b: u8| (f64::from(a) + (position - i as f64) * (f64::from(b) - f64::from(a))).round() as u8;
    let (a, b) = (stops[i], stops[i + 1]);
    Colour(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// Format of a figure's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Scalable.
    Svg,
    /// Two pixels per pixel of the figure.
    Png,
}

impl Kind {
    /// The format that the end of a file's name asks for: `.svg` or `.png`.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_lowercase().as_str() {
            "svg" => Some(Self::Svg),
            "png" => Some(Self::Png),
            _ => None,
        }
    }
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
#[derive(Debug, Clone)]
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
    ///
    /// # Errors
    /// A folder or file that cannot be written.
    pub fn save(&self, folder: &Path) -> io::Result<()> {
        std::fs::create_dir_all(folder)?;
        for (kind, extension) in [(Kind::Svg, "svg"), (Kind::Png, "png")] {
            let unfinished = folder.join(format!("{}.{}.{extension}", self.name, std::process::id()));
            let finished = folder.join(format!("{}.{extension}", self.name));
            let written = std::fs::write(&unfinished, self.encode(kind))
                .and_then(|()| std::fs::rename(&unfinished, finished));
            if written.is_err() {
                let _ = std::fs::remove_file(&unfinished); // the error that matters is the one returned
            }
            written?;
        }
        Ok(())
    }

    /// The bytes of a file.
    pub fn encode(&self, kind: Kind) -> Vec<u8> {
        match kind {
            Kind::Svg => self.svg().into_bytes(),
            Kind::Png => png::encode(&self.scene(), self.size),
        }
    }

    /// The figure as SVG text. Its letters are outlines, so that it looks the same wherever it is opened.
    pub fn svg(&self) -> String {
        svg::file(&self.scene(), self.size)
    }

    /// The figure as an `<svg>` element for an HTML page: as large as the page makes it, without a background, its
    /// letters text, in the colours of the CSS variables `--ink`, `--paper`, `--grey`, `--blue`, `--vermillion`,
    /// `--green`, `--purple`, `--orange` and `--sky` where the page defines them, and with a title for readers who
    /// cannot see it.
    ///
    /// ```
    /// use thalamo_figure::{BLUE, Cell, Figure, Panel, TIME};
    /// let panel = Panel::new(TIME, "readout").line("", BLUE, [(0.0, 0.0), (1.0, 0.5)]);
    /// let svg = Figure::new("ramp", 400, 300).add(Cell::FULL, panel).inline_svg("a rise of < 1");
    /// assert!(svg.starts_with("<svg viewBox=") && svg.contains("<title>a rise of &lt; 1</title>"));
    /// assert!(svg.contains("stroke=\"var(--blue,#0072B2)\"") && !svg.contains("http"));
    /// ```
    pub fn inline_svg(&self, title: &str) -> String {
        svg::element(&self.scene(), self.size, title)
    }

    fn scene(&self) -> Scene {
        let (width, height) = (f64::from(self.size.0), f64::from(self.size.1));
        let mut scene = Scene::default();
        for (cell, panel) in &self.panels {
            let corner = (cell.x * width, cell.y * height);
            draw::panel(&mut scene, corner, (cell.width * width, cell.height * height), panel);
        }
        scene
    }
}
