//! Motifs as columns of text.

use std::io::Read;

use super::content::{content, in_row, short};
use super::series::{Series, numbered};
use crate::Result;

const CORRECT: &str = "correct the cell";

/// Columns of a `.csv` file, with any ends of lines. Cells are separated by semicolons where a line
/// after the first has one, else by commas; where the first line has none, by tabs or semicolons.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Series>> {
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
    if let Some(time) = columns.iter().find(|column| column.is_time()) {
        let given = format!("a column `{}` of evenly spaced times", short(&time.series.name));
        return Err(content("motifs only", given, "leave it out, and give the time between samples as dt"));
    }
    Ok(columns.into_iter().map(|column| column.series).collect())
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

    /// Whether it is the time axis that recordings come with, and no motif.
    fn is_time(&self) -> bool {
        let name = self.series.name.to_lowercase();
        let values = &self.series.values;
        let steps = || values.windows(2).map(|w| w[1] - w[0]);
        let step = steps().next().unwrap_or(0.0);
        self.named
            && (name == "t" || name.starts_with("time"))
            && step > 0.0
            && steps().all(|s| (s - step).abs() <= 0.01 * step)
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
