//! With the `lapack` feature: finds the system's OpenBLAS, which contains LAPACK, and links it. Otherwise
//! nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Directory that holds `libopenblas`, for installations in unusual places.
const OVERRIDE: &str = "OPENBLAS_LIB_DIR";

const REMEDY: &str = "install it (Debian, Ubuntu: apt-get install libopenblas-dev), or set OPENBLAS_LIB_DIR to the \
                      directory that holds it, or build without the `lapack` feature";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_LAPACK").is_none() {
        return;
    }
    println!("cargo::rerun-if-env-changed={OVERRIDE}");
    match find() {
        Ok(directory) => {
            println!("cargo::rustc-link-search=native={}", directory.display());
            println!("cargo::rustc-link-lib=openblas");
        }
        Err(message) => println!("cargo::error={message}"),
    }
}

fn find() -> Result<PathBuf, String> {
    if let Some(directory) = std::env::var_os(OVERRIDE).map(PathBuf::from) {
        if holds_openblas(&directory) {
            return Ok(directory);
        }
        return Err(format!("{OVERRIDE} = {} holds no libopenblas; {REMEDY}", directory.display()));
    }
    let (host, target) = (std::env::var("HOST"), std::env::var("TARGET"));
    if host != target {
        // The host's library would be of the wrong architecture.
        return Err(format!(
            "cross-compiling with the `lapack` feature needs the target's OpenBLAS; {REMEDY}"
        ));
    }
    from_pkg_config()
        .into_iter()
        .chain(usual_directories())
        .find(|directory| holds_openblas(directory))
        .ok_or_else(|| format!("the `lapack` feature needs OpenBLAS, and no libopenblas was found; {REMEDY}"))
}

fn from_pkg_config() -> Option<PathBuf> {
    let output = Command::new("pkg-config").args(["--variable=libdir", "openblas"]).output().ok()?;
    let directory = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !directory.trim().is_empty()).then(|| PathBuf::from(directory.trim()))
}

fn usual_directories() -> Vec<PathBuf> {
    let architecture = std::env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let mut directories = vec![format!("/usr/lib/{architecture}-linux-gnu")];
    let fixed = [
        "/usr/lib64",
        "/usr/lib",
        "/usr/local/lib",
        "/opt/homebrew/opt/openblas/lib",
        "/usr/local/opt/openblas/lib",
    ];
    directories.extend(fixed.map(String::from));
    directories.into_iter().map(PathBuf::from).collect()
}

fn holds_openblas(directory: &Path) -> bool {
    ["libopenblas.so", "libopenblas.a", "libopenblas.dylib", "openblas.lib"]
        .iter()
        .any(|file| directory.join(file).exists())
}
