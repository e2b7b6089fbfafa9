//! Strokes and text in pixels of the figure, on plotters' two backends.

use std::sync::OnceLock;

use image::ImageEncoder;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, FontTransform, register_font};

use super::{Error, INK, PAPER, Result, Style};

const FONT: &str = "sans-serif";
/// SVG coordinates are whole numbers in units of a tenth of a pixel.
pub(super) const SVG_SCALE: u32 = 10;
/// PNG files have two pixels per pixel of the figure, each the mean of 3 x 3.
const PNG_SCALE: u32 = 2;
const SAMPLES: u32 = 3;

/// Which point of a text lies at the position given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Centre,
    Right,
    /// Turned to read upwards, centred.
    Upwards,
}

/// What panels are drawn on. Coordinates in pixels of the figure, y downwards.
pub(super) trait Canvas {
    fn line(&mut self, points: &[(f64, f64)], style: Style) -> Result<()>;
    fn fill(&mut self, corners: &[(f64, f64)], style: Style) -> Result<()>;
    fn dot(&mut self, centre: (f64, f64), style: Style) -> Result<()>;
    /// Text centred on the height of `at`; its size and colour are those of the style.
    fn text(&mut self, at: (f64, f64), align: Align, style: Style, bold: bool, text: &str) -> Result<()>;
    /// Width of a text.
    fn width(&self, size: f64, text: &str) -> f64;
}

struct Backend<'a, DB: DrawingBackend> {
    area: &'a DrawingArea<DB, Shift>,
    scale: f64,
    bitmap: bool,
}

impl<DB: DrawingBackend> Backend<'_, DB> {
    fn pixel(&self, (x, y): (f64, f64)) -> (i32, i32) {
        ((x * self.scale).round() as i32, (y * self.scale).round() as i32)
    }

    fn font(&self, size: f64) -> FontDesc<'static> {
        (FONT, size * self.scale).into_font()
    }
}

impl<DB: DrawingBackend<ErrorType: 'static>> Canvas for Backend<'_, DB> {
    fn line(&mut self, points: &[(f64, f64)], style: Style) -> Result<()> {
        let width = (style.size * self.scale).round().max(1.0) as u32;
        let stroke = style.colour.mix(style.opacity).stroke_width(width);
        // the bitmap backend garbles thick lines that turn back: they are drawn in pieces
        let straight = |a: (f64, f64), b: (f64, f64), c: (f64, f64)| {
            !self.bitmap || (b.0 - a.0) * (c.0 - b.0) + (b.1 - a.1) * (c.1 - b.1) > -1e-9
        };
        let mut start = 0;
        for i in 1..points.len() {
            if i + 1 == points.len() || !straight(points[i - 1], points[i], points[i + 1]) {
                let piece: Vec<_> = points[start..=i].iter().map(|&p| self.pixel(p)).collect();
                self.area.draw(&PathElement::new(piece, stroke)).map_err(drawing)?;
                start = i;
            }
        }
        Ok(())
    }

    fn fill(&mut self, corners: &[(f64, f64)], style: Style) -> Result<()> {
        let pixels: Vec<_> = corners.iter().map(|&p| self.pixel(p)).collect();
        self.area.draw(&Polygon::new(pixels, style.colour.mix(style.opacity))).map_err(drawing)
    }

    fn dot(&mut self, centre: (f64, f64), style: Style) -> Result<()> {
        let radius = (style.size * self.scale).round().max(1.0) as u32;
        let fill = style.colour.mix(style.opacity).filled();
        self.area.draw(&Circle::new(self.pixel(centre), radius, fill)).map_err(drawing)
    }

    fn text(&mut self, at: (f64, f64), align: Align, style: Style, bold: bool, text: &str) -> Result<()> {
        let (position, turn) = match align {
            Align::Left => (HPos::Left, FontTransform::None),
            Align::Centre => (HPos::Center, FontTransform::None),
            Align::Right => (HPos::Right, FontTransform::None),
            Align::Upwards => (HPos::Center, FontTransform::Rotate270),
        };
        let font = self.font(style.size).transform(turn);
        let font = if bold { font.style(FontStyle::Bold) } else { font };
        let look = TextStyle::from(font).color(&style.colour).pos(Pos::new(position, VPos::Center));
        // the bitmap backend sets text too high, and the embedded font has no bold style
        let drop = if self.bitmap { 0.12 * style.size } else { 0.0 };
        let at = if align == Align::Upwards { (at.0 + drop, at.1) } else { (at.0, at.1 + drop) };
        let shifts: &[f64] = if bold && self.bitmap { &[-0.3, 0.0, 0.3] } else { &[0.0] };
        for shift in shifts {
            let place = self.pixel((at.0 + shift, at.1));
            self.area.draw(&Text::new(text.to_owned(), place, look.clone())).map_err(drawing)?;
        }
        Ok(())
    }

    fn width(&self, size: f64, text: &str) -> f64 {
        let width = self.font(size).layout_box(text).map_or(0, |((left, _), (right, _))| right - left);
        f64::from(width) / self.scale
    }
}

/// Runs `draw` on an SVG.
pub(super) fn svg(
    (width, height): (u32, u32),
    draw: impl FnOnce(&mut dyn Canvas) -> Result<()>,
) -> Result<String> {
    embedded_font()?;
    let mut text = String::new();
    let size = (width * SVG_SCALE, height * SVG_SCALE);
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        area.fill(&PAPER).map_err(drawing)?;
        draw(&mut Backend { area: &area, scale: f64::from(SVG_SCALE), bitmap: false })?;
        area.present().map_err(drawing)?;
    }
    // the viewBox keeps the fine units
    let header = |(w, h): (u32, u32)| format!("<svg width=\"{w}\" height=\"{h}\"");
    Ok(text.replacen(&header(size), &header((width, height)), 1))
}

/// Runs `draw` on a PNG.
pub(super) fn png(
    (width, height): (u32, u32),
    draw: impl FnOnce(&mut dyn Canvas) -> Result<()>,
) -> Result<Vec<u8>> {
    embedded_font()?;
    let fine = (width * PNG_SCALE * SAMPLES, height * PNG_SCALE * SAMPLES);
    let mut samples = vec![0; 3 * fine.0 as usize * fine.1 as usize];
    {
        let area = BitMapBackend::with_buffer(&mut samples, fine).into_drawing_area();
        area.fill(&PAPER).map_err(drawing)?;
        draw(&mut Backend { area: &area, scale: f64::from(PNG_SCALE * SAMPLES), bitmap: true })?;
        area.present().map_err(drawing)?;
    }
    let size = (width * PNG_SCALE, height * PNG_SCALE);
    let pixels = average(&samples, size.0 as usize, size.1 as usize, SAMPLES as usize);
    let mut bytes = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    encoder.write_image(&pixels, size.0, size.1, image::ColorType::Rgb8).map_err(drawing)?;
    Ok(bytes)
}

fn drawing(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Drawing(Box::new(error))
}

/// Means over blocks of `block` x `block` samples, red, green and blue.
fn average(samples: &[u8], width: usize, height: usize, block: usize) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let mut sum = 0;
                for row in y * block..(y + 1) * block {
                    let start = 3 * (row * width * block + x * block) + channel;
                    sum += (0..block).map(|i| usize::from(samples[start + 3 * i])).sum::<usize>();
                }
                pixels.push((sum / (block * block)) as u8);
            }
        }
    }
    pixels
}

/// Makes the font known to plotters: no system font is needed.
fn embedded_font() -> Result<()> {
    static DONE: OnceLock<bool> = OnceLock::new();
    let bytes = epaint_default_fonts::UBUNTU_LIGHT;
    let done = *DONE.get_or_init(|| register_font(FONT, FontStyle::Normal, bytes).is_ok());
    if done { Ok(()) } else { Err(Error::Drawing("the embedded font cannot be read".into())) }
}

/// Text in the colour of axes.
pub(super) fn ink(size: f64) -> Style {
    Style::new(INK).size(size)
}
