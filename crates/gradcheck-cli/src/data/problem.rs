//! What can be wrong with a table of examples, and what to do about it.
//!
//! Texts only: the place (file, line, column) is the error's around it.

use thiserror::Error;

use crate::input_error::{did_you_mean, excerpt};

/// A table of examples can't be used.
#[derive(Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum TableProblem {
    /// There are column names, but no example.
    #[error("the file holds only a header line: add at least one example below it")]
    OnlyHeader,
    /// A line is longer or shorter than the first.
    #[error(
        "{got} {} where line {first} has {expected}: give every line the same number of cells",
        if *got == 1 { "cell" } else { "cells" }
    )]
    Ragged {
        /// Cells in the first line.
        expected: usize,
        /// Cells here.
        got: usize,
        /// The line they are compared with.
        first: u64,
    },
    /// A cell that must be a number is none.
    #[error("\"{}\" is no number: write a decimal number such as -0.5 or 1e-3", excerpt(.0))]
    NotNumber(String),
    /// A cell is NaN, infinite, or too large for 64 bits.
    #[error("\"{}\" is not finite: replace it or remove the line", excerpt(.0))]
    NotFinite(String),
    /// A cell holds nothing.
    #[error("the cell is empty: fill it in or remove the line")]
    EmptyCell,
    /// Bytes that are no text.
    #[error(
        "this is no UTF-8 text (is it binary, or saved as UTF-16?): save the table as CSV in UTF-8"
    )]
    NotText,
    /// A line without an end.
    #[error("the line is longer than 64 MiB: write one example a line")]
    LongLine,
    /// More numbers than anybody checks a gradient with.
    #[error("the table has more than {limit} numbers: take the first of it with fewer --rows")]
    TooManyNumbers {
        /// The most there may be.
        limit: usize,
    },
    /// A quotation mark opens and nothing closes it on the line.
    #[error("a quotation mark is opened and not closed on this line: close it or remove it")]
    OpenQuote,
    /// Nothing is left beside the label.
    #[error("the only column is the label: add at least one column of features")]
    NoFeatures,
    /// No column bears the label's name.
    #[error(
        "no column is named \"{}\"{}",
        excerpt(name),
        did_you_mean(suggestion.as_deref(), &format!("the columns are {known}"))
    )]
    UnknownLabel {
        /// The name asked for.
        name: String,
        /// The nearest column name.
        suggestion: Option<String>,
        /// All names, shortened.
        known: String,
    },
    /// The label is given by name, but the file has no names.
    #[error(
        "the label column is given as \"{}\", but the first line is no header: give the column's number, or add a header",
        excerpt(.0)
    )]
    NamelessColumns(String),
    /// The label column's number is beyond the table.
    #[error("there is no column {number}: columns are counted from 1 to {columns}")]
    LabelNumber {
        /// The number asked for.
        number: usize,
        /// How many columns there are.
        columns: usize,
    },
    /// Zero examples were asked for.
    #[error("zero examples were asked for: ask for at least 1")]
    NoRows,
    /// More examples were asked for than there are.
    #[error(
        "{asked} examples were asked for, but there are {available}: ask for at most {available}"
    )]
    TooFewRows {
        /// As many as asked.
        asked: usize,
        /// As many as there are.
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
        /// What the task wants.
        wanted: String,
    },
    /// The synthetic data set needs at least one feature.
    #[error("the synthetic data set needs at least 1 feature")]
    NoSyntheticFeatures,
    /// A classification without classes.
    #[error("a classification needs at least 1 class")]
    NoClasses,
    /// More synthetic numbers than anybody checks a gradient with.
    #[error(
        "{examples} synthetic examples of {features} features are too many: ask for at most {limit} numbers in all"
    )]
    TooLarge {
        /// Examples asked for.
        examples: usize,
        /// Features asked for.
        features: usize,
        /// Their greatest product.
        limit: usize,
    },
}
