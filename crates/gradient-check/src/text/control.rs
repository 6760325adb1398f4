//! The negative control in one line, or what was let pass.

use std::fmt::{self, Write as _};

use crate::control::{ControlReport, PlantedError, Planting, PlantingOutcome};

use super::foreign::shown_control;
use super::style::{BAD, GOOD, UNSURE, hanging, plain};

/// A line; where the judge was blind to something, what that was.
impl fmt::Display for ControlReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(&styled_control(self)))
    }
}

/// One line; where the judge was blind to something, what that was.
pub fn styled_control(control: &ControlReport) -> String {
    let control = &shown_control(control);
    const LEAD: &str = "negative control:";
    if !control.speaks() {
        let line = "it can't speak, since the gradient itself is wrong or nothing of it agrees";
        return hanging(UNSURE, LEAD, line);
    }
    let style = if control.passed() { GOOD } else { BAD };
    let line = format!(
        "{} of {} planted errors were rejected{}{}",
        control.rejected(),
        control.planted(),
        match control.undecided() {
            0 => String::new(),
            1 => ", 1 was left undecided".to_owned(),
            count => format!(", {count} were left undecided"),
        },
        match control.skipped() {
            0 => String::new(),
            1 => ", 1 was below the power stated or changed nothing".to_owned(),
            count => format!(", {count} were below the power stated or changed nothing"),
        }
    );
    let mut text = hanging(style, LEAD, &line);
    for planting in control.failures() {
        let became = match &planting.outcome {
            PlantingOutcome::Misplaced { blamed } => format!("was blamed on {}", blamed.join(", ")),
            _ => "passed".to_owned(),
        };
        let _ = writeln!(text, "    {} {became}", described(planting));
    }
    if !control.passed() {
        text.push_str(
            "    The judge is blind to these here, so that its agreement means little.\n    \
             Please report it.\n",
        );
    }
    text
}

/// The error and its place: `W1 doubled`, `W1[3,2] off by three times the power`.
fn described(planting: &Planting) -> String {
    let place = match (&planting.coordinate, &planting.block) {
        (Some(coordinate), _) => coordinate.to_string(),
        (None, Some(block)) => block.clone(),
        (None, None) => "the whole gradient".to_owned(),
    };
    let what = match planting.error {
        PlantedError::Doubled => "twice as large",
        PlantedError::Sign => "with the other sign",
        PlantedError::Zeroed => "zeroed",
        PlantedError::OneCoordinate => "off by three times the power stated",
        PlantedError::WholeBlock => "off by three times the power stated for a block",
        PlantedError::RowsSwapped => "with two rows swapped",
        PlantedError::Transposed => "transposed",
        PlantedError::NotANumber => "set to NaN",
        PlantedError::EntryMissing => "with one entry missing",
        PlantedError::HalfMissing => "without a factor ½",
    };
    format!("{place} {what}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::Verdict;

    use super::*;

    #[test]
    fn what_was_let_pass_is_listed() {
        let planting = |error, block: &str, outcome| Planting {
            error,
            block: Some(block.to_owned()),
            coordinate: None,
            outcome,
        };
        let blamed = vec!["b1".to_owned()];
        let report = ControlReport {
            unplanted: Verdict::Agree,
            agreeing: 9,
            power: None,
            plantings: vec![
                planting(PlantedError::Doubled, "W1", PlantingOutcome::Passed),
                planting(
                    PlantedError::Sign,
                    "W1",
                    PlantingOutcome::Misplaced { blamed },
                ),
                planting(PlantedError::Zeroed, "W1", PlantingOutcome::Rejected),
                planting(
                    PlantedError::Transposed,
                    "W1",
                    PlantingOutcome::ChangesNothing,
                ),
            ],
            evaluations: 0,
            elapsed: Duration::ZERO,
        };
        let text = anstream::adapter::strip_str(&styled_control(&report)).to_string();
        insta::assert_snapshot!(text, @r"
        negative control: 1 of 3 planted errors were rejected, 1 was below the power
          stated or changed nothing
          W1 twice as large passed
          W1 with the other sign was blamed on b1
          The judge is blind to these here, so that its agreement means little.
          Please report it.
        ");
    }
}
