//! A library of more motifs than tables of pairs can show.

use thalamo::io::Model;
use thalamo::motif::Motif;
use thalamo::{Cortex, Network, NetworkOptions, System};
use thalamo_cli::report::{ReportOptions, html};

use crate::page::Page;
use crate::report::{numbers, texts};

/// Above forty motifs: every pair as a cell of both heat maps, the numbers of the worst, and the largest of
/// each motif.
#[test]
fn large_libraries_show_every_pair() {
    let count = 42;
    let network = large(count);
    let page = html(&Model::new(network.clone(), 10.0).unwrap(), &ReportOptions::default()).unwrap();
    let document = Page::parse(&page);
    assert!(page.len() < 1_500_000, "{}", page.len());
    assert_eq!(document.select(".matrix").count(), 0);
    for section in ["#transitions", "#certificate"] {
        let stated = texts(&document, &format!("{section} p")).concat();
        assert!(
            stated.contains("all 1764 ordered pairs") && stated.contains("the 50 worst of them"),
            "{stated}"
        );
        assert_eq!(document.select(&format!("{section} .long tbody tr")).count(), 50);
        let paths = format!("{section} svg path[shape-rendering]");
        let cells = document.select(&paths);
        assert!(cells.flat_map(|path| path.attr("d").unwrap().matches('z')).count() > count, "{section}");
        let scale = texts(&document, &format!("{section} figcaption"))[0].clone();
        assert!(scale.contains("All 1764 ordered pairs, from ") && scale.contains(" (darkest)."), "{scale}");
    }
    let certificate =
        thalamo::certificate::certify(&network, 10.0, thalamo::certificate::usual_depth(count)).unwrap();
    let (sup, exact) = (&certificate.sup_error, &certificate.exact_sup_error);
    let values = |css: &str| -> Vec<f64> {
        document.select(css).map(|data| data.attr("value").unwrap().parse().unwrap()).collect()
    };
    let listed = values("#certificate .long tbody td:nth-child(3) data");
    let mut expected: Vec<f64> = sup.iter().copied().collect();
    expected.sort_by(|a, b| b.total_cmp(a));
    assert_eq!(listed, expected[..50]);
    let numbers = numbers(&document);
    for (i, j) in (0..count).flat_map(|i| (0..count).map(move |j| (i, j))) {
        for (name, matrix) in [("sup_error", sup), ("exact_sup_error", exact)] {
            if let Some((value, _)) = numbers.get(&format!("certify/{name}/{i}/{j}")) {
                assert_eq!(value.parse::<f64>().unwrap().to_bits(), matrix[(i, j)].to_bits());
            }
        }
    }
    let mut tables = document.select("#certificate table");
    let table = tables.find(|t| t.text().starts_with("Certified for each motif")).unwrap();
    for (column, matrix) in [(2, sup), (3, exact)] {
        let data = format!("tbody tr > :nth-child({column}) data");
        let found: Vec<f64> =
            table.select(&data).map(|data| data.attr("value").unwrap().parse().unwrap()).collect();
        assert_eq!(found, matrix.row_iter().map(|row| row.max()).collect::<Vec<_>>());
    }
}

/// Many brief motifs on few units.
fn large(count: usize) -> Network {
    let wave = |i: usize| {
        let pitch = 0.12 + 0.004 * i as f64;
        (0..50).map(|k| (pitch * f64::from(k)).sin() + 0.3 * (0.31 * f64::from(k) + i as f64).sin()).collect()
    };
    let motifs: Vec<Motif> = (0..count).map(|i| Motif::new(0.1, wave(i)).unwrap()).collect();
    let options = NetworkOptions::published().with(|o| (o.fit.modes, o.preparation.rank) = (4, Some(15)));
    Network::build(System::from(Cortex::random(30, 0.5, 1).unwrap()), &motifs, &options, 1).unwrap()
}
