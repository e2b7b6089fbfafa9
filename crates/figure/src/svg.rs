//! A scene as SVG: a file of its own, or an element of an HTML page.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::path::{Path, UNITS, units};
use super::scene::{Align, Scene, Shape, baseline};
use super::{BLUE, Colour, GREEN, GREY, INK, ORANGE, PAPER, PURPLE, SKY, Style, VERMILLION, font};

/// Lengths of dashes and gaps, in pixels.
pub(crate) const DASHES: [f64; 2] = [7.0, 5.0];
/// Width of the line round the letters of a bold text, in pixels.
pub(crate) const BOLD: f64 = 0.8;

/// Colours that a page may replace, by the names of its CSS variables.
const THEME: [(&str, Colour); 9] = [
    ("ink", INK),
    ("paper", PAPER),
    ("grey", GREY),
    ("blue", BLUE),
    ("vermillion", VERMILLION),
    ("green", GREEN),
    ("purple", PURPLE),
    ("orange", ORANGE),
    ("sky", SKY),
];

/// A file: its letters are outlines, which look the same everywhere.
pub(crate) fn file(scene: &Scene, (width, height): (u32, u32)) -> String {
    let mut svg = Svg { inline: false, text: String::new(), glyphs: BTreeMap::new() };
    svg.shapes(scene);
    let mut text = format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {} {}\" xmlns=\"http://www.w3.org/2000/svg\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"{}\"/>\n<defs>\n",
        units(width.into()),
        units(height.into()),
        hexadecimal(PAPER),
    );
    for (id, outline) in &svg.glyphs {
        let _ = writeln!(text, "<path id=\"g{id}\" d=\"{outline}\"/>"); // writing to a string never fails
    }
    text + "</defs>\n" + &svg.text + "</svg>\n"
}

/// An element of an HTML page: its letters are text in the font of the page, its colours those of the page.
pub(crate) fn element(scene: &Scene, (width, height): (u32, u32), title: &str) -> String {
    let mut svg = Svg { inline: true, text: String::new(), glyphs: BTreeMap::new() };
    svg.shapes(scene);
    let title = escape(title);
    format!(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{title}\" font-family=\"sans-serif\">\
         <title>{title}</title>\n{}</svg>\n",
        units(width.into()),
        units(height.into()),
        svg.text,
    )
}

struct Svg {
    inline: bool,
    text: String,
    /// Outlines of the letters, by their numbers in the font.
    glyphs: BTreeMap<u16, String>,
}

impl Svg {
    fn shapes(&mut self, scene: &Scene) {
        for (style, shape) in &scene.shapes {
            let mut path = Path::default();
            let colour = self.colour(style.colour);
            let painted = match shape {
                Shape::Lines(lines) => {
                    lines.iter().for_each(|points| path.polyline(points));
                    let dashes = DASHES.map(units);
                    let dashes = format!(" stroke-dasharray=\"{} {}\"", dashes[0], dashes[1]);
                    format!(
                        "fill=\"none\" stroke=\"{colour}\" stroke-width=\"{}\" stroke-linejoin=\"round\"{}",
                        units(style.size),
                        if style.dashed { &dashes } else { "" }
                    )
                }
                Shape::Area(corners) => {
                    path.polygon(corners);
                    format!("fill=\"{colour}\"")
                }
                Shape::Rectangles(all) => {
                    all.iter().for_each(|&(a, b)| path.rectangle(a, b));
                    // without crisp edges, hairlines of the background show between neighbours
                    format!("fill=\"{colour}\" shape-rendering=\"crispEdges\"")
                }
                Shape::Dots(centres) if style.opacity < 1.0 && !self.inline => {
                    self.separate_dots(centres, *style);
                    continue;
                }
                Shape::Dots(centres) => {
                    centres.iter().for_each(|&centre| path.place(centre));
                    format!(
                        "fill=\"none\" stroke=\"{colour}\" stroke-width=\"{}\" stroke-linecap=\"round\"",
                        2 * units(style.size)
                    )
                }
                Shape::Text { at, align, bold, text } => {
                    self.label(*at, *align, *style, *bold, text);
                    continue;
                }
            };
            let opacity = match style.opacity {
                1.0.. => String::new(),
                opacity => format!(" opacity=\"{}\"", rounded(opacity)),
            };
            self.line(format_args!("<path {painted}{opacity} d=\"{}\"/>", path.data));
        }
    }

    /// Dots that are darker where they overlap.
    fn separate_dots(&mut self, centres: &[(f64, f64)], style: Style) {
        let colour = self.colour(style.colour);
        self.line(format_args!("<g fill=\"{colour}\" fill-opacity=\"{}\">", rounded(style.opacity)));
        for &(x, y) in centres {
            self.line(format_args!(
                "<circle cx=\"{}\" cy=\"{}\" r=\"{}\"/>",
                units(x),
                units(y),
                units(style.size)
            ));
        }
        self.line(format_args!("</g>"));
    }

    fn label(&mut self, at: (f64, f64), align: Align, style: Style, bold: bool, text: &str) {
        let (colour, words) = (self.colour(style.colour), escape(text));
        if self.inline {
            let drop = font::middle(style.size);
            let anchor = match align {
                Align::Left => "",
                Align::Centre | Align::Upwards => " text-anchor=\"middle\"",
                Align::Right => " text-anchor=\"end\"",
            };
            let bold = if bold { " font-weight=\"bold\"" } else { "" };
            let (x, y) = if align == Align::Upwards { (at.0 + drop, at.1) } else { (at.0, at.1 + drop) };
            let (x, y) = (units(x), units(y));
            let turn = match align {
                Align::Upwards => format!(" transform=\"rotate(-90 {x} {y})\""),
                _ => String::new(),
            };
            self.line(format_args!(
                "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\" fill=\"{colour}\"{anchor}{bold}{turn}>{words}</text>",
                units(style.size)
            ));
            return;
        }
        let (x, y) = baseline(at, align, style.size, text);
        let scale = rounded(UNITS * font::scale(style.size));
        let turn = if align == Align::Upwards { " rotate(-90)" } else { "" };
        let bold = match bold {
            true => format!(" stroke=\"{colour}\" stroke-width=\"{:.0}\"", BOLD / font::scale(style.size)),
            false => String::new(),
        };
        let mut letters = String::new();
        let mut along = 0.0;
        for letter in text.chars() {
            let glyph = font::glyph(letter);
            self.glyphs.entry(glyph.0).or_insert_with(|| font::outline(glyph));
            let _ = write!(letters, "<use href=\"#g{}\" x=\"{along}\"/>", glyph.0); // never fails
            along += font::advance(glyph);
        }
        self.line(format_args!(
            "<g aria-label=\"{words}\" fill=\"{colour}\"{bold} transform=\"translate({} {}){turn} scale({scale} -{scale})\">{letters}</g>",
            units(x),
            units(y),
        ));
    }

    fn colour(&self, colour: Colour) -> String {
        let written = hexadecimal(colour);
        match THEME.iter().find(|(_, themed)| self.inline && *themed == colour) {
            Some((name, _)) => format!("var(--{name},{written})"),
            None => written,
        }
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.text, "{text}"); // writing to a string never fails
    }
}

fn hexadecimal(Colour(red, green, blue): Colour) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

/// At most four decimals.
fn rounded(x: f64) -> f64 {
    (x * 1e4).round() / 1e4
}

/// The five characters that mean something in HTML and SVG, escaped.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use crate::{Cell, Figure, Panel};

    /// Every number of a matrix is there, once, in few bytes.
    #[test]
    fn heat_maps_are_small_and_whole() {
        let rows: Vec<Vec<f64>> =
            (0..60).map(|i| (0..60).map(|j| f64::from(i * 7 + j * 13 % 31)).collect()).collect();
        let panel = Panel::new("before", "motif").heat_map(&rows);
        let svg = Figure::new("map", 470, 440).add(Cell::FULL, panel).inline_svg("errors");
        assert!(svg.len() < 110_000, "{}", svg.len());
        assert!(!svg.contains("<polygon"));
        let mut area = 0;
        let mut places = std::collections::HashSet::new();
        for piece in svg.split(" d=\"").skip(1).filter_map(|d| d.split('"').next()).flat_map(|d| d.split('z'))
        {
            let Some((place, size)) = piece.strip_prefix('M').and_then(|p| p.split_once('h')) else {
                continue;
            };
            let (width, rest) = size.split_once('v').unwrap();
            let height = rest.split_once('h').unwrap().0;
            assert!(places.insert(place.to_owned()), "{place} twice");
            area += width.parse::<u64>().unwrap() * height.parse::<u64>().unwrap();
        }
        let edges = |axis: usize| {
            let all: Vec<u64> =
                places.iter().map(|p| p.split(' ').nth(axis).unwrap().parse().unwrap()).collect();
            (*all.iter().min().unwrap(), *all.iter().max().unwrap())
        };
        let ((left, right), (top, bottom)) = (edges(0), edges(1));
        // the last cell's own size is missing from the distance of corners
        let whole = ((right - left) * 60 / 59) as f64 * ((bottom - top) * 60 / 59) as f64;
        assert!((area as f64 / whole - 1.0).abs() < 0.01, "{area} of {whole}");
    }

    #[test]
    fn numbers_are_written_where_they_fit() {
        let svg = |count: usize, unit: f64| {
            let row = |i: usize| (0..count).map(|j| unit * (1.0 + (i * count + j) as f64)).collect();
            let panel = Panel::new("before", "motif").heat_map(&(0..count).map(row).collect::<Vec<_>>());
            Figure::new("map", 470, 440).add(Cell::FULL, panel).inline_svg("errors")
        };
        assert!(svg(12, 1.0).contains(">144<") && !svg(13, 1.0).contains(">169<"));
        assert!(svg(4, 1e-4).contains(">0.0016<") && !svg(12, 1e-5).contains("0.0014"));
    }
}
