//! Colours, and how marks look.

/// Red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

/// First colour of Okabe and Ito's palette, told apart with any kind of colour vision; its yellow is left
/// out, being too light for lines on white.
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

/// Colour number `i` of the palette, from the start again after six.
pub fn colour(i: usize) -> Colour {
    [BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY][i % 6]
}

/// Colour, width (of lines) or radius (of points), opacity and dashes of a mark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    pub(crate) colour: Colour,
    pub(crate) size: f64,
    pub(crate) opacity: f64,
    pub(crate) dashed: bool,
    /// Of letters.
    pub(crate) bold: bool,
}

impl From<Colour> for Style {
    fn from(colour: Colour) -> Self {
        Self { colour, size: 2.0, opacity: 1.0, dashed: false, bold: false }
    }
}

impl Style {
    /// In this colour, with the defaults: 2 pixels, opaque, solid.
    pub fn new(colour: Colour) -> Self {
        colour.into()
    }

    /// Line width or point radius, in pixels of the figure.
    pub fn size(self, size: f64) -> Self {
        Self { size, ..self }
    }

    /// Opacity from 0 to 1.
    pub fn opacity(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }

    /// Dashed lines.
    pub fn dashed(self) -> Self {
        Self { dashed: true, ..self }
    }
}
