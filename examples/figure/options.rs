//! What the command lines of all figures share.

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::Result;

/// Arguments every figure takes (`#[command(flatten)]`).
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Seed of everything random.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Number of cortical units N.
    #[arg(long, default_value_t = 99)]
    pub units: usize,
    /// Number of exponentials K per motif.
    #[arg(long, default_value_t = 10)]
    pub modes: usize,
    /// Number of motifs.
    #[arg(long, default_value_t = 10)]
    pub motifs: usize,
    /// A smaller version, in seconds.
    #[arg(long)]
    pub quick: bool,
    /// Folder for the results.
    #[arg(long, default_value = "target/figures")]
    pub out: PathBuf,
}

/// A progress bar on stderr, hidden when that is no terminal.
pub fn progress(len: usize, message: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:32} {pos}/{len} {eta}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(len as u64).with_style(style).with_message(message)
}

/// Writes `NAME.json` into the folder, complete or not at all.
pub fn write_json(folder: &Path, name: &str, value: &impl Serialize) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let temporary = folder.join(format!("{name}.{}.json", std::process::id()));
    let text = serde_json::to_string_pretty(value)? + "\n";
    let path = folder.join(format!("{name}.json"));
    let written = std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary); // the error that matters is the one returned
    }
    Ok(written?)
}
