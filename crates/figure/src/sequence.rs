//! A played sequence as a panel.

use super::TIME;
use super::panel::Panel;
use super::style::{BLUE, GREY, INK, SKY, Style};

/// One motif of a sequence: its name, and where it is among the samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage<'a> {
    /// Written above the motif.
    pub name: &'a str,
    /// The sample at which its preparation begins.
    pub preparation: usize,
    /// The sample at which it begins.
    pub start: usize,
    /// The sample after its last.
    pub end: usize,
}

/// Readouts of one or more trials of a sequence over its target, preparation shaded, each motif under its
/// name. All series are sampled at the same times; the target is shown during motifs only.
pub fn sequence_panel(times: &[f64], target: &[f64], readouts: &[&[f64]], passages: &[Passage<'_>]) -> Panel {
    let series = |values: &[f64]| times.iter().copied().zip(values.iter().copied()).collect::<Vec<_>>();
    let all = readouts.iter().copied().flatten().chain(target.iter().filter(|y| y.is_finite()));
    let (low, high) = all.fold((0.0_f64, 0.0_f64), |(l, h), &y| (l.min(y), h.max(y)));
    let size = if high > low { high - low } else { 1.0 };
    let (low, high) = (low - 0.1 * size, high + 0.2 * size);
    let end = times.last().copied().unwrap_or(1.0);
    let mut panel = Panel::new(TIME, "readout y").x_range(0.0..=end).y_range(low..=high);
    for (i, p) in passages.iter().enumerate() {
        let label = if i == 0 { "target" } else { "" };
        let (from, to) = (times[p.preparation], times[p.start]);
        panel = panel
            .band("", Style::new(SKY).opacity(0.35), [(from, low, high), (to, low, high)])
            .line(label, Style::new(GREY).size(3.0), series(target)[p.start..p.end].to_vec())
            .text(to + 1.0, high - 0.06 * (high - low), INK, p.name);
    }
    // Many trials are told apart by being thin and pale.
    let (size, opacity) = if readouts.len() == 1 { (2.0, 1.0) } else { (1.0, 0.6) };
    for (i, readout) in readouts.iter().enumerate() {
        let label = if i == 0 { "readout" } else { "" };
        panel = panel.line(label, Style::new(BLUE).size(size).opacity(opacity), series(readout));
    }
    panel
}
