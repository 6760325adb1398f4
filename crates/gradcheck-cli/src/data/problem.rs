//! What can be wrong with a table of examples, and what to do about it.
//!
//! Texts only: the place (file, line, column) belongs to the error that wraps them.

use thiserror::Error;

use crate::csv::CsvProblem;
use crate::input_error::{did_you_mean, excerpt};
use crate::source_file::FileProblem;

/// Why a table of examples can't be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TableProblem {
    /// The name is empty.
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
    /// The file can't be read.
    #[error(transparent)]
    File(#[from] FileProblem),
    /// The file is not a table.
    #[error(transparent)]
    Csv(#[from] CsvProblem),
    /// There are column names, but no examples.
    #[error("the file holds only a header line: add at least one example below it")]
    OnlyHeader,
    /// A cell is NaN, infinite, or too large for 64 bits.
    #[error("\"{}\" is not finite: replace it or remove the line", excerpt(.0))]
    NotFinite(String),
    /// The first line is neither a header nor an example.
    #[error(
        "\"{}\" is not a number, but other cells of this line are: write a number, or give --header \
         yes if this line names the columns",
        excerpt(.0)
    )]
    WordAmongNumbers(String),
    /// There is no column except the label.
    #[error("the only column is the label: add at least one column of features")]
    NoFeatures,
    /// No column has the label's name.
    #[error(
        "no column is named \"{}\"{}",
        excerpt(name),
        did_you_mean(suggestion.as_deref(), &format!("the columns are {known}"))
    )]
    UnknownLabel {
        /// The name given.
        name: String,
        /// The nearest column name.
        suggestion: Option<String>,
        /// All names, shortened.
        known: String,
    },
    /// The label is given by name, but the file has no names.
    #[error(
        "the label column is given as \"{}\", but the first line is not a header: give the column's number, or add a header",
        excerpt(.0)
    )]
    NamelessColumns(String),
    /// The label column's number is beyond the table.
    #[error("there is no column {number}: columns are counted from 1 to {columns}")]
    LabelNumber {
        /// The number given.
        number: usize,
        /// How many columns there are.
        columns: usize,
    },
    /// 0 examples were requested.
    #[error("0 examples were requested: request at least 1")]
    NoRows,
    /// More examples were requested than there are.
    #[error(
        "{asked} examples were requested, but there are only {available}: request at most {available}"
    )]
    TooFewRows {
        /// The number requested.
        asked: usize,
        /// The number available.
        available: usize,
    },
    /// A label that the task can't use.
    #[error(
        "the label is {label}, but {wanted}: correct it, choose another label column or loss, or \
         allow for more classes"
    )]
    BadLabel {
        /// The label as a number or as the text in the file.
        label: String,
        /// What the task requires.
        wanted: String,
    },
    /// The synthetic data set needs at least one feature.
    #[error("the synthetic data set needs at least 1 feature")]
    NoSyntheticFeatures,
    /// A classification has no classes.
    #[error("a classification needs at least 1 class")]
    NoClasses,
    /// More synthetic numbers than a gradient check can use.
    #[error(
        "{examples} synthetic examples of {features} features are too many: request at most {limit} numbers in all"
    )]
    TooLarge {
        /// Examples requested.
        examples: usize,
        /// Features requested.
        features: usize,
        /// The largest allowed product of the two.
        limit: usize,
    },
}
