//! Work shared out among threads, the same result for any number of them.
//!
//! Invariant: knows nothing of what the work is.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::{DifferenceError, Execution};

/// Work that one thread does sooner than others are woken for it.
const NOT_WORTH_SHARING: Duration = Duration::from_micros(200);

/// The duration from which each evaluation is handed out by itself: some ten times what it takes to hand it over to a thread
/// that sleeps, so that no more than a tenth is lost by it.
pub(crate) const SLOW: Duration = Duration::from_millis(1);

/// Batches that a thread takes of short work, so that the last one is an eighth of its share and the threads end together.
const BATCHES: usize = 8;

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
    let numbered = on_threads(threads, || {
        let batch = (count / (rayon::current_num_threads() * BATCHES)).max(1);
        let batches = (1..count).step_by(batch);
        in_order(batches, &state, |own, first| {
            let numbers = first..count.min(first + batch);
            Some(numbers.map(|number| task(own, number)).collect::<Vec<R>>())
        })
    })?;
    results.extend(numbered.into_iter().flat_map(|(_, batch)| batch));
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
    on_threads(threads, || in_order(0..count, &state, &task))
}

/// `task` of each item, begun in their order, one at a time on each thread of rayon's current pool; the results that there
/// are, in that order, each with its item. `state` makes what a thread keeps from task to task.
pub(crate) fn in_order<I: Ord + Copy + Send, S, R: Send>(
    items: impl ExactSizeIterator<Item = I> + Send,
    state: impl Fn() -> S + Sync,
    task: impl Fn(&mut S, I) -> Option<R> + Sync,
) -> Vec<(I, R)> {
    let results = Mutex::new(Vec::with_capacity(items.len()));
    let worker = |items: &mut dyn Iterator<Item = I>| {
        let mut own = None;
        let mut done = Vec::new();
        for item in items {
            let result = task(own.get_or_insert_with(&state), item);
            done.extend(result.map(|result| (item, result)));
        }
        lock(&results).append(&mut done);
    };
    each_once(items, &worker);
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_unstable_by_key(|(item, _)| *item);
    results
}

/// Runs `worker` on the threads of rayon's current pool; together they take all `items`, each once, in their order.
pub(crate) fn each_once<I>(
    items: impl ExactSizeIterator<Item = I> + Send,
    worker: &(dyn Fn(&mut dyn Iterator<Item = I>) + Sync),
) {
    let workers = rayon::current_num_threads().min(items.len());
    let items = Mutex::new(items);
    on_workers(workers, &|| {
        worker(&mut std::iter::from_fn(|| lock(&items).next()));
    });
}

/// Runs `work` so many times at once. Rayon meets no other closure, so that its splitting is compiled once and not for
/// each kind of work.
fn on_workers(workers: usize, work: &(dyn Fn() + Sync)) {
    let numbers = (0..workers).into_par_iter().with_max_len(1);
    numbers.for_each(|_| work());
}

/// A thread that panics ends the whole run with its panic; what it left behind is looked at by nobody.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
