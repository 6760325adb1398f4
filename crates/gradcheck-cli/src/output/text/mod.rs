//! Results for people: what a report says, at a glance first, then what one needs to act on it.
//!
//! Reads reports; knows nothing of how they came about. Styles are always written; where the text goes
//! decides whether they stay.

mod control;
mod kinks;
mod network;
mod numbers;
mod report;
mod since;
mod slope;
mod structure;
mod style;

pub use network::network;
pub use numbers::{derivative, extents, plural, scientific, seconds, short, thousands};
pub use report::report;
pub use style::{BAD, FAINT, GOOD, STRONG, UNSURE, style_of, styled, table, verdict};
