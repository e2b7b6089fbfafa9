//! Lines are wrapped: prose and comments end at column 110.

use super::text::{documents, read, short, sources};

const WIDTH: usize = 110;

/// Numbers of the lines that could have been wrapped and were not. Code, tables, headings, HTML, display
/// formulas and lines with links or addresses may be longer, and so may what has no space.
fn too_long(markdown: &str, width: usize) -> Vec<usize> {
    let (mut fenced, mut formula, mut code, mut blank) = (false, false, false, true);
    let mut found = Vec::new();
    for (number, line) in markdown.lines().enumerate() {
        let text = line.trim();
        let fence = text.starts_with("```") || text.starts_with("~~~");
        fenced ^= fence;
        let marks =
            if fenced { 0 } else { text.split('`').step_by(2).map(|t| t.matches("$$").count()).sum() };
        let exempt = fenced || fence || formula || marks > 0;
        formula ^= marks % 2 == 1;
        code = line.starts_with("    ") && (blank || code);
        blank = text.is_empty();
        let free = text.starts_with(['|', '#', '<']) || text.contains("://") || text.contains("](");
        if !exempt && !code && !free && text.contains(' ') && line.chars().count() > width {
            found.push(number);
        }
    }
    found
}

/// The same for the comments of a source file.
fn too_long_comments(source: &str) -> Vec<usize> {
    let mark = |line: &str| {
        let length = ["//!", "///", "//"].iter().find(|m| line.trim_start().starts_with(**m))?.len();
        Some(line.len() - line.trim_start().len() + length)
    };
    let lines: Vec<&str> = source.lines().collect();
    let mut found = Vec::new();
    let mut start = 0;
    for block in lines.chunk_by(|a, b| mark(a) == mark(b)) {
        if let Some(mark) = mark(block[0]) {
            let text = |line: &&str| line[mark..].strip_prefix(' ').unwrap_or(&line[mark..]).to_owned();
            let texts: Vec<String> = block.iter().map(text).collect();
            found.extend(too_long(&texts.join("\n"), WIDTH - mark - 1).iter().map(|n| start + n));
        }
        start += block.len();
    }
    found
}

#[test]
fn prose_and_comments_are_wrapped() {
    let mut wrong = Vec::new();
    for document in documents() {
        let lines = too_long(&read(&document), WIDTH);
        wrong.extend(lines.iter().map(|n| format!("{}:{}", short(&document), n + 1)));
    }
    for file in sources() {
        wrong.extend(too_long_comments(&read(&file)).iter().map(|n| format!("{}:{}", short(&file), n + 1)));
    }
    assert!(wrong.is_empty(), "longer than {WIDTH} columns: {}", wrong.join(" "));
}

#[test]
fn long_lines_are_found() {
    let words = "word ".repeat(5);
    let (formula, table) = (format!("$$ {words}\n{words} $$\n"), format!("| {words} |\n"));
    let text = format!("{words}\n```\n{words}\n```\n{table}{formula}{words}\n\n    {words}\n\n- {words}\n");
    assert_eq!(too_long(&text, 20), [0, 7, 11]);
    assert_eq!(too_long(&text, 40), Vec::<usize>::new());
    let long = "word ".repeat(22);
    let source = format!(
        "/// {long}\nfn f() {{}}\n    // {long}\n    let text = \"{long}\";\n/// short\n/// # {long}"
    );
    assert_eq!(too_long_comments(&source), [0, 2]);
}
