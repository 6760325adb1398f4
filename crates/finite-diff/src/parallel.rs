//! Work shared out among threads, the same result for any number of them.
//!
//! Invariant: knows nothing of what the work is.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::{DifferenceError, Execution};

/// Work that one thread does sooner than others are woken for it.
const NOT_WORTH_SHARING: Duration = Duration::from_micros(200);

/// The duration from which each evaluation is handed out by itself: some ten times what it takes to hand it over to a thread
/// that sleeps, so that no more than a tenth is lost by it.
pub(crate) const SLOW: Duration = Duration::from_millis(1);

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
/// let double = finite_diff::parallel::on_threads(NonZeroUsize::new(1), || 2 * 21)?;
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

/// `task(0)`, `task(1)`, … up to `count`, each one evaluation or a few; the results in that order, and `None` where
/// the task gave none or the run had been stopped.
///
/// The first is done here. Where it took 1 ms or more the others go to the threads of `execution` one at a time,
/// else they are done here too. When a task begins, all before it have begun, so that a task can find
/// out that what it would do is not wanted any more.
///
/// ```
/// use finite_diff::Execution;
/// use finite_diff::parallel::evaluate_each;
/// let squares = evaluate_each(&Execution::default(), 3, |i| Some(i * i))?;
/// assert_eq!(squares, [Some(0), Some(1), Some(4)]);
/// # Ok::<(), finite_diff::DifferenceError>(())
/// ```
///
/// # Errors
/// [`DifferenceError::Threads`] where threads can't be started.
pub fn evaluate_each<R: Send>(
    execution: &Execution<'_>,
    count: usize,
    task: impl Fn(usize) -> Option<R> + Sync,
) -> Result<Vec<Option<R>>, DifferenceError> {
    let task = |number: usize| match execution.is_stopped() {
        true => None,
        false => task(number),
    };
    let begun = Instant::now();
    let mut results: Vec<Option<R>> = (0..count.min(1)).map(task).collect();
    if begun.elapsed() < SLOW || execution.threads == Some(NonZeroUsize::MIN) {
        results.extend((1..count).map(task));
        return Ok(results);
    }
    let numbered = one_by_one(execution.threads, count - 1, || (), |(), i| task(1 + i))?;
    results.resize_with(count, || None);
    for (number, result) in numbered {
        results[1 + number] = Some(result);
    }
    Ok(results)
}

/// `task(0)`, `task(1)`, … up to `count`, begun in that order, one at a time on each thread; the results that
/// there are, by their numbers in ascending order. `state` makes what a thread keeps from task to task.
///
/// # Errors
/// As [`share_out`].
pub(crate) fn one_by_one<S, R: Send>(
    threads: Option<NonZeroUsize>,
    count: usize,
    state: impl Fn() -> S + Sync,
    task: impl Fn(&mut S, usize) -> Option<R> + Sync,
) -> Result<Vec<(usize, R)>, DifferenceError> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut own = None;
        let numbers = std::iter::from_fn(|| {
            let number = next.fetch_add(1, Ordering::Relaxed);
            (number < count).then_some(number)
        });
        let mut done = Vec::new();
        for number in numbers {
            let result = task(own.get_or_insert_with(&state), number);
            done.extend(result.map(|result| (number, result)));
        }
        done
    };
    let mut results: Vec<(usize, R)> = on_threads(threads, || {
        let workers = rayon::current_num_threads().min(count);
        (0..workers)
            .into_par_iter()
            .with_max_len(1)
            .flat_map_iter(|_| worker())
            .collect()
    })?;
    results.sort_unstable_by_key(|(number, _)| *number);
    Ok(results)
}
