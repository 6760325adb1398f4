//! Results for people: what the commands add around the text of a report, which is the judge's own.
//!
//! Reads reports; knows nothing of how they came about. Styles are always written; where the text goes
//! decides whether they stay.

mod model;
mod network;
mod onset;

pub use gradient_check::text::{
    BAD, FAINT, GOOD, STRONG, UNSURE, derivative, extents, plural, scientific, seconds, short,
    style_of, styled, styled_report as report, table, thousands, verdict,
};
pub use model::model;
pub use network::network;
