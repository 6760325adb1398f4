//! Gradients from files, and which block of one belongs to which block of the other.
//!
//! Gives plain named blocks of numbers, row-major. A value may be NaN or infinite: what that means is
//! the judge's to say. Refuses to know networks, tolerances and how the files came to be.

mod archive;
mod elements;
mod json;
mod npy;
mod npy_header;
mod pair;
mod problem;
mod table;
mod tensors;
#[cfg(test)]
mod tests;

pub use pair::{PairedBlock, pair};
pub use problem::GradientProblem;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::input_error::{Located, Place};
use crate::source_file::{FileProblem, unreadable};

/// A gradient that can't be used, and where.
pub type GradientError = Located<GradientProblem>;

/// What a block is called if its file gives it no name.
pub const UNNAMED: &str = "gradient";

/// The derivatives by one parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedBlock {
    /// The parameter's name; [`UNNAMED`] where the file has none.
    pub name: String,
    /// Its dimensions; empty for a single number.
    pub shape: Vec<usize>,
    /// The derivatives, row-major; as many as the product of the dimensions.
    pub values: Vec<f64>,
}

/// A file format, told by the extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Npy,
    Npz,
    Safetensors,
    Json,
    Csv,
}

impl Format {
    const ALL: [(&'static str, Self); 5] = [
        ("npy", Self::Npy),
        ("npz", Self::Npz),
        ("safetensors", Self::Safetensors),
        ("json", Self::Json),
        ("csv", Self::Csv),
    ];

    fn of(path: &Path) -> Result<Self, GradientProblem> {
        let extension = path
            .extension()
            .map(|extension| extension.to_string_lossy().into_owned());
        let lower = extension.as_ref().map(|extension| extension.to_lowercase());
        match Self::ALL
            .iter()
            .find(|(known, _)| lower.as_deref() == Some(known))
        {
            Some(&(_, format)) => Ok(format),
            None => Err(GradientProblem::UnknownFormat(extension)),
        }
    }
}

/// The blocks of the gradient in a file, whose format its extension tells.
///
/// | extension | blocks |
/// |---|---|
/// | `.npy` | one, [`UNNAMED`]; floats or integers of any size and byte order, C or Fortran order |
/// | `.npz` | one an array, in the order of the archive; stored or deflated |
/// | `.safetensors` | one a tensor, sorted by name; F64, F32, F16, BF16 or integers |
/// | `.json` | a (nested) list is one block, [`UNNAMED`]; an object has one block a key, in order, and objects inside it give names such as `layer1.weight`. Besides numbers: `NaN`, `Infinity` and `-Infinity`, bare as Python writes them or as strings |
/// | `.csv` | one, [`UNNAMED`], of shape `[n]` if it is one line or one column, else lines × columns; lines that begin with `#` are skipped |
///
/// # Errors
/// When the file can't be opened, its extension is none of these, or its content is anything else.
pub fn read(path: &Path) -> Result<Vec<NamedBlock>, GradientError> {
    let mut file = File::open(path).map_err(|error| unreadable(path, error).widen())?;
    let place = Place::file(path.display().to_string());
    if path.is_dir() {
        return Err(place.error(FileProblem::Directory).widen());
    }
    let format = Format::of(path).map_err(|problem| place.clone().error(problem))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, error).widen())?;
    parse(format, &bytes, &place)
}

/// The blocks in `bytes`; errors are at `place`.
fn parse(format: Format, bytes: &[u8], place: &Place) -> Result<Vec<NamedBlock>, GradientError> {
    if bytes.is_empty() {
        return Err(place.clone().error(FileProblem::Empty).widen());
    }
    let blocks = match format {
        Format::Npy => vec![npy::block(bytes, UNNAMED, place)?],
        Format::Npz => archive::blocks(bytes, place)?,
        Format::Safetensors => tensors::blocks(bytes, place)?,
        Format::Json => json::blocks(bytes, place)?,
        Format::Csv => vec![table::block(bytes, place)?],
    };
    if blocks.iter().all(|block| block.values.is_empty()) {
        return Err(place.clone().error(GradientProblem::NoNumbers));
    }
    let mut names: Vec<&str> = blocks.iter().map(|block| block.name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(place
            .clone()
            .block(pair[0])
            .error(GradientProblem::Duplicate)),
        None => Ok(blocks),
    }
}
