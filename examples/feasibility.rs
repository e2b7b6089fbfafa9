//! How many modes can a cortex carry? cond(Q) and the accuracy of the eigenvalues achieved, against K.
//!
//! `cargo run --release --example feasibility`

mod figure;

use std::f64::consts::TAU;

use clap::Parser;
use figure::{
    BLUE, Cell, Corner, Figure, GREEN, GREY, INK, ORANGE, Options, PURPLE, Panel, Result, Style, VERMILLION,
    progress, write_json,
};
use rayon::prelude::*;
use serde::Serialize;
use thalamo::fit::fit;
use thalamo::linalg::eigenvalues;
use thalamo::loops::{LoopDesign, LoopOptions, PlacementOptions, feasibility};
use thalamo::motif::{Motif, step_motifs};
use thalamo::nalgebra::{DMatrix, DVector};
use thalamo::{Complex64, Cortex, NetworkOptions, System};

/// Condition of placement and achieved accuracy over the number of modes.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    common: Options,
    /// Evenly spaced targets are 2 pi over this duration apart, in tau.
    #[arg(long, default_value_t = 100.0)]
    duration: f64,
    /// Their decay rates fill 0.01 to 0.01 + spread.
    #[arg(long, default_value_t = 0.0)]
    spread: f64,
}

/// One placement to try.
struct Case<'a> {
    layout: &'static str,
    gain: f64,
    cortex: &'a System,
    motif: Option<&'a Motif>,
    modes: usize,
}

#[derive(Serialize, Clone)]
struct Row {
    layout: &'static str,
    gain: f64,
    units: usize,
    modes: usize,
    /// Infinite ones are null.
    condition: f64,
    residue_norm: f64,
    predicted_error: f64,
    /// Largest distance of a target from the spectrum of A + u v^T (N x N eigenvalues), for random u.
    random_errors: Vec<f64>,
    /// Largest real part of the other eigenvalues, for the same u.
    random_rest: Vec<f64>,
    /// For the u that minimises the noise cost; none where the design is refused.
    optimised_error: Option<f64>,
    noise_cost: Option<f64>,
    verdict: String,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let common = &arguments.common;
    let (sizes, draws): (&[usize], u64) = if common.quick { (&[30], 1) } else { (&[100, 500], 3) };
    let counts = |units: usize| -> Vec<usize> {
        let last = if units < 100 { 16 } else { 50 };
        (4..=last).step_by(if units < 200 { 2 } else { 4 }).chain((units >= 200).then_some(50)).collect()
    };
    let motifs = step_motifs(draws as usize, common.seed)?;
    let mut cortices = Vec::new();
    for &units in sizes {
        for gain in [0.5, 1.0] {
            for draw in 0..draws {
                cortices.push((
                    gain,
                    draw as usize,
                    System::from(Cortex::random(units, gain, common.seed + draw)?),
                ));
            }
        }
    }
    let mut cases = Vec::new();
    for (gain, draw, cortex) in &cortices {
        for modes in counts(cortex.units()) {
            for (layout, motif) in [("even", None), ("fit", Some(&motifs[*draw]))] {
                cases.push(Case { layout, gain: *gain, cortex, motif, modes });
            }
        }
    }
    let bar = progress(cases.len(), "placements");
    let rows = cases
        .par_iter()
        .inspect(|_| bar.inc(1))
        .map(|case| measure(case, &arguments).map_err(|e| e.to_string()))
        .collect::<std::result::Result<Vec<Row>, String>>()?;
    bar.finish_and_clear();
    print(&rows);
    draw(&rows).save(&common.out)?;
    write_json(&common.out, "feasibility", &rows)
}

fn measure(case: &Case<'_>, arguments: &Arguments) -> Result<Row> {
    let modes = case.modes;
    let (targets, amplitudes, duration) = match case.motif {
        None => {
            let decay = |k: f64| 0.01 + arguments.spread * (0.618_034 * k).fract();
            let pole = |k: f64| Complex64::new(-decay(k), TAU * k / arguments.duration);
            let signed = |k: usize| 0.1 * (-1_f64).powi(k as i32);
            let targets: Vec<Complex64> =
                (1..=modes / 2).map(|k| pole(k as f64)).flat_map(|z| [z, z.conj()]).collect();
            (
                targets,
                (1..=modes / 2).flat_map(|k| [signed(k).into(); 2]).collect::<Vec<_>>(),
                arguments.duration,
            )
        }
        Some(motif) => {
            let options = NetworkOptions::published().fit.with(|o| {
                o.modes = modes;
                o.separation = thalamo::Rate::PerTau(0.05);
                o.effort = 500;
            });
            let found = fit(motif, &options)?;
            (found.eigenvalues().to_vec(), found.amplitudes().as_slice().to_vec(), motif.duration())
        }
    };
    let predicted = feasibility(case.cortex, &targets, &PlacementOptions::published())?;
    let (mut random_errors, mut random_rest) = (Vec::new(), Vec::new());
    if let Some(residues) = residues(case.cortex, &targets) {
        let mut seeds = (1..=3).map(|seed| place(case.cortex, &targets, &residues, seed));
        while let Some((error, rest)) = seeds.next().transpose()? {
            random_errors.push(error);
            random_rest.push(rest);
        }
    }
    let options = LoopOptions::default().with(|o| {
        o.placement.condition_limit = 1e16;
        o.starts = 2;
        // Whether the eigenvalues arrive is what is asked, not what rounding leaves of the motif.
        o.playback_tolerance = f64::MAX;
    });
    let made = LoopDesign::new(case.cortex, &targets, &amplitudes, duration, &options)
        .and_then(|design| design.optimise(1))
        .ok();
    Ok(Row {
        layout: case.layout,
        gain: case.gain,
        units: case.cortex.units(),
        modes,
        condition: predicted.condition,
        residue_norm: predicted.residue_norm,
        predicted_error: predicted.predicted_error,
        random_errors,
        random_rest,
        optimised_error: made.as_ref().map(|l| l.report().distance),
        noise_cost: made.as_ref().map(|l| l.noise_cost()),
        verdict: predicted.verdict.to_string(),
    })
}

/// `d = Q^+ 1`, independently of the library and without limits.
fn residues(cortex: &System, targets: &[Complex64]) -> Option<DVector<Complex64>> {
    let lambda = cortex.spectrum().ok()?;
    let q = DMatrix::from_fn(targets.len(), lambda.len(), |k, j| 1.0 / (targets[k] - lambda[j]));
    let view = faer::MatRef::from_column_major_slice(q.as_slice(), targets.len(), lambda.len());
    let svd = view.thin_svd().ok()?;
    let (u, s, v) = (svd.U(), svd.S().column_vector(), svd.V());
    let mut d: DVector<Complex64> = DVector::zeros(lambda.len());
    for i in 0..targets.len() {
        let ones: Complex64 = (0..targets.len()).map(|k| u[(k, i)].conj()).sum();
        (0..lambda.len()).for_each(|j| d[j] += v[(j, i)] * ones / s[i].re);
    }
    d.iter().all(|z| z.is_finite()).then_some(d)
}

/// Error of the targets and abscissa of the rest of `A + u v^T` for a random u.
fn place(cortex: &System, targets: &[Complex64], d: &DVector<Complex64>, seed: u64) -> Result<(f64, f64)> {
    use rand::SeedableRng;
    use rand_distr::{Distribution, StandardNormal};
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1000 + seed);
    let u: DVector<f64> =
        DVector::from_fn(cortex.units(), |_, _| StandardNormal.sample(&mut rng)).normalize();
    let left = cortex.eigen()?.left();
    let b = d.component_div(&(left * u.map(Complex64::from)));
    let v = (left.transpose() * b).map(|z| z.re);
    let mut spectrum = eigenvalues(&(cortex.matrix() + &u * v.transpose()))?.to_vec();
    let mut error = 0.0_f64;
    for target in targets {
        let distance = |i: &usize| (spectrum[*i] - target).norm();
        let nearest = (0..spectrum.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)));
        let z = spectrum.swap_remove(nearest.ok_or("more targets than units")?);
        error = error.max((z - target).norm());
    }
    Ok((error, spectrum.iter().map(|z| z.re).fold(f64::NEG_INFINITY, f64::max)))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Rows of one layout, gain and size, by K.
fn groups(rows: &[Row]) -> Vec<(&'static str, f64, usize, usize, Vec<&Row>)> {
    let mut keys: Vec<_> = rows.iter().map(|r| (r.layout, r.gain, r.units, r.modes)).collect();
    keys.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    keys.dedup();
    let of = |k: &(&str, f64, usize, usize)| {
        rows.iter().filter(|r| (r.layout, r.gain, r.units, r.modes) == *k).collect()
    };
    keys.iter().map(|k| (k.0, k.1, k.2, k.3, of(k))).collect()
}

fn print(rows: &[Row]) {
    println!("layout gain    N   K  cond(Q)  predicted  random u   rest  optimised u         C  feasible");
    for (layout, gain, units, modes, group) in groups(rows) {
        let med = |value: fn(&Row) -> f64| median(group.iter().map(|r| value(r)));
        let [condition, predicted] = [med(|r| r.condition), med(|r| r.predicted_error)];
        let random = median(group.iter().flat_map(|r| r.random_errors.iter().copied()));
        let rest = group.iter().flat_map(|r| r.random_rest.iter().copied()).fold(f64::NEG_INFINITY, f64::max);
        let optimised = median(group.iter().filter_map(|r| r.optimised_error));
        let cost = median(group.iter().filter_map(|r| r.noise_cost));
        let reached = group.iter().filter(|r| r.optimised_error.is_some()).count();
        let feasible = group.iter().filter(|r| r.verdict == "feasible").count();
        print!("{layout:>6} {gain:>4} {units:>4} {modes:>3} {condition:>8.0e} {predicted:>10.0e} ");
        println!("{random:>9.0e} {rest:>6.2} {optimised:>8.0e} ({reached}) {cost:>10.1} {feasible:>9}");
    }
    println!();
    for (what, key, range) in [
        ("cond(Q)", (|r: &Row| r.condition) as fn(&Row) -> f64, 0..16),
        ("predicted", |r| r.predicted_error, -14..6),
    ] {
        println!(
            "{what:>9} | placements | random u: median, largest error, within 1e-6, rest unstable | optimised: reached | median C"
        );
        for decade in range {
            let group: Vec<&Row> =
                rows.iter().filter(|r| key(r).log10().floor() == f64::from(decade)).collect();
            if group.is_empty() {
                continue;
            }
            let errors: Vec<f64> = group.iter().flat_map(|r| r.random_errors.iter().copied()).collect();
            let (count, all) = (group.len(), errors.len());
            let [middle, largest] =
                [median(errors.iter().copied()), errors.iter().copied().fold(0.0, f64::max)];
            let within = errors.iter().filter(|&&e| e <= 1e-6).count();
            let unstable = group.iter().flat_map(|r| &r.random_rest).filter(|&&x| x > 0.0).count();
            let reached = group.iter().filter(|r| r.optimised_error.is_some()).count();
            let cost = median(group.iter().filter_map(|r| r.noise_cost));
            print!("{:>9} | {count:>10} | {middle:>8.0e} {largest:>8.0e} ", format!("1e{decade}"));
            println!("{within:>4} {unstable:>4} of {all:<4} | {reached:>4}/{count:<4} | {cost:.1}");
        }
    }
    let usable = rows.iter().filter(|r| (1e-11..1e-3).contains(&r.predicted_error));
    let mut ratios: Vec<f64> =
        usable.flat_map(|r| r.random_errors.iter().map(|e| e / r.predicted_error)).collect();
    ratios.sort_by(f64::total_cmp);
    if !ratios.is_empty() {
        let at = [0.0, 0.05, 0.5, 0.95, 1.0].map(|q| ratios[(q * (ratios.len() - 1) as f64) as usize]);
        println!(
            "\nachieved / predicted, {} random u: least, 5 %, median, 95 %, largest {at:.2?}",
            ratios.len()
        );
    }
}

fn draw(rows: &[Row]) -> Figure {
    let smallest = rows.iter().map(|r| r.units).min().unwrap_or(0);
    let thin = Style::new(GREY).size(1.2).dashed();
    let mut condition = Panel::new("number of modes K", "condition number of Q")
        .letter('A')
        .title("conditioning (medians)")
        .log_y()
        .legend(Corner::TopLeft)
        .horizontal(1e10, thin);
    for (layout, gain, colour) in
        [("even", 0.5, BLUE), ("even", 1.0, VERMILLION), ("fit", 0.5, GREEN), ("fit", 1.0, ORANGE)]
    {
        let mut sizes: Vec<usize> = rows.iter().map(|r| r.units).collect();
        sizes.sort_unstable();
        sizes.dedup();
        for units in sizes {
            let points: Vec<(f64, f64)> = groups(rows)
                .iter()
                .filter(|g| g.0 == layout && g.1 == gain && g.2 == units)
                .map(|g| (g.3 as f64, median(g.4.iter().map(|r| r.condition))))
                .filter(|p| p.1.is_finite())
                .collect();
            let style = Style::new(colour);
            let style = if units == smallest { style.dashed() } else { style };
            condition = condition.line(&format!("{layout}, g = {gain}, N = {units}"), style, points);
        }
    }
    if smallest >= 100 {
        condition =
            condition.points("published, N = 500", Style::new(INK).size(5.0), [(32.0, 2e8), (50.0, 1.5e14)]);
    }
    let random = |key: fn(&Row) -> f64, value: fn(&Row) -> &Vec<f64>| -> Vec<(f64, f64)> {
        rows.iter()
            .flat_map(|r| value(r).iter().map(move |&y| (key(r), y)))
            .filter(|p| p.0.is_finite())
            .collect()
    };
    let optimised = |key: fn(&Row) -> f64| -> Vec<(f64, f64)> {
        rows.iter().filter_map(|r| Some((key(r), r.optimised_error?))).collect()
    };
    let dot = |colour| Style::new(colour).size(2.5).opacity(0.6);
    let error = "largest eigenvalue error (1/\u{3c4})";
    let accuracy = Panel::new("condition number of Q", error)
        .letter('B')
        .title("error against conditioning")
        .log_x()
        .log_y()
        .legend(Corner::TopLeft)
        .horizontal(1e-6, thin)
        .vertical(1e10, thin)
        .points("random u", dot(VERMILLION), random(|r| r.condition, |r| &r.random_errors))
        .points("optimised u", dot(BLUE), optimised(|r| r.condition));
    let prediction = Panel::new("predicted eigenvalue error (1/\u{3c4})", error)
        .letter('C')
        .title("error against prediction")
        .log_x()
        .log_y()
        .x_range(1e-16..=1e3)
        .legend(Corner::TopLeft)
        .horizontal(1e-6, thin)
        .line("as predicted", Style::new(INK).size(1.2), [(1e-16, 1e-16), (10.0, 10.0)])
        .points("random u", dot(VERMILLION), random(|r| r.predicted_error, |r| &r.random_errors))
        .points("optimised u", dot(BLUE), optimised(|r| r.predicted_error));
    let noise = |layout: &'static str| -> Vec<(f64, f64)> {
        rows.iter()
            .filter(|r| r.layout == layout)
            .filter_map(|r| Some((r.condition, r.noise_cost?)))
            .collect()
    };
    let robustness = Panel::new("condition number of Q", "noise cost C of the optimised loop")
        .letter('D')
        .title("robustness goes first")
        .log_x()
        .log_y()
        .legend(Corner::TopLeft)
        .horizontal(1.0, thin)
        .points("fits", dot(GREEN), noise("fit"))
        .points("evenly spaced", dot(PURPLE), noise("even"));
    let [top, bottom] = Cell::FULL.rows([1.0, 1.0]);
    let [a, b] = top.columns([1.0, 1.0]);
    let [c, d] = bottom.columns([1.0, 1.0]);
    Figure::new("feasibility", 1200, 1000)
        .add(a, condition)
        .add(b, accuracy)
        .add(c, prediction)
        .add(d, robustness)
}
