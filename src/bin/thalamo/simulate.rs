//! `thalamo simulate`

use std::fmt::Write;

use rayon::prelude::*;
use serde::Serialize;
use thalamo::figure::{self, Cell, Figure, sequence_panel};
use thalamo::io::{self, Model, check_output, write_trajectories};
use thalamo::nalgebra::DVector;
use thalamo::play::{Noise, Sequence, Simulator, Start, Trajectory};

use crate::arguments::{self, Simulate};
use crate::failure::{Failure, Result};
use crate::info::error;
use crate::session::Session;

/// Keeps the random numbers of different trials, and of start and noise, apart.
const TRIAL: u64 = 0x9e37_79b9_7f4a_7c15;
const NOISE: u64 = 0xd1b5_4a32_d192_ed03;

/// Settings of a run, kept with its results.
#[derive(Serialize)]
struct Settings<'a> {
    crate_version: &'a str,
    sequence: &'a [usize],
    names: Vec<&'a str>,
    transition: f64,
    start: String,
    noise: f64,
    trials: u32,
    seed: u64,
}

pub fn run(options: &Simulate, session: &Session) -> Result<()> {
    check_outputs(options, session)?;
    let model: Model = io::read(&options.model)?;
    let sequence = Sequence::new(&options.sequence)?;
    let known = model.names.len();
    if let Some(unknown) = sequence.motifs().iter().find(|&&motif| motif >= known) {
        let path = options.model.display();
        return Err(Failure::Usage(format!(
            "--sequence: expected indices below {known}, the number of motifs of {path}, given {unknown}; see thalamo info"
        )));
    }
    let transition = options.transition.unwrap_or(model.transition);
    let simulator = Simulator::new(&model.network, transition)?;
    let state = match &options.start {
        arguments::Start::File(path) => Some(io::read::<DVector<f64>>(path)?),
        _ => None,
    };
    let bar = session.progress(options.trials as usize, "playing");
    let trials = (0..options.trials)
        .into_par_iter()
        .map(|trial| {
            let seed = options.seed.wrapping_add(u64::from(trial).wrapping_mul(TRIAL));
            let start = match (&options.start, &state) {
                (_, Some(state)) => Start::State(state.clone()),
                (arguments::Start::Random, _) => Start::Random { std: 1.0, seed },
                _ => Start::Rest,
            };
            let noise = Noise { initial: 0.0, process: options.noise, seed: seed ^ NOISE };
            let played = simulator.run(&sequence, &start, Some(noise), options.states);
            bar.inc(1);
            played
        })
        .collect::<thalamo::Result<Vec<Trajectory>>>()?;
    bar.finish_and_clear();
    let name = |motif: &usize| model.names[*motif].as_str();
    let settings = Settings {
        crate_version: env!("CARGO_PKG_VERSION"),
        sequence: sequence.motifs(),
        names: sequence.motifs().iter().map(name).collect(),
        transition,
        start: match &options.start {
            arguments::Start::Rest => "rest".into(),
            arguments::Start::Random => "random".into(),
            arguments::Start::File(path) => path.display().to_string(),
        },
        noise: options.noise,
        trials: options.trials,
        seed: options.seed,
    };
    if let Some(path) = &options.plot {
        draw(&trials, &settings.names).write(path)?;
    }
    write_trajectories(&options.output.out, &trials, &settings)?;
    session.tell(&table(&trials, &settings.names))
}

fn check_outputs(options: &Simulate, session: &Session) -> Result<()> {
    let mut inputs = vec![options.model.as_path()];
    if let arguments::Start::File(path) = &options.start {
        inputs.push(path);
    }
    session.check_output(&options.output, &inputs)?;
    if let Some(plot) = &options.plot {
        figure::check_name(plot)?;
        inputs.push(&options.output.out);
        check_output(plot, &inputs)?;
    }
    Ok(())
}

fn draw(trials: &[Trajectory], names: &[&str]) -> Figure {
    Figure::new("sequence", 1200, 420).add(Cell::FULL, sequence_panel(trials, names))
}

fn table(trials: &[Trajectory], names: &[&str]) -> String {
    let errors: Vec<Vec<f64>> = trials.iter().map(Trajectory::rmse).collect();
    let mut table = format!("{:>8} {:<16} {:>12}\n", "position", "motif", "RMSE");
    for (position, name) in names.iter().enumerate() {
        let mean = errors.iter().map(|e| e[position]).sum::<f64>() / errors.len() as f64;
        let _ = writeln!(table, "{position:>8} {name:<16} {:>12}", error(mean)); // never fails
    }
    table
}
