//! A report as a reader, and a browser, meets it: well-formed, complete in itself, with the numbers of the
//! commands.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use crate::page::{Element, Page};
use serde_json::Value;
use tempfile::TempDir;
use thalamo::io::{self, Model};
use thalamo::motif::Motif;
use thalamo::{Cortex, Network, NetworkOptions, System};
use thalamo_cli::Failure;
use thalamo_cli::report::{ReportOptions, html, write_html};

use crate::program::{done, thalamo};

/// Names that break out of text, attributes, SVG or the reading direction where they are not escaped.
const HOSTILE: [&str; 3] = [
    "</title></svg><script>alert(1)</script>",
    "\" onload=\"alert(2)\" x='&amp;<img src=//evil.example/x>",
    "\u{202e}back\u{0}\u{1b}[31mwards & very, very, very long indeed",
];

/// A folder with model.npz (three smooth motifs on 40 units) and its report.html.
fn shared() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path();
            done(path, "motifs --count 3 --seed 1 --kind oscillating --out motifs.npz");
            done(
                path,
                "build motifs.npz --units 40 --preset interpretable --modes 6 --prep-rank 20 --out model.npz",
            );
            let told = done(path, "report model.npz --out report.html");
            assert_eq!(told, "report of 3 motifs: report.html\n");
            folder
        })
        .path()
}

fn model() -> Model {
    io::read::<Model>(&shared().join("model.npz")).unwrap()
}

fn page() -> String {
    fs::read_to_string(shared().join("report.html")).unwrap()
}

/// The only element that matches.
#[track_caller]
fn one<'a>(document: &'a Page, css: &str) -> Element<'a> {
    let found: Vec<_> = document.select(css).collect();
    assert_eq!(found.len(), 1, "{css}");
    found[0]
}

/// Texts of all elements that match.
pub(crate) fn texts(document: &Page, css: &str) -> Vec<String> {
    document.select(css).map(Element::text).collect()
}

/// Every number by its key: all its digits, and what is shown. The same key always has the same value.
pub(crate) fn numbers(document: &Page) -> HashMap<String, (String, String)> {
    let mut found: HashMap<String, (String, String)> = HashMap::new();
    for data in document.select("data[data-key]") {
        let key = data.attr("data-key").unwrap().to_owned();
        let entry = (data.attr("value").unwrap().to_owned(), data.text());
        if let Some(before) = found.insert(key.clone(), entry.clone()) {
            assert_eq!(before, entry, "{key}");
        }
    }
    found
}

/// Numbers, words and gaps of a JSON value by their path.
fn leaves(path: &str, value: &Value, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(k, v)| leaves(&format!("{path}/{k}"), v, found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, v)| leaves(&format!("{path}/{i}"), v, found));
        }
        leaf => found.push((path.to_owned(), leaf.clone())),
    }
}

/// Text such as `-6.74 x 10^-15` as a number; the parser drops what raises the exponent.
fn shown(text: &str) -> f64 {
    text.replace('\u{2212}', "-").replace("\u{a0}\u{d7}\u{a0}10", "e").parse().unwrap()
}

#[track_caller]
fn agree(numbers: &HashMap<String, (String, String)>, key: &str, expected: &Value) {
    let (value, text) = numbers.get(key).unwrap_or_else(|| panic!("{key} is missing"));
    match expected {
        Value::Number(n) if n.is_u64() => {
            assert_eq!((value, text), (&n.to_string(), &n.to_string()), "{key}")
        }
        Value::Number(n) => {
            let n = n.as_f64().unwrap();
            assert_eq!(value.parse::<f64>().unwrap().to_bits(), n.to_bits(), "{key}");
            assert!((shown(text) - n).abs() <= 5.1e-3 * n.abs(), "{key}: {text} for {n}");
        }
        Value::String(s) => assert_eq!(value, s, "{key}"),
        other => assert_eq!(*value, other.to_string(), "{key}"),
    }
}

#[test]
fn it_is_well_formed_and_complete_in_itself() {
    let page = page();
    let document = Page::parse(&page);
    for forbidden in
        ["script", "link", "img", "image", "iframe", "object", "use", "audio", "video", "base", "form"]
    {
        assert_eq!(document.select(forbidden).count(), 0, "{forbidden}");
    }
    for element in document.elements() {
        for (name, value) in element.attrs() {
            assert!(!name.starts_with("on") && name != "src" && name != "style", "{name}");
            assert!(name != "href" || value.starts_with('#'), "{value}");
        }
    }
    assert!(!page.contains("://") && !page.contains("url(") && !page.contains("@import"));
    assert!(page.len() < 400_000, "{}", page.len());
}

#[test]
fn it_is_accessible() {
    let document = Page::parse(&page());
    assert_eq!(one(&document, "html").attr("lang"), Some("en"));
    assert!(one(&document, "meta[name=viewport]").attr("content").unwrap().contains("width=device-width"));
    assert_eq!(one(&document, "h1").text(), "A network of 3 motifs");
    let style = one(&document, "style").text();
    assert!(style.contains("prefers-color-scheme: dark") && style.contains("@media print"));
    for section in document.select("main > section") {
        let heading = section.select("h2").next().unwrap();
        assert_eq!(section.attr("aria-labelledby"), heading.attr("id"));
        let link = format!("nav a[href='#{}']", section.attr("id").unwrap());
        assert_eq!(one(&document, &link).text(), heading.text());
        assert!(section.select("table").next().is_some());
    }
    assert_eq!(document.select("main > section").count(), 8);
    let mut figures = 0;
    for svg in document.select("svg") {
        let title = svg.select("title").next().unwrap().text();
        assert!(
            title.len() > 20 && svg.attr("aria-label") == Some(&title) && svg.attr("role") == Some("img")
        );
        assert!(svg.select("path").any(|path| path.attr("d").is_some_and(|d| d.len() > 20))); // what is drawn
        figures += 1;
    }
    // per motif its fit and its spectrum; preparation's spectrum and decay, sequence, two of pairs, noise,
    // certificate
    assert_eq!(figures, 2 * 3 + 7);
    for table in document.select("table") {
        let caption = table.select("caption").next().unwrap().text();
        assert!(!caption.is_empty());
        let heads = table.select("thead th[scope=col]").count();
        for row in table.select("tbody tr") {
            assert_eq!(row.select("th[scope=row]").count(), 1, "{caption}");
            assert_eq!(row.select("th, td").count(), heads, "{caption}");
        }
    }
}

#[test]
fn its_numbers_are_those_of_info_and_certify() {
    let numbers = numbers(&Page::parse(&page()));
    let mut told = Vec::new();
    let info: Value = serde_json::from_str(&done(shared(), "info model.npz --json")).unwrap();
    leaves("info", &info, &mut told);
    let names = |path: &str| {
        path.starts_with("info/motifs/")
            && ["index", "name", "noise_terms/cost"].iter().any(|name| path.ends_with(name))
    };
    told.retain(|(path, _)| !names(path));
    assert!(told.len() > 100);

    let certificate: Value = serde_json::from_str(&done(shared(), "certify model.npz")).unwrap();
    let mut certified = Vec::new();
    leaves("certify", &certificate, &mut certified);
    let left_out = ["certify/exact_rms_error/", "certify/motifs/", "certify/verified"];
    certified.retain(|(path, _)| !left_out.iter().any(|start| path.starts_with(start)));
    assert_eq!(certified.len(), 7 + 3 * 9 + 3 + 5 + 1);

    let expected: Vec<_> = told.into_iter().chain(certified).collect();
    for (key, value) in &expected {
        agree(&numbers, key, value);
    }
    // And nothing else is claimed to be theirs.
    let mut unknown: Vec<_> = numbers.keys().filter(|key| !expected.iter().any(|(k, _)| k == *key)).collect();
    unknown.sort();
    assert_eq!(unknown, Vec::<&String>::new());
}

#[test]
fn the_same_model_gives_the_same_page() {
    let options = ReportOptions::default();
    assert_eq!(html(&model(), &options).unwrap(), page());
    done(shared(), "report model.npz --threads 1 --quiet --out one.html");
    assert_eq!(fs::read_to_string(shared().join("one.html")).unwrap(), page());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.html");
    let other = options.with(|o| (o.sequence, o.seed) = (vec![2, 2, 0, 1], 7));
    write_html(&path, &model(), &other).unwrap();
    let document = Page::parse(&fs::read_to_string(&path).unwrap());
    assert_eq!(texts(&document, "#sequence tbody th"), ["2 motif_2", "2 motif_2", "0 motif_0", "1 motif_1"]);
}

#[test]
fn names_are_text() {
    let model = Model::named(model().network, 5.0, HOSTILE.map(String::from).to_vec()).unwrap();
    let page = html(&model, &ReportOptions::default()).unwrap();
    let document = Page::parse(&page);
    assert_eq!(document.select("script, img, [onload]").count(), 0);
    assert_eq!(document.select("body svg").count(), 13);
    let names = texts(&document, "#motifs tbody th bdi");
    let visible = HOSTILE[2].replace(['\u{0}', '\u{1b}'], "\u{fffd}");
    let (names, again) = names.split_at(3); // of the tables of fits and of quality
    assert_eq!(names, [HOSTILE[0], HOSTILE[1], &visible]);
    assert_eq!(again, names);
    let expected =
        |(i, name): (usize, &String)| format!("Motif {i}, {name}: target and what is played over time");
    assert_eq!(
        texts(&document, "#motifs svg > title"),
        names.iter().enumerate().map(expected).collect::<Vec<_>>()
    );
}

fn brief_network(motifs: &[Motif]) -> Network {
    let options = NetworkOptions::published().with(|o| (o.fit.modes, o.preparation.rank) = (4, Some(20)));
    Network::build(System::from(Cortex::random(40, 0.5, 1).unwrap()), motifs, &options, 1).unwrap()
}

#[test]
fn a_single_motif_and_no_certificate() {
    let Model { mut network, .. } = model();
    network.truncate(1);
    let page = html(&Model::new(network, 5.0).unwrap(), &ReportOptions::default()).unwrap();
    let document = Page::parse(&page);
    assert!(texts(&document, "#transitions")[0].contains("The model has one motif"));
    assert_eq!(document.select("#sequence tbody tr").count(), 3);

    // Brief motifs without preparation have no time to forget.
    let curves: [fn(f64) -> f64; 2] = [|t| (1.2 * t).sin(), |t| 1.0 - (2.0 * t).cos()];
    let brief = curves.map(|f| Motif::new(0.1, (0..40).map(|n| f(0.1 * f64::from(n))).collect()).unwrap());
    let unprepared = Model::new(brief_network(&brief), 0.0).unwrap();
    let document = Page::parse(&html(&unprepared, &ReportOptions::default()).unwrap());
    let warning = &texts(&document, "#certificate .warning")[0];
    assert!(warning.starts_with("No certificate: with 0 \u{3c4} of preparation"), "{warning}");
    assert_eq!(texts(&document, ".tiles dd")[0], "not certified");
}

#[test]
fn requests_that_make_no_sense() {
    for (options, message) in [
        (
            ReportOptions::default().with(|o| o.sequence = vec![0, 3]),
            "motif: expected an index below 3, given 3",
        ),
        (
            ReportOptions::default().with(|o| o.starts = 0),
            "random starts: expected 1 to 1000000, given 0; choose a number in this range",
        ),
        (
            ReportOptions::default().with(|o| o.depth = Some(0)),
            "depth of the certificate: expected 1, or deeper up to 100 while motifs^depth stays below 200000, given 0; choose a number in this range",
        ),
    ] {
        let error = html(&model(), &options).unwrap_err();
        assert!(matches!(error, Failure::Library(_)));
        assert!(message.starts_with(error.to_string().split(';').next().unwrap()), "{error}");
    }
    let before = fs::read(shared().join("model.npz")).unwrap();
    for (line, message) in [
        ("report model.npz --out model.npz", "model.npz: expected an output apart from the inputs"),
        (
            "report model.npz --sequence 9 --out no.html",
            "--sequence: expected motifs of model.npz (`motif_0`",
        ),
        ("report motifs.npz --out no.html", "motifs.npz: array `metadata`"),
        ("report model.npz --out nowhere/no.html", "nowhere/no.html: expected to write it"),
    ] {
        let output = thalamo(shared(), line);
        let error = String::from_utf8(output.stderr).unwrap();
        let code = if line.contains("nowhere") { 1 } else { 2 };
        assert_eq!(output.status.code(), Some(code), "{line}: {error}");
        assert!(error.starts_with(&format!("thalamo: {message}")), "{error}");
    }
    assert!(!shared().join("no.html").exists());
    assert_eq!(fs::read(shared().join("model.npz")).unwrap(), before);
    let help = done(shared(), "report --help");
    assert!(help.contains("\n  thalamo report model.npz --out report.html\n"));
}

#[test]
fn a_model_read_back_is_reported_alike() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("again.npz");
    io::write(&path, &model()).unwrap();
    assert_eq!(html(&io::read::<Model>(&path).unwrap(), &ReportOptions::default()).unwrap(), page());
}
