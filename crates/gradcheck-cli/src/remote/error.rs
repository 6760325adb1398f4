//! Why a model can't be checked: what, where and what to do.

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

/// A model that can't be checked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Nothing was measured before.
    #[error("interrupted before there was anything to report")]
    Interrupted,
    /// The configuration can't be read.
    #[error("{0}; --config takes a JSON object, or the name of a file with one")]
    ConfigFile(#[from] Located<FileProblem>),
    /// It says something twice.
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
    /// It is no JSON.
    #[error("{}: this is no JSON: {source}", printable(place))]
    ConfigJson {
        /// Where it stands.
        place: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// It is JSON, and no object.
    #[error(
        "{}: the configuration of a model is a JSON object, such as {{\"vtk_output\": false}}",
        printable(place)
    )]
    ConfigKind {
        /// Where it stands.
        place: String,
    },
    /// A file with the point that can't be read.
    #[error(transparent)]
    File(#[from] GradientError),
    /// A list that is no list of lists of numbers.
    #[error(
        "{place}{what}: a point is a JSON list with one list of finite numbers for each input, such as [[0.5, -1.0], [2.0]]"
    )]
    PointJson {
        /// Where in the file.
        place: Box<Place>,
        /// What is there.
        what: String,
    },
    /// Another number of lists than the model has inputs.
    #[error(
        "{}: it has {}, but the model has {}, {expected}: give one list of numbers for each",
        shown(path), plural(*got, "list"), plural(*inputs, "input")
    )]
    PointCount {
        /// The file.
        path: PathBuf,
        /// The inputs in short form.
        expected: String,
        /// How many they are.
        inputs: usize,
        /// How many lists there are.
        got: usize,
    },
    /// A block that the file does not hold.
    #[error(
        "{}: it holds no `{}`, but {}: give every input by the name of its --block",
        shown(path),
        printable(block),
        listed(holds)
    )]
    PointBlock {
        /// The file.
        path: PathBuf,
        /// The block.
        block: String,
        /// What it holds.
        holds: Vec<String>,
    },
    /// An input of another length.
    #[error(
        "{}: `{}` has {}, but that input of the model has {expected}: give as many",
        shown(path), printable(block), plural(*got, "number")
    )]
    PointLength {
        /// The file.
        path: PathBuf,
        /// The block.
        block: String,
        /// The model's.
        expected: usize,
        /// The file's.
        got: usize,
    },
    /// A number that is none.
    #[error(
        "{}: {coordinate} is {value}: give a point of finite numbers",
        shown(path)
    )]
    PointNotFinite {
        /// The file.
        path: PathBuf,
        /// The coordinate.
        coordinate: String,
        /// What stands there.
        value: f64,
    },
    /// Blocks that don't fit the model's inputs.
    #[error(
        "the blocks {blocks} have {got} numbers, but the inputs of `{}` {expected}: give one --block for each input, in their order",
        model_name(model)
    )]
    Blocks {
        /// The model.
        model: String,
        /// As given.
        blocks: String,
        /// Their lengths.
        got: String,
        /// The model's.
        expected: String,
    },
    /// Bounds of, or a place to be fixed in, what is no input.
    #[error(
        "there is no `{}` among the inputs {layout}: name an input, or one entry of it such as W1[2,3]",
        printable(place)
    )]
    NoSuchPlace {
        /// As given.
        place: String,
        /// The inputs in short form.
        layout: String,
    },
    /// Bounds that leave nothing of what others left.
    #[error(
        "{} leaves no room for {coordinate}, which other bounds keep away from there",
        printable(bounds)
    )]
    NoRoom {
        /// The last of them.
        bounds: String,
        /// The coordinate.
        coordinate: String,
    },
    /// Two blocks of one name, or one too large.
    #[error(transparent)]
    Layout(#[from] finite_diff::layout::LayoutError),
    /// It has no inputs or no outputs.
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
    /// Its outputs and inputs are not what it says.
    #[error("{0}")]
    Shape(String),
    /// It can't even be evaluated.
    #[error(
        "the model `{}` does not offer Evaluate: there is nothing to check it by",
        model_name(model)
    )]
    NoEvaluate {
        /// The model.
        model: String,
    },
    /// It failed before anything was measured.
    #[error("{0}")]
    Failed(String),
    /// The server could not be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// The model is larger than is taken without being asked for.
    #[error("{0} with --max-size")]
    Oversize(um_bridge::Error),
    /// The model could not be used.
    #[error(transparent)]
    Bridge(um_bridge::Error),
    /// The check could not be made.
    #[error(transparent)]
    Check(#[from] CheckError),
}

/// A few names, fit to be shown.
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
            // A model that is asked nothing any more has not failed.
            um_bridge::Error::Call(call) if matches!(call.problem, Problem::Interrupted) => {
                Self::Interrupted
            }
            um_bridge::Error::Oversize { .. } => Self::Oversize(error),
            _ => Self::Bridge(error),
        }
    }
}

impl ModelError {
    /// The same, if the run was not interrupted: a model that is asked nothing any more has not failed.
    pub(super) fn unless_interrupted(self, cancel: &AtomicBool) -> Self {
        match cancel.load(Ordering::Relaxed) {
            true => Self::Interrupted,
            false => self,
        }
    }

    /// The same, with what a server that was started has to say of its own end.
    pub(super) fn after(self, end: &str) -> Self {
        match self {
            Self::Failed(what) => Self::Failed(what + end),
            other => other,
        }
    }

    /// The same; of a failed evaluation in the words of a model and its inputs.
    pub(super) fn in_words(self, layout: &ParameterLayout, options: &ModelOptions) -> Self {
        match self {
            Self::Check(CheckError::Difference(source) | CheckError::At { source, .. }) => {
                Self::Failed(failed_words(&source, layout, options))
            }
            other => other,
        }
    }
}

/// What a failure may mean: that the model has no value there, where it is the model that said no.
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
            "; the point is a random one: if it has no value there, give one by --at, or --bounds to draw it in"
        }
        (_, true, false) => {
            "; the point is a random one: if it has no value there, give one by --at, or narrower --bounds"
        }
        (_, false, true) => "; if its domain ends there, say so by --bounds",
        (_, false, false) => {
            "; if its domain ends there, give narrower --bounds, or --fixed for what they can't say"
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
                "{name} is {value}, which is not within its bounds {lower}..{upper}: give another --at, or other \
                 --bounds"
            ),
            None => error.to_string(),
        },
        other => other.to_string(),
    }
}
