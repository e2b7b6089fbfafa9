//! A played sequence as a panel.

use super::{BLUE, GREY, INK, Panel, SKY, Style, TIME};
use crate::play::Trajectory;

/// Readout of one or more trials of a sequence over its target, preparation shaded, each motif under its name.
pub fn sequence_panel(trials: &[Trajectory], names: &[&str]) -> Panel {
    let mut panel = Panel::new(TIME, "readout y");
    let Some(first) = trials.first() else { return panel };
    let times = first.times();
    let series = |values: &[f64]| times.iter().copied().zip(values.iter().copied()).collect::<Vec<_>>();
    let all = trials.iter().flat_map(|t| t.readout()).chain(first.target().iter().filter(|y| y.is_finite()));
    let (low, high) = all.fold((0.0_f64, 0.0_f64), |(l, h), &y| (l.min(y), h.max(y)));
    let size = if high > low { high - low } else { 1.0 };
    let (low, high) = (low - 0.1 * size, high + 0.2 * size);
    panel = panel.x_range(0.0..=times.last().copied().unwrap_or(1.0)).y_range(low..=high);
    for (i, s) in first.segments().iter().enumerate() {
        let label = if i == 0 { "target" } else { "" };
        let (from, to) = (times[s.preparation], times[s.start]);
        let name = names.get(i).copied().unwrap_or_default();
        panel = panel
            .band("", Style::new(SKY).opacity(0.35), [(from, low, high), (to, low, high)])
            .line(label, Style::new(GREY).size(3.0), series(first.target())[s.start..s.end].to_vec())
            .text(to + 1.0, high - 0.06 * (high - low), INK, name);
    }
    // Many trials are told apart by being thin and pale.
    let (size, opacity) = if trials.len() == 1 { (2.0, 1.0) } else { (1.0, 0.6) };
    for (i, trial) in trials.iter().enumerate() {
        let label = if i == 0 { "readout" } else { "" };
        panel = panel.line(label, Style::new(BLUE).size(size).opacity(opacity), series(trial.readout()));
    }
    panel
}
