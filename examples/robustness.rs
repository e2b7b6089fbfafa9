//! Many random libraries: each is refused with a typed error, or keeps every promise it makes.
//!
//! `cargo run --release --example robustness`, with `-- --quick` for ten libraries. Any panic, broken promise
//! or error past its certificate is printed with the seed and number of its library and fails the run.

mod figure;
#[path = "../tests/it/support/guarantees/mod.rs"]
mod guarantees;

use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::path::PathBuf;

use clap::Parser;
use figure::{BLUE, Cell, Corner, Figure, GREY, Panel, Result, Style, VERMILLION, progress, write_json};
use guarantees::Violation;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;
use thalamo::certificate::certify;
use thalamo::motif::{oscillating_motifs, step_motifs};
use thalamo::play::{Sequence, Simulator, Start};
use thalamo::{Cortex, Error, Network, NetworkOptions, System};

/// Motifs in every random sequence.
const LENGTH: usize = 200;

/// Builds and plays random libraries.
#[derive(Parser)]
struct Arguments {
    /// Seed of everything random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of libraries.
    #[arg(long, default_value_t = 1000)]
    libraries: usize,
    /// Number of the first library, to repeat a single one.
    #[arg(long, default_value_t = 0)]
    first: usize,
    /// Ten libraries.
    #[arg(long)]
    quick: bool,
    /// Folder for the results.
    #[arg(long, default_value = "target/figures")]
    out: PathBuf,
}

/// What one library is made of.
#[derive(Debug, Clone, Serialize)]
struct Recipe {
    library: usize,
    seed: u64,
    units: usize,
    gain: f64,
    motifs: usize,
    oscillating: bool,
    modes: usize,
    rank: usize,
    effort: usize,
    starts: usize,
    iterations: usize,
    /// In tau.
    transition: f64,
    depth: usize,
    /// Standard deviation of the random start.
    start: f64,
}

/// What became of it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// Every sequence stayed within its certificate; largest errors.
    Certified { certified: f64, exact: f64, observed: f64 },
    /// Built, but no certificate: the maps do not contract.
    NotContracting { contraction: f64 },
    /// A typed error.
    Refused { error: String, message: String },
    /// A promise that was not kept.
    Broken { message: String },
    /// A panic.
    Panicked { message: String },
}

#[derive(Serialize)]
struct Row {
    recipe: Recipe,
    outcome: Outcome,
}

fn main() -> Result<()> {
    let Arguments { seed, libraries, first, quick, out } = Arguments::parse();
    let libraries = if quick { 10 } else { libraries };
    let bar = progress(libraries, "libraries");
    let rows: Vec<Row> = (first..first + libraries)
        .into_par_iter()
        .map(|library| {
            let recipe = Recipe::draw(seed, library);
            let outcome = catch_unwind(|| examine(&recipe)).unwrap_or_else(|panic| {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let message = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
                Outcome::Panicked { message: message.to_owned() }
            });
            bar.inc(1);
            Row { recipe, outcome }
        })
        .collect();
    bar.finish_and_clear();
    let counts = count(&rows);
    for (name, number) in &counts {
        println!("{number:>6}  {name}");
    }
    let tightness = tightness(&rows);
    if !tightness.is_empty() {
        let at = |share: f64| tightness[((tightness.len() - 1) as f64 * share) as usize];
        println!(
            "certified / observed: median {:.3}, 90 % below {:.3}, smallest {:.6}, largest {:.1}",
            at(0.5),
            at(0.9),
            at(0.0),
            at(1.0)
        );
    }
    draw(&counts, &rows, &tightness).save(&out)?;
    write_json(&out, "robustness", &rows)?;
    let failed: Vec<&Row> = rows
        .iter()
        .filter(|row| matches!(row.outcome, Outcome::Broken { .. } | Outcome::Panicked { .. }))
        .collect();
    for row in &failed {
        println!("{:?}\n  {:?}", row.outcome, row.recipe);
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("{} libraries failed", failed.len()).into()) }
}

impl Recipe {
    /// Library number `library` of a seed.
    fn draw(seed: u64, library: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(library as u64);
        let units = rng.random_range(10..=120);
        Self {
            library,
            seed: rng.random(),
            units,
            gain: rng.random_range(0.2..1.2),
            motifs: rng.random_range(2..=12),
            oscillating: rng.random_bool(0.5),
            modes: rng.random_range(2..=16),
            rank: rng.random_range(1..=units),
            effort: rng.random_range(100..=200),
            starts: rng.random_range(1..=2),
            iterations: rng.random_range(5..=40),
            transition: f64::from(rng.random_range(0..=150)) * 0.1,
            depth: rng.random_range(1..=2),
            start: 10_f64.powf(rng.random_range(-2.0..2.0)),
        }
    }

    fn build(&self) -> thalamo::Result<Network> {
        let options = NetworkOptions::interpretable().with(|o| {
            o.fit.modes = self.modes;
            o.fit.effort = self.effort;
            o.motif_loop.starts = self.starts;
            o.motif_loop.optimiser.max_iterations = self.iterations;
            o.preparation.rank = Some(self.rank);
            o.preparation.optimiser.max_iterations = self.iterations;
            o.noise.rounds = 1;
        });
        let draw = if self.oscillating { oscillating_motifs } else { step_motifs };
        let cortex = System::from(Cortex::random(self.units, self.gain, self.seed)?);
        Network::build(cortex, &draw(self.motifs, self.seed)?, &options, self.seed)
    }

    fn sequence(&self, length: usize, stream: u64) -> thalamo::Result<Sequence> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(stream);
        Sequence::new(&(0..length).map(|_| rng.random_range(0..self.motifs)).collect::<Vec<_>>())
    }
}

/// Builds a library, checks what it promises and plays it.
fn examine(recipe: &Recipe) -> Outcome {
    match played(recipe) {
        Ok(outcome) => outcome,
        Err(Violation::Refused(Error::NotContracting { contraction })) => {
            Outcome::NotContracting { contraction }
        }
        Err(Violation::Refused(error)) => {
            Outcome::Refused { error: variant(&error), message: error.to_string() }
        }
        Err(violation) => Outcome::Broken { message: violation.to_string() },
    }
}

fn played(recipe: &Recipe) -> std::result::Result<Outcome, Violation> {
    let network = recipe.build()?;
    let broken = |error: Error| Outcome::Broken { message: format!("after building: {error}") };
    let kept = guarantees::eigenvalues_placed(&network)
        .and_then(|()| guarantees::starts_play_fits(&network))
        .and_then(|()| guarantees::preparation_settles(&network));
    match kept {
        Err(Violation::Refused(error)) => return Ok(broken(error)),
        kept => kept?,
    }
    let simulator = Simulator::new(&network, recipe.transition)?;
    let (first, second) = (recipe.sequence(1, 1)?, recipe.sequence(1, 2)?);
    let start = Start::Random { std: recipe.start, seed: recipe.seed };
    guarantees::runs_compose(&simulator, &first, &second, &start)?;
    let certificate = certify(&network, recipe.transition, recipe.depth)?;
    let sequence = recipe.sequence(LENGTH, 3)?;
    let observed = match guarantees::pairs_certified(&simulator, &certificate, &sequence) {
        Err(Violation::Refused(error)) => return Ok(broken(error)),
        observed => observed?,
    };
    guarantees::sequence_certified(&simulator, &certificate, &sequence, &start)?;
    Ok(Outcome::Certified { certified: certificate.worst(), exact: certificate.exact_worst(), observed })
}

/// Name of the variant, of what went wrong with a motif.
fn variant(error: &Error) -> String {
    match error {
        Error::InMotif { source, .. } => variant(source),
        other => format!("{other:?}").split(|c: char| !c.is_alphanumeric()).next().unwrap_or("").to_owned(),
    }
}

fn count(rows: &[Row]) -> Vec<(String, usize)> {
    let mut counts = BTreeMap::new();
    for row in rows {
        let (rank, name) = match &row.outcome {
            Outcome::Certified { .. } => (0, "within its certificate".to_owned()),
            Outcome::NotContracting { .. } => (1, "built, not contracting".to_owned()),
            Outcome::Refused { error, .. } => (2, format!("refused: {error}")),
            Outcome::Broken { .. } => (3, "promise broken".to_owned()),
            Outcome::Panicked { .. } => (4, "panicked".to_owned()),
        };
        *counts.entry((rank, name)).or_insert(0) += 1;
    }
    for (rank, name) in [(3, "promise broken"), (4, "panicked")] {
        counts.entry((rank, name.to_owned())).or_insert(0);
    }
    counts.into_iter().map(|((_, name), number)| (name, number)).collect()
}

/// Certified over observed error, ascending.
fn tightness(rows: &[Row]) -> Vec<f64> {
    let mut ratios: Vec<f64> = errors(rows).map(|(observed, certified)| certified / observed).collect();
    ratios.sort_by(f64::total_cmp);
    ratios
}

fn errors(rows: &[Row]) -> impl Iterator<Item = (f64, f64)> + '_ {
    rows.iter().filter_map(|row| match row.outcome {
        Outcome::Certified { certified, observed, .. } => Some((observed, certified)),
        _ => None,
    })
}

fn draw(counts: &[(String, usize)], rows: &[Row], tightness: &[f64]) -> Figure {
    let [left, middle, right] = Cell::FULL.columns([1.3, 1.0, 1.0]);
    let number = |i: usize| format!("{}", i + 1);
    let mut bars = Panel::new("outcome", "libraries")
        .letter('A')
        .title("what became of the libraries")
        .categories((0..counts.len()).map(number));
    let most = counts.iter().map(|c| c.1).max().unwrap_or(1) as f64;
    for (i, (name, value)) in counts.iter().enumerate() {
        let colour = match name.split(' ').next() {
            Some("within") => BLUE,
            Some("promise" | "panicked") => VERMILLION,
            _ => GREY,
        };
        bars = bars.bar(&format!("{}  {name}: {value}", i + 1), colour, i as f64, *value as f64, &[]);
    }
    let bars = bars.y_range(0.0..=1.1 * most);

    let range = tightness.last().copied().unwrap_or(10.0).max(2.0).log10();
    let bins = 24;
    let edge = |i: usize| 10_f64.powf(range * i as f64 / f64::from(bins));
    let steps = (0..bins as usize).flat_map(|i| {
        let inside = |x: &&f64| **x >= edge(i) && (**x < edge(i + 1) || i + 1 == bins as usize);
        let height = tightness.iter().filter(inside).count() as f64;
        [(edge(i), 0.0, height), (edge(i + 1), 0.0, height)]
    });
    let histogram = Panel::new("certified / observed error", "libraries")
        .letter('B')
        .title("how tight certificates are")
        .log_x()
        .band("", Style::new(BLUE).opacity(0.5), steps);

    let (low, high) =
        errors(rows).fold((1.0_f64, 1.0_f64), |(l, h), (a, b)| (l.min(a).min(b), h.max(a).max(b)));
    let scatter = Panel::new("largest error observed", "certified error")
        .letter('C')
        .title("no library passes its certificate")
        .log_x()
        .log_y()
        .legend(Corner::BottomRight)
        .line("equal", Style::new(GREY).size(1.2), [(low, low), (high, high)])
        .points("libraries", Style::new(BLUE).size(2.5).opacity(0.5), errors(rows));
    Figure::new("robustness", 1400, 480).add(left, bars).add(middle, histogram).add(right, scatter)
}
