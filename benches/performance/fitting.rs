//! Fits of ten exponentials to a motif of a thousand samples.

use std::hint::black_box;

use thalamo::NetworkOptions;
use thalamo::fit::fit;
use thalamo::motif::step_motifs;

use crate::report::{Report, seconds};
use crate::setup::Result;

/// Multiplications and additions of one evaluation at K = 10: three moments of five pairs over T samples (a
/// rotation and three complex sums each), geometric sums of 30 pairs by log2 T doublings, two Hessians of
/// order K.
fn flops(samples: usize, modes: usize) -> f64 {
    let (t, k) = (samples as f64, modes as f64);
    let moments = 0.5 * k * t * (6.0 + 3.0 * 4.0);
    let sums = (0.5 * k) * (0.5 * k + 1.0) * t.log2() * 45.0;
    moments + sums + 8.0 * k * k * k
}

pub fn run(report: &mut Report) -> Result {
    report.section(
        "Fit of one motif, K = 10",
        "About 1000 samples. Floor of the 30 starts: 30 fits with one start and a thirtieth of the evaluations each.",
    );
    report.head(&["search", "one fit", "floor", "ratio", "target", "evaluations", "per evaluation"]);
    let motif = step_motifs(1, 1)?.remove(0);
    let options = |random_starts: usize, effort: usize| {
        NetworkOptions::published().fit.with(|o| {
            o.random_starts = random_starts;
            o.effort = effort;
            o.seed = 1;
        })
    };
    let cases: &[(usize, usize)] = if report.quick { &[(30, 500)] } else { &[(2, 0), (30, 2500)] };
    for &(starts, effort) in cases {
        let full = match effort {
            0 => options(starts, NetworkOptions::published().fit.effort),
            effort => options(starts, effort),
        };
        let found = fit(&motif, &full)?;
        let one = full.clone().with(|o| (o.random_starts, o.effort) = (0, full.effort / starts.max(1)));
        let count = found.report().evaluations / fit(&motif, &one)?.report().evaluations.max(1);
        let measured = report.effort.compare(
            || {
                black_box(fit(&motif, &full).ok());
            },
            || {
                for _ in 0..count.max(1) {
                    black_box(fit(&motif, &one).ok());
                }
            },
        );
        let each = measured.ours / found.report().evaluations as f64;
        let target = if measured.ours <= 0.15 { "0.15 s met" } else { "0.15 s **missed**" };
        report.row(&[
            format!("{starts} random starts, effort {}", full.effort),
            seconds(measured.ours),
            seconds(measured.floor),
            format!("{:.2}", measured.ratio),
            target.into(),
            found.report().evaluations.to_string(),
            format!("{} ({:.1} GFlop/s)", seconds(each), 1e-9 * flops(motif.len(), 10) / each),
        ]);
    }
    Ok(())
}
