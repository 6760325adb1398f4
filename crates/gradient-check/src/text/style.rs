//! Colors, and tables without lines.
//!
//! Invariant: knows nothing of what is shown.

use crate::Verdict;
use anstyle::{AnsiColor, Style};
use finite_diff::printable::printable;
use textwrap::core::display_width;

/// The style of what is right.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// The style of what is wrong.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// The style of what is inconclusive.
pub const UNSURE: Style = AnsiColor::Yellow.on_default();
/// The style of what should catch the eye.
pub const STRONG: Style = Style::new().bold();
/// The style of what can be skipped.
pub const FAINT: Style = Style::new().dimmed();

/// The sequences that the styles above are made of.
const SEQUENCES: [&str; 6] = [
    "\u{1b}[0m",
    "\u{1b}[1m",
    "\u{1b}[2m",
    "\u{1b}[31m",
    "\u{1b}[32m",
    "\u{1b}[33m",
];

/// `text` with everything hidden escaped but line breaks and the sequences of our own styles: the last net below the
/// functions that make sentences of others' strings.
pub fn clean(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(clean_line).collect();
    lines.join("\n")
}

/// [`clean`] for one line, whose line breaks are escaped too.
fn clean_line(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('\u{1b}') {
        let (before, from) = rest.split_at(at);
        shown.push_str(&printable(before).to_string());
        let ours = SEQUENCES.iter().find(|ours| from.starts_with(*ours));
        let length = ours.map_or(1, |ours| ours.len());
        match ours {
            Some(ours) => shown.push_str(ours),
            None => shown.push_str(&printable("\u{1b}").to_string()),
        }
        rest = &from[length..];
    }
    shown + &printable(rest).to_string()
}

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

/// How many columns a line of a report may take.
pub(super) const WIDTH: usize = 80;

/// A table without lines: a head and rows, columns from `numbers_from` on to the right.
pub fn table(head: &[&str], rows: Vec<Vec<String>>, numbers_from: usize) -> String {
    let head = head.iter().map(|cell| styled(FAINT, cell)).collect();
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    aligned(&rows, numbers_from, 2).concat()
}

/// The rows of a table as lines, indented by two, `gap` spaces between columns; columns from `numbers_from` on are aligned to
/// the right.
pub(super) fn aligned(rows: &[Vec<String>], numbers_from: usize, gap: usize) -> Vec<String> {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = display_width(cell).max(*width);
        }
    }
    let line = |row: &Vec<String>| {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            line.push_str(&" ".repeat(if column == 0 { 2 } else { gap }));
            let padding = " ".repeat(width.saturating_sub(display_width(cell)));
            match column < numbers_from {
                true => line.extend([cell.as_str(), &padding]),
                false => line.extend([padding.as_str(), cell]),
            }
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        line
    };
    rows.iter().map(line).collect()
}

/// `name` in at most `width` columns, its middle left out: `encoder.la…elf_attn.weight`.
pub(super) fn shortened(name: &str, width: usize) -> String {
    if display_width(name) <= width {
        return name.to_owned();
    }
    let chars: Vec<char> = name.chars().collect();
    (0..chars.len())
        .rev()
        .map(|kept| {
            // The end says more: `.weight`, `.bias`.
            let (head, tail) = (kept / 2, kept - kept / 2);
            let mut short: String = chars[..head].iter().collect();
            short.push('…');
            short.extend(&chars[chars.len() - tail..]);
            short
        })
        .find(|short| display_width(short) <= width)
        .unwrap_or_default()
}

/// The lines of a paragraph of this width, numbers such as 1e-8 in one piece.
pub(super) fn lines(text: &str, width: usize) -> Vec<String> {
    let options = textwrap::Options::new(width)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let lines = textwrap::wrap(text, options).into_iter();
    lines.map(std::borrow::Cow::into_owned).collect()
}

/// A paragraph at most 80 columns wide behind a lead in `style`; its further lines are indented.
pub fn hanging(style: Style, lead: &str, line: &str) -> String {
    let whole = format!("{lead} {}", clean_line(line));
    let mut text = String::new();
    for (i, part) in lines(&whole, WIDTH - 4).iter().enumerate() {
        match part.strip_prefix(lead).filter(|_| i == 0) {
            Some(rest) => text.push_str(&format!("  {}{rest}\n", styled(style, lead))),
            None => text.push_str(&format!("    {part}\n")),
        }
    }
    text
}

/// Indented by four, what does not fit into 80 columns by six, without styles.
pub(super) fn indented(line: &str) -> String {
    let parts = lines(&clean_line(line), WIDTH - 6);
    format!("    {}\n", parts.join("\n      "))
}

/// Indented by two, at most 80 columns wide, without styles.
pub(super) fn paragraph(line: &str) -> String {
    plain(&wrapped("", line))
}

/// A paragraph indented by two, at most 80 columns wide, behind a lead that stands out. What `line` holds of others'
/// strings is escaped.
pub fn wrapped(lead: &str, line: &str) -> String {
    let indent = 2 + display_width(lead);
    let mut text = String::new();
    let line = clean_line(line);
    for (i, part) in lines(&line, WIDTH.saturating_sub(indent))
        .iter()
        .enumerate()
    {
        let lead = match i {
            0 => styled(STRONG, lead),
            _ => " ".repeat(display_width(lead)),
        };
        text.push_str(&format!("  {lead}{part}\n"));
    }
    text
}
