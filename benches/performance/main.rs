//! Every hot path against its own floor, measured beside it in the same run.
//!
//! `cargo bench --bench performance [-- --quick] [--write] [name ...]`

#![allow(unreachable_pub)] // modules of one program

mod certificate;
mod direct;
mod figure;
mod fitting;
mod large;
mod loops;
mod measure;
#[path = "../../tests/it/support/numpy.rs"]
mod numpy;
mod optimisers;
mod preparation;
mod report;
mod robustness;
mod setup;
mod simulation;
mod training;

use report::Report;

type Bench = fn(&mut Report) -> setup::Result;

const BENCHES: [(&str, Bench); 10] = [
    ("robustness", robustness::run),
    ("loops", loops::run),
    ("optimisers", optimisers::run),
    ("preparation", preparation::run),
    ("fitting", fitting::run),
    ("simulation", simulation::run),
    ("certificate", certificate::run),
    ("training", training::run),
    ("direct", direct::run),
    ("figure", figure::run),
];

/// Too slow to be part of every run.
const ON_REQUEST: [(&str, Bench); 1] = [("large", large::run)];

fn all() -> impl Iterator<Item = (&'static str, Bench)> {
    BENCHES.into_iter().chain(ON_REQUEST)
}

fn main() -> setup::Result {
    // `cargo bench` passes --bench to every harness.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let (flags, names): (Vec<_>, Vec<_>) = arguments.iter().partition(|a| a.starts_with("--"));
    if let Some(unknown) = flags.iter().find(|f| !["--quick", "--write"].contains(&f.as_str())) {
        return Err(format!("unknown flag {unknown}: expected --quick or --write").into());
    }
    if let Some(unknown) = names.iter().find(|n| all().all(|(name, _)| name != n.as_str())) {
        let known: Vec<_> = all().map(|(name, _)| name).collect();
        return Err(format!("unknown bench {unknown}: expected one of {}", known.join(", ")).into());
    }
    let given = |flag: &str| flags.iter().any(|f| *f == flag);
    if given("--write") && (given("--quick") || !names.is_empty()) {
        return Err("--write needs all benches in full: give neither --quick nor names".into());
    }
    let mut report = Report::new(given("--quick"));
    for (at, (name, bench)) in all().enumerate() {
        if names.iter().any(|n| *n == name) || (names.is_empty() && at < BENCHES.len()) {
            bench(&mut report)?;
        }
    }
    if given("--write") {
        report.write(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/performance.md")))?;
    }
    Ok(())
}
