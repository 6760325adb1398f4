//! Errors in what the user named: a problem, and the place where it is.
//!
//! Every one of these is the user's to mend and ends the command with exit code 2. Invariant: knows no
//! problem in particular, neither exit codes nor colors; its text is one whole message.

use std::error::Error;
use std::fmt;

use thiserror::Error;

/// A problem in something the user named, at its place.
///
/// Displays as `place: problem`, or as the problem alone when it belongs to no file.
#[derive(Debug, Error)]
#[error("{place}{problem}")]
pub struct Located<E: Error> {
    /// Where it is.
    pub place: Box<Place>,
    /// What it is, and what to do.
    pub problem: E,
}

impl<E: Error> Located<E> {
    /// The same error, its problem as one of a wider kind.
    pub fn widen<W: Error + From<E>>(self) -> Located<W> {
        Located {
            place: self.place,
            problem: self.problem.into(),
        }
    }
}

/// Where in which file; everything may be unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The path as the user wrote it, or the name of a data set.
    pub file: Option<String>,
    /// The line, counted from 1.
    pub line: Option<u64>,
    /// The column of the table (of the text, in JSON), counted from 1.
    pub column: Option<usize>,
    /// What the header calls that column.
    pub column_name: Option<String>,
    /// The example of a data set that has no lines, counted from 0 as in `example[5]`.
    pub example: Option<usize>,
    /// The block (parameter) of a gradient.
    pub block: Option<String>,
}

impl Place {
    /// Somewhere in `file`.
    pub fn file(file: impl Into<String>) -> Self {
        Self {
            file: Some(file.into()),
            ..Self::default()
        }
    }

    /// A line of `file`, counted from 1.
    pub fn line(file: impl Into<String>, line: u64) -> Self {
        Self {
            line: Some(line),
            ..Self::file(file)
        }
    }

    /// The same place, narrowed to a column counted from 1.
    #[must_use]
    pub fn column(self, column: usize) -> Self {
        Self {
            column: Some(column),
            ..self
        }
    }

    /// The same place, narrowed to the block `name`.
    #[must_use]
    pub fn block(self, name: impl Into<String>) -> Self {
        Self {
            block: Some(name.into()),
            ..self
        }
    }

    /// The error that `problem` is here.
    pub fn error<E: Error>(self, problem: E) -> Located<E> {
        Located {
            place: Box::new(self),
            problem,
        }
    }
}

impl fmt::Display for Place {
    /// `file, line 3, column 2 (radius): `, ready for the problem to follow; empty for no place.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = self.file.iter().map(|file| printable(file)).collect();
        parts.extend(self.line.map(|line| format!("line {line}")));
        parts.extend(self.example.map(|example| format!("example[{example}]")));
        parts.extend(self.column.map(|column| match &self.column_name {
            Some(name) => format!("column {column} ({})", excerpt(name)),
            None => format!("column {column}"),
        }));
        parts.extend(
            self.block
                .as_deref()
                .map(|block| format!("block {}", excerpt(block))),
        );
        if parts.is_empty() {
            return Ok(());
        }
        write!(out, "{}: ", parts.join(", "))
    }
}

/// The start of a text from a file: one line, no control characters, of bounded length.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut shown = without_controls(text.chars().take(LONGEST));
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// `; did you mean …?`, or else the advice. The word is shown whole, since a cut one can't be pasted.
pub(crate) fn did_you_mean(suggestion: Option<&str>, advice: &str) -> String {
    match suggestion {
        Some(word) => format!("; did you mean {}?", printable(word)),
        None if advice.is_empty() => String::new(),
        None => format!(": {advice}"),
    }
}

/// `text` without what would disturb a terminal: a file may be called anything.
pub(crate) fn printable(text: &str) -> String {
    without_controls(text.chars())
}

/// Whether a character has no form of its own, and gives others another: marks of direction, joiners, line separators.
fn turns_or_hides(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Escapes what would disturb a terminal, and nothing else.
fn without_controls(text: impl Iterator<Item = char>) -> String {
    text.fold(String::new(), |mut shown, character| {
        if character.is_control() || turns_or_hides(character) {
            shown.extend(character.escape_debug());
        } else {
            shown.push(character);
        }
        shown
    })
}
