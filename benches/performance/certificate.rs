//! Certificates of growing libraries.

use std::hint::black_box;
use std::time::Instant;

use nalgebra::DMatrix;
use thalamo::Network;
use thalamo::certificate::certify;
use thalamo::motif::step_motifs;
use thalamo::{Cortex, NetworkOptions, System};

use crate::measure::exponent;
use crate::report::{Report, seconds};
use crate::setup::{Result, normal, product};

pub fn run(report: &mut Report) -> Result {
    let (sizes, units): (&[usize], usize) = if report.quick { (&[2, 4], 40) } else { (&[10, 30, 100], 99) };
    report.section(
        "Certificate of a library, depth 1",
        &format!(
            "N = {units}, 5 tau of preparation, all cores. Floor, on one core: per motif the products of its maps and \
             readout rows, per ordered pair the readout rows of one motif from two states in three norms."
        ),
    );
    report.head(&["motifs", "certify (wall)", "floor", "ratio"]);
    let network = quick_library(*sizes.last().unwrap_or(&1), units)?;
    let mut growth = vec![];
    for &count in sizes {
        let mut library = network.clone();
        library.truncate(count);
        let mut times = vec![];
        let mut floors = vec![];
        for _ in 0..3 {
            let began = Instant::now();
            black_box(certify(&library, 5.0, 1)?);
            times.push(began.elapsed().as_secs_f64());
            let began = Instant::now();
            floor(&library, units);
            floors.push(began.elapsed().as_secs_f64());
        }
        let ratio = crate::measure::median(times.iter().zip(&floors).map(|(t, f)| t / f));
        let (time, least) =
            (crate::measure::median(times.into_iter()), crate::measure::median(floors.into_iter()));
        growth.push((count as f64, time));
        report.row(&[count.to_string(), seconds(time), seconds(least), format!("{ratio:.2}")]);
    }
    report.line(format!("\nGrowth exponent in motifs: {:.2} (target 2).", exponent(&growth)));
    Ok(())
}

fn floor(library: &Network, units: usize) {
    let count = library.motifs().len();
    let map = normal(units, units, 1);
    let mut image = DMatrix::zeros(units, units);
    let states = normal(units, 6 * count, 2);
    for motif in library.motifs() {
        let rows = DMatrix::from_element(motif.motif().len(), units, 0.5);
        // The map, and its norm in three norms.
        for _ in 0..4 {
            product(black_box(&mut image), &map, &map);
        }
        // Readout rows carried through preparation, and in three norms.
        let mut out = DMatrix::zeros(rows.nrows(), units);
        for _ in 0..4 {
            product(black_box(&mut out), &rows, &map);
        }
        let mut readout = DMatrix::zeros(rows.nrows(), states.ncols());
        product(black_box(&mut readout), &rows, &states);
    }
}

/// Libraries for their size, not their quality: quick fits, one start.
fn quick_library(motifs: usize, units: usize) -> Result<Network> {
    let options = NetworkOptions::published().with(|o| {
        o.fit.effort = 400;
        o.motif_loop.starts = 2;
        o.preparation.rank = Some(units.div_ceil(2));
    });
    Ok(Network::build(System::from(Cortex::random(units, 0.5, 1)?), &step_motifs(motifs, 1)?, &options, 1)?)
}
