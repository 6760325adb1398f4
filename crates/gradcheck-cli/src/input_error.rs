//! Why something the user named can't be used: what, where, and what to do about it.
//!
//! Every one of these is the user's to mend and ends the command with exit code 2. The error knows
//! neither exit codes nor colors; its text is one whole message.

use std::fmt;
use std::io;
use std::path::Path;

use gradient_check::text::printable;
use thiserror::Error;

use crate::args::ConfigProblem;
use crate::data::TableProblem;
use crate::gradient_file::GradientProblem;
use crate::suggest::nearest_file;

/// Something the user named can't be used.
///
/// Displays as `place: problem`, or as the problem alone when it belongs to no file: one line, in which what a file holds is
/// escaped.
#[derive(Debug, Error)]
#[error("{}", printable(&format!("{place}{problem}")))]
pub struct InputError {
    /// Where it is.
    pub place: Box<Place>,
    /// What it is, and what to do.
    pub problem: Box<Problem>,
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

/// What is wrong.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Problem {
    /// The path leads nowhere.
    #[error("no such file{}", did_you_mean(suggestion.as_deref(), "check the path"))]
    NotFound {
        /// A file beside it with nearly that name.
        suggestion: Option<String>,
    },
    /// Nothing stands where a name should.
    #[error("the name of the data is empty: give {known}, or the path of a CSV file")]
    NoName {
        /// The built-in names.
        known: String,
    },
    /// Neither a file nor a built-in data set.
    #[error(
        "no such data set and no such file: the data sets are {known}{}",
        did_you_mean(Some(suggestion), "")
    )]
    UnknownDataset {
        /// The built-in names.
        known: String,
        /// The one that was probably meant.
        suggestion: String,
    },
    /// The path leads to a directory.
    #[error("this is a directory: name a file in it")]
    Directory,
    /// The system refuses to hand out the bytes.
    #[error("can't be read ({0}): check its permissions and the disk")]
    Unreadable(io::Error),
    /// No byte, or nothing but blanks.
    #[error("the file is empty: check that whatever wrote it had finished")]
    Empty,
    /// A table of examples can't be used.
    #[error(transparent)]
    Table(#[from] TableProblem),
    /// A gradient can't be used.
    #[error(transparent)]
    Gradient(#[from] GradientProblem),
    /// A configuration can't be used.
    #[error(transparent)]
    Config(#[from] ConfigProblem),
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
    pub fn error(self, problem: impl Into<Problem>) -> InputError {
        InputError {
            place: Box::new(self),
            problem: Box::new(problem.into()),
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

/// Why opening or reading `path` failed, in the user's words.
pub(crate) fn unreadable(path: &Path, error: io::Error) -> InputError {
    let problem = match error.kind() {
        io::ErrorKind::NotFound => Problem::NotFound {
            suggestion: nearest_file(path),
        },
        io::ErrorKind::IsADirectory => Problem::Directory,
        _ if path.is_dir() => Problem::Directory,
        _ => Problem::Unreadable(error),
    };
    Place::file(path.display().to_string()).error(problem)
}

/// The start of a text from elsewhere: one line, no hidden characters, of bounded length.
pub(crate) fn excerpt(text: &str) -> String {
    beginning(text, 40)
}

/// The name of a model, which may be a sentence.
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

/// A path fit to be shown: a file may be called anything.
pub(crate) fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy()).to_string()
}

/// `; did you mean …?`, or else the advice. The word is shown whole, since a cut one can't be pasted.
pub(crate) fn did_you_mean(suggestion: Option<&str>, advice: &str) -> String {
    match suggestion {
        Some(word) => format!("; did you mean {}?", printable(word)),
        None if advice.is_empty() => String::new(),
        None => format!(": {advice}"),
    }
}
