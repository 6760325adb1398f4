//! The workshop of the project: `cargo xtask <command>`, one module a command.
//!
//! It runs from any folder of the checkout. Exit codes: 0 all is well, 1 a check failed, 2 a check
//! could not be run. It is no part of what users install, and no crate of ours may depend on it.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for the terminal: what it prints is its result"
)]

mod ci;
mod workspace;

use std::process::ExitCode;

use clap::{ColorChoice, Parser, Subcommand};

use crate::workspace::Workspace;

/// The workshop of the gradient checker.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    /// When to colour the output of the tools that are run.
    #[arg(long, global = true, value_name = "WHEN", default_value_t)]
    color: ColorChoice,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Every check that a change must pass, from the formatting to the packages.
    Ci(ci::Arguments),
}

/// How a command ended that could be run at all; one that could not returns an error instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    Passed,
    Failed,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(Outcome::Passed) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let workspace = Workspace::find(arguments.color)?;
    match &arguments.command {
        Command::Ci(arguments) => ci::run(&workspace, arguments),
    }
}
