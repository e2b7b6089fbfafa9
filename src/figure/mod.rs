//! One plotting style for all figures (feature `plot`): panels are described as data and drawn as SVG and as PNG.
//!
//! ```
//! use thalamo::figure::{BLUE, Cell, Figure, Panel, TIME};
//!
//! let [left, right] = Cell::FULL.columns([2.0, 1.0]);
//! let figure = Figure::new("name", 1200, 500)
//!     .add(left, Panel::new(TIME, "readout").letter('A').line("target", BLUE, [(0.0, 0.0), (1.0, 0.5)]))
//!     .add(right, Panel::complex_plane().letter('B').points("", BLUE, [(-0.1, 0.3), (-0.1, -0.3)]));
//! let folder = tempfile::tempdir()?;
//! figure.save(folder.path())?; // name.svg and name.png
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod axis;
mod canvas;
mod draw;
mod heat_map;
mod inline;
mod panel;
mod sequence;

use std::path::{Path, PathBuf};

pub use self::panel::{Corner, Panel, Style};
pub use self::sequence::sequence_panel;
#[cfg(feature = "report")]
pub(crate) use heat_map::ROOM as HEAT_MAP_ROOM;
pub use plotters::style::RGBColor;

/// Result with [`figure::Error`](Error).
pub type Result<T> = std::result::Result<T, Error>;

/// Why a figure was not drawn or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file or its folder cannot be written.
    #[error("{path}: expected a figure to be written, given: {source}; check folder and permissions")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file name that is neither `.svg` nor `.png`.
    #[error("{path}: expected a name that ends in .svg or .png; rename the figure")]
    Extension {
        /// The file.
        path: PathBuf,
    },
    /// The plotting library refused.
    #[error("figure: expected to be drawn, given: {0}; check its size")]
    Drawing(Box<dyn std::error::Error + Send + Sync>),
}

/// First colour of Okabe and Ito's palette, told apart with any kind of colour vision; its yellow is left out, being
/// too light for lines on white.
pub const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xb2);
/// Of the same palette.
pub const VERMILLION: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
/// Of the same palette.
pub const GREEN: RGBColor = RGBColor(0x00, 0x9e, 0x73);
/// Of the same palette.
pub const PURPLE: RGBColor = RGBColor(0xcc, 0x79, 0xa7);
/// Of the same palette.
pub const ORANGE: RGBColor = RGBColor(0xe6, 0x9f, 0x00);
/// Of the same palette.
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
    ramp([RGBColor(0x9b, 0xd3, 0xf2), BLUE, RGBColor(0x0b, 0x25, 0x45)], t)
}

/// The colour at `t` from 0 to 1 between three stops.
fn ramp(stops: [RGBColor; 3], t: f64) -> RGBColor {
    let position = t.clamp(0.0, 1.0) * 2.0;
    let i = if position < 1.0 { 0 } else { 1 };
    let mix =
        |a: u8, b: u8| (f64::from(a) + (position - i as f64) * (f64::from(b) - f64::from(a))).round() as u8;
    let (a, b) = (stops[i], stops[i + 1]);
    RGBColor(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// Format of a figure's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Scalable.
    Svg,
    /// Two pixels per pixel of the figure.
    Png,
}

/// The format that a file's name asks for.
///
/// # Errors
/// A name that ends neither in `.svg` nor in `.png`.
pub fn check_name(path: &Path) -> Result<Kind> {
    match path.extension().unwrap_or_default().to_string_lossy().to_lowercase().as_str() {
        "svg" => Ok(Kind::Svg),
        "png" => Ok(Kind::Png),
        _ => Err(Error::Extension { path: path.to_owned() }),
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
    /// A folder or file that cannot be written, or a size the plotting library refuses.
    pub fn save(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder).map_err(|source| Error::Io { path: folder.to_owned(), source })?;
        self.write(&folder.join(format!("{}.svg", self.name)))?;
        self.write(&folder.join(format!("{}.png", self.name)))
    }

    /// Writes one file, complete or not at all, as SVG or PNG by the end of its name.
    ///
    /// # Errors
    /// Another extension, and as [`Figure::save`].
    pub fn write(&self, path: &Path) -> Result<()> {
        let bytes = match check_name(path)? {
            Kind::Svg => self.svg()?.into_bytes(),
            Kind::Png => canvas::png(self.size, |canvas| self.draw(canvas))?,
        };
        crate::whole::write(path, &bytes).map_err(|source| Error::Io { path: path.to_owned(), source })
    }

    /// The figure as SVG text, for a page that holds it.
    ///
    /// # Errors
    /// A size the plotting library refuses.
    pub fn svg(&self) -> Result<String> {
        canvas::svg(self.size, |canvas| self.draw(canvas))
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
