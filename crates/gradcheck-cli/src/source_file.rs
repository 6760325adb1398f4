//! Files that the user names.
//!
//! Invariant: knows no format.

use std::io;
use std::path::Path;

use thiserror::Error;

use crate::input_error::{Located, Place, did_you_mean};
use crate::suggest::nearest_file;

/// A file that can't be used, whatever should be in it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileProblem {
    /// The path leads nowhere.
    #[error("no such file{}", did_you_mean(suggestion.as_deref(), "check the path"))]
    NotFound {
        /// A file beside it with nearly that name.
        suggestion: Option<String>,
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
}

/// Why opening or reading `path` failed, in the user's words.
pub(crate) fn unreadable(path: &Path, error: io::Error) -> Located<FileProblem> {
    let problem = match error.kind() {
        io::ErrorKind::NotFound => FileProblem::NotFound {
            suggestion: nearest_file(path),
        },
        io::ErrorKind::IsADirectory => FileProblem::Directory,
        _ if path.is_dir() => FileProblem::Directory,
        _ => FileProblem::Unreadable(error),
    };
    Place::file(path.display().to_string()).error(problem)
}
