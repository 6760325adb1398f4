//! Reports for people: is the gradient wrong, where, why, what to do next; then what the check could not see.
//!
//! Invariant: reads reports and the data in them and nothing else; nothing that judges calls it. [`Report`](crate::Report) and
//! [`ControlReport`](crate::control::ControlReport) print themselves through it without styles: with the feature `text`, which is
//! on by default, in tables and paragraphs of at most 80 columns; without it in a few lines. The functions here return text
//! with ANSI styles, and format numbers, tables and paragraphs for other renderers that want to look the same.

#[cfg(feature = "text")]
mod blocks;
#[cfg(not(feature = "text"))]
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
mod inconclusive;
#[cfg(feature = "text")]
mod kinks;
mod numbers;
mod reasons;
#[cfg(feature = "text")]
mod report;
#[cfg(feature = "text")]
mod second_opinion;
#[cfg(feature = "text")]
mod short;
#[cfg(feature = "text")]
mod structure;
#[cfg(feature = "text")]
mod style;
#[cfg(feature = "text")]
mod wrong;

#[cfg(feature = "text")]
pub use control::styled_control;
pub use finite_diff::printable::printable;
pub use numbers::{
    derivative, extents, plural, scientific, seconds, sentence_case, short, thousands,
};
#[cfg(feature = "text")]
pub use report::{styled_report, styled_summary};
#[cfg(feature = "text")]
pub use short::short_report;
#[cfg(feature = "text")]
pub use style::{
    BAD, FAINT, GOOD, STRONG, UNSURE, clean, hanging, plain, style_of, styled, table, verdict,
    wrapped,
};
