//! Tests the claims of the checker: that error bars cover the true error, and that errors as
//! large as the reported detection limit are detected.

mod coverage;
mod coverage_tables;
mod double_double;
mod fate;
mod look;
mod measured;
mod oracle;
mod place;
mod power;
mod power_tables;
#[cfg(test)]
mod tests;

pub(crate) use coverage_tables::{Arguments as CoverageArguments, run as coverage_command};
pub(crate) use power_tables::{Arguments as PowerArguments, run as power_command};

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use finite_diff::execution::Progress;
use rayon::prelude::*;

use self::place::{FACTORS, Place};

/// What to run.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The least number of coordinates, counted once for each scale of the cost.
    pub(crate) coordinates: usize,
    /// The random seed.
    pub(crate) seed: u64,
    /// The number of networks at a time; `None` for one per core.
    pub(crate) threads: Option<NonZeroUsize>,
}

/// Runs `measure`, with its number, on as many places as have `coordinates` parameters together, in parallel; the same
/// options give the same results in the same order.
fn over_places<R: Send>(
    options: &Options,
    progress: &(dyn Fn(Progress) + Sync),
    measure: impl Fn(usize, &Place) -> Result<Vec<R>> + Sync,
) -> Result<Vec<R>> {
    let mut numbers = Vec::new();
    let mut planned = 0;
    for number in 0.. {
        if planned >= options.coordinates {
            break;
        }
        planned += Place::parameters(number)? * FACTORS.len();
        numbers.push(number);
    }
    let total = numbers.len();
    let done = AtomicUsize::new(0);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.map_or(0, NonZeroUsize::get))
        .build()?;
    let results: Vec<Vec<R>> = pool.install(|| {
        numbers
            .into_par_iter()
            .map(|number| {
                let measured = measure(number, &Place::new(number, options.seed)?);
                let done = 1 + done.fetch_add(1, Ordering::Relaxed);
                progress(Progress { done, total });
                measured
            })
            .collect::<Result<_>>()
    })?;
    Ok(results.into_iter().flatten().collect())
}
