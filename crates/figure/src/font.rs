//! The one font of all figures, which comes with the crate: its measures and the outlines of its letters.

use std::fmt::Write;
use std::sync::LazyLock;

use ttf_parser::{Face, GlyphId, OutlineBuilder};

static FACE: LazyLock<Face<'static>> = LazyLock::new(|| {
    Face::parse(epaint_default_fonts::UBUNTU_LIGHT, 0).expect("the font that comes with the crate is whole")
});

/// A letter; one that the font lacks is its empty box.
pub(crate) fn glyph(letter: char) -> GlyphId {
    FACE.glyph_index(letter).unwrap_or(GlyphId(0))
}

/// How far the next letter is, in units of the font.
pub(crate) fn advance(glyph: GlyphId) -> f64 {
    f64::from(FACE.glyph_hor_advance(glyph).unwrap_or(0))
}

/// The outline of a letter as SVG path data, in units of the font with y upwards.
pub(crate) fn outline(glyph: GlyphId) -> String {
    let mut path = Path(String::new());
    FACE.outline_glyph(glyph, &mut path); // none for a space
    path.0
}

/// Pixels per unit of the font.
pub(crate) fn scale(size: f64) -> f64 {
    size / f64::from(FACE.units_per_em())
}

/// Width of a text in pixels.
pub(crate) fn width(size: f64, text: &str) -> f64 {
    scale(size) * text.chars().map(|letter| advance(glyph(letter))).sum::<f64>()
}

/// How far the baseline is below the middle of capitals and digits, in pixels.
pub(crate) fn middle(size: f64) -> f64 {
    scale(size) * f64::from(FACE.capital_height().unwrap_or(0)) / 2.0
}

struct Path(String);

impl Path {
    fn add(&mut self, command: char, numbers: &[f32]) {
        self.0.push(command);
        for (i, number) in numbers.iter().enumerate() {
            let _ = write!(self.0, "{}{number:.0}", if i > 0 { " " } else { "" }); // never fails
        }
    }
}

impl OutlineBuilder for Path {
    fn move_to(&mut self, x: f32, y: f32) {
        self.add('M', &[x, y]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.add('L', &[x, y]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.add('Q', &[x1, y1, x, y]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.add('C', &[x1, y1, x2, y2, x, y]);
    }

    fn close(&mut self) {
        self.0.push('Z');
    }
}
