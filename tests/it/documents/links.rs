//! Links between documents, and addresses outside.

use super::text::{anchors, comments, destinations, documents, formulas, library, read, root, short};

/// Every address that the documents name, reviewed by hand; a new or mistyped one fails the test. Nothing is
/// fetched: the network is not needed.
const REVIEWED: [&str; 10] = [
    "https://arxiv.org/abs/2006.13332",
    "https://cdn.jsdelivr.net/npm/katex@0.16.22/dist/contrib/auto-render.min.js",
    "https://cdn.jsdelivr.net/npm/katex@0.16.22/dist/katex.min.css",
    "https://cdn.jsdelivr.net/npm/katex@0.16.22/dist/katex.min.js",
    "https://docs.rs/thalamo",
    "https://doi.org/10.1016/j.celrep.2021.109090",
    "https://keepachangelog.com/en/1.1.0/",
    "https://semver.org",
    "https://semver.org/spec/v2.0.0.html",
    "https://www.conventionalcommits.org",
];

/// The addresses in a text, inside links or not.
fn addresses(text: &str) -> Vec<&str> {
    text.match_indices("http")
        .map(|(at, _)| &text[at..])
        .filter(|rest| rest.starts_with("http://") || rest.starts_with("https://"))
        .map(|rest| {
            let end =
                rest.find(|c: char| c.is_whitespace() || "()<>[]\"'`{}|\\".contains(c)).unwrap_or(rest.len());
            rest[..end].trim_end_matches(['.', ',', ';', ':'])
        })
        .collect()
}

/// Whether a number such as `2006.13332` or `2006.13332v2` can be an identifier of arXiv since 2007, or its
/// April.
fn is_arxiv(id: &str) -> bool {
    let Some((date, number)) = id.split_once('.') else { return false };
    let number = number.split('v').next().unwrap_or_default();
    let digits = |s: &str| s.chars().all(|c| c.is_ascii_digit());
    let month = date.get(2..).and_then(|m| m.parse::<u8>().ok()).unwrap_or(0);
    let length = if date < "1501" { 4 } else { 5 };
    digits(date) && digits(number) && date.len() == 4 && (1..=12).contains(&month) && number.len() == length
}

/// Whether a text such as `10.1000/abc.1` can be a DOI.
fn is_doi(id: &str) -> bool {
    let Some((prefix, suffix)) = id.strip_prefix("10.").and_then(|rest| rest.split_once('/')) else {
        return false;
    };
    let registrant = prefix.split('.').next().unwrap_or_default();
    (4..=9).contains(&registrant.len())
        && prefix.chars().all(|c| c.is_ascii_digit() || c == '.')
        && !suffix.is_empty()
        && suffix.chars().all(|c| c.is_ascii_alphanumeric() || "-._;()/:".contains(c))
}

/// What is wrong with identifiers of papers in a text.
fn wrong_identifiers(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let lower = text.to_lowercase();
    for (name, marks, right) in [
        ("arXiv identifier", ["arxiv:", "arxiv.org/abs/"], is_arxiv as fn(&str) -> bool),
        ("DOI", ["doi:", "doi.org/"], is_doi),
    ] {
        for mark in marks {
            for (at, _) in lower.match_indices(mark) {
                let rest = lower[at + mark.len()..].trim_start();
                let end =
                    rest.find(|c: char| c.is_whitespace() || "<>[]()\"'`,".contains(c)).unwrap_or(rest.len());
                let id = rest[..end].trim_end_matches(['.', ';', ':']);
                if !right(id) {
                    wrong.push(format!("{name} `{id}`"));
                }
            }
        }
    }
    wrong
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for document in documents() {
        let text = read(&document);
        for link in destinations(&text).into_iter().filter(|l| !l.contains("://")) {
            checked += 1;
            let (path, anchor) = link.split_once('#').map_or((link.as_str(), None), |(p, a)| (p, Some(a)));
            let target = if path.is_empty() {
                document.clone()
            } else {
                document.parent().expect("a folder").join(path)
            };
            let inside =
                target.canonicalize().is_ok_and(|t| t.starts_with(root().canonicalize().expect("a root")));
            if !inside {
                wrong.push(format!("{}: {link} is no file of the repository", short(&document)));
            } else if anchor.is_some_and(|anchor| !anchors(&read(&target)).iter().any(|a| a == anchor)) {
                wrong.push(format!("{}: {link} has no such heading", short(&document)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 40, "only {checked} links found");
}

#[test]
fn links_of_documentation_comments_are_addresses_or_items() {
    let mut wrong = Vec::new();
    for file in library() {
        for comment in comments(&read(&file)) {
            for link in destinations(&comment).into_iter().filter(|l| !l.contains("://")) {
                // rustdoc resolves items; a path to a file would be dead on docs.rs
                let item = |c: char| c.is_alphanumeric() || "_:()!@#".contains(c);
                if !link.chars().all(item) {
                    wrong.push(format!("{}: {link}", short(&file)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// GitHub takes a backslash before punctuation for Markdown's own, and the formula loses it: `\thinspace`,
/// `\lbrace` and blocks of `math` do not.
#[test]
fn formulas_survive_markdown() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for document in documents() {
        for formula in formulas(&read(&document)) {
            checked += 1;
            if formula.split('\\').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_punctuation())) {
                wrong.push(format!("{}: {formula}", short(&document)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 500, "only {checked} formulas found");
}

#[test]
fn addresses_are_reviewed_and_identifiers_well_formed() {
    let mut texts: Vec<_> = documents().iter().map(|d| (short(d), read(d))).collect();
    texts.extend(["Cargo.toml", "docs/katex.html"].map(|name| (name.to_owned(), read(&root().join(name)))));
    for file in library() {
        texts.push((short(&file), comments(&read(&file)).concat()));
    }
    let mut wrong = Vec::new();
    let mut named = std::collections::BTreeSet::new();
    for (place, text) in &texts {
        for address in addresses(text) {
            named.insert(address);
            if !REVIEWED.contains(&address) {
                wrong.push(format!("{place}: {address} is not among the reviewed addresses of {}", file!()));
            }
        }
        wrong.extend(wrong_identifiers(text).into_iter().map(|w| format!("{place}: {w}")));
    }
    wrong.extend(
        REVIEWED.iter().filter(|r| !named.contains(*r)).map(|r| format!("{r} is named nowhere: drop it")),
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn addresses_and_identifiers_are_recognised() {
    assert_eq!(addresses("(https://a.b/c), `http://d`. https and https:/e"), ["https://a.b/c", "http://d"]);
    for (id, right) in [
        ("2006.13332", true),
        ("0706.0001v2", true),
        ("2013.13332", false),
        ("2006.1333", false),
        ("13332", false),
    ] {
        assert_eq!(is_arxiv(id), right, "{id}");
    }
    for (id, right) in [
        ("10.1016/j.celrep.2021.109090", true),
        ("10.1016/", false),
        ("10.16/a", false),
        ("11.1016/a", false),
    ] {
        assert_eq!(is_doi(id), right, "{id}");
    }
    assert_eq!(wrong_identifiers("arXiv:2006.13332, https://doi.org/10.1016/x."), Vec::<String>::new());
    assert_eq!(
        wrong_identifiers("arXiv: 206.1 and doi:10.x/1"),
        ["arXiv identifier `206.1`", "DOI `10.x/1`"]
    );
}
