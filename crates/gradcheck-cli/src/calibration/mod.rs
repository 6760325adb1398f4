//! Whether what the checker claims is true: that error bars cover the true error, and that errors as
//! large as the stated power are caught.
//!
//! Used by `cargo xtask coverage` and `cargo xtask power`. Measures and counts; refuses to judge, and
//! prints nothing.

mod coverage;
mod double_double;
mod fate;
mod look;
mod oracle;
mod place;
mod power;
#[cfg(test)]
mod tests;

pub use coverage::{BlockError, Coverage, Outside, Row, coverage, quantile};
pub use fate::{CENTRAL_TARGET, COMPLEX_TARGET, Fate, Fates, Found, SIZES, Target};
pub use look::Look;
pub use place::{FACTORS, Place, Situation};
pub use power::{Powers, power};

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use finite_diff::execution::Progress;
use rayon::prelude::*;

/// What to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// At least so many coordinates, each scale of the cost counted.
    pub coordinates: usize,
    /// The seed of everything random.
    pub seed: u64,
    /// How many networks at a time; `None` for one a core.
    pub threads: Option<NonZeroUsize>,
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
