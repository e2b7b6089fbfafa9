//! Figures as files.

use thalamo_figure::{Cell, Figure, Panel};

/// Every number of a matrix is there, once, in few bytes.
#[test]
fn heat_maps_are_small_and_whole() {
    let rows: Vec<Vec<f64>> =
        (0..60).map(|i| (0..60).map(|j| f64::from(i * 7 + j * 13 % 31)).collect()).collect();
    let panel = Panel::new("before", "motif").heat_map(&rows);
    let svg = Figure::new("map", 470, 440).add(Cell::FULL, panel).inline_svg("errors");
    assert!(svg.len() < 110_000, "{}", svg.len());
    assert!(!svg.contains("<polygon"));
    let mut area = 0;
    let mut places = std::collections::HashSet::new();
    for piece in svg.split(" d=\"").skip(1).filter_map(|d| d.split('"').next()).flat_map(|d| d.split('z')) {
        let Some((place, size)) = piece.strip_prefix('M').and_then(|p| p.split_once('h')) else {
            continue;
        };
        let (width, rest) = size.split_once('v').unwrap();
        let height = rest.split_once('h').unwrap().0;
        assert!(places.insert(place.to_owned()), "{place} twice");
        area += width.parse::<u64>().unwrap() * height.parse::<u64>().unwrap();
    }
    let edges = |axis: usize| {
        let all: Vec<u64> = places.iter().map(|p| p.split(' ').nth(axis).unwrap().parse().unwrap()).collect();
        (*all.iter().min().unwrap(), *all.iter().max().unwrap())
    };
    let ((left, right), (top, bottom)) = (edges(0), edges(1));
    // the last cell's own size is missing from the distance of corners
    let whole = ((right - left) * 60 / 59) as f64 * ((bottom - top) * 60 / 59) as f64;
    assert!((area as f64 / whole - 1.0).abs() < 0.01, "{area} of {whole}");
}

#[test]
fn numbers_are_written_where_they_fit() {
    let svg = |count: usize, unit: f64| {
        let row = |i: usize| (0..count).map(|j| unit * (1.0 + (i * count + j) as f64)).collect();
        let panel = Panel::new("before", "motif").heat_map(&(0..count).map(row).collect::<Vec<_>>());
        Figure::new("map", 470, 440).add(Cell::FULL, panel).inline_svg("errors")
    };
    assert!(svg(12, 1.0).contains(">144<") && !svg(13, 1.0).contains(">169<"));
    assert!(svg(4, 1e-4).contains(">0.0016<") && !svg(12, 1e-5).contains("0.0014"));
}
