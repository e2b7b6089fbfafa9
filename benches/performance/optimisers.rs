//! Which optimiser finds a good u with the fewest evaluations: L-BFGS, BFGS, or Newton's method in a trust region.

use thalamo::NetworkOptions;
use thalamo::fit::{FitOptions, fit};
use thalamo::loops::{LoopDesign, LoopOptions, RobustnessHessian};
use thalamo::motif::step_motifs;
use thalamo::optim::{LbfgsOptions, Objective, minimise};

use crate::report::Report;
use crate::setup::{Result, cortex, robustness};
use thalamo::loops::Horizon;

/// An objective that counts its evaluations and notes when it first falls below a value.
struct Counted<'a> {
    inner: &'a mut dyn Objective,
    trace: Vec<f64>,
}

impl Counted<'_> {
    /// A product with the Hessian takes about as long as two evaluations.
    fn product(&mut self) {
        let best = self.trace.last().copied().unwrap_or(f64::INFINITY);
        self.trace.extend([best; 2]);
    }
}

impl Objective for Counted<'_> {
    fn dimension(&self) -> usize {
        self.inner.dimension()
    }

    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let value = self.inner.evaluate(x, gradient);
        let best = self.trace.last().copied().unwrap_or(f64::INFINITY);
        self.trace.push(best.min(value));
        value
    }
}

/// Races of each motif, from other starts each.
const RACES: u64 = 4;

type Method = fn(&mut Counted<'_>, &mut RobustnessHessian<'_>, &[f64]) -> Result;

const METHODS: [(&str, Method); 7] = [
    ("L-BFGS, memory 5", |f, _, x| lbfgs(f, x, 5)),
    ("L-BFGS, memory 10", |f, _, x| lbfgs(f, x, 10)),
    ("L-BFGS, memory 20", |f, _, x| lbfgs(f, x, 20)),
    ("L-BFGS, memory 40", |f, _, x| lbfgs(f, x, 40)),
    ("L-BFGS, memory 100", |f, _, x| lbfgs(f, x, 100)),
    ("L-BFGS, all pairs", |f, _, x| lbfgs(f, x, 1000)),
    ("trust region, Newton-CG", trust_region),
];

fn lbfgs(f: &mut Counted<'_>, start: &[f64], memory: usize) -> Result {
    let options = LbfgsOptions { memory, max_iterations: 1000, ..LoopOptions::default().optimiser };
    minimise(f, start, &options)?;
    Ok(())
}

/// Steihaug's truncated conjugate gradients with exact products with the Hessian.
fn trust_region(f: &mut Counted<'_>, hessian: &mut RobustnessHessian<'_>, start: &[f64]) -> Result {
    let n = start.len();
    let mut x = start.to_vec();
    let scale = norm(&x);
    x.iter_mut().for_each(|v| *v /= scale);
    let mut gradient = vec![0.0; n];
    let mut value = f.evaluate(&x, &mut gradient);
    let mut radius = 0.3;
    for _ in 0..200 {
        let size = norm(&gradient);
        if size < 1e-5 {
            break;
        }
        let (step, promised) = steihaug(f, hessian, &x, &gradient, radius, size * size.sqrt().min(0.5));
        let trial: Vec<f64> = x.iter().zip(&step).map(|(x, s)| x + s).collect();
        let mut next = vec![0.0; n];
        let found = f.evaluate(&trial, &mut next);
        let ratio = (value - found) / promised;
        if ratio < 0.25 || ratio.is_nan() {
            radius *= 0.25;
        } else if ratio > 0.75 && norm(&step) > 0.99 * radius {
            radius *= 2.0;
        }
        if ratio > 1e-4 {
            let gained = value - found;
            (x, value, gradient) = (trial, found, next);
            let scale = norm(&x);
            // The value depends on the direction alone: gradients scale inversely.
            x.iter_mut().for_each(|v| *v /= scale);
            gradient.iter_mut().for_each(|g| *g *= scale);
            if gained < 1e-5 {
                break;
            }
        }
        if radius < 1e-8 {
            break;
        }
    }
    Ok(())
}

fn steihaug(
    f: &mut Counted<'_>,
    hessian: &mut RobustnessHessian<'_>,
    x: &[f64],
    gradient: &[f64],
    radius: f64,
    tolerance: f64,
) -> (Vec<f64>, f64) {
    let n = x.len();
    let (mut z, mut r) = (vec![0.0; n], gradient.to_vec());
    let mut d: Vec<f64> = r.iter().map(|r| -r).collect();
    let (mut hd, mut hz) = (vec![0.0; n], vec![0.0; n]);
    let promised = |z: &[f64], hz: &[f64]| -(dot(gradient, z) + 0.5 * dot(z, hz));
    for _ in 0..n {
        hessian.product(x, &d, &mut hd);
        f.product();
        let curvature = dot(&d, &hd);
        let rr = dot(&r, &r);
        let alpha = rr / curvature;
        let outside = norm(&z.iter().zip(&d).map(|(z, d)| z + alpha * d).collect::<Vec<_>>()) >= radius;
        if curvature <= 0.0 || outside {
            let (a, b, c) = (dot(&d, &d), 2.0 * dot(&z, &d), dot(&z, &z) - radius * radius);
            let tau = (-b + (b * b - 4.0 * a * c).max(0.0).sqrt()) / (2.0 * a);
            for k in 0..n {
                z[k] += tau * d[k];
                hz[k] += tau * hd[k];
            }
            return (z.clone(), promised(&z, &hz));
        }
        for k in 0..n {
            z[k] += alpha * d[k];
            hz[k] += alpha * hd[k];
            r[k] += alpha * hd[k];
        }
        let next = dot(&r, &r);
        if next.sqrt() < tolerance {
            break;
        }
        for k in 0..n {
            d[k] = -r[k] + next / rr * d[k];
        }
    }
    let gain = promised(&z, &hz);
    (z, gain)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

pub fn run(report: &mut Report) -> Result {
    let (units, motifs, starts) = if report.quick { (30, 1, 4) } else { (99, 10, 64) };
    report.section(
        "Optimisers of u",
        &format!(
            "N = {units}, {motifs} step motifs, {starts} starts each, every method until a step lowers ln C by less \
             than 1e-5. Success: within 1 % of the best C that L-BFGS with a memory of 10 reaches in all its starts. \
             Evaluations per success: all evaluations over all successes, each start counted until it succeeds or \
             ends; a product with the Hessian counts as two."
        ),
    );
    report.head(&[
        "method",
        "evaluations per start",
        "starts that succeed",
        "evaluations per success",
        "8 starts: C over best",
    ]);
    let cortex = cortex(units)?;
    let mut results = vec![(0_usize, 0_usize, 0_usize, 0.0_f64); METHODS.len()];
    let mut race = (0_usize, 0_usize, 0.0_f64);
    for motif in step_motifs(motifs, 1)? {
        let exponentials = fit(&motif, &FitOptions { seed: 1, ..NetworkOptions::default().fit })?;
        let mut cost = robustness(&cortex, &motif, &exponentials, Horizon::Motif)?.with_noise_floor(1.0)?;
        let (lambda, alpha) = (exponentials.eigenvalues(), exponentials.amplitudes().as_slice());
        let design = LoopDesign::new(&cortex, lambda, alpha, motif.duration(), &LoopOptions::default())?;
        let (mut traces, mut hessian) = (vec![], cost.hessian());
        for (_, method) in METHODS {
            let mut of_method = vec![];
            for start in 0..starts {
                let mut counted = Counted { inner: &mut cost, trace: vec![] };
                method(&mut counted, &mut hessian, &design.random_input(1, start))?;
                of_method.push(counted.trace);
            }
            traces.push(of_method);
        }
        let last = |t: &Vec<f64>| t.last().copied().unwrap_or(f64::INFINITY);
        // What the library's former setting reaches in 64 starts.
        let best = traces[1].iter().map(last).fold(f64::INFINITY, f64::min);
        for (of_method, result) in traces.iter().zip(&mut results) {
            for trace in of_method {
                result.0 += trace.len();
                match trace.iter().position(|v| *v <= best + 0.01) {
                    Some(at) => {
                        result.1 += 1;
                        result.2 += at + 1;
                    }
                    None => result.2 += trace.len(),
                }
            }
            let groups = of_method.chunks(8).map(|g| g.iter().map(last).fold(f64::INFINITY, f64::min) - best);
            result.3 += groups.map(f64::exp).sum::<f64>() / (of_method.len() as f64 / 8.0);
        }
        for seed in 1..=RACES {
            let made = design.optimise(seed)?;
            let value = cost.evaluate(made.input().as_slice(), &mut vec![0.0; units]);
            race.0 += made.report().starts.iter().map(|s| s.evaluations).sum::<usize>();
            race.1 += usize::from(value <= best + 0.01);
            race.2 += (value - best).exp();
        }
    }
    let all = motifs * starts;
    for ((name, _), (count, successes, until, ratio)) in METHODS.iter().zip(results) {
        report.row(&[
            (*name).into(),
            format!("{:.0}", count as f64 / all as f64),
            format!("{successes} of {all}"),
            if successes > 0 { format!("{:.0}", until as f64 / successes as f64) } else { "none".into() },
            format!("{:.4}", ratio / motifs as f64),
        ]);
    }
    let races = motifs as u64 * RACES;
    let LoopOptions { starts, finalists, .. } = LoopOptions::default();
    report.line(format!(
        "\nWhat loops do, a race of {starts} starts with {finalists} finalists, {races} races: {:.0} evaluations per race, \
         {} of {races} succeed, {} evaluations per success, C over best {:.4}.",
        race.0 as f64 / races as f64,
        race.1,
        if race.1 > 0 { format!("{:.0}", race.0 as f64 / race.1 as f64) } else { "no".into() },
        race.2 / races as f64
    ));
    Ok(())
}
