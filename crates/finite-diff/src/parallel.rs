//! Work shared out among threads, the same result for any number of them.
//!
//! Refuses to know what the work is.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::DifferenceError;

/// Work that one thread does sooner than others are woken for it.
const NOT_WORTH_SHARING: Duration = Duration::from_micros(200);

/// `task(0)`, `task(1)`, … up to `count`, in that order, on so many threads, or on rayon's current pool where
/// it is not said how many. `state` makes what a thread keeps from task to task.
///
/// The first task runs here, and so does all that would be done before another thread had woken up.
///
/// # Errors
/// [`DifferenceError::Threads`] where threads can't be started.
pub fn share_out<S, R: Send>(
    threads: Option<NonZeroUsize>,
    count: usize,
    state: impl Fn() -> S + Sync,
    task: impl Fn(&mut S, usize) -> R + Sync,
) -> Result<Vec<R>, DifferenceError> {
    let mut results = Vec::with_capacity(count);
    if count == 0 {
        return Ok(results);
    }
    let mut own = state();
    let begun = Instant::now();
    results.push(task(&mut own, 0));
    let rest = u32::try_from(count - 1).unwrap_or(u32::MAX);
    let rest = begun.elapsed().checked_mul(rest).unwrap_or(Duration::MAX);
    if threads.is_some_and(|threads| threads.get() == 1) || rest < NOT_WORTH_SHARING {
        results.extend((1..count).map(|number| task(&mut own, number)));
        return Ok(results);
    }
    drop(own);
    let in_parallel = || {
        (1..count)
            .into_par_iter()
            .map_init(&state, &task)
            .collect::<Vec<R>>()
    };
    results.extend(on_threads(threads, in_parallel)?);
    Ok(results)
}

/// Runs `work` where rayon has so many threads, or where it has those of its current pool.
///
/// Handing work over to threads takes longer than a small evaluation, so that what evaluates often is better
/// handed over once as a whole.
///
/// ```
/// use std::num::NonZeroUsize;
/// let double = finite_diff::on_threads(NonZeroUsize::new(1), || 2 * 21)?;
/// assert_eq!(double, 42);
/// # Ok::<(), finite_diff::DifferenceError>(())
/// ```
///
/// # Errors
/// [`DifferenceError::Threads`] where threads can't be started.
pub fn on_threads<R: Send>(
    threads: Option<NonZeroUsize>,
    work: impl FnOnce() -> R + Send,
) -> Result<R, DifferenceError> {
    match threads.map(NonZeroUsize::get) {
        // The pool there is has so many already: no need to start others.
        Some(threads) if threads != rayon::current_num_threads() => {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .map_err(|source| DifferenceError::Threads { threads, source })?;
            Ok(pool.install(work))
        }
        _ => Ok(work()),
    }
}
