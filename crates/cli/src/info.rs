//! `thalamo info`

use std::fmt::Write;

use thalamo::io::{self, Model, Summary};
use thalamo::network::LearnedMotif;

use crate::arguments::Info;
use crate::expected;
use crate::failure::Result;
use crate::session::Session;

pub fn run(options: &Info, session: &Session) -> Result<()> {
    let model = io::read::<Model>(&options.model)?;
    if !options.json {
        return session.print(&table(&model)?);
    }
    session.print_json(&expected::listing(&model)?)
}

/// The numbers that matter most.
pub fn table(model: &Model) -> Result<String> {
    let Summary { units, gain, dt, transition, seed, preparation: p, motifs, cortex_abscissa, .. } =
        Summary::of(model);
    let gain = gain.map(|gain| format!("g = {gain}/tau, ")).unwrap_or_default();
    let mut text = format!(
        "cortex       N = {units}, {gain}abscissa {cortex_abscissa:.4}/tau, seed {seed}\n\
         preparation  P = {}, beta = {}, cost/N {:.4}, abscissa {:.4}/tau, {transition} tau before each motif\n\
         motifs       {}, sampled every {dt} tau\n\n",
        p.rank,
        p.beta,
        p.cost_per_unit,
        p.abscissa,
        motifs.len(),
    );
    text +=
        "index name              samples  modes   fit RMSE    cond(Q)   abscissa  noise cost  noisy RMSE\n";
    for (m, expected) in motifs.iter().zip(expected::errors(model)?) {
        let _ = writeln!(
            text, // which never fails
            "{:>5} {:<16} {:>8} {:>6} {:>10} {:>10.1e} {:>10.4} {:>11.3} {:>11}",
            m.index,
            m.name,
            m.samples,
            m.eigenvalues.len(),
            error(m.fit_rmse),
            m.condition,
            m.abscissa,
            m.noise_cost,
            error(expected.rmse()),
        );
    }
    let _ = writeln!(text, "\nnoisy RMSE: expected under white noise of {} on every unit", expected::NOISE);
    Ok(text + &noisy(model))
}

/// Names the motifs that will suffer from what is played before them, and what helps.
fn noisy(model: &Model) -> String {
    let scale = model.network.scale().unwrap_or(1.0);
    let limit = model.network.options().noise.cost_limit * scale;
    let is_noisy = |(_, learned): &(usize, &LearnedMotif)| learned.motif_loop().noise_cost() > limit;
    let noisy = model.network.motifs().iter().enumerate().filter(is_noisy);
    let names: Vec<String> = noisy.map(|(index, _)| format!("{index} {}", model.names[index])).collect();
    if names.is_empty() {
        return String::new();
    }
    format!(
        "\nnoise cost above {limit}: {}. What is played before will disturb {}; build with fewer --modes\n\
         (exponentials that a brief or simple motif does not need), or with a longer --transition.\n",
        names.join(", "),
        if names.len() == 1 { "it" } else { "them" },
    )
}

/// Four decimals, or a power of ten where they would be zeros.
pub fn error(rmse: f64) -> String {
    if rmse > 0.0 && rmse < 1e-3 { format!("{rmse:.1e}") } else { format!("{rmse:.4}") }
}
