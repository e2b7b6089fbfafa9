//! The command line over the library: files in, files out, numbers on stdout.
//!
//! Exit codes: 0 done, 2 bad usage or input, 1 anything else.

#![allow(unreachable_pub)] // but for the report, a program has no outside

mod arguments;
mod build;
mod certify;
mod command;
mod directly;
mod expected;
mod failure;
mod fit;
mod fitting;
mod gate;
mod info;
mod motif_file;
mod motifs;
mod pages;
pub mod report;
mod sequence;
mod session;
mod simulate;
mod train;

use std::process::ExitCode;

use clap::Parser;

use command::{Arguments, Command};
pub use failure::{Failure, Result};
use session::Session;

/// Runs the command that the program's arguments name.
pub fn main() -> ExitCode {
    let Arguments { command, common } = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => error.exit(), // 2, or 0 for help and version
    };
    match Session::new(&common).and_then(|session| run(&command, &session)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("thalamo: {failure}");
            ExitCode::from(failure.code())
        }
    }
}

fn run(command: &Command, session: &Session) -> Result<()> {
    match command {
        Command::Motifs(options) => motifs::run(options, session),
        Command::Fit(options) => fit::run(options, session),
        Command::Build(options) => build::build(options, session),
        Command::Learn(options) => build::learn(options, session),
        Command::Simulate(options) => simulate::run(options, session),
        Command::Certify(options) => certify::run(options, session),
        Command::Info(options) => info::run(options, session),
        Command::Report(options) => report::run(options, session),
        Command::Train(options) => train::run(options, session),
        Command::Completions(options) => pages::completions(options, session),
        Command::Man(options) => pages::man(options, session),
    }
}
