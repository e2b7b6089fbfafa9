//! Motifs as columns of text.

use std::io::Read;

use super::content::{content, in_row, short};
use super::series::{Series, Table, numbered};
use crate::Result;

const CORRECT: &str = "correct the cell";

/// Columns of a `.csv` file, with any ends of lines. Cells are separated by semicolons where a line
/// after the first has one, else by commas; where the first line has none, by tabs or semicolons. A column of
/// times gives the step between them.
pub(super) fn decode(bytes: &[u8]) -> Result<Table> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes); // a byte order mark
    let bytes = &unix_lines(bytes)[..];
    let (first, rest) = bytes.split_at(bytes.iter().position(|&b| b == b'\n').unwrap_or(bytes.len()));
    let delimiter = if rest.contains(&b';') {
        b';' // never part of a number, unlike a comma
    } else {
        [b',', b'\t', b';'].into_iter().find(|d| first.contains(d)).unwrap_or(b',')
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(bytes.chain(&b"\n"[..]));
    let unreadable = |error: csv::Error| {
        content("columns of numbers as UTF-8 text", error.to_string(), "save it as CSV in UTF-8")
    };
    let mut columns: Vec<Column> = Vec::new();
    let mut record = csv::StringRecord::new();
    for index in 0.. {
        let start = reader.position().line();
        if !reader.read_record(&mut record).map_err(unreadable)? {
            break;
        }
        let line = reader.position().line() - 1;
        if index == 0 {
            columns = record.iter().enumerate().map(|(i, cell)| Column::new(i, cell)).collect();
            if columns.iter().any(|column| column.named) {
                continue;
            }
            columns.iter_mut().enumerate().for_each(|(i, column)| column.series.name = numbered(i));
        }
        if record.len() > columns.len() {
            let given = format!("{} cells", record.len());
            let expected = "as many cells as the first row, or fewer";
            return Err(in_row(line, "all", content(expected, given, CORRECT)));
        }
        // The reader skips blank lines; to a motif they are missing samples.
        let gap = index > 0 && line > start;
        for (i, column) in columns.iter_mut().enumerate() {
            column.ended |= gap;
            column.push(record.get(i).unwrap_or_default(), line)?;
        }
    }
    let times = columns.iter().position(Column::is_time).map(|place| columns.remove(place).series);
    let step = times.map(|times| step(&times, &columns)).transpose()?;
    Ok(Table { series: columns.into_iter().map(|column| column.series).collect(), step })
}

/// Every end of a line outside quotes as `\n`: the reader counts lines by it.
fn unix_lines(bytes: &[u8]) -> Vec<u8> {
    let mut quoted = false;
    let end = |(i, &b): (usize, &u8)| {
        quoted ^= b == b'"';
        match b {
            b'\r' if !quoted && bytes.get(i + 1) == Some(&b'\n') => None,
            b'\r' if !quoted => Some(b'\n'),
            other => Some(other),
        }
    };
    bytes.iter().enumerate().filter_map(end).collect()
}

struct Column {
    series: Series,
    /// Whether the first cell is a name.
    named: bool,
    ended: bool,
}

impl Column {
    fn new(index: usize, first: &str) -> Self {
        let named = !first.is_empty() && first.parse::<f64>().is_err() && !has_decimal_comma(first);
        let name = if first.is_empty() { numbered(index) } else { first.to_owned() };
        Self { series: Series { name, values: Vec::new() }, named, ended: false }
    }

    fn push(&mut self, cell: &str, line: u64) -> Result<()> {
        if cell.is_empty() {
            self.ended = true;
            return Ok(());
        }
        let (expected, remedy) = match cell.parse::<f64>() {
            Ok(x) if x.is_finite() && !self.ended => {
                self.series.values.push(x);
                return Ok(());
            }
            Ok(x) if x.is_finite() => ("nothing after the motif's last sample", CORRECT),
            _ if has_decimal_comma(cell) => {
                ("a finite number", "write decimal points in place of decimal commas")
            }
            _ => ("a finite number", CORRECT),
        };
        Err(in_row(line, &self.series.name, content(expected, format!("`{}`", short(cell)), remedy)))
    }

    /// Whether it is the time axis that recordings come with, and no motif: called `time...`, or `t` with or
    /// without a unit, and growing all the way.
    fn is_time(&self) -> bool {
        let name = self.series.name.to_lowercase();
        let of_t = |rest: &str| {
            let unit = rest.trim_matches([' ', '_', '(', ')', '[', ']', '/']);
            (rest.is_empty() || unit != rest) && ["", "s", "sec", "seconds", "ms", "tau"].contains(&unit)
        };
        let is_named = name.starts_with("time") || name.strip_prefix('t').is_some_and(of_t);
        let values = &self.series.values;
        self.named && is_named && values.len() > 1 && values.is_sorted_by(|a, b| a < b)
    }
}

/// Largest distance of a time from the even grid, in steps: what rounding to a few digits does to it.
const UNEVEN: f64 = 0.05;

/// The step between times that are evenly spaced and as many as the longest motif has samples.
fn step(times: &Series, motifs: &[Column]) -> Result<f64> {
    let (values, last) = (&times.values, times.values.len() - 1);
    let exact = (values[last] - values[0]) / last as f64;
    // Without the rounding of differences, where that says the same.
    let rounded: f64 = format!("{exact:.9e}").parse().unwrap_or(exact);
    let step = if (rounded / exact - 1.0).abs() < 1e-9 { rounded } else { exact };
    let far = |(i, t): (usize, &f64)| (t - values[0] - i as f64 * exact).abs() > UNEVEN * exact;
    if let Some(row) = values.iter().enumerate().position(far) {
        let given = format!("{:?} as number {} in the column `{}`", values[row], row + 1, short(&times.name));
        let expected = format!("evenly spaced times, {step:?} apart");
        let remedy = "resample the motifs evenly, or rename the column if it is a motif";
        return Err(content(expected, given, remedy));
    }
    match motifs.iter().map(|motif| motif.series.values.len()).max() {
        Some(longest) if longest > values.len() => {
            let (expected, given) =
                (format!("a time for each of {longest} samples"), values.len().to_string());
            Err(content(expected, given, "complete the column of times"))
        }
        _ => Ok(step),
    }
}

/// Whether it is a number as some countries write it.
fn has_decimal_comma(cell: &str) -> bool {
    cell.contains(',') && cell.replacen(',', ".", 1).parse::<f64>().is_ok()
}

/// A header and one line per sample, with the fewest digits that give the same bits again.
pub(super) fn encode(series: &[(&str, &[f64])]) -> Vec<u8> {
    let quoted = |name: &str| {
        let special = name.contains([',', '"', '\n', '\r']) || name.trim() != name;
        if special { format!("\"{}\"", name.replace('"', "\"\"")) } else { name.to_owned() }
    };
    let mut text = series.iter().map(|(name, _)| quoted(name)).collect::<Vec<_>>().join(",") + "\n";
    let longest = series.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    for i in 0..longest {
        let cell = |(_, values): &(_, &[f64])| values.get(i).map(|x| format!("{x:?}")).unwrap_or_default();
        text += &(series.iter().map(cell).collect::<Vec<_>>().join(",") + "\n");
    }
    text.into_bytes()
}
