//! What goes wrong between argmin and the judge.

use thiserror::Error;

/// A method of the problem failed. Its own error is the [`source`](std::error::Error::source), whole, so that
/// `CheckError::caused_by` finds what it was made of; [`source`](Self::source) has argmin's, with its backtrace and context.
#[derive(Debug, Error)]
#[error("`{method}` failed: {source:#}")]
pub struct ProblemError {
    /// Of argmin's traits: `cost`, `gradient`, `apply`, `jacobian` or `hessian`.
    pub method: &'static str,
    /// What it failed with.
    pub source: argmin::core::Error,
}

/// Numbers that don't fit each other.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Misfit {
    /// A row of a Jacobian or Hessian is not as long as the parameter.
    #[error(
        "row {row} of {rows} has {got} entries, but the parameter has {expected}: there is one row for each output, \
         with one entry for each parameter{}",
        if *row == 0 && rows == expected { "; is it transposed?" } else { "" }
    )]
    Row {
        /// Its number, from 0.
        row: usize,
        /// Its length.
        got: usize,
        /// How many rows there are.
        rows: usize,
        /// The length of the parameter.
        expected: usize,
    },
    /// Another point was set than the one that the parameter was made from.
    #[error(
        "a point of {got} entries was set, but the parameter has {expected}: hand the parameter itself to the check"
    )]
    Point {
        /// The length of the point.
        got: usize,
        /// That of the parameter.
        expected: usize,
    },
    /// The check was kept beyond the call that made it.
    #[error("the problem is gone: a check must be run in the call that it was made for")]
    Gone,
}
