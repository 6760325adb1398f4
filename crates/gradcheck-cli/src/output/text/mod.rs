//! Results for people: what the commands add around the text of a report, which is the judge's own.
//!
//! Invariant: reads reports and knows nothing of how they came about. Styles are always written; where the text goes
//! decides whether they stay.

mod model;
mod network;
mod onset;

pub use gradient_check::text::{
    BAD, FAINT, GOOD, STRONG, UNSURE, derivative, extents, plural, scientific, seconds, short,
    short_report, style_of, styled, table, thousands, verdict,
};
pub use model::{model, short_model};
pub use network::{network, short_network};

use gradient_check::Report;
use gradient_check::text::{styled_report, styled_summary};

/// How much of a result a person gets to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What fits a screen where all is right.
    Summary,
    /// All of it.
    Full,
}

/// A report, without the table of its blocks where a summary is asked for and all of them agree.
pub fn report(report: &Report, detail: Detail) -> String {
    match detail {
        Detail::Summary => styled_summary(report),
        Detail::Full => styled_report(report),
    }
}

/// What was checked, in lines: its parts, with ` · ` between them, as many side by side as a terminal has room for.
pub fn heading(parts: &[String]) -> String {
    const WIDTH: usize = 80;
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 3 + part.chars().count() <= WIDTH => {
                line.push_str(" · ");
                line.push_str(part);
            }
            _ => lines.push(part.clone()),
        }
    }
    let line = |line: &String| format!("{}\n", styled(STRONG, line));
    lines.iter().map(line).collect()
}
