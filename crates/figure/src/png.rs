//! A scene as PNG.

use zeno::{Join, Mask, Stroke, Style as Drawing, Transform};

use super::panel::Point;
use super::path::{UNITS, path};
use super::scene::{Align, Primitive, Scene, baseline};
use super::style::{PAPER, Style};
use super::{font, svg};

/// Pixels of the file per pixel of the figure.
const SCALE: f64 = 2.0;
/// Of 0 to 10; more takes longer and saves little.
const COMPRESSION: u8 = 6;

/// The bytes of a file.
pub(crate) fn encode(scene: &Scene, (width, height): (u32, u32)) -> Vec<u8> {
    let mut image = Image::new((f64::from(width) * SCALE) as usize, (f64::from(height) * SCALE) as usize);
    for (style, primitive) in &scene.primitives {
        let dashes = svg::DASHES.map(|length| (length * UNITS) as f32);
        let drawing = match primitive {
            Primitive::Text { at, align, text } => {
                image.text(*at, *align, style, text);
                continue;
            }
            Primitive::Lines(_) => {
                let mut stroke = Stroke::new((style.size * UNITS) as f32);
                stroke.join(Join::Round);
                if style.dashed {
                    stroke.dash(&dashes, 0.0);
                }
                stroke.into()
            }
            _ => Drawing::default(),
        };
        image.paint(&path(primitive, style), drawing, plain(SCALE / UNITS), style);
    }
    image.encode()
}

fn plain(scale: f64) -> Transform {
    Transform::scale(scale as f32, scale as f32)
}

/// Red, green and blue of every pixel, row by row.
struct Image {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Image {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: [PAPER.0, PAPER.1, PAPER.2].repeat(width * height) }
    }

    fn text(&mut self, at: Point, align: Align, style: &Style, text: &str) {
        let start = baseline(at, align, style.size, text);
        let (x, y) = ((start.0 * SCALE) as f32, (start.1 * SCALE) as f32);
        let scale = (SCALE * font::scale(style.size)) as f32;
        for (glyph, along) in font::letters(text) {
            let outline = font::outline(glyph);
            let ahead = along as f32 * scale;
            let place = match align {
                Align::Upwards => Transform { xx: 0.0, xy: -scale, yx: -scale, yy: 0.0, x, y: y - ahead },
                _ => Transform { xx: scale, xy: 0.0, yx: 0.0, yy: -scale, x: x + ahead, y },
            };
            self.paint(&outline, Drawing::default(), place, style);
            if style.bold {
                let stroke = Stroke::new((svg::BOLD / font::scale(style.size)) as f32);
                self.paint(&outline, stroke.into(), place, style);
            }
        }
    }

    /// Covers what the path covers with the colour.
    fn paint(&mut self, path: &str, drawing: Drawing<'_>, place: Transform, style: &Style) {
        let (cover, at) = Mask::new(path).style(drawing).transform(Some(place)).render();
        let new = [style.colour.0, style.colour.1, style.colour.2];
        for (row, line) in cover.chunks_exact((at.width as usize).max(1)).enumerate() {
            let Some(y) = inside(at.top, row, self.height) else { continue };
            for (column, &share) in line.iter().enumerate().filter(|&(_, &share)| share > 0) {
                let Some(x) = inside(at.left, column, self.width) else { continue };
                let share = style.opacity * f64::from(share) / 255.0;
                for (old, new) in self.pixels[3 * (y * self.width + x)..].iter_mut().zip(new) {
                    *old = (f64::from(*old) + share * (f64::from(new) - f64::from(*old))).round() as u8;
                }
            }
        }
    }

    /// Every row as its difference from the row above, which flat areas and lines make small.
    fn encode(&self) -> Vec<u8> {
        const UP: u8 = 2;
        let stride = 3 * self.width;
        let mut rows = Vec::with_capacity((stride + 1) * self.height);
        let mut above = &vec![0; stride][..];
        for row in self.pixels.chunks_exact(stride) {
            rows.push(UP);
            rows.extend(row.iter().zip(above).map(|(a, b)| a.wrapping_sub(*b)));
            above = row;
        }
        let (width, height) = ((self.width as u32).to_be_bytes(), (self.height as u32).to_be_bytes());
        let eight_bits_of_three_colours = [8, 2, 0, 0, 0];
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        chunk(&mut file, b"IHDR", &[&width[..], &height, &eight_bits_of_three_colours].concat());
        chunk(&mut file, b"IDAT", &miniz_oxide::deflate::compress_to_vec_zlib(&rows, COMPRESSION));
        chunk(&mut file, b"IEND", &[]);
        file
    }
}

fn inside(start: i32, offset: usize, size: usize) -> Option<usize> {
    usize::try_from(i64::from(start) + offset as i64).ok().filter(|&place| place < size)
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], content: &[u8]) {
    file.extend((content.len() as u32).to_be_bytes());
    let checked = file.len();
    file.extend(kind);
    file.extend(content);
    file.extend(crc(&file[checked..]).to_be_bytes());
}

/// The checksum of PNG, bit by bit: figures are small.
fn crc(bytes: &[u8]) -> u32 {
    let mut remainder = u32::MAX;
    for &byte in bytes {
        remainder ^= u32::from(byte);
        for _ in 0..8 {
            remainder = (remainder >> 1) ^ if remainder & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    !remainder
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::BLUE;

    #[test]
    fn checksums_are_those_of_the_specification() {
        assert_eq!(crc(b"IEND"), 0xae42_6082);
        assert_eq!(crc(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn shapes_beyond_the_edges_are_cut() {
        let mut scene = Scene::default();
        scene.rectangle((-5.0, -5.0), (3.0, 3.0), Style::new(BLUE));
        scene.dot((100.0, 100.0), Style::new(BLUE));
        let mut image = Image::new(20, 20);
        image.paint("M-50-50h80v80h-80z", Drawing::default(), plain(SCALE / UNITS), &Style::new(BLUE));
        let blue = image.pixels.chunks(3).filter(|p| *p == [BLUE.0, BLUE.1, BLUE.2]).count();
        assert_eq!(blue, 36);
        assert!(encode(&scene, (10, 10)).starts_with(b"\x89PNG"));
    }
}
