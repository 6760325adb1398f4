//! The developers' commands: `cargo xtask <command>`, one module per command.
//!
//! It runs from any folder of the checkout. Exit codes: 0 success, 1 a check failed, 2 a check
//! could not be run, 3 nothing is wrong but something is inconclusive. It is not part of what users install, and no
//! crate of ours may depend on it.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for the terminal: what it prints is its result"
)]

mod check_all;
mod ci;
mod environment;
mod evaluate;
mod interop;
mod networks;
mod python;
mod sweep;
mod workspace;

use std::process::ExitCode;

use clap::{ColorChoice, Parser, Subcommand};
use gradient_check::Verdict;

use crate::workspace::Workspace;

/// Developers' commands of the gradient checker
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    /// When to color the output of the tools that are run
    #[arg(long, global = true, value_name = "WHEN", default_value_t)]
    color: ColorChoice,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check a matrix of networks at initialization and after training
    CheckAll(check_all::Arguments),
    /// Evaluate the checker on planted faults and on correct networks
    #[command(disable_help_flag = true)]
    Zoo(evaluate::Arguments),
    /// Measure how often error bars cover the true error, with dual numbers of 32 digits as the truth
    #[command(disable_help_flag = true)]
    Coverage(evaluate::Arguments),
    /// Test the reported detection limit with errors planted just above and just below it
    #[command(disable_help_flag = true)]
    Power(evaluate::Arguments),
    /// Check as many parameters as memory holds, along random directions
    #[command(disable_help_flag = true)]
    Large(evaluate::Arguments),
    /// Check the gradients of every operation of a third-party framework: `sweep candle`
    Sweep(sweep::Arguments),
    /// Run the command on models in Python, and on two servers behind HAProxy; installs what it needs
    Interop(interop::Arguments),
    /// Build the Python package, install it into a new environment, and check it there
    Python(python::Arguments),
    /// Run every check that a change must pass, from the formatting to the packages
    Ci(ci::Arguments),
}

/// The result of a command that could be run; one that could not returns an error instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    Passed,
    Failed,
    /// Nothing is wrong, but something is inconclusive.
    Undecided,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(Outcome::Passed) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::from(1),
        Ok(Outcome::Undecided) => ExitCode::from(3),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    match &arguments.command {
        Command::CheckAll(check) => {
            match arguments.color {
                ColorChoice::Auto => anstream::ColorChoice::Auto,
                ColorChoice::Always => anstream::ColorChoice::Always,
                ColorChoice::Never => anstream::ColorChoice::Never,
            }
            .write_global();
            Ok(match check_all::run(check)? {
                Verdict::Agree => Outcome::Passed,
                Verdict::Disagree => Outcome::Failed,
                Verdict::Inconclusive(_) => Outcome::Undecided,
            })
        }
        Command::Zoo(zoo) => evaluate::run(&Workspace::find(arguments.color)?, "zoo", zoo),
        Command::Coverage(coverage) => {
            evaluate::run(&Workspace::find(arguments.color)?, "coverage", coverage)
        }
        Command::Power(power) => evaluate::run(&Workspace::find(arguments.color)?, "power", power),
        Command::Large(large) => evaluate::run(&Workspace::find(arguments.color)?, "large", large),
        Command::Sweep(sweep) => sweep::run(&Workspace::find(arguments.color)?, sweep),
        Command::Interop(interop) => interop::run(&Workspace::find(arguments.color)?, interop),
        Command::Python(python) => python::run(&Workspace::find(arguments.color)?, python),
        Command::Ci(ci) => ci::run(&Workspace::find(arguments.color)?, ci),
    }
}
