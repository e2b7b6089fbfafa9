//! A panel as data: axes and marks.

use std::ops::RangeInclusive;

use super::axis::{Axis, Spacing};
use super::style::{GREY, Style};

/// A place in the units of the axes, or in pixels of the figure, y downwards.
pub type Point = (f64, f64);

/// Where the legend goes, inside the axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corner {
    /// Top left.
    TopLeft,
    /// Top right.
    TopRight,
    /// Bottom left.
    BottomLeft,
    /// Bottom right.
    BottomRight,
}

#[derive(Debug, Clone)]
pub(crate) enum Shape {
    Line(Vec<Point>),
    Points(Vec<Point>),
    /// `(x, low, high)`.
    Band(Vec<(f64, f64, f64)>),
    /// Position, height and the single values it summarises.
    Bar(f64, f64, Vec<f64>),
    Vertical(f64),
    Horizontal(f64),
    Text(f64, f64, String),
    /// Cells of a matrix.
    Cells(Vec<HeatCell>),
}

/// One number of a matrix.
#[derive(Debug, Clone)]
pub(crate) struct HeatCell {
    /// Shade in steps from light to dark.
    pub(crate) level: u8,
    pub(crate) row: usize,
    pub(crate) column: usize,
    /// What is written in it.
    pub(crate) text: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(crate) label: String,
    pub(crate) style: Style,
    pub(crate) shape: Shape,
}

/// Axes with marks, drawn in the order they were added. An empty label keeps a mark out of the legend.
#[derive(Debug, Clone)]
pub struct Panel {
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) letter: Option<char>,
    pub(crate) title: String,
    pub(crate) legend: Corner,
    pub(crate) bar_width: f64,
    pub(crate) marks: Vec<Mark>,
}

impl Panel {
    /// An empty panel with labelled axes (quantity and unit).
    pub fn new(x_label: &str, y_label: &str) -> Self {
        Self {
            x: Axis::new(x_label),
            y: Axis::new(y_label),
            letter: None,
            title: String::new(),
            legend: Corner::TopRight,
            bar_width: 0.6,
            marks: Vec::new(),
        }
    }

    /// For eigenvalues, with a line where stability ends.
    pub fn complex_plane() -> Self {
        let rate = |part| format!("{part} \u{3bb} (1/\u{3c4})");
        Self::new(&rate("Re"), &rate("Im")).vertical(0.0, Style::new(GREY).size(1.0))
    }

    /// Letter in the corner.
    pub fn letter(self, letter: char) -> Self {
        Self { letter: Some(letter), ..self }
    }

    /// Title above the axes.
    pub fn title(self, title: impl Into<String>) -> Self {
        Self { title: title.into(), ..self }
    }

    /// Corner for the legend (top right unless said).
    pub fn legend(self, legend: Corner) -> Self {
        Self { legend, ..self }
    }

    /// Range of x in place of that of the marks.
    pub fn x_range(mut self, range: RangeInclusive<f64>) -> Self {
        self.x.range = Some((*range.start(), *range.end()));
        self
    }

    /// Range of y in place of that of the marks.
    pub fn y_range(mut self, range: RangeInclusive<f64>) -> Self {
        self.y.range = Some((*range.start(), *range.end()));
        self
    }

    /// Logarithmic x axis; marks at or below zero are left out.
    pub fn log_x(mut self) -> Self {
        self.x.spacing = Spacing::Log;
        self
    }

    /// Logarithmic y axis; marks at or below zero are left out.
    pub fn log_y(mut self) -> Self {
        self.y.spacing = Spacing::Log;
        self
    }

    /// Names at x = 0, 1, 2, ... in place of numbers.
    pub fn categories<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.x.spacing = Spacing::Categories(names.into_iter().map(Into::into).collect());
        self
    }

    /// Numbers at these x in place of round ones.
    pub fn x_ticks(mut self, ticks: impl IntoIterator<Item = f64>) -> Self {
        self.x.ticks = Some(ticks.into_iter().collect());
        self
    }

    /// Numbers at these y in place of round ones.
    pub fn y_ticks(mut self, ticks: impl IntoIterator<Item = f64>) -> Self {
        self.y.ticks = Some(ticks.into_iter().collect());
        self
    }

    /// A line through the points.
    pub fn line(self, label: &str, style: impl Into<Style>, points: impl IntoIterator<Item = Point>) -> Self {
        self.mark(label, style, Shape::Line(points.into_iter().collect()))
    }

    /// Dots.
    pub fn points(
        self,
        label: &str,
        style: impl Into<Style>,
        points: impl IntoIterator<Item = Point>,
    ) -> Self {
        self.mark(label, style, Shape::Points(points.into_iter().collect()))
    }

    /// The area between two curves given as `(x, low, high)`.
    pub fn band(
        self,
        label: &str,
        style: impl Into<Style>,
        points: impl IntoIterator<Item = (f64, f64, f64)>,
    ) -> Self {
        self.mark(label, style, Shape::Band(points.into_iter().collect()))
    }

    /// Width of the bars on the x axis (0.6 unless said).
    pub fn bar_width(self, width: f64) -> Self {
        Self { bar_width: width, ..self }
    }

    /// A bar at `x`, up to `height`, with dots for the values it summarises.
    pub fn bar(self, label: &str, style: impl Into<Style>, x: f64, height: f64, values: &[f64]) -> Self {
        self.mark(label, style, Shape::Bar(x, height, values.to_vec()))
    }

    /// A line across at `x`; does not extend the range.
    pub fn vertical(self, x: f64, style: impl Into<Style>) -> Self {
        self.mark("", style, Shape::Vertical(x))
    }

    /// A line across at `y`; does not extend the range.
    pub fn horizontal(self, y: f64, style: impl Into<Style>) -> Self {
        self.mark("", style, Shape::Horizontal(y))
    }

    /// Text that begins at a point and is centred on its height.
    pub fn text(self, x: f64, y: f64, style: impl Into<Style>, text: impl Into<String>) -> Self {
        self.mark("", style, Shape::Text(x, y, text.into()))
    }

    pub(crate) fn mark(mut self, label: &str, style: impl Into<Style>, shape: Shape) -> Self {
        self.marks.push(Mark { label: label.to_owned(), style: style.into(), shape });
        self
    }
}
