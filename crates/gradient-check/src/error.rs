//! Why a check could not be made, and how an error of the numeric side becomes one of the check's: by the name of
//! its coordinate, and into the slot for failures.
//!
//! Invariant: nothing here judges; a gradient that is wrong is not an error.

use finite_diff::domain::DomainError;
use finite_diff::execution::Failed;
use finite_diff::layout::LayoutError;
use finite_diff::printable::printable;
use finite_diff::{DifferenceError, Domain, EvaluationError, Execution, ParameterLayout, Real};
use thiserror::Error;

use crate::settings::Settings;
use crate::structure::{Arrays, Finding, LayoutFault};

/// The error of a check that could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The analytic gradient has another length than the parameters.
    #[error("the analytic gradient does not fit the parameters: {0}")]
    Gradient(#[source] LayoutError),
    /// The point has another length than the layout.
    #[error("the point does not fit the layout: {0}")]
    Point(#[source] LayoutError),
    /// The layout and the objective disagree on the number of parameters.
    #[error("the objective takes {objective} parameters, but the layout {layout} has {len}")]
    Layout {
        /// n of the objective.
        objective: usize,
        /// The layout in short form.
        layout: String,
        /// The length of the layout.
        len: usize,
    },
    /// There is nothing to check.
    #[error("there are no parameters to check: the layout or the selection is empty")]
    Empty,
    /// A sample of no parameters.
    #[error("a sample of 0 parameters checks nothing: sample at least 1")]
    EmptySample,
    /// The point is missing or empty.
    #[error("the point is empty: set the parameters to check at with `.at(…)` or `.input(…)`")]
    NoPoint,
    /// The point has an entry that is NaN or infinite.
    #[error("the point has the value {value} at {name}: every parameter must be finite")]
    PointNotFinite {
        /// The coordinate, such as `W2[3,1]`.
        name: String,
        /// The value of the coordinate.
        value: f64,
    },
    /// Every selected parameter is fixed.
    #[error(
        "nothing is left to check: all {fixed} selected parameters are fixed, or have equal lower and upper bounds"
    )]
    AllFixed {
        /// The number of selected parameters.
        fixed: usize,
    },
    /// A check along directions was asked for none.
    #[error("0 directions check nothing: use at least 1 in each block (the default is 3)")]
    NoDirections,
    /// The resolution is not between 0 and 1.
    #[error("invalid resolution {value}: it must be between 0 and 1, for example 1e-2")]
    Resolution {
        /// The value as given.
        value: f64,
    },
    /// The accuracy is not between 0 and 1.
    #[error("invalid accuracy {value}: it must be between 0 and 1, for example 1e-6")]
    Accuracy {
        /// The value as given.
        value: f64,
    },
    /// The working epsilon is not between 0 and 1.
    #[error(
        "invalid machine epsilon {value}: use that of the type the gradient is computed in, for example f32::EPSILON"
    )]
    WorkingEpsilon {
        /// The value as given.
        value: f64,
    },
    /// A block to be fixed does not exist.
    #[error(
        "cannot fix the block `{}`, which does not exist: the blocks are {layout}",
        printable(name)
    )]
    NoSuchBlock {
        /// The name.
        name: String,
        /// The layout in short form.
        layout: String,
    },
    /// A function of many values was given without any derivative of it.
    #[error(
        "there is nothing to check: supply the Jacobian, a vector-Jacobian or a Jacobian-vector product"
    )]
    NothingToCheck,
    /// A function of many values returns none.
    #[error("the function returns no values at this point: there is nothing to differentiate")]
    NoValues,
    /// A function of many values returns a number of them that does not fit the shapes of its outputs.
    #[error(
        "the function returns {got} values, but `{}` of shape {shape:?} has {expected}",
        printable(name)
    )]
    Output {
        /// The output.
        name: String,
        /// The shape of the output.
        shape: Vec<usize>,
        /// The number of entries of that shape.
        expected: usize,
        /// The number of values.
        got: usize,
    },
    /// The numeric side failed at a coordinate.
    #[error("at {name}: {source}")]
    At {
        /// The coordinate, such as `W2[3,1]`.
        name: String,
        /// The error of the numeric side.
        source: DifferenceError,
    },
    /// The backward pass failed.
    #[error("{call} failed: {source}")]
    Backward {
        /// Which call of the backward pass.
        call: &'static str,
        /// The error of the backward pass.
        source: EvaluationError,
    },
    /// A fast way to evaluate J around a point contradicts J itself. No verdict on the gradient can rest on it.
    #[error(
        "the engine `{engine}` is wrong, not the gradient: at {name} it returns the derivative {fast:e}, but plain \
         evaluations of the cost give {plain:e}, and rounding explains a difference of {allowed:.1e} at most. There is no \
         verdict. Check with the engine `full`, and report this as a bug"
    )]
    Engine {
        /// The name of the engine.
        engine: &'static str,
        /// The coordinate, such as `W2[3,1]`.
        name: String,
        /// The derivative that it gives.
        fast: f64,
        /// The derivative by plain evaluations.
        plain: f64,
        /// The largest difference that rounding explains.
        allowed: f64,
    },
    /// The gradient came as arrays that do not fit the parameters.
    #[error("{}", misfit(.0))]
    Misfit(LayoutFault),
    /// A function under test, called on one thread only, ran the check that it is part of.
    #[error(
        "the check is already running: a function under test must not run the check that calls it"
    )]
    Reentered,
    /// The thread that the check was to run on could not be started.
    #[error("could not start a thread for the check: {source}")]
    Thread {
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The numeric side failed as a whole.
    #[error(transparent)]
    Difference(DifferenceError),
}

fn misfit(fault: &LayoutFault) -> String {
    let fault = fault.clone();
    let finding = Finding::Layout {
        of: Arrays::Gradient,
        fault,
    };
    printable(&finding.message()).to_string()
}

impl From<DomainError> for CheckError {
    fn from(wrong: DomainError) -> Self {
        Self::Difference(DifferenceError::Domain(wrong))
    }
}

impl CheckError {
    /// The caller's own error, where it was one of this type that the function under test failed with.
    ///
    /// ```
    /// use gradient_check::GradientCheck;
    /// let parse = |x: &[f64]| "one".parse::<f64>().map(|a| a * x[0]);
    /// let error = GradientCheck::new(parse, |_: &[f64]| [1.0]).at([2.0]).run().unwrap_err();
    /// assert!(error.caused_by::<std::num::ParseFloatError>().is_some());
    /// ```
    pub fn caused_by<E: std::error::Error + 'static>(&self) -> Option<&E> {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(self);
        while let Some(error) = cause {
            if let Some(found) = error.downcast_ref::<E>() {
                return Some(found);
            }
            cause = error.source();
        }
        None
    }
}

/// Stores the error of a failed evaluation in the slot for it.
///
/// # Errors
/// `error` itself, where there is no slot or it is of another kind.
pub(crate) fn keep(error: CheckError, execution: &Execution<'_>) -> Result<(), CheckError> {
    if execution.failure.is_none() {
        return Err(error);
    }
    let failed = match error {
        CheckError::Difference(source) | CheckError::At { source, .. } => source,
        CheckError::Backward { source, .. } => DifferenceError::Center { source },
        other => return Err(other),
    };
    match failed {
        DifferenceError::Center { .. }
        | DifferenceError::Near { .. }
        | DifferenceError::Probe { .. }
        | DifferenceError::Along { .. } => execution.keep(failed).map_err(CheckError::Difference),
        other => Err(CheckError::Difference(other)),
    }
}

/// Fails where this cannot be a machine epsilon.
pub(crate) fn working_epsilon(value: f64) -> Result<(), CheckError> {
    match value > 0.0 && value < 1.0 {
        true => Ok(()),
        false => Err(CheckError::WorkingEpsilon { value }),
    }
}

/// Fails where the point lies outside the domain, by the name of the coordinate.
pub(crate) fn inside<T: Real>(
    domain: Option<&Domain>,
    point: &[T],
    layout: &ParameterLayout,
) -> Result<(), CheckError> {
    let checked = domain.map_or(Ok(()), |domain| domain.check(point));
    checked.map_err(|error| name_coordinate(error.into(), layout))
}

/// Why there is nothing: all that was selected is fixed, or nothing was.
pub(crate) fn nothing_to_check(layout: &ParameterLayout, settings: &Settings<'_>) -> CheckError {
    match settings.selection.coordinates(layout, None).len() {
        0 => CheckError::Empty,
        fixed => CheckError::AllFixed { fixed },
    }
}

/// Fails with what is in the slot for failures, and takes it out.
pub(crate) fn unless_failed(settings: &Settings<'_>) -> Result<(), CheckError> {
    let error = settings.execution.failure.and_then(Failed::take);
    error.map_or(Ok(()), |source| Err(CheckError::Difference(source)))
}

pub(crate) fn name_coordinate(source: DifferenceError, layout: &ParameterLayout) -> CheckError {
    match &source {
        DifferenceError::Probe { coordinate, .. }
        | DifferenceError::Domain(DomainError::Outside { coordinate, .. }) => {
            match layout.coordinate(*coordinate) {
                Some(coordinate) => CheckError::At {
                    name: coordinate.to_string(),
                    source,
                },
                None => CheckError::Difference(source),
            }
        }
        _ => CheckError::Difference(source),
    }
}
