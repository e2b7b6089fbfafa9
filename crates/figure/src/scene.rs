//! A figure as a list of primitives, in pixels of the figure, y downwards.

use super::font;
use super::{INK, Style};

pub(crate) type Point = (f64, f64);

/// Which point of a text lies at the position given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Centre,
    Right,
    /// Turned to read upwards, centred.
    Upwards,
}

/// What is drawn in one style.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    /// Open lines.
    Lines(Vec<Vec<Point>>),
    /// A filled outline.
    Area(Vec<Point>),
    /// Upright rectangles, by their top left and bottom right corners.
    Rectangles(Vec<(Point, Point)>),
    /// Centres of filled circles.
    Dots(Vec<Point>),
    /// A text that is centred on the height of the point.
    Text { at: Point, align: Align, bold: bool, text: String },
}

/// Shapes in the order in which they cover each other.
#[derive(Debug, Default)]
pub(crate) struct Scene {
    pub(crate) shapes: Vec<(Style, Shape)>,
}

impl Scene {
    pub(crate) fn line(&mut self, points: &[Point], style: Style) {
        // Lines that let others show through stay apart, so that crossings are darker.
        match self.shapes.last_mut() {
            Some((last, Shape::Lines(lines))) if *last == style && style.opacity >= 1.0 => {
                lines.push(points.to_vec());
            }
            _ => self.shapes.push((style, Shape::Lines(vec![points.to_vec()]))),
        }
    }

    pub(crate) fn area(&mut self, corners: &[Point], style: Style) {
        self.shapes.push((style, Shape::Area(corners.to_vec())));
    }

    pub(crate) fn rectangle(&mut self, a: Point, b: Point, style: Style) {
        let corners = ((a.0.min(b.0), a.1.min(b.1)), (a.0.max(b.0), a.1.max(b.1)));
        match self.shapes.last_mut() {
            Some((last, Shape::Rectangles(all))) if *last == style => all.push(corners),
            _ => self.shapes.push((style, Shape::Rectangles(vec![corners]))),
        }
    }

    pub(crate) fn dot(&mut self, centre: Point, style: Style) {
        match self.shapes.last_mut() {
            Some((last, Shape::Dots(all))) if *last == style => all.push(centre),
            _ => self.shapes.push((style, Shape::Dots(vec![centre]))),
        }
    }

    /// A text; its size and colour are those of the style.
    pub(crate) fn text(&mut self, at: Point, align: Align, style: Style, text: &str) {
        self.push_text(at, align, style, false, text);
    }

    /// A text with thicker strokes.
    pub(crate) fn bold_text(&mut self, at: Point, align: Align, style: Style, text: &str) {
        self.push_text(at, align, style, true, text);
    }

    fn push_text(&mut self, at: Point, align: Align, style: Style, bold: bool, text: &str) {
        if !text.is_empty() {
            self.shapes.push((style, Shape::Text { at, align, bold, text: text.to_owned() }));
        }
    }
}

/// Where a text begins, on its baseline, before it is turned.
pub(crate) fn baseline(at: Point, align: Align, size: f64, text: &str) -> Point {
    let before = match align {
        Align::Left => 0.0,
        Align::Centre | Align::Upwards => 0.5,
        Align::Right => 1.0,
    };
    let (along, drop) = (before * font::width(size, text), font::middle(size));
    if align == Align::Upwards { (at.0 + drop, at.1 + along) } else { (at.0 - along, at.1 + drop) }
}

/// Text in the colour of axes.
pub(crate) fn ink(size: f64) -> Style {
    Style::new(INK).size(size)
}
