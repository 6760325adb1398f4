//! The binary `gradcheck`: parse, run, exit code.

use std::process::ExitCode;

use gradcheck_cli::{Cli, run};

fn main() -> ExitCode {
    ExitCode::from(run(Cli::from_environment()))
}
