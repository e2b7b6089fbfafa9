//! `thalamo info`

use std::fmt::Write;

use thalamo::io::{Model, Summary, read_model};

use crate::arguments::Info;
use crate::failure::{Failure, Result};
use crate::session::Session;

pub fn run(options: &Info, session: &Session) -> Result<()> {
    let model = read_model(&options.model)?;
    if !options.json {
        return session.print(&table(&model));
    }
    let text =
        serde_json::to_string_pretty(&Summary::of(&model)).map_err(|error| Failure::System(error.into()))?;
    session.print(&(text + "\n"))
}

/// The numbers that matter most.
pub fn table(model: &Model) -> String {
    let Summary { units, gain, dt, transition, seed, preparation: p, motifs, cortex_abscissa, .. } =
        Summary::of(model);
    let mut text = format!(
        "cortex       N = {units}, g = {gain}/tau, abscissa {cortex_abscissa:.4}/tau, seed {seed}\n\
         preparation  P = {}, beta = {}, cost/N {:.4}, abscissa {:.4}/tau, {transition} tau before each motif\n\
         motifs       {}, sampled every {dt} tau\n\n",
        p.rank,
        p.beta,
        p.cost_per_unit,
        p.abscissa,
        motifs.len(),
    );
    let header = ["index", "name", "samples", "modes", "fit RMSE", "cond(Q)", "abscissa", "noise cost"];
    let [a, b, c, d, e, f, g, h] = header;
    // Writing to a string never fails.
    let _ = writeln!(text, "{a:>5} {b:<16} {c:>8} {d:>6} {e:>10} {f:>10} {g:>10} {h:>11}");
    for m in &motifs {
        let _ = writeln!(
            text,
            "{:>5} {:<16} {:>8} {:>6} {:>10.4} {:>10.1e} {:>10.4} {:>11.3}",
            m.index,
            m.name,
            m.samples,
            m.eigenvalues.len(),
            m.fit_rmse,
            m.condition,
            m.abscissa,
            m.noise_cost,
        );
    }
    text
}
