//! Certified against exact readout error over preparation time, for libraries of several sizes.
//!
//! `cargo run --release --example certificate`

mod figure;

use clap::Parser;
use figure::{
    BLUE, Cell, Corner, Figure, GREEN, GREY, Options, Panel, Result, Style, VERMILLION, progress, write_json,
};
use serde::Serialize;
use thalamo::certificate::{Certificate, certify, shortest_preparation};
use thalamo::motif::step_motifs;
use thalamo::{Cortex, Error, Network, NetworkOptions, System};

/// Certifies libraries of motifs for sequences of any order and length.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    common: Options,
    /// Error whose shortest preparation is looked for.
    #[arg(long, default_value_t = 0.05)]
    error: f64,
}

/// One certificate.
#[derive(Serialize)]
struct Row {
    motifs: usize,
    transition: f64,
    depth: usize,
    /// `null` where nothing can be certified: the maps do not contract.
    certified: Option<f64>,
    exact_worst_pair: Option<f64>,
    contraction: Option<f64>,
    norm: Option<String>,
}

#[derive(Serialize)]
struct Record {
    seed: u64,
    units: usize,
    error: f64,
    /// Shortest preparation (tau) certified for that error, per library size.
    shortest: Vec<(usize, f64)>,
    rows: Vec<Row>,
}

fn main() -> Result<()> {
    let Arguments { mut common, error } = Arguments::parse();
    if common.quick {
        (common.units, common.motifs) = (common.units.min(40), common.motifs.min(4));
    }
    let sizes = if common.quick { vec![2, common.motifs] } else { vec![2, 5, common.motifs] };
    let times: Vec<f64> = if common.quick { vec![2.0, 5.0, 10.0] } else { (1..=20).map(f64::from).collect() };
    let network = build(&common)?;
    let bar = progress(sizes.len() * (times.len() + 1), "certifying");
    let (mut rows, mut shortest) = (Vec::new(), Vec::new());
    println!(
        "{:>7} {:>11} {:>6} {:>10} {:>12} {:>6}",
        "motifs", "transition", "depth", "certified", "exact worst", "gap"
    );
    for &size in &sizes {
        let library = first_motifs(&network, size)?;
        for &transition in &times {
            for depth in 1..=3 {
                let row = row(&library, transition, depth)?;
                if let (Some(bound), Some(exact), true) =
                    (row.certified, row.exact_worst_pair, transition == 5.0)
                {
                    let gap = bound / exact;
                    println!("{size:>7} {transition:>11} {depth:>6} {bound:>10.4} {exact:>12.4} {gap:>6.3}");
                }
                rows.push(row);
            }
            bar.inc(1);
        }
        shortest.push((size, shortest_preparation(&library, error, 1)?.transition));
        bar.inc(1);
    }
    bar.finish_and_clear();
    for (size, time) in &shortest {
        println!("{size} motifs: every sequence stays within {error} after {time:.1} tau of preparation");
    }
    let record = Record { seed: common.seed, units: common.units, error, shortest, rows };
    draw(&record, &sizes).save(&common.out)?;
    write_json(&common.out, "certificate", &record)
}

fn build(common: &Options) -> Result<Network> {
    let options = NetworkOptions::published().with(|o| {
        o.fit.modes = common.modes;
        o.preparation.rank = Some(common.units.div_ceil(2));
    });
    let cortex = System::from(Cortex::random(common.units, 0.5, common.seed)?);
    Ok(Network::build(cortex, &step_motifs(common.motifs, common.seed)?, &options, common.seed)?)
}

/// The same network with the first motifs only: loops do not depend on each other.
fn first_motifs(network: &Network, count: usize) -> Result<Network> {
    let mut library = network.clone();
    library.truncate(count);
    Ok(library)
}

fn row(library: &Network, transition: f64, depth: usize) -> Result<Row> {
    let certificate = match certify(library, transition, depth) {
        Ok(certificate) => Some(certificate),
        Err(Error::NotContracting { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let of = |value: fn(&Certificate) -> f64| certificate.as_ref().map(value);
    Ok(Row {
        motifs: library.motifs().len(),
        transition,
        depth,
        certified: of(Certificate::worst),
        exact_worst_pair: of(Certificate::exact_worst),
        contraction: of(Certificate::contraction),
        norm: certificate.as_ref().map(|c| format!("{:?}", c.norm)),
    })
}

fn draw(record: &Record, sizes: &[usize]) -> Figure {
    let series = |size: usize, depth: usize, value: fn(&Row) -> Option<f64>| -> Vec<(f64, f64)> {
        let rows = record.rows.iter().filter(|r| r.motifs == size && r.depth == depth);
        rows.filter_map(|r| Some((r.transition, value(r)?))).collect()
    };
    let [left, right] = Cell::FULL.columns([1.0, 1.0]);
    let colours = [GREEN, VERMILLION, BLUE];
    let mut errors = Panel::new("preparation (\u{3c4})", "largest readout error")
        .letter('A')
        .title("dashed: exact worst pair; lines: certified for every sequence")
        .log_y();
    let mut gaps = Panel::new("preparation (\u{3c4})", "certified / exact worst pair")
        .letter('B')
        .title(format!("{} motifs: deeper is tighter", sizes.last().copied().unwrap_or_default()))
        .y_range(0.95..=2.0)
        .horizontal(1.0, Style::new(GREY).size(1.0));
    for (&size, colour) in sizes.iter().zip(colours) {
        errors = errors
            .line(&format!("{size} motifs"), Style::new(colour).size(2.0), series(size, 3, |r| r.certified))
            .line("", Style::new(colour).size(1.6).dashed(), series(size, 3, |r| r.exact_worst_pair));
    }
    errors = errors.horizontal(record.error, Style::new(GREY).size(1.0).dashed());
    if let Some(&size) = sizes.last() {
        for (depth, colour) in (1..=3).zip([figure::SKY, BLUE, figure::INK]) {
            let gap = series(size, depth, |r| Some(r.certified? / r.exact_worst_pair?));
            let label = format!("depth {depth}");
            gaps = gaps.line(&label, Style::new(colour).size(2.0), gap.clone()).points("", colour, gap);
        }
    }
    Figure::new("certificate", 1200, 480)
        .add(left, errors.legend(Corner::BottomLeft))
        .add(right, gaps.legend(Corner::TopRight))
}
