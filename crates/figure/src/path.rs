//! Shapes as SVG path data, which both kinds of files are made of.

use std::fmt::Write;

use super::scene::Point;

/// Coordinates are whole numbers in units of a tenth of a pixel.
pub(crate) const UNITS: f64 = 10.0;

/// Path data with coordinates relative to the point before.
#[derive(Debug, Default)]
pub(crate) struct Path {
    pub(crate) data: String,
    at: (i64, i64),
}

/// In the units of path data.
pub(crate) fn units(pixels: f64) -> i64 {
    (pixels * UNITS).round() as i64
}

impl Path {
    /// Lines from point to point.
    pub(crate) fn polyline(&mut self, points: &[Point]) {
        for (i, &(x, y)) in points.iter().enumerate() {
            let to = (units(x), units(y));
            if i == 0 {
                self.begin(to);
                continue;
            }
            if i == 1 {
                self.data.push('l');
            }
            self.number(to.0 - self.at.0, i > 1);
            self.number(to.1 - self.at.1, true);
            self.at = to;
        }
    }

    pub(crate) fn polygon(&mut self, corners: &[Point]) {
        self.polyline(corners);
        self.data.push('z');
    }

    pub(crate) fn rectangle(&mut self, a: Point, b: Point) {
        let (left, top) = (units(a.0), units(a.1));
        let (width, height) = (units(b.0) - left, units(b.1) - top);
        self.begin((left, top));
        self.write(format_args!("h{width}v{height}h{}z", -width));
    }

    /// A line of no length: a dot once its ends are round.
    pub(crate) fn place(&mut self, at: Point) {
        self.begin((units(at.0), units(at.1)));
        self.data.push_str("h0");
    }

    pub(crate) fn circle(&mut self, centre: Point, radius: f64) {
        let r = units(radius);
        self.begin((units(centre.0) - r, units(centre.1)));
        self.write(format_args!("a{r} {r} 0 1 0 {} 0a{r} {r} 0 1 0 {} 0z", 2 * r, -2 * r));
    }

    fn begin(&mut self, at: (i64, i64)) {
        self.write(format_args!("M{} {}", at.0, at.1));
        self.at = at;
    }

    /// A minus sign separates numbers as well as a space does.
    fn number(&mut self, number: i64, follows: bool) {
        if follows && number >= 0 {
            self.data.push(' ');
        }
        self.write(format_args!("{number}"));
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        let _ = self.data.write_fmt(text); // never fails
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_relative_and_no_longer_than_they_must_be() {
        let mut path = Path::default();
        path.polyline(&[(1.0, 2.0), (1.5, 1.0), (1.5, 1.04), (0.0, 3.0)]);
        assert_eq!(path.data, "M10 20l5-10 0 0-15 20");
        let mut path = Path::default();
        path.rectangle((1.0, 2.0), (3.0, 6.0));
        path.polygon(&[(0.0, 0.0), (1.0, 0.0), (1.0, -1.0)]);
        assert_eq!(path.data, "M10 20h20v40h-20zM0 0l10 0 0-10z");
    }
}
