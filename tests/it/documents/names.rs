//! Names of code in the documents that tie formulas and figures to it.

use std::collections::HashSet;
use std::path::PathBuf;

use super::text::{self, files, inline_code, read, root, short};

/// Documents whose inline code names items and files of this repository.
const TIED: [&str; 4] = ["docs/theory.md", "docs/notation.md", "docs/figures.md", "docs/guarantees.md"];
/// Names that are neither: where examples write.
const OTHERS: [&str; 1] = ["target/figures"];

/// The words of each source file, comments left out, and its name.
fn sources() -> Vec<HashSet<String>> {
    let words_of = |path: &PathBuf| {
        let code = read(path);
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let words = lines.flat_map(|l| l.split(|c: char| !c.is_alphanumeric() && c != '_'));
        words.chain(path.file_stem().and_then(|name| name.to_str())).map(str::to_owned).collect()
    };
    text::sources().iter().map(words_of).collect()
}

/// Whether a path such as `src/fit/gram.rs`, `gram.rs`, `tests/fit_*.rs` or `src/guarantees` is there.
fn is_there(name: &str, all: &[String]) -> bool {
    let matches = |path: &str| match name.split_once('*') {
        Some((start, end)) => path.starts_with(start) && path.ends_with(end),
        None => path == name || path.ends_with(&format!("/{name}")),
    };
    all.iter().any(|path| matches(path)) || root().join(name).exists()
}

#[test]
fn names_of_code_exist() {
    let sources = sources();
    let others = ["tests", "examples", "docs"].iter().flat_map(|f| files(f, &["md", "sh", "json", "npz"]));
    let all: Vec<String> = text::sources().into_iter().chain(others).map(|p| short(&p)).collect();
    let identifier = |s: &str| {
        !s.is_empty()
            && s.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !s.starts_with(|c: char| c.is_numeric())
    };
    let mut wrong = Vec::new();
    let mut checked = 0;
    for document in TIED {
        for code in inline_code(&read(&root().join(document))) {
            let segments: Vec<&str> = code.split("::").collect();
            let file = code.ends_with(".rs") || (code.contains('/') && !code.contains([' ', '=']));
            let right = if OTHERS.contains(&code.as_str()) {
                continue;
            } else if file {
                is_there(code.trim_end_matches('/'), &all)
            } else if segments.iter().all(|s| identifier(s)) {
                // the last two in one file: a member beside its type, an item in its module or where it is
                // used
                let last = &segments[segments.len().saturating_sub(2)..];
                is_there(&format!("{code}.rs"), &all)
                    || sources.iter().any(|words| last.iter().all(|&s| words.contains(s)))
            } else {
                continue; // commands, literals
            };
            checked += 1;
            if !right {
                wrong.push(format!("{document}: `{code}` is neither in the sources nor a file"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 300, "only {checked} names found");
}
