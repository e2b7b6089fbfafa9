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
        merge_marks(drawn, &mut text);
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

/// Copies the lines of an SVG, with each run of equal dots as one path of round points, and each run of rectangles of one
/// colour as one path: a tenth of the size.
fn merge_marks(lines: &str, out: &mut String) {
    let mut run: Option<(String, String)> = None;
    for line in lines.lines() {
        let mark = dot(line).or_else(|| rectangle(line));
        if let (Some((head, path)), Some((style, place))) = (&mut run, &mark)
            && head == style
        {
            path.push_str(place);
            continue;
        }
        finish(run.take(), out);
        match mark {
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

/// Style and place of a filled rectangle that begins at its top left and goes round by the right.
fn rectangle(line: &str) -> Option<(String, String)> {
    let polygon = line.strip_prefix("<polygon")?;
    let attribute = |name: &str| polygon.split_once(&format!(" {name}=\""))?.1.split('"').next();
    let mut corners = attribute("points")?.split_whitespace().map(|corner| {
        let (x, y) = corner.split_once(',')?;
        Some((x.parse::<i32>().ok()?, y.parse::<i32>().ok()?))
    });
    let ((left, top), b, c, d) = (corners.next()??, corners.next()??, corners.next()??, corners.next()??);
    let (width, height) = (c.0 - left, c.1 - top);
    let upright = b == (c.0, top) && d == (left, c.1) && width >= 0 && height >= 0;
    if !upright || corners.next().is_some() {
        return None;
    }
    let (fill, opacity) = (attribute("fill")?, attribute("opacity")?);
    // without crisp edges, hairlines of the background show between neighbours
    let style = format!("fill=\"{fill}\" opacity=\"{opacity}\" shape-rendering=\"crispEdges\"");
    Some((style, format!("M{left} {top}h{width}v{height}h-{width}z")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::{Cell, Panel};

    /// Every number of a matrix is there, once, in few bytes.
    #[test]
    fn heat_maps_are_small_and_whole() {
        let rows: Vec<Vec<f64>> =
            (0..60).map(|i| (0..60).map(|j| f64::from(i * 7 + j * 13 % 31)).collect()).collect();
        let panel = Panel::new("before", "motif").heat_map(&rows);
        let svg = Figure::new("map", 470, 440).add(Cell::FULL, panel).inline_svg("errors").unwrap();
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
            Figure::new("map", 470, 440).add(Cell::FULL, panel).inline_svg("errors").unwrap()
        };
        assert!(svg(12, 1.0).contains("\n144\n") && !svg(13, 1.0).contains("\n169\n"));
        assert!(svg(4, 1e-4).contains("\n0.0016\n") && !svg(12, 1e-5).contains("0.0014"));
    }

    #[test]
    fn only_upright_rectangles_are_merged() {
        let polygon = |points: &str| format!("<polygon opacity=\"1\" fill=\"#E8F2FA\" points=\"{points}\"/>");
        let (style, path) = rectangle(&polygon("10,20 30,20 30,60 10,60")).unwrap();
        assert_eq!(path, "M10 20h20v40h-20z");
        assert!(style.contains("#E8F2FA") && style.contains("crispEdges"));
        for other in
            ["10,20 30,20 30,60", "10,20 30,21 30,60 10,60", "30,20 10,20 10,60 30,60", "1,2 3,2 3,6 1,6 0,0"]
        {
            assert_eq!(rectangle(&polygon(other)), None, "{other}");
        }
    }
}
