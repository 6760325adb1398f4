//! Costs as black boxes, as users have them: correct gradients and planted errors of every family, and derivatives of
//! third-party crates.

mod draw;
mod families;
mod models;
mod problem;
mod table;
mod tally;
mod third_party;
mod verify;

use std::time::Instant;

use self::families::Family;
use self::problem::Mode;
use self::table::{Totals, header, row};
use crate::Outcome;

/// Options of `families`.
#[derive(clap::Args)]
pub(crate) struct FamiliesArguments {
    /// Number of points of each family
    #[arg(long, default_value_t = 20, value_name = "N")]
    points: usize,
    /// Run only families whose name contains SUBSTRING
    #[arg(long, value_name = "SUBSTRING", default_value = "")]
    family: String,
    /// Print a line for each run with an unexpected result
    #[arg(long)]
    verbose: bool,
    /// Claim that cost and gradient are exact in all runs that grant no accuracy
    #[arg(long)]
    exact: bool,
}

/// Options of `verify`.
#[derive(clap::Args)]
pub(crate) struct VerifyArguments {
    /// Number of points of each family
    #[arg(long, default_value_t = 5, value_name = "N")]
    points: usize,
    /// Run only families whose name contains SUBSTRING
    #[arg(long, value_name = "SUBSTRING", default_value = "")]
    family: String,
}

/// Options of `third-party`.
#[derive(clap::Args)]
pub(crate) struct ThirdPartyArguments {
    /// Number of random points of each function of argmin_testfunctions
    #[arg(long, default_value_t = 20, value_name = "N")]
    points: usize,
    /// Number of random points near each starting point of Moré, Garbow and Hillstrom
    #[arg(long, default_value_t = 10, value_name = "N")]
    near: usize,
    /// Run only functions and problems whose name contains SUBSTRING
    #[arg(long, value_name = "SUBSTRING", default_value = "")]
    function: String,
    /// Print a line for each run with an unexpected result
    #[arg(long)]
    verbose: bool,
}

/// Checks correct gradients and planted errors of every family.
pub(crate) fn families(arguments: &FamiliesArguments) -> anyhow::Result<Outcome> {
    let mode = match arguments.exact {
        true => Mode::Exact,
        false => Mode::Default,
    };
    let families = named(&arguments.family)?;
    Ok(judge(&families, arguments.points, mode, arguments.verbose).into())
}

/// Verifies by differences of sixth order that the gradients that are taken to be correct are.
pub(crate) fn verify(arguments: &VerifyArguments) -> anyhow::Result<Outcome> {
    Ok(verified(&named(&arguments.family)?, arguments.points).into())
}

/// Checks the derivatives of argmin_testfunctions, and of the problems of Moré, Garbow and Hillstrom.
pub(crate) fn third_party(arguments: &ThirdPartyArguments) -> Outcome {
    let ThirdPartyArguments {
        points,
        near,
        function,
        verbose,
    } = arguments;
    third_party::third_party(*points, *near, function, *verbose).into()
}

/// The families whose name contains `part`.
fn named(part: &str) -> anyhow::Result<Vec<Family>> {
    let mut families = families::all();
    families.retain(|family| family.name.contains(part));
    anyhow::ensure!(!families.is_empty(), "no family has {part:?} in its name");
    Ok(families)
}

/// Prints the table; returns whether no correct gradient is called wrong and no planted error passes.
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

/// Prints the errors of the gradients; returns whether all are correct.
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
