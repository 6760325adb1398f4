//! What can be wrong with a gradient file or a pair of them, and what to do about it.
//!
//! Texts only: the place (file, line, block) belongs to the error that wraps them.

use thiserror::Error;

use crate::csv::CsvProblem;
use crate::gradient_file::LONGEST_NAME;
use crate::input_error::excerpt;
use crate::source_file::FileProblem;

/// Why a gradient, or a pair of them, can't be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GradientProblem {
    /// The file can't be read.
    #[error(transparent)]
    File(#[from] FileProblem),
    /// The file is not a table.
    #[error(transparent)]
    Csv(#[from] CsvProblem),
    /// There is no reader for files of this extension (without the dot), or there is no extension.
    #[error(
        "{} not a known gradient format: use .npy, .npz, .safetensors, .json or .csv",
        match .0 {
            Some(extension) => format!("\".{}\" is", excerpt(extension)),
            None => "a file name without an extension is".to_owned(),
        }
    )]
    UnknownFormat(Option<String>),
    /// The bytes are not in the format of the extension.
    #[error("this is not a valid {format} file ({detail}): write it again")]
    Corrupt {
        /// The format by its extension.
        format: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// There are fewer, or more, bytes than the header declares.
    #[error(
        "the header declares {claimed} bytes of numbers, but {found} follow: \
         the file is truncated or corrupt; write it again"
    )]
    WrongSize {
        /// What the header declares, as text because it may overflow.
        claimed: String,
        /// The number of bytes in the file after the header.
        found: u64,
    },
    /// The numbers are of a type that can't hold a real gradient.
    #[error("numbers of type {} are not supported: save them as 64-bit floats", excerpt(.0))]
    UnsupportedType(String),
    /// The numbers have a type whose name was lost.
    #[error(
        "numbers of type {} are raw bytes whose type name was lost, possibly bfloat16: save them as 64-bit \
         floats, or as .safetensors",
        excerpt(.0)
    )]
    NamelessType(String),
    /// An array of records.
    #[error("a structured array is not supported: save each of its fields as an array of its own")]
    Structured,
    /// A key of the file's header or of an object that occurs twice.
    #[error("the key \"{}\" occurs twice: write each key once", excerpt(.0))]
    KeyTwice(String),
    /// A block name that is too long.
    #[error(
        "a block name, which begins with {}, is {length} bytes long: use names of at most {LONGEST_NAME}",
        excerpt(start)
    )]
    LongName {
        /// Its length.
        length: usize,
        /// Its start, or all of it.
        start: String,
    },
    /// The archive uses something that NumPy doesn't.
    #[error("{0} is not supported: write the archive with numpy.savez or numpy.savez_compressed")]
    UnsupportedArchive(&'static str),
    /// The file contains no numbers.
    #[error("the file contains no numbers: check that the program that wrote it has finished")]
    NoNumbers,
    /// Two blocks have the same name.
    #[error("two blocks have this name: give every block its own")]
    Duplicate,
    /// The text is not JSON, or JSON of something other than numbers.
    #[error("{0}: a gradient is a list of numbers, or an object of named lists")]
    Json(String),
    /// Lists of different lengths on one level.
    #[error(
        "the list at {at} has {got} {}, but the first has {expected}: make them equally long",
        if *got == 1 { "entry" } else { "entries" }
    )]
    RaggedList {
        /// Indices of the list, such as `[2]`.
        at: String,
        /// The length of the first list on its level.
        expected: usize,
        /// The length of the list.
        got: usize,
    },
    /// Numbers, lists and objects on one level.
    #[error(
        "the entry at {at} is {got}, but {expected} is expected: give all entries of a list the same shape"
    )]
    MixedList {
        /// Indices of the entry, such as `[2, 0]`.
        at: String,
        /// What its neighbors are.
        expected: &'static str,
        /// What the entry is.
        got: &'static str,
    },
    /// One gradient has a block that the other lacks.
    #[error(
        "the {has} gradient has a block \"{}\" of length {length}, but the {lacks} one has only {known}: \
         give both the same blocks with the same names",
        excerpt(name)
    )]
    MissingBlock {
        /// The block's name.
        name: String,
        /// Its length.
        length: usize,
        /// The side that has the block.
        has: &'static str,
        /// The side that lacks it.
        lacks: &'static str,
        /// The blocks of that side with their lengths, shortened.
        known: String,
    },
    /// A block has different shapes in the two gradients.
    #[error(
        "the analytic gradient has shape {analytic:?} ({}), but the numeric one has {numeric:?} ({}): \
         write both with the same shape",
        numbers(analytic),
        numbers(numeric)
    )]
    ShapeMismatch {
        /// The analytic side's shape.
        analytic: Vec<usize>,
        /// The numeric side's shape.
        numeric: Vec<usize>,
    },
    /// A gradient has no blocks.
    #[error("the {0} gradient has no block: give at least one")]
    NoBlocks(&'static str),
}

impl GradientProblem {
    /// The error for a file that is not in the format of its extension.
    pub(super) fn corrupt(format: &'static str, detail: impl Into<String>) -> Self {
        Self::Corrupt {
            format,
            detail: detail.into(),
        }
    }
}

/// How many numbers a shape holds, as text.
fn numbers(shape: &[usize]) -> String {
    match shape
        .iter()
        .try_fold(1_usize, |product, &size| product.checked_mul(size))
    {
        Some(1) => "1 number".to_owned(),
        Some(count) => format!("{count} numbers"),
        None => "too many numbers".to_owned(),
    }
}
