//! Every differentiable operation of candle-core and candle-nn, checked at awkward shapes and layouts.
//!
//! An operation is written down once, as a function of its inputs; what is awkward about layouts and about inputs that
//! are used twice is applied to every one alike. Refuses to know which operations are believed to be wrong.

mod book;
mod cases;
mod input;
mod outcome;
mod table;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

pub use book::{Book, Case, LeftOut};
pub use input::{Input, Values, View};
pub use outcome::{Outcome, Word, examine};
pub use table::{Summary, findings, table};

/// Checks these cases, on as many threads as there are cores; the outcomes are in the order of the cases.
///
/// What panics in candle is an outcome; the caller may want to keep the message off the terminal.
pub fn sweep(cases: &[&Case]) -> Vec<Outcome> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let outcomes: Vec<Mutex<Option<Outcome>>> = cases.iter().map(|_| Mutex::default()).collect();
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let (Some(case), Some(outcome)) = (cases.get(number), outcomes.get(number)) else {
                break;
            };
            *outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(examine(case));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let inner = |outcome: Mutex<Option<Outcome>>| {
        outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
    };
    outcomes.into_iter().filter_map(inner).collect()
}

/// All cases, in their order.
pub fn book() -> Book {
    let mut book = Book::default();
    cases::write(&mut book);
    book
}

/// The examples of the document on what was found are tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/findings/candle.md")]
pub struct Findings;
