//! How well the checker itself does: on black boxes, on planted faults, on error bars and on the detection limit
//! that it states. No part of what users install.
//!
//! Exit codes: 0 all is well, 1 it is not, 2 it could not be run.
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

/// How well the checker itself does.
#[derive(Parser)]
#[command(name = "evaluation")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Judge right networks, and every planted fault on several networks
    Zoo(zoo::Arguments),
    /// Count how often error bars cover the true error
    Coverage(calibration::CoverageArguments),
    /// Plant errors just above and just below the stated detection limit
    Power(calibration::PowerArguments),
    /// Check as many parameters as memory holds, along random directions
    Large(large::Arguments),
    /// Judge right gradients and planted errors of families of black boxes
    Families(black_boxes::FamiliesArguments),
    /// Verify that the gradients of the families are right, by differences of sixth order
    Verify(black_boxes::VerifyArguments),
    /// Judge the derivatives of argmin_testfunctions and of the problems of Moré, Garbow and Hillstrom
    ThirdParty(black_boxes::ThirdPartyArguments),
}

/// How an evaluation ended.
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
