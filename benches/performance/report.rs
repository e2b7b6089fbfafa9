//! What was measured, as text and as a table in the documentation.

use std::fmt::Write as _;
use std::path::Path;

use crate::measure::{Comparison, Effort};

/// The tables of `docs/performance.md` lie between these lines.
const BEGIN: &str = "<!-- measured: cargo bench --bench performance -- --write -->";
const END: &str = "<!-- end of measured -->";

pub struct Report {
    pub effort: Effort,
    pub quick: bool,
    text: String,
}

impl Report {
    pub fn new(quick: bool) -> Self {
        Self { effort: if quick { Effort::QUICK } else { Effort::FULL }, quick, text: String::new() }
    }

    /// Prints and keeps one line.
    pub fn line(&mut self, line: impl AsRef<str>) {
        println!("{}", line.as_ref());
        let _ = writeln!(self.text, "{}", line.as_ref());
    }

    pub fn section(&mut self, title: &str, what: &str) {
        self.line(format!("\n### {title}\n\n{what}\n"));
    }

    /// Head of a table with these columns.
    pub fn head(&mut self, columns: &[&str]) {
        self.line(format!("| {} |", columns.join(" | ")));
        self.line(format!("|{}", "---|".repeat(columns.len())));
    }

    pub fn row(&mut self, cells: &[String]) {
        self.line(format!("| {} |", cells.join(" | ")));
    }

    /// A row of a comparison with its target, the largest ratio allowed.
    pub fn compared(&mut self, what: &str, measured: Comparison, target: f64) {
        self.compared_with(what, measured, target, &[]);
    }

    /// The same with further cells; an infinite target is none.
    pub fn compared_with(&mut self, what: &str, measured: Comparison, target: f64, more: &[String]) {
        let verdict = match (target.is_infinite(), measured.ratio <= target) {
            (true, _) => "none".into(),
            (_, true) => format!("{target} met"),
            (_, false) => format!("{target} **missed**"),
        };
        let times = [seconds(measured.ours), seconds(measured.floor), format!("{:.2}", measured.ratio)];
        let cells: Vec<String> = [what.to_string()]
            .into_iter()
            .chain(times)
            .chain([verdict])
            .chain(more.iter().cloned())
            .collect();
        self.row(&cells);
    }

    /// Replaces the tables in the documentation.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        let page = std::fs::read_to_string(path)?;
        let (Some(begin), Some(end)) = (page.find(BEGIN), page.find(END)) else {
            return Err(std::io::Error::other(format!("{}: no lines {BEGIN} and {END}", path.display())));
        };
        let page = format!("{}\n{}\n{}", &page[..begin + BEGIN.len()], self.text.trim_end(), &page[end..]);
        let temporary = path.with_extension("md.part");
        std::fs::write(&temporary, page)?;
        std::fs::rename(temporary, path)
    }
}

/// A time with three digits and its unit.
pub fn seconds(s: f64) -> String {
    match s {
        s if s < 1e-3 => format!("{:.3} us", s * 1e6),
        s if s < 1.0 => format!("{:.3} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}
