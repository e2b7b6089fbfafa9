//! Terminal and threads of one run.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueHint};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;
use thalamo::io;

use crate::failure::{Failure, Result};

/// What all commands take.
#[derive(Debug, Args)]
pub struct Common {
    /// Print nothing but what was asked for: no progress, no tables
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Number of threads; results do not depend on it [default: all cores]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Membrane time constant in seconds: times given and columns of times are in seconds then, and times are
    /// printed in both units. Rates stay in 1/tau, and so does all that is written
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    pub tau: Option<f64>,
}

fn seconds(text: &str) -> std::result::Result<f64, String> {
    let tau = text.parse().ok().filter(|tau: &f64| *tau > 0.0 && tau.is_finite());
    tau.ok_or_else(|| "expected a finite number > 0, such as 0.02".to_owned())
}

/// The result's file.
#[derive(Debug, Args)]
pub struct Output {
    /// File to write, whole or not at all
    #[arg(long, short, value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
    /// Allow it to replace one of the inputs
    #[arg(long)]
    pub overwrite: bool,
}

/// How this run talks.
pub struct Session {
    quiet: bool,
    /// Membrane time constant in seconds, where times on the command line are in seconds.
    pub tau: Option<f64>,
}

impl Session {
    pub fn new(common: &Common) -> Result<Self> {
        if let Some(threads) = common.threads {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads));
            pool.build_global().map_err(|error| Failure::System(error.into()))?;
        }
        Ok(Self { quiet: common.quiet, tau: common.tau })
    }

    /// A progress bar on stderr, hidden when that is no terminal.
    pub fn progress(&self, len: usize, message: &'static str) -> ProgressBar {
        self.bar(Some(len as u64), "{msg} {bar:32} {pos}/{len} {eta}", message)
    }

    /// A sign of life on stderr for work of unknown length.
    pub fn spinner(&self, message: &'static str) -> ProgressBar {
        let bar = self.bar(None, "{spinner} {msg} {elapsed}", message);
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        bar
    }

    fn bar(&self, len: Option<u64>, template: &str, message: &'static str) -> ProgressBar {
        let target = if self.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::with_draw_target(len, target).with_message(message).with_style(style)
    }

    /// Tells on stdout, unless it is to be quiet.
    pub fn tell(&self, text: &str) -> Result<()> {
        if self.quiet { Ok(()) } else { self.print(text) }
    }

    /// Prints what was asked for on stdout. A reader that has seen enough is no failure.
    pub fn print(&self, text: &str) -> Result<()> {
        let mut out = std::io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::System(error.into())),
            _ => Ok(()),
        }
    }

    /// Prints JSON on stdout.
    pub fn print_json(&self, value: &Value) -> Result<()> {
        self.print(&format!("{value:#}\n"))
    }

    /// Refuses outputs before any work is done: of an input's name, or one that does not end as it should.
    pub fn check_output(&self, output: &Output, inputs: &[&Path], endings: &[&str]) -> Result<()> {
        let inputs = if output.overwrite { &[] } else { inputs };
        io::check_output(&output.out, inputs)?;
        check_ending(&output.out, endings)
    }

    /// A time on the command line in tau.
    pub fn in_tau(&self, time: f64) -> f64 {
        time / self.tau.unwrap_or(1.0)
    }

    /// A time (tau) in words, in seconds as well where these are in use.
    pub fn both(&self, time: f64) -> String {
        match self.tau {
            Some(tau) => format!("{} tau ({} s)", short(time), short(time * tau)),
            None => format!("{} tau", short(time)),
        }
    }
}

/// A time without what rounding added to it.
fn short(time: f64) -> String {
    let text = format!("{time:.9}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number of motifs in words.
pub fn motifs(count: usize) -> String {
    format!("{count} {}", if count == 1 { "motif" } else { "motifs" })
}

/// Refuses an output whose name does not end as one of these.
pub fn check_ending(path: &Path, endings: &[&str]) -> Result<()> {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    if endings.contains(&ending.as_str()) {
        return Ok(());
    }
    let expected = endings.iter().map(|ending| format!(".{ending}")).collect::<Vec<_>>();
    let (last, first) = expected.split_last().map_or((String::new(), &[][..]), |(l, f)| (l.clone(), f));
    let expected = if first.is_empty() { last } else { format!("{} or {last}", first.join(", ")) };
    let path = path.display();
    Err(Failure::Usage(format!("{path}: expected a name that ends in {expected}; rename the output")))
}
