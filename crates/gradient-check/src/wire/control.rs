//! `negative_control` of a check: what became of errors planted on purpose.

use crate::control::{ControlReport, Planting, PlantingOutcome};
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct NegativeControl {
    /// False where the gradient itself does not agree, so that nothing was planted.
    speaks: bool,
    planted: usize,
    rejected: usize,
    undecided: usize,
    skipped: usize,
    passed: Vec<WirePlanting>,
}

/// An error that was let pass or blamed on other blocks.
#[derive(Debug, Serialize)]
struct WirePlanting {
    error: &'static str,
    block: Option<String>,
    coordinate: Option<String>,
    /// The blocks blamed instead; none where it was let pass.
    blamed: Vec<String>,
}

pub(super) fn control(control: &ControlReport) -> NegativeControl {
    NegativeControl {
        speaks: control.speaks(),
        planted: control.planted(),
        rejected: control.rejected(),
        undecided: control.undecided(),
        skipped: control.skipped(),
        passed: control.failures().map(planting).collect(),
    }
}

fn planting(planting: &Planting) -> WirePlanting {
    WirePlanting {
        error: planting.error.name(),
        block: planting.block.clone(),
        coordinate: planting.coordinate.as_ref().map(ToString::to_string),
        blamed: match &planting.outcome {
            PlantingOutcome::Misplaced { blamed } => blamed.clone(),
            _ => Vec::new(),
        },
    }
}
