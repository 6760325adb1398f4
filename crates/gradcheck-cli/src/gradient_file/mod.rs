//! Gradients from files, and which block of one belongs to which block of the other.
//!
//! Gives plain named blocks of numbers, row-major. A value may be NaN or infinite: the checker decides
//! what that means. Invariant: knows nothing of networks, tolerances and how the files were written.

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

pub use elements::StoredAs;
pub use pair::{PairedBlock, pair};
pub use problem::GradientProblem;

use std::io::BufRead;
use std::path::Path;

use crate::gradient_file::npy::Broken;
use crate::input_error::{Located, Place};
use crate::source_file::{self, FileProblem, ReadLimit, Room, unreadable};

/// Why a gradient can't be used, and where.
pub type GradientError = Located<GradientProblem>;

/// The name of a block if its file gives it none.
pub const UNNAMED: &str = "gradient";

/// The longest name of a block, in bytes: a key may be repeated in the names of thousands of blocks.
const LONGEST_NAME: usize = 4096;

/// The derivatives with respect to one parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedBlock {
    /// The parameter's name; [`UNNAMED`] if the file has none.
    pub name: String,
    /// Its dimensions; empty for a single number.
    pub shape: Vec<usize>,
    /// The derivatives, row-major; their number is the product of the dimensions.
    pub values: Vec<f64>,
    /// The precision in which they are stored.
    pub stored: StoredAs,
}

/// The content of a file, which need not have names.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A JSON list of numbers, or of lists of numbers of any lengths.
    Lists(Vec<Vec<f64>>),
    /// Anything else.
    Blocks(Vec<NamedBlock>),
}

/// A file format, determined by the extension.
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

/// Reads the blocks of the gradient in a file, whose format is determined by its extension.
///
/// | extension | blocks |
/// |---|---|
/// | `.npy` | one, [`UNNAMED`]; floats or integers of any size and byte order, C or Fortran order |
/// | `.npz` | one per array, in the order of the archive; stored or deflated |
/// | `.safetensors` | one per tensor, sorted by name; F64, F32, F16, BF16 or integers |
/// | `.json` | a (nested) list is one block, [`UNNAMED`]; an object has one block per key, in order, and objects inside it give names such as `layer1.weight`. Besides numbers: `NaN`, `Infinity` and `-Infinity`, bare as Python writes them or as strings |
/// | `.csv` | one, [`UNNAMED`], of shape `[n]` if it is one line or one column, else lines × columns; lines that begin with `#` are skipped |
///
/// # Errors
/// If the file can't be opened, its extension is none of these, its content is anything else, or more than
/// `limit` of it would be read or kept.
pub fn read(path: &Path, limit: ReadLimit) -> Result<Vec<NamedBlock>, GradientError> {
    let (format, source, place) = open(path, limit)?;
    parse(format, source, &place, limit)
}

/// Reads the content of a file: the lists themselves if it is a JSON list of lists of numbers, otherwise as [`read`].
///
/// # Errors
/// As [`read`].
pub fn read_content(path: &Path, limit: ReadLimit) -> Result<Content, GradientError> {
    let (format, source, place) = open(path, limit)?;
    if format != Format::Json {
        return Ok(Content::Blocks(parse(format, source, &place, limit)?));
    }
    let mut room = Room::new(limit);
    let node = json::parse(&bytes(source, &place)?, &place, &mut room)?;
    Ok(match json::lists(node) {
        Ok(lists) => Content::Lists(lists),
        Err(node) => Content::Blocks(usable(json::blocks(node, &place, &mut room)?, &place)?),
    })
}

fn open(
    path: &Path,
    limit: ReadLimit,
) -> Result<(Format, source_file::Source, Place), GradientError> {
    let source = source_file::open(path, limit).map_err(Located::widen)?;
    let place = Place::file(path.display().to_string());
    match Format::of(path) {
        Ok(format) => Ok((format, source, place)),
        Err(problem) => Err(place.error(problem)),
    }
}

/// Reads the blocks from `source`; errors are at `place`.
fn parse(
    format: Format,
    mut source: impl BufRead,
    place: &Place,
    limit: ReadLimit,
) -> Result<Vec<NamedBlock>, GradientError> {
    let start = source.fill_buf().map_err(|error| broken(place, error))?;
    if start.is_empty() {
        return Err(place.clone().error(FileProblem::Empty).widen());
    }
    let room = &mut Room::new(limit);
    let blocks = match format {
        Format::Npy => match npy::block(source, UNNAMED, room) {
            Ok(block) => vec![block],
            Err(Broken::Wrong(problem)) => return Err(place.clone().error(problem)),
            Err(Broken::Off(error)) => return Err(broken(place, error)),
        },
        Format::Npz => archive::blocks(&bytes(source, place)?, place, limit, room)?,
        Format::Safetensors => tensors::blocks(&bytes(source, place)?, place, room)?,
        Format::Json => {
            let node = json::parse(&bytes(source, place)?, place, room)?;
            json::blocks(node, place, room)?
        }
        Format::Csv => vec![table::block(source, place, room)?],
    };
    usable(blocks, place)
}

/// Returns the blocks unchanged if they contain a number and each has a name of its own.
fn usable(blocks: Vec<NamedBlock>, place: &Place) -> Result<Vec<NamedBlock>, GradientError> {
    if blocks.iter().all(|block| block.values.is_empty()) {
        return Err(place.clone().error(GradientProblem::NoNumbers));
    }
    if let Some(block) = blocks.iter().find(|block| block.name.len() > LONGEST_NAME) {
        return Err(place.clone().error(GradientProblem::LongName {
            length: block.name.len(),
            start: block.name.clone(),
        }));
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

fn bytes(mut source: impl BufRead, place: &Place) -> Result<Vec<u8>, GradientError> {
    let mut bytes = Vec::new();
    source
        .read_to_end(&mut bytes)
        .map_err(|error| broken(place, error))?;
    Ok(bytes)
}

fn broken(place: &Place, error: std::io::Error) -> GradientError {
    let path = place.file.as_deref().unwrap_or_default();
    unreadable(Path::new(path), error).widen()
}
