//! What a report says to people, at a glance first, then what one needs to act on it.
//!
//! Reads reports and the data in them and nothing else, and is called by nobody who judges. [`Report`](crate::Report) and
//! [`ControlReport`](crate::control::ControlReport) print themselves by it, plain: with the feature `text`, which is on by default,
//! in tables and paragraphs, without it in a few lines. The functions here write ANSI styles, and how numbers, tables and
//! paragraphs look, for a renderer of its own that wants to look the same.

#[cfg(any(test, not(feature = "text")))]
mod brief;
#[cfg(feature = "text")]
mod control;
mod diagnosis;
mod directional;
mod face;
mod findings;
#[cfg(feature = "text")]
mod footnotes;
mod foreign;
#[cfg(feature = "text")]
mod kinks;
mod numbers;
mod reasons;
#[cfg(feature = "text")]
mod report;
#[cfg(feature = "text")]
mod second_opinion;
#[cfg(feature = "text")]
mod structure;
#[cfg(feature = "text")]
mod style;

#[cfg(feature = "text")]
pub use control::styled_control;
pub use finite_diff::printable::printable;
pub use numbers::{
    derivative, extents, plural, scientific, seconds, sentence_case, short, thousands,
};
#[cfg(feature = "text")]
pub use report::styled_report;
#[cfg(feature = "text")]
pub use style::{
    BAD, FAINT, GOOD, STRONG, UNSURE, hanging, plain, style_of, styled, table, verdict, wrapped,
};
