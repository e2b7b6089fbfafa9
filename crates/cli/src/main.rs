//! The program `thalamo`.

use std::process::ExitCode;

fn main() -> ExitCode {
    thalamo_cli::main()
}
