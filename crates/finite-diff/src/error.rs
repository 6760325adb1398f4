//! What can stop a run.

use std::fmt;

use thiserror::Error;

use crate::EvaluationError;
use crate::domain::DomainError;
use crate::printable::printable;

/// Which point of a stencil an evaluation was for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Side {
    /// The offset in steps: −1 for x − h, 2 for x + 2h; 0 for the point itself.
    pub offset: i32,
    /// The coordinate's value there.
    pub replacement: f64,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.offset < 0 { '−' } else { '+' };
        match self.offset.unsigned_abs() {
            0 => write!(f, "x = {:e}", self.replacement),
            1 => write!(f, "x {sign} h = {:e}", self.replacement),
            n => write!(f, "x {sign} {n}h = {:e}", self.replacement),
        }
    }
}

/// An error that stops a run of the engine.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DifferenceError {
    /// The point has another length than the objective.
    #[error("the point has {got} entries, but the objective takes {expected}")]
    PointLength {
        /// n of the objective.
        expected: usize,
        /// The length that came.
        got: usize,
    },
    /// A selected coordinate does not exist.
    #[error("coordinate {coordinate} was selected, but the objective takes only {dim} parameters")]
    NoSuchCoordinate {
        /// The coordinate asked for.
        coordinate: usize,
        /// n of the objective.
        dim: usize,
    },
    /// The point lies outside the domain of the objective, or does not fit it.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// The step size is zero, negative or not finite.
    #[error("invalid step size {step}: it must be finite and above 0, for example 1e-7")]
    InvalidStep {
        /// The rule asked for.
        step: crate::StepSize,
    },
    /// The objective failed at the point itself.
    #[error("the objective failed at the point itself: {source}")]
    Center {
        /// The error of the evaluation.
        source: EvaluationError,
    },
    /// The objective failed close to the point, where its noise or what it depends on was looked for.
    #[error(
        "the objective failed next to the point: {source}; if its domain ends there, set the bounds"
    )]
    Near {
        /// The error of the evaluation.
        source: EvaluationError,
    },
    /// The objective failed at a probe.
    #[error(
        "the objective failed at coordinate {coordinate}, {side}: {source}; if its domain ends there, set the bounds"
    )]
    Probe {
        /// The flat index of the coordinate.
        coordinate: usize,
        /// Which point of the stencil.
        side: Side,
        /// The error of the evaluation.
        source: EvaluationError,
    },
    /// The objective failed at a point along a direction.
    #[error(
        "the objective failed at θ {} t·u with t = {:e}, u a random direction {}: {source}; if its domain ends there, set the bounds",
        if *t < 0.0 { '−' } else { '+' },
        t.abs(),
        block.as_ref().map_or_else(|| "over all parameters".to_owned(), |name| format!("in `{}`", printable(name)))
    )]
    Along {
        /// The block that the direction moves; `None` where it moves all.
        block: Option<String>,
        /// t, negative on the side of θ − t·u.
        t: f64,
        /// The error of the evaluation.
        source: EvaluationError,
    },
    /// The threads could not be started.
    #[error("could not start {threads} threads: {source}; use fewer")]
    Threads {
        /// The number of threads that were requested.
        threads: usize,
        /// The error of the operating system.
        source: rayon::ThreadPoolBuildError,
    },
}
