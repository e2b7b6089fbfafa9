//! `thalamo motifs`

use thalamo::io::{self, NamedMotif};
use thalamo::motif::{oscillating_motifs, step_motifs};

use crate::arguments::{Kind, Motifs};
use crate::failure::Result;
use crate::session::{self, Session, check_ending};

pub fn run(options: &Motifs, session: &Session) -> Result<()> {
    io::check_output(&options.out, &[])?;
    check_ending(&options.out, &["npz", "csv", "json"])?;
    let motifs = match options.kind {
        Kind::Step => step_motifs(options.count, options.seed)?,
        Kind::Oscillating => oscillating_motifs(options.count, options.seed)?,
    };
    let named = |(i, motif)| NamedMotif { name: format!("motif_{i}"), motif };
    let motifs: Vec<_> = motifs.into_iter().enumerate().map(named).collect();
    io::write(&options.out, &motifs)?;
    let (count, dt) = (session::motifs(motifs.len()), motifs.first().map_or(0.0, |named| named.motif.dt()));
    session.tell(&format!("{count}, sampled every {}: {}\n", session.both(dt), options.out.display()))
}
