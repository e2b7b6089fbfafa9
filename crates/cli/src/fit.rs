//! `thalamo fit`

use std::fmt::Write;

use rayon::prelude::*;
use thalamo::Error;
use thalamo::fit::fit;
use thalamo::io::{self, Fits, NamedFit, NamedMotif};

use crate::arguments::Fit;
use crate::failure::Result;
use crate::info::error;
use crate::motif_file;
use crate::session::{Session, motifs as motifs_of};

pub fn run(options: &Fit, session: &Session) -> Result<()> {
    session.check_output(&options.output, &[&options.motifs], &["json"])?;
    let fit_options = options.fitting.fit_options(options.seed);
    fit_options.validate()?;
    let motifs = motif_file::read(&options.motifs, &options.grid, None, session)?;
    let names: Vec<String> = motifs.iter().map(|named| named.name.clone()).collect();
    if let Some(i) = motifs.iter().position(|named| named.motif.len() < fit_options.modes) {
        let (modes, samples) = (fit_options.modes, motifs[i].motif.len());
        return Err(Error::MoreModesThanSamples { modes, samples }.in_motif(i).with_names(&names).into());
    }
    let bar = session.progress(motifs.len(), "fitting");
    let one = |(index, named): (usize, &NamedMotif)| {
        let fit =
            fit(&named.motif, &fit_options).map_err(|error| error.in_motif(index).with_names(&names))?;
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
    let (count, out) = (motifs_of(fits.fits.len()), options.output.out.display());
    let dt = session.both(fits.fits[0].fit.dt());
    session.tell(&format!("{table}\nfits of {count}, sampled every {dt}: {out}\n"))
}
