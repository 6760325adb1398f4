//! How a run is carried out, and what ends it before it is done.
//!
//! Invariant: knows nothing of what is evaluated.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::DifferenceError;

/// The progress of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Coordinates done.
    pub done: usize,
    /// Coordinates asked for.
    pub total: usize,
}

/// The execution of a run: threads, cancellation, progress; it changes nothing in the numbers.
///
/// Where one evaluation takes 1 ms or more, the evaluations are handed out to the threads one by one, and so many
/// are under way at a time as there are threads, also where these are more than processors: they wait for
/// another machine.
#[derive(Clone, Copy, Default)]
pub struct Execution<'a> {
    /// The number of threads; `None` takes rayon's current pool.
    pub threads: Option<NonZeroUsize>,
    /// Called after each coordinate, from whichever thread did it.
    pub progress: Option<&'a (dyn Fn(Progress) + Sync)>,
    /// A flag that cancels the run: once true, no further coordinate is begun and the run returns what it has.
    pub cancel: Option<&'a AtomicBool>,
    /// The slot in which a failed evaluation leaves its error. With it the run ends as if it were cancelled, and returns
    /// what it has; what is run later with the same slot evaluates nothing while the error is in it. Without
    /// it the run returns the error and nothing else.
    pub failure: Option<&'a Failed>,
}

impl Execution<'_> {
    /// One evaluation after the other, as where runs are made beside each other or share what only one may use.
    pub const ONE_THREAD: Execution<'static> = Execution {
        threads: Some(NonZeroUsize::MIN),
        progress: None,
        cancel: None,
        failure: None,
    };

    /// Whether the run must evaluate nothing more: it was cancelled, or its slot holds an error.
    pub fn is_stopped(&self) -> bool {
        self.is_cancelled() || self.has_failed()
    }

    /// Stores an error in the slot.
    ///
    /// # Errors
    /// `error` itself, where there is no slot.
    pub fn keep(&self, error: DifferenceError) -> Result<(), DifferenceError> {
        match self.failure {
            Some(failed) => {
                failed.keep(error);
                Ok(())
            }
            None => Err(error),
        }
    }

    /// Whether the run was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_some_and(|flag| flag.load(Ordering::Relaxed))
    }

    /// Whether the slot holds an error.
    pub fn has_failed(&self) -> bool {
        self.failure.is_some_and(Failed::is_set)
    }
}

/// A slot for the error that ended a run, so that what had been measured is not lost with it.
///
/// Of the coordinates of one run it is the first at which the objective failed, in the order asked for,
/// whatever the number of threads.
///
/// ```
/// use finite_diff::{DifferenceError, Execution, Scheme, differentiate, try_from_fn};
/// use finite_diff::execution::Failed;
/// // The parameter 1 can't be moved.
/// let j = try_from_fn(3, |x: &[f64]| if x[1] == 0.5 { Ok(x[0] * x[2]) } else { Err("it hung up") });
/// let failed = Failed::new();
/// let execution = Execution { failure: Some(&failed), ..Execution::default() };
/// let run = differentiate(&j, &[0.5; 3], &[0, 1, 2], &Scheme::CENTRAL, &execution)?;
/// assert!(run.interrupted);
/// assert_eq!(run.entries[0].coordinate, 0);
/// assert!(matches!(failed.take(), Some(DifferenceError::Probe { coordinate: 1, .. })));
/// # Ok::<(), DifferenceError>(())
/// ```
#[derive(Debug, Default)]
pub struct Failed {
    slot: Mutex<Option<DifferenceError>>,
    /// Asked before every evaluation, also by those that take less than a lock.
    is_set: AtomicBool,
}

impl Failed {
    /// An empty slot.
    pub const fn new() -> Self {
        Self {
            slot: Mutex::new(None),
            is_set: AtomicBool::new(false),
        }
    }

    /// Whether the slot holds an error.
    pub fn is_set(&self) -> bool {
        self.is_set.load(Ordering::Acquire)
    }

    /// Takes the error out; the slot is empty then.
    pub fn take(&self) -> Option<DifferenceError> {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_set.store(false, Ordering::Release);
        slot.take()
    }

    /// The first one stays.
    fn keep(&self, error: DifferenceError) {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.get_or_insert(error);
        self.is_set.store(true, Ordering::Release);
    }
}
