//! What can be wrong with a gradient file or a pair of them, and what to do about it.
//!
//! Texts only: the place (file, line, block) is the error's around it.

use thiserror::Error;

use crate::csv::CsvProblem;
use crate::gradient_file::LONGEST_NAME;
use crate::input_error::excerpt;
use crate::source_file::FileProblem;

/// A gradient, or a pair of them, can't be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GradientProblem {
    /// The file can't be used, whatever is in it.
    #[error(transparent)]
    File(#[from] FileProblem),
    /// It is no table.
    #[error(transparent)]
    Csv(#[from] CsvProblem),
    /// No reader for files of this extension (without the dot), or there is none.
    #[error(
        "{} no known gradient format: use .npy, .npz, .safetensors, .json or .csv",
        match .0 {
            Some(extension) => format!("\".{}\" is", excerpt(extension)),
            None => "a name without an extension tells".to_owned(),
        }
    )]
    UnknownFormat(Option<String>),
    /// The bytes aren't what the extension says.
    #[error("this is no valid {format} file ({detail}): write it again")]
    Corrupt {
        /// The format by its extension.
        format: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// There are fewer, or more, bytes than the header says.
    #[error(
        "the header says that {claimed} bytes of numbers follow, but {found} do: \
         the file is cut off or corrupt, write it again"
    )]
    WrongSize {
        /// What the header says, in words if it is beyond counting.
        claimed: String,
        /// Bytes there are.
        found: u64,
    },
    /// The numbers are of a kind that gives no real gradient.
    #[error("numbers of type {} are not supported: save them as 64-bit floats", excerpt(.0))]
    UnsupportedType(String),
    /// The numbers have a type that lost its name.
    #[error(
        "numbers of type {} are bytes of a type without its name, which may be bfloat16: save them as 64-bit \
         floats, or as .safetensors",
        excerpt(.0)
    )]
    NamelessType(String),
    /// An array of records.
    #[error("a structured array is not supported: save each of its fields as an array of its own")]
    Structured,
    /// A key of the file's own header or of an object that stands there twice.
    #[error("the key \"{}\" stands there twice: write each once", excerpt(.0))]
    KeyTwice(String),
    /// A name that nobody gave.
    #[error(
        "a block has a name of {length} bytes, which begins with {}: give names of at most {LONGEST_NAME}",
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
    /// No number at all.
    #[error("the file holds no number: check that whatever wrote it had finished")]
    NoNumbers,
    /// Two blocks have the same name.
    #[error("two blocks have this name: give every block its own")]
    Duplicate,
    /// The text is no JSON, or JSON of something else than numbers.
    #[error("{0}: a gradient is a list of numbers, or an object that has lists by name")]
    Json(String),
    /// Lists of different lengths on one level.
    #[error(
        "the list at {at} has {got} {} where the first has {expected}: make them equally long",
        if *got == 1 { "entry" } else { "entries" }
    )]
    RaggedList {
        /// Indices of the list, such as `[2]`.
        at: String,
        /// The first one's length.
        expected: usize,
        /// This one's length.
        got: usize,
    },
    /// Numbers, lists and objects on one level.
    #[error(
        "the entry at {at} is {got} where {expected} belongs: give all entries of a list one shape"
    )]
    MixedList {
        /// Indices of the entry, such as `[2, 0]`.
        at: String,
        /// What its neighbors are.
        expected: &'static str,
        /// What it is.
        got: &'static str,
    },
    /// One side has a block and the other hasn't.
    #[error(
        "the {has} gradient has a block \"{}\" of length {length}, and the {lacks} one has only {known}: \
         give both the same blocks by the same names",
        excerpt(name)
    )]
    MissingBlock {
        /// The block's name.
        name: String,
        /// Its length.
        length: usize,
        /// The side that has it.
        has: &'static str,
        /// The side that hasn't.
        lacks: &'static str,
        /// The blocks of that side with their lengths, shortened.
        known: String,
    },
    /// The same block has different shapes.
    #[error(
        "the analytic gradient has shape {analytic:?} ({}), the numeric one {numeric:?} ({}): \
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
    /// A gradient without a block.
    #[error("the {0} gradient has no block: give at least one")]
    NoBlocks(&'static str),
}

impl GradientProblem {
    /// A file that is not what its extension says.
    pub(super) fn corrupt(format: &'static str, detail: impl Into<String>) -> Self {
        Self::Corrupt {
            format,
            detail: detail.into(),
        }
    }
}

/// How many numbers a shape holds, in words.
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
