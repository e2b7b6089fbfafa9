//! Primitives as SVG path data, which both kinds of files are made of.

use std::fmt::Write;

use super::panel::Point;
use super::scene::Primitive;
use super::style::Style;

/// Coordinates are whole numbers in units of a tenth of a pixel.
pub(crate) const UNITS: f64 = 10.0;

/// In the units of path data.
pub(crate) fn units(pixels: f64) -> i64 {
    (pixels * UNITS).round() as i64
}

/// Path data of a primitive other than text.
pub(crate) fn path(primitive: &Primitive, style: &Style) -> String {
    let mut data = String::new();
    match primitive {
        Primitive::Lines(lines) => lines.iter().for_each(|points| polyline(&mut data, points)),
        Primitive::Area(corners) => {
            polyline(&mut data, corners);
            data.push('z');
        }
        Primitive::Rectangles(all) => all.iter().for_each(|&(a, b)| rectangle(&mut data, a, b)),
        Primitive::Dots(centres) => centres.iter().for_each(|&centre| circle(&mut data, centre, style.size)),
        Primitive::Text { .. } => {}
    }
    data
}

/// From point to point, relative to the one before. A minus sign separates numbers as well as a space does.
fn polyline(data: &mut String, points: &[Point]) {
    let mut at = (0, 0);
    for (i, &(x, y)) in points.iter().enumerate() {
        let to = (units(x), units(y));
        let (dx, dy) = (to.0 - at.0, to.1 - at.1);
        let space = |number: i64| if number < 0 { "" } else { " " };
        match i {
            0 => add(data, format_args!("M{dx} {dy}")),
            1 => add(data, format_args!("l{dx}{}{dy}", space(dy))),
            _ => add(data, format_args!("{}{dx}{}{dy}", space(dx), space(dy))),
        }
        at = to;
    }
}

fn circle(data: &mut String, (x, y): Point, radius: f64) {
    let (r, left, y) = (units(radius), units(x) - units(radius), units(y));
    add(data, format_args!("M{left} {y}a{r} {r} 0 1 0 {} 0a{r} {r} 0 1 0 {} 0z", 2 * r, -2 * r));
}

fn rectangle(data: &mut String, a: Point, b: Point) {
    let (left, top) = (units(a.0.min(b.0)), units(a.1.min(b.1)));
    let (width, height) = (units(a.0.max(b.0)) - left, units(a.1.max(b.1)) - top);
    add(data, format_args!("M{left} {top}h{width}v{height}h{}z", -width));
}

fn add(data: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = data.write_fmt(text); // writing to a string never fails
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_relative_and_no_longer_than_they_must_be() {
        let line = vec![(1.0, 2.0), (1.5, 1.0), (1.5, 1.04), (0.0, 3.0)];
        let corners = vec![(0.0, 0.0), (1.0, 0.0), (1.0, -1.0)];
        for (primitive, expected) in [
            (Primitive::Lines(vec![line]), "M10 20l5-10 0 0-15 20"),
            (Primitive::Rectangles(vec![((3.0, 2.0), (1.0, 6.0))]), "M10 20h20v40h-20z"),
            (Primitive::Area(corners), "M0 0l10 0 0-10z"),
        ] {
            assert_eq!(path(&primitive, &Style::new(crate::INK)), expected);
        }
    }
}
