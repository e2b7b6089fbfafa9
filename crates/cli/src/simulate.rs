//! `thalamo simulate`

use std::fmt::Write;
use std::path::Path;

use serde_json::json;
use thalamo::io::{self, Model, check_output, write_trajectories, write_whole};
use thalamo::nalgebra::DVector;
use thalamo::play::{Keep, Noise, Sequence, Simulator, Start, Trajectory};
use thalamo_figure::{Cell, Figure, Kind};

use crate::arguments::{self, Simulate};
use crate::failure::{Failure, Result};
use crate::info::error;
use crate::report::played_panel;
use crate::sequence::indices;
use crate::session::{Session, check_ending};

pub fn run(options: &Simulate, session: &Session) -> Result<()> {
    check_outputs(options, session)?;
    let model: Model = io::read(&options.model)?;
    let sequence = Sequence::new(&indices(&options.sequence, &model, &options.model)?)?;
    let transition = options.transition.map_or(model.transition, |given| session.in_tau(given));
    let simulator = Simulator::new(&model.network, transition)?;
    let state = match &options.start {
        arguments::Start::File(path) => Some(io::read::<DVector<f64>>(path)?),
        _ => None,
    };
    let spinner = session.spinner("playing");
    let trials = play(&simulator, &sequence, state.as_ref(), options)?;
    spinner.finish_and_clear();
    let names: Vec<_> = sequence.motifs().iter().map(|&motif| model.names[motif].as_str()).collect();
    let settings = json!({
        "crate_version": env!("CARGO_PKG_VERSION"),
        "sequence": sequence.motifs(),
        "names": names,
        "transition": transition,
        "start": match &options.start {
            arguments::Start::Rest => "rest".into(),
            arguments::Start::Random => "random".into(),
            arguments::Start::File(path) => path.display().to_string(),
        },
        "noise": options.noise,
        "trials": options.trials,
        "seed": options.seed,
    });
    if let Some(path) = &options.plot {
        let figure = Figure::new("sequence", 1200, 420).add(Cell::FULL, played_panel(&trials, &names));
        write_whole(path, &figure.encode(kind(path)?))?;
    }
    write_trajectories(&options.output.out, &trials, &settings)?;
    session.tell(&table(&trials, &names))?;
    let (count, before) = (options.trials, session.both(transition));
    session.tell(&format!(
        "\n{count} {} with {before} of preparation before each motif: {}\n",
        if count == 1 { "trial" } else { "trials" },
        options.output.out.display()
    ))?;
    if let Some(switch) = model.network.preparation().switch().filter(|switch| *switch > transition) {
        let least = session.both((switch * 1e3).ceil() / 1e3);
        session.tell(&format!(
            "\nwarning: inputs lead to the start of a motif in {least}: after a shorter preparation it begins elsewhere; \
             prepare for at least that, or build with a shorter --transition\n"
        ))?;
    }
    let figure = |path: &std::path::PathBuf| session.tell(&format!("figure: {}\n", path.display()));
    options.plot.as_ref().map_or(Ok(()), figure)
}

/// All trials of a sequence, from a state or as the options say.
fn play(
    simulator: &Simulator,
    sequence: &Sequence,
    state: Option<&DVector<f64>>,
    options: &Simulate,
) -> thalamo::Result<Vec<Trajectory>> {
    let random = state.is_none() && matches!(options.start, arguments::Start::Random);
    let start = state.map_or(Start::Rest, |state| Start::State(state.clone()));
    let scale = simulator.network().scale().unwrap_or(1.0);
    let noise =
        Noise { initial: if random { scale } else { 0.0 }, process: options.noise, seed: options.seed };
    let keep = if options.states { Keep::States } else { Keep::Readout };
    simulator.trials(sequence, &start, noise, options.trials as usize, keep)
}

fn check_outputs(options: &Simulate, session: &Session) -> Result<()> {
    let mut inputs = vec![options.model.as_path()];
    if let arguments::Start::File(path) = &options.start {
        inputs.push(path);
    }
    session.check_output(&options.output, &inputs, &["npz"])?;
    if let Some(plot) = &options.plot {
        check_ending(plot, &["svg", "png"])?;
        inputs.push(&options.output.out);
        check_output(plot, &inputs)?;
    }
    Ok(())
}

fn kind(plot: &Path) -> Result<Kind> {
    Kind::of(plot).ok_or_else(|| {
        let path = plot.display();
        Failure::Usage(format!("{path}: expected a name that ends in .svg or .png; rename the figure"))
    })
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
