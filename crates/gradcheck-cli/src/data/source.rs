//! Where data comes from and which column is the label, as given in one argument.
//!
//! Invariant: opens no file.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::data::{DataError, TableProblem};
use crate::input_error::Place;
use crate::suggest::nearest;

/// A source of examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Breast Cancer Wisconsin (Diagnostic): 569 examples of 30 features, labels 0 and 1.
    BreastCancer,
    /// Optical Recognition of Handwritten Digits, test part: 1797 examples of 64 features, labels 0 to 9.
    Digits,
    /// Normal features, labels from a random teacher.
    Synthetic,
    /// The user's CSV file.
    File(PathBuf),
}

impl Source {
    /// The built-in sources by name.
    pub const BUILT_IN: [(&'static str, Self); 3] = [
        ("breast-cancer", Self::BreastCancer),
        ("digits", Self::Digits),
        ("synthetic", Self::Synthetic),
    ];
}

impl FromStr for Source {
    type Err = DataError;

    /// A built-in name, or else a path (`./digits` for a file of a built-in name).
    ///
    /// # Errors
    /// A word that is not a file and resembles a built-in name. Any other missing file is reported when it
    /// is opened.
    fn from_str(word: &str) -> Result<Self, DataError> {
        if let Some((_, source)) = Self::BUILT_IN.into_iter().find(|(name, _)| *name == word) {
            return Ok(source);
        }
        let path = PathBuf::from(word);
        let names = Self::BUILT_IN.map(|(name, _)| name);
        if word.is_empty() {
            let known = names.join(", ");
            return Err(Place::default().error(TableProblem::NoName { known }));
        }
        match nearest(word, names) {
            Some(suggestion) if !path.exists() => {
                Err(Place::file(word).error(TableProblem::UnknownDataset {
                    known: names.join(", "),
                    suggestion: suggestion.to_owned(),
                }))
            }
            _ => Ok(Self::File(path)),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BreastCancer => out.write_str("breast-cancer"),
            Self::Digits => out.write_str("digits"),
            Self::Synthetic => out.write_str("synthetic"),
            Self::File(path) => write!(out, "{}", path.display()),
        }
    }
}

/// Which column of a file is the label.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LabelColumn {
    /// The last column.
    #[default]
    Last,
    /// The column of this name in the header.
    Name(String),
    /// The column of this number, counted from 1.
    Number(usize),
}

impl FromStr for LabelColumn {
    type Err = Infallible;

    /// `last`, a number, or else a name.
    fn from_str(word: &str) -> Result<Self, Infallible> {
        Ok(match word.parse() {
            _ if word == "last" => Self::Last,
            Ok(number) => Self::Number(number),
            Err(_) => Self::Name(word.to_owned()),
        })
    }
}
