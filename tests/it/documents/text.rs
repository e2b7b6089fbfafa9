//! The documents, as Markdown.

use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// The folder of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is inside")
}

/// Files below a folder of the repository with one of these extensions, in order.
pub(crate) fn files(folder: &str, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| extensions.iter().any(|x| e == *x)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Rust files of the library and of the crates beside it.
pub(crate) fn library() -> Vec<PathBuf> {
    ["src", "crates"].iter().filter(|f| root().join(f).exists()).flat_map(|f| files(f, &["rs"])).collect()
}

/// All Rust files: the library's, and tests, examples, benches and fuzz targets.
pub(crate) fn sources() -> Vec<PathBuf> {
    let others = ["tests", "examples", "benches", "fuzz/fuzz_targets"].iter().flat_map(|f| files(f, &["rs"]));
    library().into_iter().chain(others).collect()
}

/// The Markdown files that readers meet.
pub(crate) fn documents() -> Vec<PathBuf> {
    let mut found: Vec<_> =
        ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"].iter().map(|name| root().join(name)).collect();
    found.extend(files("docs", &["md"]));
    found
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The path as it is written in messages and links.
pub(crate) fn short(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// Each block of documentation comments of a source file, without the comment marks.
pub(crate) fn comments(source: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    for line in source.lines() {
        let line = line.trim_start();
        match line.strip_prefix("//!").or_else(|| line.strip_prefix("///")) {
            Some(text) => {
                let block = blocks.last_mut().expect("at least one");
                block.push_str(text.strip_prefix(' ').unwrap_or(text));
                block.push('\n');
            }
            None if blocks.last().is_some_and(|b| !b.is_empty()) => blocks.push(String::new()),
            None => {}
        }
    }
    blocks.retain(|b| !b.is_empty());
    blocks
}

/// Parses as GitHub does, formulas included.
pub(crate) fn events(markdown: &str) -> impl Iterator<Item = Event<'_>> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_MATH | Options::ENABLE_STRIKETHROUGH;
    Parser::new_ext(markdown, options)
}

/// Where links and images lead.
pub(crate) fn destinations(markdown: &str) -> Vec<String> {
    events(markdown)
        .filter_map(|event| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some(dest_url.to_string())
            }
            _ => None,
        })
        .collect()
}

/// Inline code.
pub(crate) fn inline_code(markdown: &str) -> Vec<String> {
    events(markdown)
        .filter_map(|event| if let Event::Code(code) = event { Some(code.to_string()) } else { None })
        .collect()
}

/// Formulas between `$` or `$$`.
pub(crate) fn formulas(markdown: &str) -> Vec<String> {
    let formula = |event| match event {
        Event::InlineMath(text) | Event::DisplayMath(text) => Some(text.to_string()),
        _ => None,
    };
    events(markdown).filter_map(formula).collect()
}

/// Anchors of the headings by GitHub's rule: small letters; letters, digits, hyphens and underscores stay,
/// spaces become hyphens, all else goes; a repeated anchor gets a number.
pub(crate) fn anchors(markdown: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut heading: Option<String> = None;
    for event in events(markdown) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(text) | Event::Code(text) => heading.iter_mut().for_each(|h| h.push_str(&text)),
            Event::End(TagEnd::Heading(_)) => {
                let slug: String = heading
                    .take()
                    .unwrap_or_default()
                    .to_lowercase()
                    .chars()
                    .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c))
                    .map(|c| if c == ' ' { '-' } else { c })
                    .collect();
                let again = (1..).map(|i| format!("{slug}-{i}"));
                let free = std::iter::once(slug.clone()).chain(again).find(|a| !found.contains(a));
                found.extend(free);
            }
            _ => {}
        }
    }
    found
}

#[test]
fn anchors_follow_githubs_rule() {
    let text = "# A `b_c` (d), 2.1\n\n## Start, and the need\n\n# Same\n\n# Same\n\n## E=mc^2 & more\n";
    assert_eq!(anchors(text), ["a-b_c-d-21", "start-and-the-need", "same", "same-1", "emc2--more"]);
}

#[test]
fn comments_are_read_without_their_marks() {
    let source = "//! One\n//! two.\n\nfn f() {\n    /// Three\n    //! four\n}\n// not five\n";
    assert_eq!(comments(source), ["One\ntwo.\n", "Three\nfour\n"]);
    assert_eq!(destinations("[a](b#c) $[d](e)$ ![f](g) `[h](i)`"), ["b#c", "g"]);
}
