//! Every differentiable operation of candle-core and candle-nn, checked at awkward shapes and layouts.
//!
//! An operation is written down once, as a function of its inputs; what is awkward about layouts and about inputs that
//! are used twice is applied to every one alike. Refuses to know which operations are believed to be wrong.

mod book;
mod cases;
mod input;
mod outcome;
mod table;

pub use book::{Book, Case, LeftOut};
pub use input::{Input, Values, View};
pub use outcome::{Outcome, Word, examine};
pub use table::{Summary, findings, table};

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
