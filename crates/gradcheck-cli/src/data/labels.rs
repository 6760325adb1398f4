//! What a task requires of its labels.
//!
//! Invariant: knows nothing of losses.

use crate::data::{DataError, Dataset, TableProblem};
use crate::input_error::Place;

/// What the labels are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Two classes: every label is 0 or 1.
    Binary,
    /// k classes: every label is an integer from 0 to k − 1.
    Classes(usize),
    /// Any finite number.
    Regression,
}

impl Task {
    /// Whether the task can use `label`.
    fn admits(self, label: f64) -> bool {
        match self {
            Self::Binary => label == 0.0 || label == 1.0,
            Self::Classes(classes) => {
                label >= 0.0 && label < classes as f64 && label.fract() == 0.0
            }
            Self::Regression => label.is_finite(),
        }
    }

    /// The required range as text, to follow "but".
    fn wanted(self) -> String {
        match self {
            Self::Binary => "a label for two classes must be 0 or 1".to_owned(),
            Self::Classes(classes) => format!(
                "a label for {classes} classes must be an integer from 0 to {}",
                classes.saturating_sub(1)
            ),
            Self::Regression => "a label for regression must be a finite number".to_owned(),
        }
    }
}

/// Checks that every label is one that `task` can use.
///
/// # Errors
/// The first label out of range, with its line (its example, if the data set is not a file) and the
/// range.
pub fn check_labels(dataset: &Dataset, task: Task) -> Result<(), DataError> {
    for (index, &label) in dataset.labels.iter().enumerate() {
        if task.admits(label) {
            continue;
        }
        let mut place = Place::file(&dataset.name);
        match dataset.lines.as_ref().and_then(|lines| lines.get(index)) {
            Some(&line) => place.line = Some(line),
            None => place.example = Some(index),
        }
        let name = dataset
            .label_names
            .as_ref()
            .and_then(|names| names.get(label as usize));
        let label = match name {
            Some(name) => format!("{label} (\"{}\")", crate::input_error::excerpt(name)),
            None => label.to_string(),
        };
        return Err(place.error(TableProblem::BadLabel {
            label,
            wanted: task.wanted(),
        }));
    }
    Ok(())
}
