//! `thalamo completions` and `thalamo man`

use clap::CommandFactory;

use crate::arguments::{Completions, Man};
use crate::command::Arguments;
use crate::failure::{Failure, Result};
use crate::session::Session;

pub fn completions(options: &Completions, session: &Session) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Arguments::command(), "thalamo", &mut script);
    session.print(&String::from_utf8_lossy(&script))
}

pub fn man(options: &Man, session: &Session) -> Result<()> {
    let mut all = Arguments::command();
    all.build();
    let command = match &options.command {
        None => all,
        Some(name) => all.find_subcommand(name).cloned().ok_or_else(|| {
            Failure::Usage(format!("man: expected a command of thalamo, given `{name}`; see thalamo --help"))
        })?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(|error| Failure::System(error.into()))?;
    session.print(&String::from_utf8_lossy(&page))
}
