//! `thalamo info`

use std::fmt::Write;

use thalamo::analysis::Quality;
use thalamo::io::{self, Model, Summary};
use thalamo::network::{Design, LearnedMotif};

use crate::arguments::Info;
use crate::failure::Result;
use crate::session::Session;
use crate::{expected, gate};

pub fn run(options: &Info, session: &Session) -> Result<()> {
    let model = io::read::<Model>(&options.model)?;
    let quality = gate::of(&model)?;
    if options.json {
        session.print_json(&expected::listing(&model, &quality)?)?;
    } else {
        session.print(&table(&model, &quality, session)?)?;
    }
    options.gate.check(&model, &quality, session)
}

/// The numbers that matter most.
pub fn table(model: &Model, quality: &Quality, session: &Session) -> Result<String> {
    let Summary { units, gain, dt, transition, seed, preparation: p, motifs, cortex_abscissa, .. } =
        Summary::of(model);
    let gain = gain.map(|gain| format!("g = {gain}/tau, ")).unwrap_or_default();
    let mut text = format!(
        "cortex       N = {units}, {gain}abscissa {cortex_abscissa:.4}/tau, seed {seed}\n\
         preparation  P = {}, {}, cost/N {:.4}, abscissa {:.4}/tau, {} before each motif{}\n\
         motifs       {}, sampled every {}\n\n",
        p.rank,
        p.output_null.map_or_else(
            || format!("beta = {}", p.beta),
            |null| format!("output-null at {:.4}/tau", null.gamma)
        ),
        p.cost_per_unit,
        p.abscissa,
        session.both(transition),
        p.switch
            .map(|time| format!(", input switches at {}", session.both((time * 1e3).round() / 1e3)))
            .unwrap_or_default(),
        motifs.len(),
        session.both(dt),
    );
    text += "index name              samples   loop   fit RMSE  fit/std  played/std  after           abscissa     |M|  \
             noise cost  noisy RMSE\n";
    for ((m, expected), q) in motifs.iter().zip(expected::errors(model)?).zip(&quality.motifs) {
        let _ = writeln!(
            text, // which never fails
            "{:>5} {:<16} {:>8} {:>6} {:>10} {:>8} {:>11}  {:<14} {:>9.4} {:>7.3} {:>11.3} {:>11}",
            m.index,
            m.name,
            m.samples,
            m.loop_in_words(),
            error(m.fit_rmse),
            error(q.fit),
            error(q.worst),
            gate::after(model, q),
            m.abscissa,
            q.contraction,
            m.noise_cost,
            error(expected.rmse()),
        );
    }
    text += "\nloop: K exponentials placed, or rank r designed directly; |M|: growth of deviations, < 1\n\
             played/std: error after the worst predecessor, over the motif's standard deviation\n";
    let _ = writeln!(text, "noisy RMSE: expected under white noise of {} on every unit", expected::NOISE);
    for warning in gate::warnings(model, quality, session) {
        let _ = writeln!(text, "\nwarning: {warning}");
    }
    Ok(text + &noisy(model))
}

/// Names the motifs whose loops amplify noise, and what helps.
fn noisy(model: &Model) -> String {
    let scale = model.network.scale().unwrap_or(1.0);
    let limit = model.network.options().noise.cost_limit * scale;
    let is_noisy = |(_, learned): &(usize, &LearnedMotif)| learned.noise_cost() > limit;
    let noisy = model.network.motifs().iter().enumerate().filter(is_noisy);
    let names: Vec<String> = noisy.map(|(index, _)| format!("`{}`", model.names[index])).collect();
    if names.is_empty() {
        return String::new();
    }
    format!(
        "\nnoise cost above {limit:.3}: {}. Noise will disturb {}; build with {}.\n",
        names.join(", "),
        if names.len() == 1 { "it" } else { "them" },
        match model.network.options().design {
            Design::Placed => "fewer --modes (exponentials\nthat a brief or simple motif does not need)",
            _ => "a larger\n--relative-noise",
        },
    )
}

/// Four decimals, or a power of ten where they would be zeros.
pub fn error(rmse: f64) -> String {
    if rmse > 0.0 && rmse < 1e-3 { format!("{rmse:.1e}") } else { format!("{rmse:.4}") }
}
