//! How many pairs L-BFGS should remember to find a good u with the fewest evaluations.

use thalamo::NetworkOptions;
use thalamo::fit::fit;
use thalamo::loops::{Horizon, LoopDesign, LoopOptions};
use thalamo::motif::step_motifs;
use thalamo::optim::{Objective, minimise};

use crate::report::Report;
use crate::setup::{Result, cortex, robustness};

/// An objective that counts its evaluations and notes when it first falls below a value.
struct Counted<'a> {
    inner: &'a mut dyn Objective,
    trace: Vec<f64>,
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

const MEMORIES: [usize; 6] = [5, 10, 20, 40, 100, 1000];

fn lbfgs(f: &mut Counted<'_>, start: &[f64], memory: usize) -> Result {
    let options = LoopOptions::default().optimiser.with(|o| (o.memory, o.max_iterations) = (memory, 1000));
    minimise(f, start, &options)?;
    Ok(())
}

pub fn run(report: &mut Report) -> Result {
    let (units, motifs, starts) = if report.quick { (30, 1, 4) } else { (99, 10, 64) };
    report.section(
        "Memory of L-BFGS in optimising u",
        &format!(
            "N = {units}, {motifs} step motifs, {starts} starts each, until a step lowers ln C by less \
             than 1e-5. Success: within 1 % of the best C that a memory of 10 reaches in all its starts. \
             Evaluations per success: all evaluations over all successes, each start counted until it succeeds or \
             ends."
        ),
    );
    report.head(&[
        "pairs remembered",
        "evaluations per start",
        "starts that succeed",
        "evaluations per success",
        "8 starts: C over best",
    ]);
    let cortex = cortex(units)?;
    let mut results = vec![(0_usize, 0_usize, 0_usize, 0.0_f64); MEMORIES.len()];
    let mut race = (0_usize, 0_usize, 0.0_f64);
    for motif in step_motifs(motifs, 1)? {
        let exponentials = fit(&motif, &NetworkOptions::published().fit.with(|o| o.seed = 1))?;
        let mut cost = robustness(&cortex, &motif, &exponentials, Horizon::Motif)?.with_noise_floor(1.0)?;
        let (lambda, alpha) = (exponentials.eigenvalues(), exponentials.amplitudes().as_slice());
        let design = LoopDesign::new(&cortex, lambda, alpha, motif.duration(), &LoopOptions::default())?;
        let mut traces = vec![];
        for memory in MEMORIES {
            let mut of_memory = vec![];
            for start in 0..starts {
                let mut counted = Counted { inner: &mut cost, trace: vec![] };
                lbfgs(&mut counted, &design.random_input(1, start), memory)?;
                of_memory.push(counted.trace);
            }
            traces.push(of_memory);
        }
        let last = |t: &Vec<f64>| t.last().copied().unwrap_or(f64::INFINITY);
        // What the library's former setting reaches in 64 starts.
        let best = traces[1].iter().map(last).fold(f64::INFINITY, f64::min);
        for (of_memory, result) in traces.iter().zip(&mut results) {
            for trace in of_memory {
                result.0 += trace.len();
                match trace.iter().position(|v| *v <= best + 0.01) {
                    Some(at) => {
                        result.1 += 1;
                        result.2 += at + 1;
                    }
                    None => result.2 += trace.len(),
                }
            }
            let groups = of_memory.chunks(8).map(|g| g.iter().map(last).fold(f64::INFINITY, f64::min) - best);
            result.3 += groups.map(f64::exp).sum::<f64>() / (of_memory.len() as f64 / 8.0);
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
    for (memory, (count, successes, until, ratio)) in MEMORIES.iter().zip(results) {
        report.row(&[
            if *memory == 1000 { "all".into() } else { memory.to_string() },
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
