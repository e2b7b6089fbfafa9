//! A scene as SVG: a file of its own, or an element of an HTML page.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::font;
use super::panel::Point;
use super::path::{UNITS, path, units};
use super::scene::{Align, Primitive, Scene, baseline};
use super::style::{BLUE, Colour, GREEN, GREY, INK, ORANGE, PAPER, PURPLE, SKY, Style, VERMILLION};

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
    let svg = Svg::new(scene, false);
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
    let (svg, title) = (Svg::new(scene, true), escape(title));
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
    fn new(scene: &Scene, inline: bool) -> Self {
        let mut svg = Self { inline, text: String::new(), glyphs: BTreeMap::new() };
        for (style, primitive) in &scene.primitives {
            let colour = svg.colour(style.colour);
            let painted = match primitive {
                Primitive::Text { at, align, text } => {
                    svg.text(*at, *align, style, text);
                    continue;
                }
                Primitive::Lines(_) => {
                    let (width, [dash, gap]) = (units(style.size), DASHES.map(units));
                    let dashes = match style.dashed {
                        true => format!(" stroke-dasharray=\"{dash} {gap}\""),
                        false => String::new(),
                    };
                    format!(
                        "fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" stroke-linejoin=\"round\"{dashes}"
                    )
                }
                // without crisp edges, hairlines of the background show between neighbours
                Primitive::Rectangles(_) => format!("fill=\"{colour}\" shape-rendering=\"crispEdges\""),
                Primitive::Area(_) | Primitive::Dots(_) => format!("fill=\"{colour}\""),
            };
            let opacity = match style.opacity {
                1.0.. => String::new(),
                opacity => format!(" opacity=\"{}\"", rounded(opacity)),
            };
            svg.line(format_args!("<path {painted}{opacity} d=\"{}\"/>", path(primitive, style)));
        }
        svg
    }

    fn text(&mut self, at: Point, align: Align, style: &Style, text: &str) {
        let (colour, words) = (self.colour(style.colour), escape(text));
        if self.inline {
            let anchor = match align {
                Align::Left => "",
                Align::Centre | Align::Upwards => " text-anchor=\"middle\"",
                Align::Right => " text-anchor=\"end\"",
            };
            let drop = font::middle(style.size);
            let (x, y) = if align == Align::Upwards { (at.0 + drop, at.1) } else { (at.0, at.1 + drop) };
            let (x, y, size) = (units(x), units(y), units(style.size));
            let turn = match align {
                Align::Upwards => format!(" transform=\"rotate(-90 {x} {y})\""),
                _ => String::new(),
            };
            let bold = if style.bold { " font-weight=\"bold\"" } else { "" };
            self.line(format_args!(
                "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" fill=\"{colour}\"{anchor}{bold}{turn}>{words}</text>"
            ));
            return;
        }
        let (x, y) = baseline(at, align, style.size, text);
        let (x, y, scale) = (units(x), units(y), rounded(UNITS * font::scale(style.size)));
        let turn = if align == Align::Upwards { " rotate(-90)" } else { "" };
        let bold = match style.bold {
            true => format!(" stroke=\"{colour}\" stroke-width=\"{:.0}\"", BOLD / font::scale(style.size)),
            false => String::new(),
        };
        let mut letters = String::new();
        for (glyph, along) in font::letters(text) {
            self.glyphs.entry(glyph.0).or_insert_with(|| font::outline(glyph));
            letters += &format!("<use href=\"#g{}\" x=\"{along}\"/>", glyph.0);
        }
        self.line(format_args!(
            "<g aria-label=\"{words}\" fill=\"{colour}\"{bold} transform=\"translate({x} {y}){turn} scale({scale} -{scale})\">{letters}</g>"
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
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.replace('"', "&quot;").replace('\'', "&#39;")
}
