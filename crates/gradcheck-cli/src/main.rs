//! The binary `gradcheck`: run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(gradcheck_cli::run_arguments())
}
