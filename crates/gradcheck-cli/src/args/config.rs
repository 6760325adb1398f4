//! The configuration file: the same options as the flags, in TOML.

use std::path::Path;

use thiserror::Error;

use super::NetworkOptions;
use crate::input_error::{Located, Place, printable};
use crate::source_file::{self, FileProblem, ReadLimit};
use crate::suggest::nearest;

/// A configuration takes a few hundred bytes; what is longer was named by mistake.
const LONGEST: ReadLimit = ReadLimit::bytes(1 << 20);

/// A configuration file that can't be used, and where.
pub type ConfigError = Located<ConfigProblem>;

/// What is wrong with a configuration file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigProblem {
    /// The file can't be used, whatever is in it.
    #[error(transparent)]
    File(#[from] FileProblem),
    /// Bytes that are no text, or more of them than any configuration has.
    #[error(
        "this is no configuration file: give a TOML file with the names of the flags as keys, such \
         as activation = \"tanh\""
    )]
    NotText,
    /// The text is no TOML.
    #[error("no valid TOML: {0}; write one `option = value` a line, such as activation = \"tanh\"")]
    Syntax(String),
    /// A value of the wrong kind.
    #[error("{0}")]
    Value(String),
    /// A key that is no option.
    #[error(
        "`{key}` is no option{}; the options are {known}",
        suggestion.as_ref().map_or_else(String::new, |name| format!(", did you mean `{name}`?"))
    )]
    UnknownKey {
        /// The key.
        key: String,
        /// What was probably meant.
        suggestion: Option<String>,
        /// All there are.
        known: String,
    },
}

/// Reads a configuration file; a data file it names is relative to it.
///
/// # Errors
/// [`ConfigError`], with line and column. Keys that are no option are refused, the nearest one
/// suggested.
pub(crate) fn read_config(path: &Path) -> Result<NetworkOptions, ConfigError> {
    let place = Place::file(path.display().to_string());
    let bytes = match source_file::read(path, LONGEST) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.problem, FileProblem::TooLong(_)) => {
            return Err(place.error(ConfigProblem::NotText));
        }
        Err(error) => return Err(error.widen()),
    };
    let text = match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => text,
        _ => return Err(place.error(ConfigProblem::NotText)),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let options: NetworkOptions = toml::from_str(text).map_err(|error| {
        let place = match error.span() {
            Some(span) => at(text, span.start, place),
            None => place,
        };
        place.error(problem(error.message()))
    })?;
    Ok(options.relative_to(path.parent().unwrap_or(Path::new(""))))
}

/// The line and the column, counted from 1, of a byte of `text`.
fn at(text: &str, offset: usize, place: Place) -> Place {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    Place {
        line: Some(line as u64),
        ..place.column(column)
    }
}

/// The parser's message in the user's words, with a suggestion where it is about an unknown key:
/// "unknown field `x`, expected one of `a`, `b`".
fn problem(message: &str) -> ConfigProblem {
    let message = printable(&message.trim().replace('\n', " "));
    let Some(rest) = message.strip_prefix("unknown field `") else {
        let of_a_value = ["invalid type: ", "invalid value: ", "invalid length "];
        return if of_a_value.iter().any(|start| message.starts_with(start)) {
            ConfigProblem::Value(in_words(&message))
        } else {
            ConfigProblem::Syntax(message)
        };
    };
    let mut quoted = rest.split('`');
    let key = quoted.next().unwrap_or_default();
    let known: Vec<&str> = quoted.skip(1).step_by(2).collect();
    ConfigProblem::UnknownKey {
        key: key.to_owned(),
        suggestion: nearest(key, known.iter().copied()).map(str::to_owned),
        known: known.join(", "),
    }
}

/// Rust's names of types mean nothing to whoever wrote the file.
fn in_words(message: &str) -> String {
    const WORDS: [(&str, &str); 6] = [
        ("f64", "a number"),
        ("usize", "a whole number, 0 or larger"),
        ("u64", "a whole number, 0 or larger"),
        ("a nonzero usize", "a whole number above 0"),
        ("a boolean", "true or false"),
        (
            "a sequence",
            "a list of whole numbers, such as [30, 16, 8, 1]",
        ),
    ];
    let Some((found, expected)) = message.rsplit_once(", expected ") else {
        return message.to_owned();
    };
    let words = WORDS
        .iter()
        .find(|(rust, _)| *rust == expected)
        .map_or(expected, |(_, words)| words);
    format!("{found}, expected {words}")
}
