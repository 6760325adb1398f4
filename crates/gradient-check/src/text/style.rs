//! Colors, and tables without lines.
//!
//! Refuses to know what is shown.

use crate::Verdict;
use anstyle::{AnsiColor, Style};
use finite_diff::printable::printable;
use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Modify, Padding, Style as TableStyle};

/// What is right.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// What is wrong.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// What is undecided.
pub const UNSURE: Style = AnsiColor::Yellow.on_default();
/// What leads the eye.
pub const STRONG: Style = Style::new().bold();
/// What can be skipped.
pub const FAINT: Style = Style::new().dimmed();

/// `text` in `style`.
pub fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// `text` without its styles.
pub fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// The style of a verdict.
pub fn style_of(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Agree => GOOD,
        Verdict::Disagree => BAD,
        Verdict::Inconclusive(_) => UNSURE,
    }
}

/// A verdict in its color.
pub fn verdict(verdict: Verdict) -> String {
    styled(style_of(verdict), verdict)
}

/// A table without lines: a head and rows, columns from `numbers_from` on to the right.
pub fn table(head: &[&str], rows: Vec<Vec<String>>, numbers_from: usize) -> String {
    let mut builder = Builder::default();
    builder.push_record(head.iter().map(|cell| styled(FAINT, cell)));
    for row in rows {
        builder.push_record(row);
    }
    let mut table = builder.build();
    table
        .with(TableStyle::empty())
        .with(Padding::new(2, 0, 0, 0));
    table.with(Modify::new(Columns::new(numbers_from..)).with(Alignment::right()));
    let mut text = String::new();
    for line in table.to_string().lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A paragraph at most 80 wide behind a lead in `style`; its further lines stand in. What `line` holds of others'
/// strings is escaped.
pub fn hanging(style: Style, lead: &str, line: &str) -> String {
    let whole = format!("{lead} {}", printable(line));
    let mut text = String::new();
    for (i, part) in textwrap::wrap(&whole, 76).iter().enumerate() {
        match part.strip_prefix(lead).filter(|_| i == 0) {
            Some(rest) => text.push_str(&format!("  {}{rest}\n", styled(style, lead))),
            None => text.push_str(&format!("    {part}\n")),
        }
    }
    text
}

/// Indented by two, at most 80 wide, without styles.
pub(super) fn paragraph(line: &str) -> String {
    plain(&wrapped("", line))
}

/// Indented by two, at most 80 wide, with a word before that stands out. What `line` holds of others' strings is
/// escaped.
pub fn wrapped(lead: &str, line: &str) -> String {
    const WIDTH: usize = 80;
    let indent = 2 + lead.chars().count();
    let mut text = String::new();
    let line = printable(line).to_string();
    for (i, part) in textwrap::wrap(&line, WIDTH - indent).iter().enumerate() {
        let lead = match i {
            0 => styled(STRONG, lead),
            _ => " ".repeat(lead.chars().count()),
        };
        text.push_str(&format!("  {lead}{part}\n"));
    }
    text
}
