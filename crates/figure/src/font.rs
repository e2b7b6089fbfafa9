//! The one font of all figures, which comes with the crate: its measures and the outlines of its letters.

use std::fmt::Write;
use std::sync::LazyLock;

use ttf_parser::{Face, GlyphId, OutlineBuilder};

static FACE: LazyLock<Face<'static>> = LazyLock::new(|| {
    Face::parse(epaint_default_fonts::UBUNTU_LIGHT, 0).expect("the font that comes with the crate is whole")
});

/// The letters of a text and how far from its begin each one is, in units of the font. A letter that the font
/// lacks is its empty box.
pub(crate) fn letters(text: &str) -> impl Iterator<Item = (GlyphId, f64)> {
    text.chars().scan(0.0, |end, letter| {
        let glyph = FACE.glyph_index(letter).unwrap_or(GlyphId(0));
        let begin = *end;
        *end += advance(glyph);
        Some((glyph, begin))
    })
}

fn advance(glyph: GlyphId) -> f64 {
    f64::from(FACE.glyph_hor_advance(glyph).unwrap_or(0))
}

/// The outline of a letter as SVG path data, in units of the font with y upwards.
pub(crate) fn outline(glyph: GlyphId) -> String {
    let mut outline = Outline(String::new());
    FACE.outline_glyph(glyph, &mut outline); // none for a space
    outline.0
}

/// Pixels per unit of the font.
pub(crate) fn scale(size: f64) -> f64 {
    size / f64::from(FACE.units_per_em())
}

/// Width of a text in pixels.
pub(crate) fn width(size: f64, text: &str) -> f64 {
    scale(size) * letters(text).last().map_or(0.0, |(glyph, begin)| begin + advance(glyph))
}

/// How far the baseline is below the middle of capitals and digits, in pixels.
pub(crate) fn middle(size: f64) -> f64 {
    scale(size) * f64::from(FACE.capital_height().unwrap_or(0)) / 2.0
}

struct Outline(String);

impl Outline {
    fn add(&mut self, text: std::fmt::Arguments<'_>) {
        let _ = self.0.write_fmt(text); // writing to a string never fails
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.add(format_args!("M{x:.0} {y:.0}"));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.add(format_args!("L{x:.0} {y:.0}"));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.add(format_args!("Q{x1:.0} {y1:.0} {x:.0} {y:.0}"));
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.add(format_args!("C{x1:.0} {y1:.0} {x2:.0} {y2:.0} {x:.0} {y:.0}"));
    }

    fn close(&mut self) {
        self.0.push('Z');
    }
}
