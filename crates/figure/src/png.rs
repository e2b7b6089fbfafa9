//! A scene as PNG.

use zeno::{Join, Mask, Stroke, Style as Drawing, Transform};

use super::path::{Path, UNITS};
use super::scene::{Align, Point, Scene, Shape, baseline};
use super::{Colour, PAPER, font, svg};

/// Pixels of the file per pixel of the figure.
const SCALE: f64 = 2.0;
/// Of 0 to 10; more takes longer and saves little.
const COMPRESSION: u8 = 6;

/// The bytes of a file.
pub(crate) fn encode(scene: &Scene, (width, height): (u32, u32)) -> Vec<u8> {
    let mut image = Image::new((f64::from(width) * SCALE) as usize, (f64::from(height) * SCALE) as usize);
    for (style, shape) in &scene.shapes {
        let mut paint = |path: &Path, drawing: Drawing<'_>| {
            image.paint(&path.data, drawing, plain(SCALE / UNITS), style.colour, style.opacity);
        };
        let mut path = Path::default();
        match shape {
            Shape::Lines(lines) => {
                lines.iter().for_each(|points| path.polyline(points));
                let dashes = svg::DASHES.map(|length| (length * UNITS) as f32);
                let mut stroke = Stroke::new((style.size * UNITS) as f32);
                stroke.join(Join::Round);
                if style.dashed {
                    stroke.dash(&dashes, 0.0);
                }
                paint(&path, stroke.into());
            }
            Shape::Area(corners) => {
                path.polygon(corners);
                paint(&path, Drawing::default());
            }
            Shape::Rectangles(all) => {
                all.iter().for_each(|&(a, b)| path.rectangle(a, b));
                paint(&path, Drawing::default());
            }
            Shape::Dots(centres) => {
                for &centre in centres {
                    let mut path = Path::default();
                    path.circle(centre, style.size);
                    paint(&path, Drawing::default());
                }
            }
            Shape::Text { at, align, bold, text } => {
                let start = baseline(*at, *align, style.size, text);
                image.text(start, *align, style.size, *bold, style.colour, text);
            }
        }
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

    fn text(&mut self, start: Point, align: Align, size: f64, bold: bool, colour: Colour, text: &str) {
        let scale = (SCALE * font::scale(size)) as f32;
        let mut along = 0.0;
        for letter in text.chars() {
            let glyph = font::glyph(letter);
            let outline = font::outline(glyph);
            let (x, y) = ((start.0 * SCALE) as f32, (start.1 * SCALE) as f32);
            let ahead = along as f32 * scale;
            let place = match align {
                Align::Upwards => Transform { xx: 0.0, xy: -scale, yx: -scale, yy: 0.0, x, y: y - ahead },
                _ => Transform { xx: scale, xy: 0.0, yx: 0.0, yy: -scale, x: x + ahead, y },
            };
            self.paint(&outline, Drawing::default(), place, colour, 1.0);
            if bold {
                let stroke = Stroke::new((svg::BOLD / font::scale(size)) as f32);
                self.paint(&outline, stroke.into(), place, colour, 1.0);
            }
            along += font::advance(glyph);
        }
    }

    /// Covers what the path covers with the colour.
    fn paint(&mut self, data: &str, drawing: Drawing<'_>, place: Transform, colour: Colour, opacity: f64) {
        let (cover, at) = Mask::new(data).style(drawing).transform(Some(place)).render();
        let columns = at.width as usize;
        for (row, line) in cover.chunks_exact(columns.max(1)).enumerate() {
            let Some(y) = inside(at.top, row, self.height) else { continue };
            for (column, &share) in line.iter().enumerate().filter(|&(_, &share)| share > 0) {
                let Some(x) = inside(at.left, column, self.width) else { continue };
                let share = opacity * f64::from(share) / 255.0;
                let first = 3 * (y * self.width + x);
                for (old, new) in self.pixels[first..first + 3].iter_mut().zip([colour.0, colour.1, colour.2])
                {
                    *old = (f64::from(*old) + share * (f64::from(new) - f64::from(*old))).round() as u8;
                }
            }
        }
    }

    /// Every row as its difference from the row above, which flat areas and lines make small.
    fn encode(&self) -> Vec<u8> {
        let stride = 3 * self.width;
        let mut rows = Vec::with_capacity((stride + 1) * self.height);
        let nothing = vec![0; stride];
        for y in 0..self.height {
            const UP: u8 = 2;
            rows.push(UP);
            let above = if y == 0 { &nothing[..] } else { &self.pixels[(y - 1) * stride..y * stride] };
            let row = &self.pixels[y * stride..(y + 1) * stride];
            rows.extend(row.iter().zip(above).map(|(a, b)| a.wrapping_sub(*b)));
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
    use crate::{BLUE, Style};

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
        image.paint("M-50-50h80v80h-80z", Drawing::default(), plain(SCALE / UNITS), BLUE, 1.0);
        let blue = image.pixels.chunks(3).filter(|p| *p == [BLUE.0, BLUE.1, BLUE.2]).count();
        assert_eq!(blue, 36);
        assert!(encode(&scene, (10, 10)).starts_with(b"\x89PNG"));
    }
}
