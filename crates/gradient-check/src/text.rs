//! What a report says to people, at a glance first, then what one needs to act on it.
//!
//! Reads reports and the data in them and nothing else, and is called by nobody who judges. [`Report`] and
//! [`ControlReport`] print themselves by it, plain. The functions here write ANSI
//! styles, and how numbers, tables and paragraphs look, for a renderer of its own that wants to look the
//! same.

mod control;
mod diagnosis;
mod directional;
mod face;
mod findings;
mod footnotes;
mod kinks;
mod numbers;
mod reasons;
mod report;
mod second_opinion;
mod structure;
mod style;

use std::fmt;

pub use control::styled_control;
pub use numbers::{
    derivative, extents, plural, scientific, seconds, sentence_case, short, thousands,
};
pub use report::styled_report;
pub use style::{
    BAD, FAINT, GOOD, STRONG, UNSURE, hanging, plain, style_of, styled, table, verdict, wrapped,
};

use crate::{ControlReport, Report};

/// The blocks in a table, then what stands out: what is wrong and where, why, what could not be decided,
/// and what the check could have missed. Lines are at most 90 wide, but for names that are longer.
///
/// ```
/// use finite_diff::{ParameterLayout, from_fn};
/// use gradient_check::{Settings, check};
/// let j = from_fn(2, |x: &[f64]| x[0] * x[1].sin());
/// let layout = ParameterLayout::flat("x", 2);
/// let report = check(&j, &[0.5f64.sin(), 2.0 * 0.5f64.sin()], &[2.0, 0.5], &layout, &Settings::default())?;
/// let text = report.to_string();
/// assert!(text.contains("x is wrong in 1 of 2 entries, most in x[1]"));
/// # Ok::<(), gradient_check::CheckError>(())
/// ```
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(&styled_report(self)))
    }
}

/// A line; where the judge was blind to something, what that was.
impl fmt::Display for ControlReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(&styled_control(self)))
    }
}
