//! `thalamo fit`

use std::fmt::Write;

use rayon::prelude::*;
use thalamo::Error;
use thalamo::Rate;
use thalamo::fit::{FitOptions, fit};
use thalamo::io::{self, Fits, NamedFit, NamedMotif};

use crate::arguments::Fit;
use crate::failure::Result;
use crate::info::error;
use crate::session::Session;

pub fn run(options: &Fit, session: &Session) -> Result<()> {
    session.check_output(&options.output, &[&options.motifs])?;
    let fit_options = FitOptions::published().with(|o| {
        o.modes = options.modes;
        o.margin = options.margin.map_or(Rate::Relative(1.0), Rate::PerTau);
        o.separation = Rate::PerTau(options.separation);
        o.amplitude_bound = Some(options.amplitude_bound);
        o.seed = options.seed;
    });
    fit_options.validate()?;
    let motifs: Vec<NamedMotif> = io::read_with(&options.motifs, options.grid.dt)?;
    let bar = session.progress(motifs.len(), "fitting");
    let one = |(index, named): (usize, &NamedMotif)| {
        let fit = fit(&named.motif, &fit_options).map_err(|error| error.in_motif(index))?;
        bar.inc(1);
        Ok::<_, Error>(NamedFit::new(&named.name, named.motif.len(), fit))
    };
    // The first error in the order of motifs, whichever thread was first.
    let fits: Vec<_> = motifs.par_iter().enumerate().map(one).collect();
    let fits = fits.into_iter().collect::<thalamo::Result<Vec<_>>>()?;
    bar.finish_and_clear();
    let fits = Fits { options: fit_options, fits };
    io::write(&options.output.out, &fits)?;
    let mut table = format!("{:<16} {:>8} {:>10} {:>16}\n", "motif", "samples", "RMSE", "RMSE / std");
    for NamedFit { name, samples, fit, .. } in &fits.fits {
        let (rmse, relative) = (fit.rmse(), fit.normalised_rmse());
        let _ = writeln!(table, "{name:<16} {samples:>8} {:>10} {:>16}", error(rmse), error(relative)); // never fails
    }
    session.tell(&table)
}
