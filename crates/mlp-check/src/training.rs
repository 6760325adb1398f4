//! A network checked at initialization, trained, and checked again: backward passes are often right only
//! where nothing saturates yet.
//!
//! Invariant: training knows nothing of the checks. It is observed, and repeated from saved parameters.

mod bisect;
mod history;
mod onset;
mod saturation;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::ControlFlow;

use finite_diff::Execution;
use finite_diff::execution::Progress;
use gradient_check::control::ControlReport;
use gradient_check::{Reason, Report, Verdict, verdict};
use mlp::{CurvePoint, MlpError, Parameters, TrainingOptions};

use crate::{Checked, NetworkCheck, NetworkCheckError};
use bisect::onset;
use history::History;

pub use history::most_saved_bytes;
pub use onset::{Limit, Onset};
pub use saturation::{Changes, Grown, Quantity, Saturated, State};

/// The point in the training of a network at which a check is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// At the random initial parameters.
    Initialization,
    /// After some steps of training.
    AfterTraining {
        /// The number of steps.
        steps: usize,
    },
}

#[cfg(feature = "serde")]
impl serde::Serialize for Stage {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Initialization => f.write_str("initialization"),
            Self::AfterTraining { steps: 1 } => f.write_str("after 1 step"),
            Self::AfterTraining { steps } => write!(f, "after {steps} steps"),
        }
    }
}

/// A network, its training, and the check before and after it.
#[derive(Clone)]
pub struct TrainedCheck<'a> {
    /// How the network is checked.
    pub check: NetworkCheck<'a>,
    /// The parameters at initialization.
    pub start: Parameters<f64>,
    /// How it is trained; with 0 steps there is no second check.
    pub training: TrainingOptions,
    /// The number of bytes that the parameters saved during the training may take; they serve to find the step at
    /// which the gradient became wrong. At least three steps are saved.
    pub history_bytes: u64,
}

/// The results of the checks before and after training.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The checks made: two, or one if no training was requested or the run was stopped before.
    pub checks: Vec<(Stage, Checked)>,
    /// The cost over the training.
    pub curve: Vec<CurvePoint>,
    /// Why the training ended early, if it failed; the check before it stands.
    pub training_failed: Option<MlpError>,
    /// The step at which the gradient became wrong, if it is wrong at the end and was not found wrong at first.
    pub onset: Option<Onset>,
    /// Whether the run was canceled.
    pub interrupted: bool,
}

impl Outcome {
    /// The number of entries that the checks left untested, although all that was tested agrees.
    pub fn left_open(&self) -> usize {
        let open = |(_, checked): &(Stage, Checked)| checked.report.left_open().total();
        self.checks.iter().map(open).sum()
    }

    /// The verdict of the checks alone, whatever happened around them.
    pub fn of_checks(&self) -> Verdict {
        let each = self.checks.iter();
        verdict::overall(each.map(|(_, checked)| checked.report.verdict))
    }

    /// The verdict on the whole run: [`of_checks`](Self::of_checks), except that agreement is inconclusive if the run
    /// was canceled, the training failed, or the control let a planted error pass, and, with `strict`, if an entry was
    /// left untested.
    pub fn verdict(&self, strict: bool) -> Verdict {
        let reason = if self.interrupted || self.training_failed.is_some() {
            Some(Reason::Interrupted)
        } else if self.failed_control() {
            Some(Reason::BelowResolution)
        } else if strict && self.left_open() > 0 {
            Some(Reason::Vacuous)
        } else {
            None
        };
        match (self.of_checks(), reason) {
            (Verdict::Agree, Some(reason)) => Verdict::Inconclusive(reason),
            (verdict, _) => verdict,
        }
    }

    /// Whether an error planted into a gradient that agrees went undetected, so that agreement means little.
    pub fn failed_control(&self) -> bool {
        let failed = |control: &ControlReport| control.failures().next().is_some();
        self.checks
            .iter()
            .filter_map(|(_, checked)| checked.control.as_ref())
            .any(failed)
    }
}

/// Called after each coordinate, with the stage of the check that it belongs to.
pub type StageProgress<'a> = dyn Fn(Stage, Progress) + Sync + 'a;

impl<'a> TrainedCheck<'a> {
    /// The default limit on the size of the saved parameters in bytes: every one of 1000 steps of
    /// 8,000 parameters.
    pub const HISTORY_BYTES: u64 = 64 << 20;

    /// A check at `start`, a training, and a second check.
    pub fn new(check: NetworkCheck<'a>, start: Parameters<f64>, training: TrainingOptions) -> Self {
        Self {
            check,
            start,
            training,
            history_bytes: Self::HISTORY_BYTES,
        }
    }

    /// Checks the network at initialization and again after training. If the gradient is wrong only at
    /// the end, the first wrong step is found by bisection.
    ///
    /// # Errors
    /// [`NetworkCheckError`] if a forward or backward pass fails, or a check can't be made. A training
    /// that diverges is not an error but part of the outcome: the first check stands.
    pub fn run(&self, progress: &StageProgress<'_>) -> Result<Outcome, NetworkCheckError> {
        let first = Stage::Initialization;
        let mut outcome = Outcome {
            checks: vec![(first, self.check_at(&self.start, first, progress)?)],
            curve: Vec::new(),
            training_failed: None,
            onset: None,
            interrupted: false,
        };
        let steps = self.training.steps;
        if steps > 0 && !self.is_canceled() {
            let first_is_wrong = outcome.checks[0].1.report.verdict == Verdict::Disagree;
            let mut history = (!first_is_wrong).then(|| History::of_training(self));
            let observe = |step: usize, parameters: &Parameters<f64>, _: f64| {
                if let Some(history) = &mut history {
                    history.offer(step, parameters);
                }
                match self.is_canceled() {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            };
            let (architecture, batch) = (self.check.architecture, self.check.batch);
            let start = self.start.clone();
            match mlp::train_observed(architecture, start, batch, &self.training, observe) {
                Ok(training) => {
                    outcome.curve = training.curve;
                    if !self.is_canceled() {
                        let stage = Stage::AfterTraining { steps };
                        let last = self.check_at(&training.parameters, stage, progress)?;
                        if let (Verdict::Disagree, Some(history)) = (last.report.verdict, &history)
                        {
                            // The step is searched for with the gradient alone.
                            let mut plain = self.clone();
                            plain.check.negative_control = false;
                            let first = &outcome.checks[0].1.report;
                            let found = onset(&plain, first, &last.report, history, progress);
                            outcome.onset = Some(found);
                        }
                        outcome.checks.push((stage, last));
                    }
                }
                Err(error) => outcome.training_failed = Some(error),
            }
        }
        outcome.interrupted = self.is_canceled();
        Ok(outcome)
    }

    fn is_canceled(&self) -> bool {
        self.check.execution.is_cancelled()
    }

    fn check_at(
        &self,
        parameters: &Parameters<f64>,
        stage: Stage,
        progress: &StageProgress<'_>,
    ) -> Result<Checked, NetworkCheckError> {
        let progress = |p| progress(stage, p);
        self.with_progress(&progress).check(parameters)
    }

    fn check_coordinates_at(
        &self,
        parameters: &Parameters<f64>,
        coordinates: &[usize],
        stage: Stage,
        progress: &StageProgress<'_>,
    ) -> Result<Report, NetworkCheckError> {
        let progress = |p| progress(stage, p);
        self.with_progress(&progress)
            .check_coordinates(parameters, coordinates)
    }

    fn with_progress<'b>(&'b self, progress: &'b (dyn Fn(Progress) + Sync)) -> NetworkCheck<'b> {
        NetworkCheck {
            execution: Execution {
                progress: Some(progress),
                ..self.check.execution
            },
            ..self.check.clone()
        }
    }
}
