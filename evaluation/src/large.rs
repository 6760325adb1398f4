//! `cargo xtask large`: the cheap check of as many parameters as memory holds, with errors planted.
//!
//! Three runs on the same cost: a factor 1.01 in a small block of its own, the same factor in as many coordinates
//! inside a large block, and, if requested, the correct gradient. Each reports its time and memory.

mod cost;
mod memory;

use std::num::NonZeroUsize;
use std::ops::Range;

use anyhow::{Context, Result, ensure};
use clap::Args;
use finite_diff::{Execution, ParameterLayout};
use gradcheck_cli::output::text::thousands;
use gradcheck_cli::progress::Bar;
use gradient_check::directional::{DirectionalReport, DirectionalSettings};
use gradient_check::{Verdict, check_directional};

use crate::Outcome;
use cost::{Chain, parameters};
use memory::peak;

/// The number of coordinates with the planted error.
const PLANTED: usize = 1000;

/// The largest allowed peak memory, in vectors of the length of θ.
const VECTORS: f64 = 4.0;

/// The number of parameters from which on the vectors dominate the memory.
const TELLING: usize = 10_000_000;

/// Options of `large`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Number of parameters
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    parameters: usize,
    /// Number of large blocks, besides one of 1,000 parameters
    #[arg(long, default_value_t = 16, value_name = "N")]
    blocks: usize,
    /// Number of directions per block
    #[arg(long, default_value_t = 3, value_name = "K")]
    directions: usize,
    /// Factor to plant
    #[arg(long, default_value_t = 1.01, value_name = "M")]
    factor: f64,
    /// Make only these runs: `block`, `inside`, `right`
    #[arg(long, value_delimiter = ',', default_values = ["block", "inside"])]
    plant: Vec<Plant>,
    /// Random seed
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// Number of threads [default: one per core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

/// The place of the planted error.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Plant {
    /// All of the small block.
    Block,
    /// As many coordinates inside a large one.
    Inside,
    /// Nowhere.
    Right,
}

/// Checks and prints; fails if an error is missed, another place is blamed, or the memory exceeds four
/// vectors.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let n = arguments.parameters;
    ensure!(
        arguments.blocks > 0 && n >= PLANTED * (1 + 2 * arguments.blocks),
        "--parameters {n} are too few for {} blocks of at least {} and one of {PLANTED}: give at least {}",
        arguments.blocks,
        2 * PLANTED,
        PLANTED * (1 + 2 * arguments.blocks.max(1)),
    );
    let before = peak()?;
    let layout = layout(arguments)?;
    let chain = Chain { len: n };
    let theta = parameters(n, arguments.seed);
    let mut gradient = chain.gradient(&theta);
    println!(
        "{} parameters in {} blocks, a mean of as many terms",
        thousands(n as u64),
        layout.blocks().len()
    );
    let mut outcome = Outcome::Passed;
    for plant in &arguments.plant {
        let planted = planted(&layout, *plant).context("the layout has no such place")?;
        multiply(&mut gradient[planted.clone()], arguments.factor);
        let bar = Bar::new(false);
        let settings = DirectionalSettings {
            directions: arguments.directions,
            seed: arguments.seed,
            execution: Execution {
                threads: arguments.threads,
                progress: Some(&|p| bar.show("blocks", p)),
                ..Execution::default()
            },
            ..DirectionalSettings::exact()
        };
        let report = check_directional(&chain, &gradient, &theta, &layout, &settings)?;
        bar.finish();
        // Restores the exact bits: dividing by the factor would leave rounding errors.
        chain.gradient_of(&theta, planted.clone(), &mut gradient[planted.clone()]);
        let vectors = peak()?.saturating_sub(before) as f64 / (8.0 * n as f64);
        say(*plant, &planted, &layout, &report, vectors);
        if !as_planted(&report, &planted) || (n >= TELLING && vectors >= VECTORS) {
            outcome = Outcome::Failed;
        }
    }
    Ok(outcome)
}

/// Blocks of equal length, the last one shorter, and the small one in their middle.
fn layout(arguments: &Arguments) -> Result<ParameterLayout> {
    let many = arguments.blocks;
    let rest = arguments.parameters - PLANTED;
    let each = rest.div_ceil(many);
    let mut layout = ParameterLayout::new();
    for block in 0..many {
        if block == many / 2 {
            layout = layout.with("small", &[PLANTED])?;
        }
        let len = each.min(rest - (block * each).min(rest));
        layout = layout.with(format!("W{}", block + 1), &[len])?;
    }
    Ok(layout)
}

/// The coordinates that will be wrong: in the first large block those from a third of it on.
fn planted(layout: &ParameterLayout, plant: Plant) -> Option<Range<usize>> {
    match plant {
        Plant::Block => Some(layout.block("small")?.range()),
        Plant::Inside => {
            let start = layout.block("W1")?.len() / 3;
            Some(start..start + PLANTED)
        }
        Plant::Right => Some(0..0),
    }
}

fn multiply(gradient: &mut [f64], factor: f64) {
    for g in gradient {
        *g *= factor;
    }
}

/// Whether exactly the planted range was found.
fn as_planted(report: &DirectionalReport, planted: &Range<usize>) -> bool {
    if planted.is_empty() {
        return report.verdict == Verdict::Agree;
    }
    let found: Vec<_> = report
        .wrong()
        .flat_map(|block| &block.wrong)
        .map(|wrong| wrong.range.clone())
        .collect();
    found == [planted.clone()] && report.undecided().count() == 0
}

fn say(
    plant: Plant,
    planted: &Range<usize>,
    layout: &ParameterLayout,
    report: &DirectionalReport,
    vectors: f64,
) {
    let name = |at: usize| {
        layout
            .coordinate(at)
            .map(|c| c.to_string())
            .unwrap_or_default()
    };
    match plant {
        Plant::Right => println!("\nthe right gradient"),
        _ => println!(
            "\nplanted: {} … {}",
            name(planted.start),
            name(planted.end - 1)
        ),
    }
    print!("{report}");
    let seconds = report.elapsed.as_secs_f64();
    println!(
        "  noise of the cost {:.1e}; {seconds:.1} s, {:.3} s an evaluation; peak memory {vectors:.2} vectors of θ",
        report.noise,
        seconds / report.evaluations.max(1) as f64,
    );
    let word = if as_planted(report, planted) {
        "as planted"
    } else {
        "NOT as planted"
    };
    println!("  {word}");
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_planted_is_found() {
        let arguments = Arguments {
            parameters: 100_000,
            blocks: 5,
            directions: 3,
            factor: 1.01,
            plant: vec![Plant::Right, Plant::Block, Plant::Inside],
            seed: 1,
            threads: None,
        };
        assert_eq!(run(&arguments).unwrap(), Outcome::Passed);
        let few = Arguments {
            parameters: 10_000,
            ..arguments
        };
        let error = run(&few).unwrap_err().to_string();
        assert!(error.contains("give at least 11000"), "{error}");
    }
}
