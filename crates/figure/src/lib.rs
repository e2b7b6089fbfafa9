//! Figures of thalamo: panels are described as data, and written as SVG and as PNG in one style with one
//! font.
//!
//! ```
//! use thalamo_figure::{BLUE, Cell, Figure, Panel, TIME};
//!
//! let [left, right] = Cell::FULL.columns([2.0, 1.0]);
//! let figure = Figure::new("name", 1200, 500)
//!     .add(left, Panel::new(TIME, "readout").letter('A').line("target", BLUE, [(0.0, 0.0), (1.0, 0.5)]))
//!     .add(right, Panel::complex_plane().letter('B').points("", BLUE, [(-0.1, 0.3), (-0.1, -0.3)]));
//! assert!(figure.inline_svg("title").contains("readout"));
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
mod style;
mod svg;

use std::io;
use std::path::{Path, PathBuf};

use self::scene::Scene;

pub use self::heat_map::ROOM as HEAT_MAP_ROOM;
pub use self::panel::{Corner, Panel, Point};
pub use self::sequence::{Passage, sequence_panel};
pub use self::style::{
    BLUE, Colour, GREEN, GREY, INK, ORANGE, PAPER, PURPLE, SKY, Style, VERMILLION, colour,
};

/// Axis label of time.
pub const TIME: &str = "time (\u{3c4})";

/// Format of a figure's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Scalable. Letters are outlines, so that it looks the same wherever it is opened.
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
        pieces(self.x, self.width, weights).map(|(x, width)| Self { x, width, ..self })
    }

    /// One below the other, heights in proportion to the weights.
    pub fn rows<const N: usize>(self, weights: [f64; N]) -> [Self; N] {
        pieces(self.y, self.height, weights).map(|(y, height)| Self { y, height, ..self })
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

/// Starts and lengths of pieces from `start` on, in proportion to the weights.
fn pieces<const N: usize>(mut start: f64, length: f64, weights: [f64; N]) -> [(f64, f64); N] {
    let unit = length / weights.iter().sum::<f64>();
    weights.map(|weight| {
        let piece = (start, weight * unit);
        start += weight * unit;
        piece
    })
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
        let (beside, below) =
            (draw::LABELS_BESIDE / f64::from(self.size.0), draw::LABELS_BELOW / f64::from(self.size.1));
        let width = (cell.width - beside) / columns as f64;
        let height = (cell.height - below) / panels.len().div_ceil(columns) as f64;
        let last = panels.len().saturating_sub(columns);
        for (i, mut panel) in panels.into_iter().enumerate() {
            let (row, column) = (i / columns, i % columns);
            let mut place =
                Cell { x: cell.x + column as f64 * width, y: cell.y + row as f64 * height, width, height };
            if column == 0 {
                place.width += beside;
            } else {
                place.x += beside;
                panel.y.hide();
            }
            if i >= last {
                place.height += below;
            } else {
                panel.x.hide();
            }
            self.panels.push((place, panel));
        }
        self
    }

    /// Writes `NAME.svg` and `NAME.png` into the folder, each complete or not at all, and returns where.
    ///
    /// # Errors
    /// A folder or file that cannot be written.
    pub fn save(&self, folder: &Path) -> io::Result<[PathBuf; 2]> {
        std::fs::create_dir_all(folder)?;
        let finished = ["svg", "png"].map(|extension| folder.join(format!("{}.{extension}", self.name)));
        for (kind, path) in [Kind::Svg, Kind::Png].into_iter().zip(&finished) {
            let unfinished = path.with_extension(format!("{}.unfinished", std::process::id()));
            let written = std::fs::write(&unfinished, self.encode(kind))
                .and_then(|()| std::fs::rename(&unfinished, path));
            if written.is_err() {
                let _ = std::fs::remove_file(&unfinished); // the error that matters is the one returned
            }
            written?;
        }
        Ok(finished)
    }

    /// The bytes of a file.
    pub fn encode(&self, kind: Kind) -> Vec<u8> {
        match kind {
            Kind::Svg => svg::file(&self.scene(), self.size).into_bytes(),
            Kind::Png => png::encode(&self.scene(), self.size),
        }
    }

    /// The figure as an `<svg>` element for an HTML page: as large as the page makes it, without a
    /// background, its letters text, in the colours of the CSS variables `--ink`, `--paper`, `--grey`,
    /// `--blue`, `--vermillion`, `--green`, `--purple`, `--orange` and `--sky` where the page defines them,
    /// and with a title for readers who cannot see it.
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
