//! Draws a panel: axes, marks, legend.

use super::axis::Scale;
use super::panel::{Corner, Mark, Panel, Point, Shape};
use super::scene::{Align, Scene, ink};
use super::style::{INK, PAPER, Style};
use super::{font, heat_map};

const TICK_TEXT: f64 = 15.0;
const LABEL_TEXT: f64 = 17.0;
const TITLE_TEXT: f64 = 18.0;
const LETTER_TEXT: f64 = 26.0;
const TICK: f64 = 5.0;
/// Room for numbers and label below the x axis and beside the y axis, in pixels.
pub(crate) const LABELS_BELOW: f64 = 44.0;
pub(crate) const LABELS_BESIDE: f64 = 58.0;
/// Lines are thinned out to this accuracy, in pixels.
const ACCURACY: f64 = 0.15;

/// The rectangle inside the axes, in pixels, and the scales that fill it.
struct Frame {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
    x: Scale,
    y: Scale,
    half_bar: f64,
}

impl Frame {
    fn new(panel: &Panel, corner: Point, size: Point) -> Self {
        let (mut xs, mut ys) = (Vec::new(), Vec::new());
        for mark in &panel.marks {
            extent(&mark.shape, &mut xs, &mut ys);
        }
        let headed = panel.letter.is_some() || !panel.title.is_empty();
        let below = 12.0 + if panel.x.numbered { LABELS_BELOW } else { 0.0 };
        let beside = 18.0 + if panel.y.numbered { LABELS_BESIDE } else { 0.0 };
        Self {
            left: corner.0 + beside,
            top: corner.1 + if headed { 40.0 } else { 10.0 },
            right: corner.0 + size.0 - 18.0,
            bottom: corner.1 + size.1 - below,
            x: panel.x.scale(xs.into_iter()),
            y: panel.y.scale(ys.into_iter()),
            half_bar: panel.bar_width / 2.0,
        }
    }

    fn x(&self, x: f64) -> f64 {
        self.left + self.x.position(x) * (self.right - self.left)
    }

    fn y(&self, y: f64) -> f64 {
        self.bottom - self.y.position(y) * (self.bottom - self.top)
    }

    fn contains(&self, (x, y): Point) -> bool {
        (self.left - 0.5..=self.right + 0.5).contains(&x) && (self.top - 0.5..=self.bottom + 0.5).contains(&y)
    }

    /// The part of a segment inside the frame (Liang and Barsky).
    fn clip(&self, a: Point, b: Point) -> Option<(Point, Point)> {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
        let sides =
            [(-dx, a.0 - self.left), (dx, self.right - a.0), (-dy, a.1 - self.top), (dy, self.bottom - a.1)];
        for (towards, room) in sides {
            if towards == 0.0 {
                if room < 0.0 {
                    return None;
                }
            } else if towards < 0.0 {
                enter = enter.max(room / towards);
            } else {
                leave = leave.min(room / towards);
            }
        }
        let at = |t: f64| (a.0 + t * dx, a.1 + t * dy);
        (enter <= leave).then(|| (at(enter), at(leave)))
    }
}

/// Draws a panel into the rectangle at `corner`.
pub(crate) fn panel(scene: &mut Scene, corner: Point, size: Point, panel: &Panel) {
    let frame = Frame::new(panel, corner, size);
    for mark in &panel.marks {
        draw_mark(scene, &frame, mark);
    }
    draw_axes(scene, &frame, panel);
    draw_legend(scene, &frame, panel);
    if let Some(letter) = panel.letter {
        let at = (corner.0 + 8.0, corner.1 + 20.0);
        scene.text(at, Align::Left, Style { bold: true, ..ink(LETTER_TEXT) }, &letter.to_string());
    }
    let title = ((frame.left + frame.right) / 2.0, corner.1 + 22.0);
    scene.text(title, Align::Centre, ink(TITLE_TEXT), &panel.title);
}

fn extent(shape: &Shape, xs: &mut Vec<f64>, ys: &mut Vec<f64>) {
    match shape {
        Shape::Line(points) | Shape::Points(points) => {
            xs.extend(points.iter().map(|p| p.0));
            ys.extend(points.iter().map(|p| p.1));
        }
        Shape::Band(points) => {
            xs.extend(points.iter().map(|p| p.0));
            ys.extend(points.iter().flat_map(|p| [p.1, p.2]));
        }
        Shape::Bar(x, height, values) => {
            xs.extend([x - 0.5, x + 0.5]);
            ys.extend(values.iter().copied().chain([0.0, *height]));
        }
        // a heat map sets its ranges
        Shape::Cells(_) | Shape::Vertical(_) | Shape::Horizontal(_) | Shape::Text(..) => {}
    }
}

fn draw_axes(scene: &mut Scene, frame: &Frame, panel: &Panel) {
    let &Frame { left, top, right, bottom, .. } = frame;
    let thin = Style::new(INK).size(1.2);
    scene.line(vec![(left, top), (left, bottom), (right, bottom)], thin);

    for (position, text) in panel.x.ticks(&frame.x, ((right - left) / 85.0).max(2.0)) {
        let x = left + position * (right - left);
        scene.line(vec![(x, bottom), (x, bottom + TICK)], thin);
        if panel.x.numbered {
            number(scene, (x, bottom + 17.0), Align::Centre, &text);
        }
    }
    let mut widest = 16.0_f64;
    for (position, text) in panel.y.ticks(&frame.y, ((bottom - top) / 45.0).max(2.0)) {
        let y = bottom - position * (bottom - top);
        scene.line(vec![(left, y), (left - TICK, y)], thin);
        if panel.y.numbered {
            widest = widest.max(number(scene, (left - 9.0, y), Align::Right, &text));
        }
    }
    let below = ((left + right) / 2.0, bottom + 42.0);
    scene.text(below, Align::Centre, ink(LABEL_TEXT), &panel.x.label);
    let beside = (left - 9.0 - widest - 16.0, (top + bottom) / 2.0);
    scene.text(beside, Align::Upwards, ink(LABEL_TEXT), &panel.y.label);
}

/// Writes a tick's number, raising what follows `^`; returns its width.
fn number(scene: &mut Scene, at: Point, align: Align, text: &str) -> f64 {
    const RAISED_TEXT: f64 = 0.75 * TICK_TEXT;
    let Some((base, exponent)) = text.split_once('^') else {
        scene.text(at, align, ink(TICK_TEXT), text);
        return font::width(TICK_TEXT, text);
    };
    let (first, second) = (font::width(TICK_TEXT, base), font::width(RAISED_TEXT, exponent));
    let right = if align == Align::Right { at.0 } else { at.0 + (first + second) / 2.0 };
    scene.text((right - second, at.1), Align::Right, ink(TICK_TEXT), base);
    scene.text((right - second + 1.0, at.1 - 6.0), Align::Left, ink(RAISED_TEXT), exponent);
    first + second
}

fn draw_mark(scene: &mut Scene, frame: &Frame, mark: &Mark) {
    let style = mark.style;
    let place = |&(x, y): &Point| (frame.x(x), frame.y(y));
    match &mark.shape {
        Shape::Line(points) => {
            polyline(scene, frame, &points.iter().map(place).collect::<Vec<_>>(), style);
        }
        Shape::Points(points) => {
            points.iter().map(place).filter(|&p| frame.contains(p)).for_each(|p| scene.dot(p, style));
        }
        Shape::Band(points) => {
            let inside = |x, y| (frame.x(x), frame.y(y).clamp(frame.top, frame.bottom));
            let low: Vec<Point> = points.iter().map(|&(x, low, _)| inside(x, low)).collect();
            let high: Vec<Point> = points.iter().map(|&(x, _, high)| inside(x, high)).collect();
            let back = thin_out(&high).into_iter().rev();
            scene.area(thin_out(&low).into_iter().chain(back).collect(), style);
        }
        Shape::Bar(x, height, values) => {
            let (left, right) = (frame.x(x - frame.half_bar), frame.x(x + frame.half_bar));
            let foot = frame.y(0.0).min(frame.bottom); // minimum ignores the NaN of a logarithmic axis
            let head = frame.y(*height);
            let pale = style.opacity(0.35 * style.opacity);
            scene.rectangle((left, head), (right, foot), pale);
            scene.line(vec![(left, head), (right, head)], style);
            for (i, &value) in values.iter().enumerate() {
                // golden-ratio steps spread the dots evenly and the same way each time
                let across = 0.2 + 0.6 * (0.5 + i as f64 * 0.618_033_988_75).fract();
                let centre = (left + across * (right - left), frame.y(value));
                if frame.contains(centre) {
                    scene.dot(centre, style.size(3.0).opacity(0.8));
                }
            }
        }
        Shape::Vertical(x) => {
            let x = frame.x(*x);
            polyline(scene, frame, &[(x, frame.top), (x, frame.bottom)], style);
        }
        Shape::Horizontal(y) => {
            let y = frame.y(*y);
            polyline(scene, frame, &[(frame.left, y), (frame.right, y)], style);
        }
        Shape::Text(x, y, text) => {
            scene.text(place(&(*x, *y)), Align::Left, Style::new(style.colour).size(TICK_TEXT), text);
        }
        Shape::Cells(cells) => heat_map::draw(scene, cells, |x, y| place(&(x, y))),
    }
}

/// A legend of the marks that have labels.
fn draw_legend(scene: &mut Scene, frame: &Frame, panel: &Panel) {
    const ROW: f64 = 21.0;
    const SAMPLE: f64 = 24.0;
    let entries: Vec<&Mark> = panel.marks.iter().filter(|m| !m.label.is_empty()).collect();
    let widest = entries.iter().map(|m| font::width(TICK_TEXT, &m.label)).fold(0.0, f64::max);
    let (width, height) = (SAMPLE + 8.0 + widest, ROW * entries.len() as f64);
    let left = match panel.legend {
        Corner::TopLeft | Corner::BottomLeft => frame.left + 14.0,
        Corner::TopRight | Corner::BottomRight => frame.right - width - 6.0,
    };
    let top = match panel.legend {
        Corner::TopLeft | Corner::TopRight => frame.top + 2.0,
        Corner::BottomLeft | Corner::BottomRight => frame.bottom - height - 8.0,
    };
    if !entries.is_empty() {
        let paper = Style::new(PAPER).opacity(0.8);
        scene.rectangle((left - 4.0, top), (left + width + 4.0, top + height), paper);
    }
    for (i, mark) in entries.into_iter().enumerate() {
        let y = top + ROW * (i as f64 + 0.5);
        match mark.shape {
            Shape::Points(_) => scene.dot((left + SAMPLE / 2.0, y), mark.style),
            Shape::Band(_) | Shape::Bar(..) => {
                scene.rectangle((left, y - 6.0), (left + SAMPLE, y + 6.0), mark.style);
            }
            _ => scene.line(vec![(left, y), (left + SAMPLE, y)], mark.style),
        }
        scene.text((left + SAMPLE + 8.0, y), Align::Left, ink(TICK_TEXT), &mark.label);
    }
}

/// Draws the parts of a line that lie in the frame; points that are not finite interrupt it.
fn polyline(scene: &mut Scene, frame: &Frame, path: &[Point], style: Style) {
    let mut piece: Vec<Point> = Vec::new();
    let mut finish = |piece: &[Point]| {
        if piece.len() > 1 {
            scene.line(thin_out(piece), style);
        }
    };
    for pair in path.windows(2) {
        let finite = pair.iter().all(|p| p.0.is_finite() && p.1.is_finite());
        let Some((a, b)) = finite.then(|| frame.clip(pair[0], pair[1])).flatten() else { continue };
        if piece.last() != Some(&a) {
            finish(&piece);
            piece = vec![a];
        }
        piece.push(b);
    }
    finish(&piece);
}

/// Leaves out points that the line misses by less than the accuracy anyway (Douglas and Peucker).
fn thin_out(path: &[Point]) -> Vec<Point> {
    if path.len() < 3 {
        return path.to_vec();
    }
    let mut keep = vec![false; path.len()];
    (keep[0], keep[path.len() - 1]) = (true, true);
    let mut open = vec![(0, path.len() - 1)];
    while let Some((first, last)) = open.pop() {
        let (a, b) = (path[first], path[last]);
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let square = (dx * dx + dy * dy).max(f64::MIN_POSITIVE);
        let distance = |p: Point| {
            let t = (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / square).clamp(0.0, 1.0);
            (p.0 - a.0 - t * dx).hypot(p.1 - a.1 - t * dy)
        };
        let farthest = (first + 1..last).map(|i| (distance(path[i]), i)).max_by(|p, q| p.0.total_cmp(&q.0));
        if let Some((_, i)) = farthest.filter(|&(d, _)| d > ACCURACY) {
            keep[i] = true;
            open.extend([(first, i), (i, last)]);
        }
    }
    path.iter().zip(keep).filter(|&(_, k)| k).map(|(&p, _)| p).collect()
}
