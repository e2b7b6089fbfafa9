//! `thalamo build` and `thalamo learn`

use std::path::Path;

use thalamo::fit::{Fit, FitOptions};
use thalamo::io::{self, Fits, Model, NamedMotif};
use thalamo::motif::Motif;
use thalamo::network::{BuildStep, Design};
use thalamo::play::Schedule;
use thalamo::preparation::{Input, PreparationOptions};
use thalamo::{Cortex, Error, Network, NetworkOptions, System};

use crate::arguments::{Build, Input as Asked, Learn};
use crate::failure::{Failure, Result};
use crate::gate::{self, Gate};
use crate::session::{Session, motifs};
use crate::{info, motif_file};

/// Gain of a random cortex (1/tau).
const GAIN: f64 = 0.5;
/// Preparation before each motif where none is asked for (tau).
const TRANSITION: f64 = 5.0;

pub fn build(options: &Build, session: &Session) -> Result<()> {
    let mut inputs = vec![options.motifs.as_path()];
    inputs.extend(options.network.as_deref());
    inputs.extend(options.fits.as_deref());
    session.check_output(&options.output, &inputs, &["npz"])?;
    let mut network_options = network_options(options)?;
    network_options.validate()?;
    let named = motif_file::read(&options.motifs, &options.grid, None, session)?;
    let fits = options.fits.as_deref().map(|path| matched(path, &named)).transpose()?;
    let fits = fits.map(|(fits, made_with)| {
        network_options.fit = made_with; // motifs that are learned later are fitted alike
        network_options.design = Design::Placed;
        fits
    });
    let (names, targets): (Vec<String>, Vec<Motif>) = named.into_iter().map(|n| (n.name, n.motif)).unzip();
    let transition = transition(options, targets[0].dt(), session)?;
    let system = system(options)?;
    network_options.input = input(options.input, network_options.input, transition, &system);
    network_options.transition = (network_options.design == Design::Direct).then_some(transition);
    network_options.preparation.rank_of(&system)?;
    let placed = network_options.design == Design::Placed;
    if placed && fits.is_none() {
        check_modes(&targets, network_options.fit.modes).map_err(|error| error.with_names(&names))?;
        check_units(network_options.fit.modes, system.units())?;
    }
    let of_one = if placed { 1 + network_options.motif_loop.starts as u64 } else { 1 };
    let bar = session.progress(1 + targets.len() * of_one as usize, "building");
    let observer = |step| match step {
        BuildStep::Again { .. } => bar.inc_length(of_one),
        _ => bar.inc(1),
    };
    let made = match fits {
        Some(fits) => {
            let fitted: Vec<_> = targets.into_iter().zip(fits).collect();
            Network::build_from(system, &fitted, &network_options, options.seed, &observer)
        }
        None => Network::build_observed(system, &targets, &network_options, options.seed, &observer),
    };
    let network = made.map_err(|error| error.with_names(&names))?;
    bar.finish_and_clear();
    finish(&Model::named(network, transition, names)?, &options.output.out, &options.gate, session)
}

pub fn learn(options: &Learn, session: &Session) -> Result<()> {
    session.check_output(&options.output, &[&options.model, &options.motifs], &["npz"])?;
    let Model { mut network, transition, mut names, .. } = io::read(&options.model)?;
    let dt = network.motifs().first().map(|learned| learned.motif().dt());
    let more = motif_file::read(&options.motifs, &options.grid, dt, session)?;
    let first = names.len();
    let modes = match network.options().design {
        Design::Placed => network.options().fit.modes,
        _ => 0,
    };
    for named in &more {
        names.push(unused(&named.name, names.len(), &names));
    }
    for (i, named) in more.iter().enumerate() {
        let checked = check_modes(std::slice::from_ref(&named.motif), modes);
        checked.map_err(|error| error.root().clone().in_motif(first + i).with_names(&names))?;
    }
    let bar = session.progress(more.len(), "learning");
    for (i, named) in more.iter().enumerate() {
        let learned = network.learn(&named.motif);
        learned.map_err(|error| error.in_motif(first + i).with_names(&names))?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    finish(&Model::named(network, transition, names)?, &options.output.out, &options.gate, session)
}

fn finish(model: &Model, out: &Path, gate: &Gate, session: &Session) -> Result<()> {
    let quality = gate::of(model)?;
    gate.check(model, &quality, session)?;
    io::write(out, model)?;
    session.tell(&info::table(model, &quality, session)?)?;
    session.tell(&format!("\nmodel of {}: {}\n", motifs(model.names.len()), out.display()))
}

/// The fits of a file, in the order of the motifs, and what they were made with.
fn matched(path: &Path, motifs: &[NamedMotif]) -> thalamo::Result<(Vec<Fit>, FitOptions)> {
    let fits: Fits = io::read(path)?;
    let options = fits.options.clone();
    Ok((fits.matched(motifs).map_err(|error| error.in_file(path))?, options))
}

fn network_options(options: &Build) -> Result<NetworkOptions> {
    let mut network = options.fitting.network_options();
    let placed = network.design == Design::Placed || options.fits.is_some();
    let playback = options.playback_tolerance.map(|_| "--playback-tolerance");
    let wrong = if placed { options.directly.given() } else { options.fitting.given().or(playback) };
    if let Some(flag) = wrong {
        let (is, presets) =
            if placed { ("designed directly", "default") } else { ("placed", "interpretable") };
        return Err(Failure::Usage(format!(
            "{flag}: expected loops that are {is}, given a preset of others; add --preset {presets}, or leave it out"
        )));
    }
    options.directly.change(&mut network.direct);
    let (own, preparation) = (&mut network.motif_loop, &mut network.preparation);
    own.playback_tolerance = options.playback_tolerance.unwrap_or(own.playback_tolerance);
    preparation.rank = options.prep_rank.or(preparation.rank);
    if let Some(beta) = options.beta {
        (preparation.beta, preparation.output_null) = (beta, None);
    }
    if options.output_null {
        preparation.output_null = PreparationOptions::output_null().output_null;
    }
    Ok(network)
}

/// The preparation asked for, or the usual one, rounded to the time grid.
fn transition(options: &Build, dt: f64, session: &Session) -> Result<f64> {
    let usual = || (TRANSITION / dt).round().max(1.0) * dt;
    let transition = options.transition.map_or_else(usual, |given| session.in_tau(given));
    Schedule::from(transition).steps(dt)?;
    Ok(transition)
}

/// The input asked for, or the usual one, for no preparation longer than the model's.
fn input(asked: Option<Asked>, usual: Input, transition: f64, system: &System) -> Input {
    let input = match asked {
        Some(Asked::Published) => Input::Published,
        Some(Asked::Constant) => Input::Constant { preparation: transition },
        Some(Asked::Compensated) => Input::Compensated { shortest: None },
        None => usual,
    };
    let too_long = |switch: f64| transition > 0.0 && switch > transition;
    if input.switch(system).is_some_and(too_long) {
        return Input::Compensated { shortest: Some(transition) };
    }
    input
}

fn system(options: &Build) -> Result<System> {
    Ok(match &options.network {
        Some(path) => io::read_with(path, options.gain)?,
        None => Cortex::random(options.units, options.gain.unwrap_or(GAIN), options.seed)?.into(),
    })
}

/// Refuses motifs with fewer samples than exponentials.
fn check_modes(motifs: &[Motif], modes: usize) -> thalamo::Result<()> {
    match motifs.iter().position(|motif| motif.len() < modes) {
        Some(i) => Err(Error::MoreModesThanSamples { modes, samples: motifs[i].len() }.in_motif(i)),
        None => Ok(()),
    }
}

/// Refuses more exponentials than a network can play.
fn check_units(modes: usize, units: usize) -> Result<()> {
    if modes <= units {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "--modes: expected at most the number of units N = {units}, given {modes}; use fewer --modes, or more --units"
    )))
}

/// The motif's own name, or one by its index where that is taken or says nothing.
fn unused(name: &str, index: usize, names: &[String]) -> String {
    let numbered = name.strip_prefix("motif_").is_some_and(|n| n.parse::<usize>().is_ok());
    if !numbered && !names.iter().any(|other| other == name) {
        return name.to_owned();
    }
    let mut candidates = (index..).map(|i| format!("motif_{i}"));
    candidates.find(|candidate| !names.contains(candidate)).unwrap_or_else(|| name.to_owned())
}
