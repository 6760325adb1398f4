//! Errors in what the user named: a problem, and the place where it is.
//!
//! Every one of these can be corrected by the user and ends the command with exit code 2. Invariant: knows nothing of
//! particular problems, exit codes and colors; its text is one complete message.

use std::error::Error;
use std::fmt;
use std::path::Path;

use gradient_check::text::printable;
use thiserror::Error;

/// A problem in something the user named, at its place.
///
/// Displays as `place: problem`, or as the problem alone if it belongs to no file: one line, in which text from the file
/// is escaped.
#[derive(Debug, Error)]
#[error("{}", printable(&format!("{place}{problem}")))]
pub struct Located<E: Error> {
    /// The place of the problem.
    pub place: Box<Place>,
    /// What is wrong, and what to do.
    pub problem: E,
}

impl<E: Error> Located<E> {
    /// This error, with its problem converted into one of a wider type.
    pub fn widen<W: Error + From<E>>(self) -> Located<W> {
        Located {
            place: self.place,
            problem: self.problem.into(),
        }
    }
}

/// A place in a file; every part may be unknown.
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

    /// This place, narrowed to a column counted from 1.
    #[must_use]
    pub fn column(self, column: usize) -> Self {
        Self {
            column: Some(column),
            ..self
        }
    }

    /// This place, narrowed to the block `name`.
    #[must_use]
    pub fn block(self, name: impl Into<String>) -> Self {
        Self {
            block: Some(name.into()),
            ..self
        }
    }

    /// The error of `problem` at this place.
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
        let mut parts: Vec<String> = self
            .file
            .iter()
            .map(|file| printable(file).to_string())
            .collect();
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

/// The start of an untrusted text: one line, no hidden characters, of bounded length.
pub(crate) fn excerpt(text: &str) -> String {
    beginning(text, 40)
}

/// The name of a model, which may be arbitrarily long.
pub(crate) fn model_name(name: &str) -> String {
    beginning(name, 80)
}

fn beginning(text: &str, longest: usize) -> String {
    let mut shown: String = text.chars().take(longest).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    printable(&shown).to_string()
}

/// The message of a parser, which may quote what it read at any length: one line, of which the middle is left out
/// where it is long. Its end often says what was expected.
pub(crate) fn message(text: &str) -> String {
    /// Of each end.
    const SHOWN: usize = 200;
    let text = text.trim().replace('\n', " ");
    let ends = |shown| {
        let (start, _) = text.char_indices().nth(shown)?;
        let (end, _) = text.char_indices().nth_back(shown - 1)?;
        (start < end).then(|| format!("{} … {}", &text[..start], &text[end..]))
    };
    printable(&ends(SHOWN).unwrap_or(text)).to_string()
}

/// A path, safe to print: a file name may contain any character.
pub(crate) fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy()).to_string()
}

/// `; did you mean …?`, or else the advice. The word is shown in full, since a shortened one can't be pasted.
pub(crate) fn did_you_mean(suggestion: Option<&str>, advice: &str) -> String {
    match suggestion {
        Some(word) => format!("; did you mean {}?", printable(word)),
        None if advice.is_empty() => String::new(),
        None => format!(": {advice}"),
    }
}
