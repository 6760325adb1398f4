//! A model whose evaluations fail once the run is interrupted.
//!
//! A check polls for an interruption only between coordinates; some of its parts evaluate a model dozens of times
//! in between, which takes minutes if one evaluation takes seconds.

use std::sync::atomic::{AtomicBool, Ordering};

use finite_diff::{EvaluationError, Objective};
use thiserror::Error;

/// The error of an evaluation after the interruption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("interrupted")]
pub(super) struct Interrupted;

/// Fails once the run is interrupted.
pub(super) fn unless_interrupted(cancel: &AtomicBool) -> Result<(), Interrupted> {
    match cancel.load(Ordering::Relaxed) {
        true => Err(Interrupted),
        false => Ok(()),
    }
}

/// An objective that fails once the run is interrupted.
pub(super) struct Interruptible<'a, O> {
    pub(super) objective: &'a O,
    pub(super) cancel: &'a AtomicBool,
}

impl<O: Objective<f64>> Objective<f64> for Interruptible<'_, O> {
    fn dim(&self) -> usize {
        self.objective.dim()
    }

    fn value(&self, point: &[f64]) -> Result<f64, EvaluationError> {
        unless_interrupted(self.cancel)?;
        self.objective.value(point)
    }
}
