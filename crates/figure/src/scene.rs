//! A figure as a list of primitives, in pixels of the figure, y downwards.

use super::font;
use super::panel::Point;
use super::style::{INK, Style};

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
pub(crate) enum Primitive {
    /// Open lines.
    Lines(Vec<Vec<Point>>),
    /// A filled outline.
    Area(Vec<Point>),
    /// Upright rectangles, by two opposite corners.
    Rectangles(Vec<(Point, Point)>),
    /// Centres of filled circles.
    Dots(Vec<Point>),
    /// A text that is centred on the height of the point.
    Text { at: Point, align: Align, text: String },
}

/// Primitives in the order in which they cover each other; neighbours of one kind in one opaque style are
/// one.
#[derive(Debug, Default)]
pub(crate) struct Scene {
    pub(crate) primitives: Vec<(Style, Primitive)>,
}

impl Scene {
    pub(crate) fn line(&mut self, points: Vec<Point>, style: Style) {
        self.add(style, Primitive::Lines(vec![points]));
    }

    pub(crate) fn area(&mut self, corners: Vec<Point>, style: Style) {
        self.add(style, Primitive::Area(corners));
    }

    pub(crate) fn rectangle(&mut self, a: Point, b: Point, style: Style) {
        self.add(style, Primitive::Rectangles(vec![(a, b)]));
    }

    pub(crate) fn dot(&mut self, centre: Point, style: Style) {
        self.add(style, Primitive::Dots(vec![centre]));
    }

    /// A text; its size and colour are those of the style.
    pub(crate) fn text(&mut self, at: Point, align: Align, style: Style, text: &str) {
        if !text.is_empty() {
            self.add(style, Primitive::Text { at, align, text: text.to_owned() });
        }
    }

    fn add(&mut self, style: Style, primitive: Primitive) {
        // What lets others show through stays apart, so that it is darker where it overlaps.
        let last = self.primitives.last_mut().filter(|(last, _)| *last == style && style.opacity >= 1.0);
        match (last, primitive) {
            (Some((_, Primitive::Lines(all))), Primitive::Lines(more)) => all.extend(more),
            (Some((_, Primitive::Rectangles(all))), Primitive::Rectangles(more)) => all.extend(more),
            (Some((_, Primitive::Dots(all))), Primitive::Dots(more)) => all.extend(more),
            (_, primitive) => self.primitives.push((style, primitive)),
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
