//! The configuration file: the same options as the flags, in TOML, and how flags win over it.

use std::path::Path;

use clap::ArgMatches;
use clap::parser::ValueSource;
use thiserror::Error;

use super::NetworkOptions;
use super::again::values;
use crate::data::Source;
use crate::input_error::{Located, Place, excerpt, message};
use crate::source_file::{self, FileProblem, ReadLimit};
use crate::suggest::nearest;

/// A configuration takes a few hundred bytes; a longer file was probably given by mistake.
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
    /// The file is not UTF-8 text, or is larger than any configuration.
    #[error(
        "this is not a configuration file: give a TOML file with the names of the flags as keys, such \
         as activation = \"tanh\""
    )]
    NotText,
    /// The text is not TOML.
    #[error(
        "not valid TOML: {0}; write one `option = value` per line, such as activation = \"tanh\""
    )]
    Syntax(String),
    /// A value of the wrong kind.
    #[error("{0}")]
    Value(String),
    /// A key that is not an option.
    #[error(
        "`{}` is not an option{}; the options are {known}",
        excerpt(key),
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

/// The options of the file where they were not `given` as flags, else the flags.
///
/// # Errors
/// As [`read_config`].
pub(super) fn layered(
    flags: &NetworkOptions,
    given: &ArgMatches,
    file: &Path,
) -> Result<NetworkOptions, ConfigError> {
    let mut merged = values(&read_config(file)?);
    for (name, value) in values(flags) {
        let id = name.replace('-', "_");
        if given.value_source(&id) == Some(ValueSource::CommandLine) {
            merged.insert(name, value);
        }
    }
    serde_json::from_value(merged.into())
        .map_err(|error| Place::file(file.display().to_string()).error(problem(&error.to_string())))
}

/// Reads a configuration file; a data file it names is relative to it.
///
/// # Errors
/// [`ConfigError`], with line and column. Keys that are not options are refused, the nearest one
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
    let located = |error: toml::de::Error, problem: ConfigProblem| {
        let place = place.clone();
        match error.span() {
            Some(span) => at(text, span.start, place).error(problem),
            None => place.error(problem),
        }
    };
    if let Err(error) = text.parse::<toml::Table>() {
        let problem = ConfigProblem::Syntax(message(error.message()));
        return Err(located(error, problem));
    }
    let options: NetworkOptions = toml::from_str(text).map_err(|error| {
        let problem = problem(error.message());
        located(error, problem)
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok(NetworkOptions {
        data: relative_to(folder, options.data),
        ..options
    })
}

/// The path of a data file taken relative to `folder`. A word that is not a file there stays as it is where it
/// looks like a misspelled built-in name, so that the message is about that.
fn relative_to(folder: &Path, data: String) -> String {
    let names = || Source::BUILT_IN.iter().map(|(name, _)| *name);
    if names().any(|name| name == data) {
        return data;
    }
    let path = folder.join(&data);
    match path.exists() || nearest(&data, names()).is_none() {
        true => path.to_string_lossy().into_owned(),
        false => data,
    }
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
fn problem(said: &str) -> ConfigProblem {
    let Some(rest) = said.trim().strip_prefix("unknown field `") else {
        return ConfigProblem::Value(in_words(&message(said)));
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

/// The message with words in place of Rust's names of types.
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
