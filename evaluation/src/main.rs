//! How well the judge does on black boxes: families of costs as users have them, right gradients and planted errors.
#![allow(
    clippy::print_stdout,
    reason = "a tool for the terminal: its tables are its result"
)]

mod draw;
mod families;
mod models;
mod problem;
mod table;
mod tally;
mod third_party;
mod verify;

use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};

use crate::families::Family;
use crate::problem::Mode;
use crate::table::{Totals, header, row};

/// How well the judge does on black boxes.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Right gradients and planted errors of every family, judged.
    Families {
        /// How many points of each.
        #[arg(long, default_value_t = 20)]
        points: usize,
        /// Only the families with this in their name.
        #[arg(long, value_name = "SUBSTRING", default_value = "")]
        family: String,
        /// A line for each run that came out otherwise than expected.
        #[arg(long)]
        verbose: bool,
        /// Takes both sides at their word in all runs that grant no accuracy.
        #[arg(long)]
        exact: bool,
    },
    /// Whether the gradients that are called right are right, by differences of sixth order.
    Verify {
        /// How many points of each.
        #[arg(long, default_value_t = 5)]
        points: usize,
        /// Only the families with this in their name.
        #[arg(long, value_name = "SUBSTRING", default_value = "")]
        family: String,
    },
    /// Derivatives of argmin_testfunctions, and of the problems of Moré, Garbow and Hillstrom with planted errors.
    ThirdParty {
        /// How many random points of each function of argmin_testfunctions.
        #[arg(long, default_value_t = 20)]
        points: usize,
        /// How many random points near each starting point of Moré, Garbow and Hillstrom.
        #[arg(long, default_value_t = 10)]
        near: usize,
        /// Only the functions and problems with this in their name.
        #[arg(long, value_name = "SUBSTRING", default_value = "")]
        function: String,
        /// A line for each run that came out otherwise than it should.
        #[arg(long)]
        verbose: bool,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    let fine = match Arguments::parse().command {
        Command::Families {
            points,
            family,
            verbose,
            exact,
        } => {
            let mode = if exact { Mode::Exact } else { Mode::Default };
            judge(&named(&family)?, points, mode, verbose)
        }
        Command::Verify { points, family } => verified(&named(&family)?, points),
        Command::ThirdParty {
            points,
            near,
            function,
            verbose,
        } => third_party::third_party(points, near, &function, verbose),
    };
    Ok(if fine {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The families with this in their name.
fn named(part: &str) -> anyhow::Result<Vec<Family>> {
    let mut families = families::all();
    families.retain(|family| family.name.contains(part));
    anyhow::ensure!(!families.is_empty(), "no family has {part:?} in its name");
    Ok(families)
}

/// Prints the table; whether no right gradient is called wrong and no planted error passes.
fn judge(families: &[Family], points: usize, mode: Mode, verbose: bool) -> bool {
    let started = Instant::now();
    let mut totals = Totals::default();
    println!("{}", header());
    for family in families {
        let tally = tally::tally(family, points, mode);
        println!("{}", row(family, &tally));
        if verbose {
            tally
                .failures
                .iter()
                .for_each(|line| println!("      {line}"));
        }
        totals.add(family, &tally);
    }
    println!("{totals}");
    println!(
        "{} families, {:.0} s",
        families.len(),
        started.elapsed().as_secs_f64()
    );
    totals.holds()
}

/// Prints how right the gradients are; whether all are.
fn verified(families: &[Family], points: usize) -> bool {
    let mut fine = true;
    println!("{:<44} {:>9} {:>9}", "family", "off by", "known to");
    for family in families {
        let Some(off) = verify::verify(family, points.min(family.at_most)) else {
            println!("{:<44} wrong on purpose", family.name);
            continue;
        };
        let word = if off.fails { "  WRONG" } else { "" };
        println!(
            "{:<44} {:>9.1e} {:>9.1e}{word}",
            family.name, off.share, off.sharpness
        );
        fine &= !off.fails;
    }
    fine
}
