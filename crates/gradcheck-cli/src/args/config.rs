//! The configuration file: the same options as the flags, in TOML.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::NetworkOptions;
use crate::suggest::nearest;

/// Why a configuration file can't be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum ConfigError {
    /// It could not be read.
    #[error("{}: can't be read as a configuration file: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no TOML, or says something nobody understands.
    #[error("{}{place}: {problem}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// `, line 3, column 1` where known.
        place: String,
        /// What is wrong, and what was probably meant.
        problem: String,
    },
}

/// Reads a configuration file; a data file it names is relative to it.
///
/// # Errors
/// [`ConfigError`], with line and column. Keys that are no option are refused, the nearest one
/// suggested.
pub(crate) fn read_config(path: &Path) -> Result<NetworkOptions, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let options: NetworkOptions = toml::from_str(&text).map_err(|error| ConfigError::Invalid {
        path: path.to_owned(),
        place: error
            .span()
            .map_or_else(String::new, |span| place(&text, span.start)),
        problem: problem(error.message()),
    })?;
    Ok(options.relative_to(path.parent().unwrap_or(Path::new(""))))
}

fn place(text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    format!(", line {line}, column {column}")
}

/// The parser's message, with a suggestion where it is about an unknown key: "unknown field `x`,
/// expected one of `a`, `b`".
fn problem(message: &str) -> String {
    let message = message.trim();
    let Some(rest) = message.strip_prefix("unknown field `") else {
        return message.to_owned();
    };
    let mut quoted = rest.split('`');
    let Some(word) = quoted.next() else {
        return message.to_owned();
    };
    let known: Vec<&str> = quoted.skip(1).step_by(2).collect();
    let suggestion = nearest(word, known.iter().copied())
        .map_or_else(String::new, |name| format!(", did you mean `{name}`?"));
    format!(
        "`{word}` is no option{suggestion}; the options are {}",
        known.join(", ")
    )
}
