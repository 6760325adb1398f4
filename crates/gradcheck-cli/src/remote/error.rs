//! The errors of a model check: what is wrong, where, and what to do.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use finite_diff::domain::DomainError;
use finite_diff::{DifferenceError, EvaluationError, ParameterLayout};
use gradient_check::CheckError;
use gradient_check::text::{plural, printable};
use thiserror::Error;
use um_bridge::{Problem, SpawnError};

use super::ModelOptions;
use crate::gradient_file::GradientError;
use crate::input_error::{Located, Place, excerpt, model_name, shown};
use crate::source_file::FileProblem;

/// Why a model can't be checked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The run was interrupted before anything was measured.
    #[error("interrupted before there were any results")]
    Interrupted,
    /// The configuration can't be read.
    #[error("{0}; --config takes a JSON object, or the name of a file with one")]
    ConfigFile(#[from] Located<FileProblem>),
    /// A key of the configuration occurs twice.
    #[error(
        "{}: the key \"{}\" occurs twice: write each key once",
        printable(place),
        excerpt(key)
    )]
    ConfigKeyTwice {
        /// Where it stands.
        place: String,
        /// The key.
        key: String,
    },
    /// The configuration is not JSON.
    #[error("{}: this is not valid JSON: {source}", printable(place))]
    ConfigJson {
        /// Where it stands.
        place: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The configuration is JSON, but not an object.
    #[error(
        "{}: the configuration of a model is a JSON object, such as {{\"vtk_output\": false}}",
        printable(place)
    )]
    ConfigKind {
        /// Where it stands.
        place: String,
    },
    /// The file with the point can't be read.
    #[error(transparent)]
    File(#[from] GradientError),
    /// The point is not a list of lists of numbers.
    #[error(
        "{place}{what}: a point is a JSON list with one list of finite numbers for each input, such as [[0.5, -1.0], [2.0]]"
    )]
    PointJson {
        /// Where in the file.
        place: Box<Place>,
        /// What is there.
        what: String,
    },
    /// The number of lists differs from the number of inputs.
    #[error(
        "{}: it has {}, but the model has {}, {expected}: give one list of numbers for each input",
        shown(path), plural(*got, "list"), plural(*inputs, "input")
    )]
    PointCount {
        /// The file.
        path: PathBuf,
        /// The inputs in short form.
        expected: String,
        /// The number of inputs.
        inputs: usize,
        /// The number of lists.
        got: usize,
    },
    /// The file lacks a block.
    #[error(
        "{}: it has no `{}`, but it has {}: name every input as its --block does",
        shown(path),
        printable(block),
        listed(holds)
    )]
    PointBlock {
        /// The file.
        path: PathBuf,
        /// The block.
        block: String,
        /// The names of the blocks in the file.
        holds: Vec<String>,
    },
    /// A block doesn't have the length of its input.
    #[error(
        "{}: `{}` has {}, but that input of the model has {expected}: give it the length of the input",
        shown(path), printable(block), plural(*got, "number")
    )]
    PointLength {
        /// The file.
        path: PathBuf,
        /// The block.
        block: String,
        /// The length of the model's input.
        expected: usize,
        /// The length of the block in the file.
        got: usize,
    },
    /// A number is not finite.
    #[error(
        "{}: {coordinate} is {value}: give a point of finite numbers",
        shown(path)
    )]
    PointNotFinite {
        /// The file.
        path: PathBuf,
        /// The coordinate.
        coordinate: String,
        /// The number.
        value: f64,
    },
    /// The blocks don't fit the model's inputs.
    #[error(
        "the blocks {blocks} have {got} numbers, but the inputs of `{}` have {expected}: give one --block for each input, in order",
        model_name(model)
    )]
    Blocks {
        /// The model.
        model: String,
        /// The blocks as given.
        blocks: String,
        /// The lengths of the blocks.
        got: String,
        /// The lengths of the model's inputs.
        expected: String,
    },
    /// Bounds or --fixed name something that is not an input.
    #[error(
        "there is no input or entry `{}` among {layout}: name an input, or one entry of it such as W1[2,3]",
        printable(place)
    )]
    NoSuchPlace {
        /// The place as given.
        place: String,
        /// The inputs in short form.
        layout: String,
    },
    /// Several bounds of one coordinate exclude each other.
    #[error(
        "{} leaves no value for {coordinate}, whose other bounds exclude that range: give bounds that overlap",
        printable(bounds)
    )]
    NoRoom {
        /// The last of the bounds.
        bounds: String,
        /// The coordinate.
        coordinate: String,
    },
    /// Two blocks of one name, or one too large.
    #[error(transparent)]
    Layout(#[from] finite_diff::layout::LayoutError),
    /// The model has no inputs or no outputs.
    #[error(
        "the model `{}` has {what}: there is nothing to differentiate",
        model_name(model)
    )]
    Nothing {
        /// The model.
        model: String,
        /// What it lacks.
        what: &'static str,
    },
    /// The objective does not fit the model.
    #[error("{0}")]
    Shape(String),
    /// The model does not support Evaluate.
    #[error(
        "the model `{}` does not support Evaluate, without which its derivatives can't be checked",
        model_name(model)
    )]
    NoEvaluate {
        /// The model.
        model: String,
    },
    /// The model failed before anything was measured.
    #[error("{0}")]
    Failed(String),
    /// The server could not be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// The model is larger than the limit.
    #[error("{0} with --max-size")]
    Oversize(um_bridge::Error),
    /// The model could not be used.
    #[error(transparent)]
    Bridge(um_bridge::Error),
    /// The check could not be made.
    #[error(transparent)]
    Check(#[from] CheckError),
}

/// A few names, safe to print.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 12;
    if names.is_empty() {
        return "nothing".to_owned();
    }
    let shown = names.iter().take(SHOWN);
    let shown: Vec<String> = shown.map(|name| format!("`{}`", excerpt(name))).collect();
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    shown.join(", ") + &more
}

impl From<um_bridge::Error> for ModelError {
    fn from(error: um_bridge::Error) -> Self {
        match &error {
            // An interrupted call is not a failure of the model.
            um_bridge::Error::Call(call) if matches!(call.problem, Problem::Interrupted) => {
                Self::Interrupted
            }
            um_bridge::Error::Oversize { .. } => Self::Oversize(error),
            _ => Self::Bridge(error),
        }
    }
}

impl ModelError {
    /// This error, or [`ModelError::Interrupted`] if the run was interrupted, which is not a failure of the model.
    pub(super) fn unless_interrupted(self, cancel: &AtomicBool) -> Self {
        match cancel.load(Ordering::Relaxed) {
            true => Self::Interrupted,
            false => self,
        }
    }

    /// This error, with how the spawned server ended appended to a failure.
    pub(super) fn after(self, end: &str) -> Self {
        match self {
            Self::Failed(what) => Self::Failed(what + end),
            other => other,
        }
    }

    /// This error, with a failed evaluation described in terms of the model and its inputs.
    pub(super) fn in_words(self, layout: &ParameterLayout, options: &ModelOptions) -> Self {
        match self {
            Self::Check(CheckError::Difference(source) | CheckError::At { source, .. }) => {
                Self::Failed(failed_words(&source, layout, options))
            }
            other => other,
        }
    }
}

/// What to do about a failure of the model itself, which may mean that it is not defined at the point.
fn advice(source: &EvaluationError, options: &ModelOptions, at_the_point: bool) -> &'static str {
    let said_no = match source.downcast_ref() {
        Some(um_bridge::Error::Call(call)) => matches!(
            call.problem,
            Problem::Status { status: 500, .. } | Problem::Refused { .. }
        ),
        _ => false,
    };
    match (said_no, at_the_point, options.bounds.is_empty()) {
        (false, ..) => "",
        (_, true, _) if options.at.is_some() => "",
        (_, true, true) => {
            "; the point is random: if the model is not defined there, give a point with --at, or --bounds to draw it from"
        }
        (_, true, false) => {
            "; the point is random: if the model is not defined there, give a point with --at, or narrower --bounds"
        }
        (_, false, true) => "; if its domain ends there, give its --bounds",
        (_, false, false) => {
            "; if its domain ends there, give narrower --bounds, or hold inputs constant with --fixed"
        }
    }
}

/// Where an evaluation failed, and with what.
pub(super) fn failed_words(
    error: &DifferenceError,
    layout: &ParameterLayout,
    options: &ModelOptions,
) -> String {
    let near = |place: String, source: &EvaluationError| {
        let advice = advice(source, options, false);
        format!("the model failed next to the point{place}: {source}{advice}")
    };
    match error {
        DifferenceError::Center { source } => {
            let advice = advice(source, options, true);
            format!("the model failed at the point itself: {source}{advice}")
        }
        DifferenceError::Near { source } => near(String::new(), source),
        DifferenceError::Probe {
            coordinate, source, ..
        } => {
            let moved = layout.coordinate(*coordinate);
            let moved = moved.map_or_else(String::new, |name| format!(", {name} moved"));
            near(moved, source)
        }
        DifferenceError::Along { source, .. } => {
            near(", along a random direction".to_owned(), source)
        }
        DifferenceError::Domain(DomainError::Outside {
            coordinate,
            value,
            lower,
            upper,
        }) => match layout.coordinate(*coordinate) {
            Some(name) => format!(
                "{name} is {value}, which is outside its bounds {lower}..{upper}: change --at or \
                 --bounds"
            ),
            None => error.to_string(),
        },
        other => other.to_string(),
    }
}
