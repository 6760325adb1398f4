//! Tables as text: lines with their numbers, split into cells.
//!
//! Invariant: knows nothing of headers, labels and gradients.

mod cells;
mod lines;

use thiserror::Error;

use crate::input_error::excerpt;
use crate::source_file::FileProblem;

pub(crate) use cells::Delimiter;
pub(crate) use lines::Lines;

/// Why a text is not a valid table.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CsvProblem {
    /// The file can't be read.
    #[error(transparent)]
    File(#[from] FileProblem),
    /// The bytes are not text.
    #[error(
        "this is not UTF-8 text (is it binary, or saved as UTF-16?): save the table as CSV in UTF-8"
    )]
    NotText,
    /// A line is too long.
    #[error("the line is longer than 64 MiB: write one example per line")]
    LongLine,
    /// A line is longer or shorter than the first.
    #[error(
        "{got} {} where line {first} has {expected}: give every line the same number of cells",
        if *got == 1 { "cell" } else { "cells" }
    )]
    Ragged {
        /// The number of cells in the first line.
        expected: usize,
        /// The number of cells in this line.
        got: usize,
        /// The number of the first line.
        first: u64,
    },
    /// A cell that must be a number is not.
    #[error("\"{}\" is not a number: write a decimal number such as -0.5 or 1e-3", excerpt(.0))]
    NotNumber(String),
    /// A cell is empty.
    #[error("the cell is empty: fill it in or remove the line")]
    EmptyCell,
    /// A quotation mark is not closed on its line.
    #[error("a quotation mark is not closed on this line: close or remove it")]
    OpenQuote,
}
