//! Why a check could not be made, or did not agree.
//!
//! Knows which of candle's errors say that there is no backward pass; refuses to know which operation it was.

use std::error::Error;
use std::fmt;
use std::panic::Location;

use candle_core::DType;
use gradient_check::{CheckError, Report};
use thiserror::Error;

/// Why there is no agreement. Its text is complete.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CandleError {
    /// A variable has no derivative.
    #[error(
        "`{name}` is of type {dtype:?}, along which nothing can be differentiated: leave it out, it stays as it is"
    )]
    NotFloat {
        /// The variable.
        name: String,
        /// Its type.
        dtype: DType,
    },
    /// A variable, or the output, has too few digits for differences.
    #[error(
        "{what} is of type {dtype:?}, whose digits are too few for a difference: cast the model to f32 or f64 for \
         the check"
    )]
    TooCoarse {
        /// `the output`, or the variable.
        what: String,
        /// Its type.
        dtype: DType,
    },
    /// One variable came under two names.
    #[error("`{first}` and `{second}` are one variable: give it once")]
    SameVariable {
        /// A name.
        first: String,
        /// The other.
        second: String,
    },
    /// A variable to be held was not among those given.
    #[error("there is no variable `{name}` to hold: there are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The output is no number.
    #[error("the function gives a tensor of type {dtype:?}, which has no derivative")]
    OutputNotFloat {
        /// Its type.
        dtype: DType,
    },
    /// The output is empty.
    #[error(
        "the function gives an empty tensor, of shape {shape:?}: there is nothing to differentiate"
    )]
    NoOutput {
        /// Its shape.
        shape: Vec<usize>,
    },
    /// candle says itself that it has no backward pass for this.
    #[error("candle has no backward pass for this, and says so: {reason}")]
    NoBackward {
        /// Its own words.
        reason: String,
    },
    /// The backward pass panicked.
    #[error(transparent)]
    Panicked(Panicked),
    /// candle failed outside of the two passes.
    #[error("could not {doing}: {source}")]
    Candle {
        /// At what.
        doing: &'static str,
        /// Its error.
        source: candle_core::Error,
    },
    /// It could not be checked.
    #[error("the gradient could not be checked: {0}")]
    Check(#[source] CheckError),
    /// The gradient is wrong.
    #[error("{0}")]
    Wrong(Box<Failure>),
    /// Nothing is known to be wrong, and not everything could be decided. That is no pass.
    #[error("{0}")]
    Undecided(Box<Failure>),
}

/// A check that did not agree, and how to reproduce it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Failure {
    /// What was found.
    pub report: Report,
    /// What the caller wanted to have said.
    pub message: Option<String>,
    /// The seed of all that was random.
    pub seed: u64,
    /// Where the check was called, where a panic does not say so.
    pub location: Option<&'static Location<'static>>,
    /// `the gradient is wrong`.
    pub headline: &'static str,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.headline)?;
        if let Some(message) = &self.message {
            write!(f, ": {message}")?;
        }
        let (report, seed) = (&self.report, self.seed);
        write!(
            f,
            "\n{report}to reproduce: CandleCheck::new(…).seed({seed})"
        )?;
        match self.location {
            Some(location) => write!(f, "\ncalled at {location}"),
            None => Ok(()),
        }
    }
}

/// A backward pass that panicked instead of failing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the backward pass panicked: {message}")]
pub struct Panicked {
    /// What it said.
    pub message: String,
}

impl From<CheckError> for CandleError {
    fn from(error: CheckError) -> Self {
        if let Some(panicked) = error.caused_by::<Panicked>() {
            return Self::Panicked(panicked.clone());
        }
        let backward = matches!(error, CheckError::Backward { .. });
        let candle = error.caused_by::<candle_core::Error>();
        match candle.and_then(no_backward).filter(|_| backward) {
            Some(reason) => Self::NoBackward { reason },
            None => Self::Check(error),
        }
    }
}

impl CandleError {
    /// The caller's own error, or candle's, where it was one of this type that a pass failed with.
    pub fn caused_by<E: Error + 'static>(&self) -> Option<&E> {
        match self {
            Self::Check(error) => error.caused_by(),
            _ => None,
        }
    }
}

/// What candle says where it knows that it has no backward pass: an error of its own for some operations, a message
/// that begins alike for others (candle-core 0.11.1, `backprop.rs`).
fn no_backward(error: &candle_core::Error) -> Option<String> {
    use candle_core::Error as Candle;
    match error {
        Candle::WithBacktrace { inner, .. }
        | Candle::Context { inner, .. }
        | Candle::WithPath { inner, .. } => no_backward(inner),
        Candle::BackwardNotSupported { .. } => Some(error.to_string()),
        Candle::Msg(message) if message.starts_with("backward not supported") => {
            Some(message.clone())
        }
        _ => None,
    }
}
