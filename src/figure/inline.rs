//! Figures as elements of an HTML page.

use std::fmt::Write;

use plotters::style::RGBColor;

use super::{BLUE, Figure, GREEN, GREY, INK, ORANGE, PAPER, PURPLE, Result, SKY, VERMILLION};

/// Colours that a page may replace, by the names of its CSS variables.
const THEME: [(&str, RGBColor); 9] = [
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

impl Figure {
    /// The figure as an `<svg>` element for an HTML page: as large as the page makes it, without a background, in the
    /// colours of the CSS variables `--ink`, `--paper`, `--grey`, `--blue`, `--vermillion`, `--green`, `--purple`,
    /// `--orange` and `--sky` where the page defines them, and with a title for readers who cannot see it.
    ///
    /// ```
    /// use thalamo::figure::{BLUE, Cell, Figure, Panel, TIME};
    /// let panel = Panel::new(TIME, "readout").line("", BLUE, [(0.0, 0.0), (1.0, 0.5)]);
    /// let svg = Figure::new("ramp", 400, 300).add(Cell::FULL, panel).inline_svg("a rise of < 1")?;
    /// assert!(svg.starts_with("<svg viewBox=") && svg.contains("<title>a rise of &lt; 1</title>"));
    /// assert!(svg.contains("stroke=\"var(--blue,#0072B2)\"") && !svg.contains("http"));
    /// # Ok::<(), thalamo::figure::Error>(())
    /// ```
    ///
    /// # Errors
    /// A size the plotting library refuses.
    pub fn inline_svg(&self, title: &str) -> Result<String> {
        let whole = self.svg()?;
        // the header and the background are the first two lines
        let drawn = whole.splitn(3, '\n').nth(2).unwrap_or_default();
        let (width, height) = self.size;
        let scale = super::canvas::SVG_SCALE;
        let title = escape(title);
        let mut text = format!(
            "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{title}\"><title>{title}</title>\n",
            width * scale,
            height * scale
        );
        merge_dots(drawn, &mut text);
        text = text.replace(" opacity=\"1\"", "");
        for (name, RGBColor(r, g, b)) in THEME {
            // quotes in text are escaped: only attributes match
            let colour = format!("#{r:02X}{g:02X}{b:02X}");
            text = text.replace(&format!("\"{colour}\""), &format!("\"var(--{name},{colour})\""));
        }
        Ok(text)
    }
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

/// Copies the lines of an SVG, with each run of equal dots as one path of round points: a tenth of the size.
fn merge_dots(lines: &str, out: &mut String) {
    let mut run: Option<(String, String)> = None;
    for line in lines.lines() {
        let dot = dot(line);
        if let (Some((head, path)), Some((style, place))) = (&mut run, &dot)
            && head == style
        {
            path.push_str(place);
            continue;
        }
        finish(run.take(), out);
        match dot {
            Some(begun) => run = Some(begun),
            None => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    finish(run, out);
}

fn finish(run: Option<(String, String)>, out: &mut String) {
    if let Some((style, path)) = run {
        let _ = writeln!(out, "<path {style} d=\"{path}\"/>"); // writing to a string never fails
    }
}

/// Style and place of a filled circle, as a stroke of no length with a round end.
fn dot(line: &str) -> Option<(String, String)> {
    let circle = line.strip_prefix("<circle")?;
    let attribute = |name: &str| circle.split_once(&format!(" {name}=\""))?.1.split('"').next();
    let (x, y, radius) = (attribute("cx")?, attribute("cy")?, attribute("r")?.parse::<f64>().ok()?);
    let (fill, opacity) = (attribute("fill")?, attribute("opacity")?);
    if fill == "none" {
        return None;
    }
    let width = 2.0 * radius;
    let style = format!(
        "fill=\"none\" opacity=\"{opacity}\" stroke=\"{fill}\" stroke-width=\"{width}\" stroke-linecap=\"round\""
    );
    Some((style, format!("M{x} {y}h0")))
}
