//! Transients of the cortex alone, of preparation and of a motif's loop: how far noise can grow before it
//! decays.
//!
//! `cargo run --release --example transients`

mod figure;

use clap::Parser;
use figure::{
    BLUE, Cell, Corner, Figure, GREEN, GREY, INK, ORANGE, Options, Panel, Result, Style, TIME, VERMILLION,
    write_json,
};
use serde::Serialize;
use thalamo::fit::fit;
use thalamo::linalg::eigenvalues;
use thalamo::motif::step_motifs;
use thalamo::nalgebra::DMatrix;
use thalamo::{Complex64, Cortex, NetworkOptions, System};
use thalamo::{
    analysis::{
        KreissBound, kreiss_bound, numerical_abscissa, propagator_norms, pseudospectral_abscissa,
        transient_growth,
    },
    certificate::rms_decay,
};
use thalamo::{
    loops::LoopDesign,
    preparation::{Preparation, PreparationOptions},
};

/// Transient growth, pseudospectra and their bounds.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    common: Options,
    /// Rank of the preparatory module.
    #[arg(long, default_value_t = 50)]
    rank: usize,
}

/// Times drawn, in tau, and their number.
const HORIZON: f64 = 20.0;
const LOOP_HORIZON: f64 = 100.0;
const SAMPLES: usize = 200;
const LEVELS: [f64; 4] = [0.03, 0.1, 0.2, 0.4];

#[derive(Serialize)]
struct Case {
    name: &'static str,
    /// Time drawn and searched, in tau.
    horizon: f64,
    abscissa: f64,
    numerical_abscissa: f64,
    /// Largest |exp(A t)| up to the horizon and its time.
    growth: f64,
    growth_time: f64,
    /// Whether no later time exceeds it.
    global: bool,
    /// Infinite (null) for an unstable system.
    kreiss_bound: f64,
    kreiss_point: Option<(f64, f64)>,
    /// `(epsilon, abscissa)`.
    pseudospectral_abscissae: Vec<(f64, f64)>,
    eigenvalues: Vec<(f64, f64)>,
    norms: Vec<f64>,
    rms: Vec<f64>,
    /// Boundary of the pseudospectrum per level, upper half, as pieces of lines.
    #[serde(skip)]
    contours: Vec<Vec<Segment>>,
}

fn main() -> Result<()> {
    let Arguments { common, rank } = Arguments::parse();
    let (units, rank) = if common.quick { (30, 10) } else { (common.units, rank) };
    let cortex = System::from(Cortex::random(units, 0.5, common.seed)?);
    let options = PreparationOptions::published().with(|o| o.rank = Some(rank));
    let module = Preparation::optimise(&cortex, &options, common.seed)?;
    let mesh = if common.quick { 24 } else { 80 };
    let motif = &step_motifs(1, common.seed)?[0];
    let network = NetworkOptions::published();
    let found = fit(motif, &network.fit.with(|o| (o.modes, o.seed) = (common.modes, common.seed)))?;
    let (lambda, alpha) = (found.eigenvalues(), found.amplitudes().as_slice());
    let motif_loop = LoopDesign::new(&cortex, lambda, alpha, motif.duration(), &network.motif_loop)?
        .optimise(common.seed)?;
    let systems = [
        measure("cortex alone", cortex.matrix(), HORIZON, mesh)?,
        measure("preparation", module.system(), HORIZON, mesh)?,
        measure("a motif's loop", motif_loop.system(), LOOP_HORIZON, mesh)?,
    ];
    println!("N = {units}, P = {rank}, seed {}; rates in 1/tau", common.seed);
    println!("system          abscissa  numerical  largest |exp(A t)|  at (tau)  for all t  Kreiss bound");
    for s in &systems {
        println!(
            "{:<15} {:>8.4} {:>10.4} {:>19.4} {:>9.2} {:>10} {:>13.4}",
            s.name, s.abscissa, s.numerical_abscissa, s.growth, s.growth_time, s.global, s.kreiss_bound
        );
        let levels: Vec<String> =
            s.pseudospectral_abscissae.iter().map(|(e, a)| format!("{e}: {a:.4}")).collect();
        println!("                pseudospectral abscissa at {}", levels.join(", "));
    }
    draw(&systems).save(&common.out)?;
    write_json(&common.out, "transients", &systems)
}

fn measure(name: &'static str, a: &DMatrix<f64>, horizon: f64, mesh: usize) -> Result<Case> {
    let spectrum = eigenvalues(a)?;
    let growth = transient_growth(a, horizon)?;
    let KreissBound { bound, attained, .. } = kreiss_bound(a)?;
    let step = horizon / SAMPLES as f64;
    let levels = LEVELS.iter().map(|&e| Ok((e, pseudospectral_abscissa(a, e)?.abscissa)));
    let levels = levels.collect::<Result<Vec<_>>>()?;
    let rightmost = levels.last().map_or(0.0, |l| l.1);
    Ok(Case {
        name,
        horizon,
        abscissa: spectrum.iter().map(|z| z.re).fold(f64::NEG_INFINITY, f64::max),
        numerical_abscissa: numerical_abscissa(a)?,
        growth: growth.growth,
        growth_time: growth.time,
        global: growth.global,
        kreiss_bound: bound,
        kreiss_point: attained.map(|p| (p.point.re, p.point.im)),
        pseudospectral_abscissae: levels,
        eigenvalues: spectrum.iter().map(|z| (z.re, z.im)).collect(),
        norms: propagator_norms(a, step, SAMPLES)?,
        rms: rms_decay(a, step, SAMPLES)?,
        contours: contours(a, &spectrum, rightmost, mesh),
    })
}

type Segment = [(f64, f64); 2];

/// Contours of the smallest singular value of `A - z I` on a mesh of the upper half plane.
fn contours(a: &DMatrix<f64>, spectrum: &[Complex64], rightmost: f64, mesh: usize) -> Vec<Vec<Segment>> {
    let pad = 1.6 * LEVELS[LEVELS.len() - 1];
    let low = spectrum.iter().map(|z| z.re).fold(f64::INFINITY, f64::min) - pad;
    let high = rightmost + 0.05;
    let top = spectrum.iter().map(|z| z.im).fold(0.0, f64::max) + pad;
    let node = |i: usize, j: usize| {
        let fraction = |k: usize| k as f64 / mesh as f64;
        (low + (high - low) * fraction(i), top * fraction(j))
    };
    let n = a.nrows();
    let values: Vec<Vec<f64>> = (0..=mesh)
        .map(|i| {
            let smallest = |j: usize| {
                let (x, y) = node(i, j);
                let z = Complex64::new(x, y);
                let shifted = DMatrix::from_fn(n, n, |r, c| {
                    Complex64::from(a[(r, c)]) - if r == c { z } else { Complex64::ZERO }
                });
                let view = faer::MatRef::from_column_major_slice(shifted.as_slice(), n, n);
                view.singular_values().map_or(f64::NAN, |s| s[n - 1])
            };
            (0..=mesh).map(smallest).collect()
        })
        .collect();
    let pieces = |level: f64| {
        let mut segments = Vec::new();
        for i in 0..mesh {
            for j in 0..mesh {
                // two triangles per cell: no ambiguous saddle
                for corners in [[(i, j), (i + 1, j), (i + 1, j + 1)], [(i, j), (i, j + 1), (i + 1, j + 1)]] {
                    let cuts: Vec<(f64, f64)> = [(0, 1), (1, 2), (2, 0)]
                        .iter()
                        .filter_map(|&(p, q)| {
                            let (p, q) = (corners[p], corners[q]);
                            let (f, g) = (values[p.0][p.1] - level, values[q.0][q.1] - level);
                            let (a, b) = (node(p.0, p.1), node(q.0, q.1));
                            let t = f / (f - g);
                            (f * g < 0.0).then_some((a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1)))
                        })
                        .collect();
                    if let [first, second] = cuts[..] {
                        segments.push([first, second]);
                    }
                }
            }
        }
        segments
    };
    LEVELS.iter().map(|&level| pieces(level)).collect()
}

fn draw(systems: &[Case]) -> Figure {
    let [top, bottom] = Cell::FULL.rows([1.0, 1.0]);
    let mut figure = Figure::new("transients", 1650, 1000);
    let thin = |colour| Style::new(colour).size(1.4).dashed();
    let cells = top.columns([1.0; 3]).into_iter().zip(bottom.columns([1.0; 3]));
    for ((system, letters), (above, below)) in
        systems.iter().zip([('A', 'D'), ('B', 'E'), ('C', 'F')]).zip(cells)
    {
        let times = || (0..=SAMPLES).map(|i| system.horizon * i as f64 / SAMPLES as f64);
        let last = system.norms.last().copied().unwrap_or(1.0);
        let short = |rate: f64| times().map(move |t| (t, (rate * t).exp()));
        let ceiling = 2.5 * system.growth;
        let asymptote: Vec<(f64, f64)> =
            times().map(|t| (t, last * (system.abscissa * (t - system.horizon)).exp())).collect();
        let panel = Panel::new(TIME, "growth of a deviation")
            .letter(letters.0)
            .title(system.name)
            .log_y()
            .x_range(0.0..=system.horizon)
            .y_range(system.rms.last().copied().unwrap_or(1e-3).min(0.1) * 0.5..=ceiling)
            .legend(Corner::BottomLeft)
            .horizontal(1.0, Style::new(GREY).size(1.0))
            .line("largest: |exp(At)|", BLUE, times().zip(system.norms.iter().copied()))
            .line("root mean square", GREEN, times().zip(system.rms.iter().copied()))
            .line(
                "numerical abscissa: exp(\u{3c9}t)",
                thin(VERMILLION),
                short(system.numerical_abscissa).filter(|p| p.1 <= ceiling),
            )
            .line("spectral abscissa: c exp(\u{3b1}t)", thin(INK), asymptote)
            .points("maximum", Style::new(BLUE).size(5.0), [(system.growth_time, system.growth)]);
        let panel = if system.kreiss_bound.is_finite() {
            panel.line(
                "Kreiss lower bound of the maximum",
                thin(ORANGE),
                [(0.0, system.kreiss_bound), (system.horizon, system.kreiss_bound)],
            )
        } else {
            panel
        };
        let mut plane = Panel::complex_plane().letter(letters.1).title("\u{3b5}-pseudospectra, upper half");
        let left = system.eigenvalues.iter().map(|z| z.0).fold(f64::INFINITY, f64::min) - 0.65;
        let right = system.pseudospectral_abscissae.last().map_or(0.0, |l| l.1) + 0.7;
        plane = plane.legend(Corner::TopRight).x_range(left..=right);
        for (i, (segments, (level, abscissa))) in
            system.contours.iter().zip(&system.pseudospectral_abscissae).enumerate()
        {
            let colour = figure::colour(i + 1);
            plane = plane.line(&format!("\u{3b5} = {level}"), colour, []);
            for segment in segments {
                plane = plane.line("", Style::new(colour).size(1.4), *segment);
            }
            plane = plane.vertical(*abscissa, Style::new(colour).size(1.0).dashed());
        }
        let upper = system.eigenvalues.iter().copied().filter(|z| z.1 >= 0.0);
        plane = plane.points("eigenvalues", Style::new(BLUE).size(3.0), upper);
        figure = figure.add(above, panel).add(below, plane);
    }
    figure
}
