//! Evaluates the checker itself: on every planted fault in several networks, and on many correct networks
//! that are hard to check.
//!
//! Invariant: knows nothing of how the checker works, only its report.

mod correct;
mod json;
mod judge;
mod planted;
mod table;
#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, bail};
use finite_diff::execution::Progress;
use gradcheck_cli::suggest::nearest;
use gradient_check::constants::Constants;
use mlp::Engine;
use rayon::prelude::*;

use self::correct::Correct;
use self::judge::By;
use self::planted::FaultTally;

pub(crate) use table::{Arguments, command};

/// What to run.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The number of seeds with which each fault is planted.
    pub(crate) seeds: u64,
    /// The number of correct networks.
    pub(crate) correct: usize,
    /// The only fault to plant, by name; `None` for all.
    pub(crate) only: Option<String>,
    /// The constants of the checker.
    pub(crate) constants: Constants,
    /// The engine that evaluates costs around a point.
    pub(crate) engine: Engine,
    /// The number of concurrent runs; `None` for one per core.
    pub(crate) threads: Option<NonZeroUsize>,
}

/// The result of the zoo.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outcome {
    /// The results for each fault, in the order of the list.
    pub(crate) faults: Vec<FaultTally>,
    /// The results for the correct networks.
    pub(crate) correct: Correct,
}

impl Outcome {
    /// Whether everything detectable was rejected, and nothing that is correct.
    pub(crate) fn is_good(&self) -> bool {
        self.correct.rejected == 0 && self.faults.iter().all(|fault| fault.missed == 0)
    }

    /// The sum over all faults.
    pub(crate) fn totals(&self) -> FaultTally {
        let mut totals = FaultTally::named("");
        for fault in &self.faults {
            totals.add(fault.clone());
        }
        totals
    }
}

/// Runs all checks, in parallel; the same options give the same outcome.
///
/// # Errors
/// If there is no such fault, or a network can't be built or checked, which would be a bug.
pub(crate) fn run(options: &Options, progress: &(dyn Fn(Progress) + Sync)) -> Result<Outcome> {
    let faults: Vec<_> = mlp_faults::all()
        .iter()
        .filter(|fault| options.only.as_ref().is_none_or(|o| o == fault.name()))
        .collect();
    if let (true, Some(name)) = (faults.is_empty(), &options.only) {
        let names = mlp_faults::all().iter().map(|fault| fault.name());
        let hint =
            nearest(name, names).map_or_else(String::new, |s| format!(" (did you mean `{s}`?)"));
        bail!("unknown fault `{name}`{hint}; see `gradcheck faults`");
    }
    let units = planted::units(options.seeds, &faults)?;
    let total = units.len() + options.correct;
    let done = AtomicUsize::new(0);
    let step = || {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        progress(Progress { done, total });
    };
    let by = By {
        constants: options.constants,
        engine: options.engine,
    };
    let threads = options.threads.map_or(0, NonZeroUsize::get);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()?;
    pool.install(|| {
        let planted: Vec<_> = units
            .into_par_iter()
            .map(|unit| {
                let run = unit.run(by);
                step();
                run
            })
            .collect::<Result<_>>()?;
        let nets: Vec<_> = (0..options.correct)
            .into_par_iter()
            .map(|number| {
                let run = correct::run(number, by);
                step();
                run
            })
            .collect::<Result<_>>()?;
        let mut outcome = Outcome {
            faults: faults.iter().map(|f| FaultTally::named(f.name())).collect(),
            correct: Correct::default(),
        };
        for (right, tallies) in planted {
            outcome.correct.add(right);
            for tally in tallies {
                if let Some(sum) = outcome.faults.iter_mut().find(|f| f.name == tally.name) {
                    sum.add(tally);
                }
            }
        }
        for net in nets {
            outcome.correct.add(net);
        }
        Ok(outcome)
    })
}
