//! The binary `gradcheck`: parse, run, exit code.

use std::process::ExitCode;

use clap::Parser;
use gradcheck_cli::{Cli, run};

fn main() -> ExitCode {
    ExitCode::from(run(Cli::parse()))
}
