//! `thalamo build` and `thalamo learn`

use thalamo::io::{self, Model, NamedMotif};
use thalamo::motif::Motif;
use thalamo::play::Simulator;
use thalamo::{Cortex, Network, NetworkOptions, System};

use crate::arguments::{Build, Learn};
use crate::failure::Result;
use crate::info;
use crate::session::Session;

/// Gain of a random cortex (1/tau).
const GAIN: f64 = 0.5;

pub fn build(options: &Build, session: &Session) -> Result<()> {
    let mut inputs = vec![options.motifs.as_path()];
    inputs.extend(options.network.as_deref());
    session.check_output(&options.output, &inputs)?;
    let network_options = network_options(options);
    let named: Vec<NamedMotif> = io::read_with(&options.motifs, options.grid.dt)?;
    let (names, motifs): (Vec<String>, Vec<Motif>) = named.into_iter().map(|n| (n.name, n.motif)).unzip();
    let system = system(options)?;
    let steps = 1 + motifs.len() * (1 + network_options.motif_loop.starts);
    let bar = session.progress(steps, "building");
    let network = Network::build_observed(system, &motifs, &network_options, options.seed, &|_| {
        // Motifs that are fitted again take more steps than foreseen.
        if bar.length().is_some_and(|length| bar.position() >= length) {
            bar.inc_length(1);
        }
        bar.inc(1);
    })?;
    bar.finish_and_clear();
    finish(Model::named(network, options.transition, names)?, &options.output.out, session)
}

pub fn learn(options: &Learn, session: &Session) -> Result<()> {
    session.check_output(&options.output, &[&options.model, &options.motifs])?;
    let Model { mut network, transition, mut names, .. } = io::read(&options.model)?;
    let dt = network.motifs().first().map_or(0.1, |learned| learned.motif().dt());
    let more: Vec<NamedMotif> = io::read_with(&options.motifs, dt)?;
    let bar = session.progress(more.len(), "learning");
    for named in more {
        let index = network.motifs().len();
        network.learn(&named.motif).map_err(|error| error.in_motif(index))?;
        names.push(unused(named.name, index, &names));
        bar.inc(1);
    }
    bar.finish_and_clear();
    finish(Model::named(network, transition, names)?, &options.output.out, session)
}

fn finish(model: Model, out: &std::path::Path, session: &Session) -> Result<()> {
    Simulator::new(&model.network, model.transition)?; // the transition lies on the motifs' time grid
    io::write(out, &model)?;
    session.tell(&info::table(&model)?)
}

fn network_options(options: &Build) -> NetworkOptions {
    let mut network = NetworkOptions::published();
    network.fit.modes = options.modes;
    (network.preparation.rank, network.preparation.beta) = (Some(options.prep_rank), options.beta);
    network
}

fn system(options: &Build) -> Result<System> {
    Ok(match &options.network {
        Some(path) => io::read_with(path, options.gain)?,
        None => Cortex::random(options.units, options.gain.unwrap_or(GAIN), options.seed)?.into(),
    })
}

/// The motif's own name, or one by its index where that is taken or says nothing.
fn unused(name: String, index: usize, names: &[String]) -> String {
    let numbered = name.strip_prefix("motif_").is_some_and(|n| n.parse::<usize>().is_ok());
    if !numbered && !names.contains(&name) {
        return name;
    }
    let candidates = (index..).map(|i| format!("motif_{i}"));
    candidates.into_iter().find(|candidate| !names.contains(candidate)).unwrap_or(name)
}
