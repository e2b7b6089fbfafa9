//! From data to positions along an axis, and the ticks.

/// How values are spaced.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Spacing {
    Linear,
    Log,
    Categories(Vec<String>),
}

#[derive(Debug, Clone)]
pub(crate) struct Axis {
    pub(crate) label: String,
    pub(crate) spacing: Spacing,
    pub(crate) range: Option<(f64, f64)>,
    pub(crate) ticks: Option<Vec<f64>>,
    pub(crate) numbered: bool,
}

impl Axis {
    pub(crate) fn new(label: &str) -> Self {
        Self { label: label.to_owned(), spacing: Spacing::Linear, range: None, ticks: None, numbered: true }
    }

    /// Leaves out numbers and label, which a neighbouring panel has.
    pub(crate) fn hide(&mut self) {
        self.numbered = false;
        self.label.clear();
    }

    /// Fixes the range: the given one, or that of the values with a margin.
    pub(crate) fn scale(&self, values: impl Iterator<Item = f64>) -> Scale {
        let log = self.spacing == Spacing::Log;
        let place = |x: f64| if log { x.log10() } else { x };
        let range = match (self.range, &self.spacing) {
            (Some((low, high)), _) => (place(low), place(high)),
            (None, Spacing::Categories(names)) => (-0.6, names.len() as f64 - 0.4),
            (None, _) => {
                let (low, high) = values
                    .map(place)
                    .filter(|x| x.is_finite())
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
                let margin = if high > low { 0.04 * (high - low) } else { 0.5 };
                if low <= high { (low - margin, high + margin) } else { (0.0, 1.0) }
            }
        };
        Scale { log, low: range.0, high: range.1 }
    }

    /// Positions (fractions) and labels of the ticks, about `count` of them; what follows `^` is to be
    /// raised.
    pub(crate) fn ticks(&self, scale: &Scale, count: f64) -> Vec<(f64, String)> {
        let labelled: Vec<(f64, String)> = match (&self.ticks, &self.spacing) {
            (Some(ticks), spacing) => {
                let needed = |&x: &f64| decimals(x);
                let most = ticks.iter().map(needed).max().unwrap_or(0);
                // On a logarithmic axis each number has the decimals it needs, elsewhere all have the same.
                let shown = |x| if *spacing == Spacing::Log { needed(x) } else { most };
                ticks.iter().map(|x| (*x, number(*x, shown(x)))).collect()
            }
            (None, Spacing::Categories(names)) => {
                names.iter().enumerate().map(|(i, name)| (i as f64, name.clone())).collect()
            }
            (None, Spacing::Log) if scale.high - scale.low >= 1.5 => {
                let stride = ((scale.high - scale.low) / count).ceil().max(1.0) as i32;
                let exponents = scale.low.ceil() as i32..=scale.high.floor() as i32;
                exponents
                    .filter(|e| e % stride == 0)
                    .map(|e| (10_f64.powi(e), format!("10^{}", number(f64::from(e), 0))))
                    .collect()
            }
            (None, Spacing::Log) if scale.high - scale.low >= 0.5 => {
                let decade = scale.low.floor() as i32;
                let candidates =
                    (decade..=decade + 2).flat_map(|e| [1.0, 2.0, 5.0].map(|m| m * 10_f64.powi(e)));
                candidates.map(|x| (x, number(x, -(x.log10().floor().min(0.0)) as i32))).collect()
            }
            (None, Spacing::Log) => round_numbers(10_f64.powf(scale.low), 10_f64.powf(scale.high), count),
            (None, Spacing::Linear) => round_numbers(scale.low, scale.high, count),
        };
        let positions = labelled.into_iter().map(|(x, label)| (scale.position(x), label));
        positions.filter(|(p, _)| (-1e-9..=1.0 + 1e-9).contains(p)).collect()
    }
}

/// A fixed range, in decades when logarithmic.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    log: bool,
    low: f64,
    high: f64,
}

impl Scale {
    /// Position as a fraction of the axis; not finite for what a logarithmic axis cannot show.
    pub(crate) fn position(&self, x: f64) -> f64 {
        let x = if self.log { x.log10() } else { x };
        (x - self.low) / (self.high - self.low)
    }
}

/// Decimals that show a number whole, at most six.
fn decimals(x: f64) -> i32 {
    let whole = |x: f64| (x - x.round()).abs() < 1e-6;
    (0..6).find(|&d| whole(x / 10_f64.powi(-d))).unwrap_or(6)
}

/// About `count` multiples of a round step.
fn round_numbers(low: f64, high: f64, count: f64) -> Vec<(f64, String)> {
    let step = round_step((high - low) / count);
    let decimals = decimals(step);
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).map(|i| (i as f64 * step, number(i as f64 * step, decimals))).collect()
}

/// The next of 1, 2, 5, 10, ... times a power of ten.
fn round_step(step: f64) -> f64 {
    let unit = 10_f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * unit).find(|&s| s >= step * (1.0 - 1e-9)).unwrap_or(step)
}

/// With a true minus sign.
fn number(x: f64, decimals: i32) -> String {
    let text = format!("{:.*}", decimals.max(0) as usize, x.abs());
    if x < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) { format!("\u{2212}{text}") } else { text }
}
