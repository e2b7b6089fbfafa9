//! `thalamo motifs`

use thalamo::io::{self, NamedMotif, check_output};
use thalamo::motif::{oscillating_motifs, step_motifs};

use crate::arguments::{Kind, Motifs};
use crate::failure::Result;
use crate::session::Session;

pub fn run(options: &Motifs, session: &Session) -> Result<()> {
    check_output(&options.out, &[])?;
    let motifs = match options.kind {
        Kind::Step => step_motifs(options.count, options.seed)?,
        Kind::Oscillating => oscillating_motifs(options.count, options.seed)?,
    };
    let named = |(i, motif)| NamedMotif { name: format!("motif_{i}"), motif };
    let motifs: Vec<_> = motifs.into_iter().enumerate().map(named).collect();
    io::write(&options.out, &motifs)?;
    session.tell(&format!("{} motifs, sampled every 0.1 tau: {}\n", motifs.len(), options.out.display()))
}
