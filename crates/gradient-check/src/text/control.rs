//! The negative control in one line, and the errors that were not detected.

use std::fmt::{self, Write as _};

use crate::control::{ControlReport, PlantedError, Planting, PlantingOutcome};

use super::foreign::shown_control;
use super::style::{BAD, GOOD, UNSURE, hanging, plain};

/// Prints how many planted errors were detected, and lists those that were not.
impl fmt::Display for ControlReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(&styled_control(self)))
    }
}

/// A negative control, styled: how many planted errors were detected, and those that were not.
pub fn styled_control(control: &ControlReport) -> String {
    let control = &shown_control(control);
    const LEAD: &str = "negative control:";
    if !control.speaks() {
        let line = "not possible, because the gradient itself is wrong or none of it agrees";
        return hanging(UNSURE, LEAD, line);
    }
    let style = if control.passed() { GOOD } else { BAD };
    let line = format!(
        "{} of {} planted errors were detected{}{}",
        control.rejected(),
        control.planted(),
        match control.undecided() {
            0 => String::new(),
            count => format!(", {count} inconclusive"),
        },
        match control.skipped() {
            0 => String::new(),
            count => format!("; {count} skipped (below the detection limit, or without effect)"),
        }
    );
    let mut text = hanging(style, LEAD, &line);
    for planting in control.failures() {
        let outcome = match &planting.outcome {
            PlantingOutcome::Misplaced { blamed } => {
                format!("detected in {} instead", blamed.join(", "))
            }
            _ => "not detected".to_owned(),
        };
        let _ = writeln!(text, "    {}: {outcome}", described(planting));
    }
    if !control.passed() {
        text.push_str(
            "    The checker misses these errors here, so its agreement is not reliable.\n    \
             Please report this as a bug.\n",
        );
    }
    text
}

/// The error and its place: `W1 doubled`, `W1[3,2] off by three times the detection limit`.
fn described(planting: &Planting) -> String {
    let place = match (&planting.coordinate, &planting.block) {
        (Some(coordinate), _) => coordinate.to_string(),
        (None, Some(block)) => block.clone(),
        (None, None) => "the whole gradient".to_owned(),
    };
    let what = match planting.error {
        PlantedError::Doubled => "doubled",
        PlantedError::Sign => "with its sign flipped",
        PlantedError::Zeroed => "set to zero",
        PlantedError::OneCoordinate => "off by three times the detection limit",
        PlantedError::WholeBlock => "off by three times the detection limit of a block",
        PlantedError::RowsSwapped => "with two rows swapped",
        PlantedError::Transposed => "transposed",
        PlantedError::NotANumber => "set to NaN",
        PlantedError::EntryMissing => "with one entry left out",
        PlantedError::HalfMissing => "without a factor ½",
    };
    format!("{place} {what}")
}
