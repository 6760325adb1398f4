//! Evaluates the checker itself: on black boxes, on planted faults, on its error bars and on the detection limit
//! that it reports. Not part of what users install.
//!
//! Exit codes: 0 success, 1 failure, 2 could not be run.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for the terminal: its tables are its result"
)]

mod black_boxes;
mod calibration;
mod large;
mod scene;
mod zoo;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Evaluate the checker itself
#[derive(Parser)]
#[command(name = "evaluation")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check correct networks, and every planted fault in several networks
    Zoo(zoo::Arguments),
    /// Count how often error bars cover the true error
    Coverage(calibration::CoverageArguments),
    /// Plant errors just above and just below the stated detection limit
    Power(calibration::PowerArguments),
    /// Check as many parameters as memory holds, along random directions
    Large(large::Arguments),
    /// Check correct gradients and planted errors of families of black boxes
    Families(black_boxes::FamiliesArguments),
    /// Verify by differences of sixth order that the gradients of the families are correct
    Verify(black_boxes::VerifyArguments),
    /// Check the derivatives of argmin_testfunctions and of the problems of Moré, Garbow and Hillstrom
    ThirdParty(black_boxes::ThirdPartyArguments),
}

/// The result of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
}

impl From<bool> for Outcome {
    fn from(passed: bool) -> Self {
        match passed {
            true => Self::Passed,
            false => Self::Failed,
        }
    }
}

fn main() -> ExitCode {
    let outcome = match &Arguments::parse().command {
        Command::Zoo(arguments) => zoo::command(arguments),
        Command::Coverage(arguments) => calibration::coverage_command(arguments),
        Command::Power(arguments) => calibration::power_command(arguments),
        Command::Large(arguments) => large::run(arguments),
        Command::Families(arguments) => black_boxes::families(arguments),
        Command::Verify(arguments) => black_boxes::verify(arguments),
        Command::ThirdParty(arguments) => Ok(black_boxes::third_party(arguments)),
    };
    match outcome {
        Ok(Outcome::Passed) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
