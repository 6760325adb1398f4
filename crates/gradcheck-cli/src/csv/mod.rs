//! Tables as text: lines with their numbers, split into cells.
//!
//! Invariant: knows no header, no label and no gradient.

mod cells;
mod lines;

use thiserror::Error;

use crate::input_error::excerpt;
use crate::source_file::FileProblem;

pub(crate) use cells::Delimiter;
pub(crate) use lines::Lines;

/// A text that is no table.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CsvProblem {
    /// The file can't be read.
    #[error(transparent)]
    File(#[from] FileProblem),
    /// Bytes that are no text.
    #[error(
        "this is no UTF-8 text (is it binary, or saved as UTF-16?): save the table as CSV in UTF-8"
    )]
    NotText,
    /// A line without an end.
    #[error("the line is longer than 64 MiB: write one example a line")]
    LongLine,
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
    /// A cell holds nothing.
    #[error("the cell is empty: fill it in or remove the line")]
    EmptyCell,
    /// A quotation mark opens and nothing closes it on the line.
    #[error("a quotation mark is opened and not closed on this line: close it or remove it")]
    OpenQuote,
}
