//! What a report holds of others' strings, escaped before anything is said of it.
//!
//! A renderer begins with the copy from here, so that no sentence of it has to think of escaping. Each struct is taken
//! apart field by field: one that gets a new string does not compile before it was thought of.

use finite_diff::Coordinate;
use finite_diff::printable::printable;

use crate::control::{ControlReport, Planting, PlantingOutcome};
use crate::diagnosis::Diagnosis;
use crate::directional::{DirectionalBlock, DirectionalReport};
use crate::directions::{DirectionResult, DirectionalTest};
use crate::report::{BlockReport, CoordinateReport, KinkReport};
use crate::{Report, settings::NamedKink};

/// The report with every name, and every sentence that holds one, [`printable`].
///
/// What was found before the comparison is said in paragraphs, which are escaped as a whole.
pub(super) fn shown(report: &Report) -> Report {
    let mut shown = report.clone();
    let Report {
        verdict: _,
        difference: _,
        cost: _,
        parameters: _,
        selected: _,
        fixed: _,
        reexamined: _,
        evaluations: _,
        elapsed: _,
        scheme,
        noise: _,
        accuracy: _,
        tie_directions: _,
        broken_tie: _,
        comparisons: _,
        power: _,
        counts: _,
        first_wrong_stage: _,
        axes,
        blocks,
        worst,
        kinks,
        interrupted: _,
        structure: _,
        directional,
        recheck: _,
    } = &mut shown;
    escape(scheme);
    axes.iter_mut().flatten().for_each(escape);
    blocks.iter_mut().for_each(block);
    worst.iter_mut().for_each(entry);
    kinks.iter_mut().for_each(kink);
    directional.iter_mut().for_each(directions);
    shown
}

/// The negative control with every name [`printable`].
pub(super) fn shown_control(control: &ControlReport) -> ControlReport {
    let mut shown = control.clone();
    for planting in &mut shown.plantings {
        let Planting {
            error: _,
            block,
            coordinate,
            outcome,
        } = planting;
        block.iter_mut().for_each(escape);
        coordinate.iter_mut().for_each(place);
        if let PlantingOutcome::Misplaced { blamed } = outcome {
            blamed.iter_mut().for_each(escape);
        }
    }
    shown
}

/// The directional check with every name [`printable`].
pub(super) fn shown_directional(report: &DirectionalReport) -> DirectionalReport {
    let mut shown = report.clone();
    for DirectionalBlock { name, wrong, .. } in &mut shown.blocks {
        escape(name);
        for range in wrong {
            place(&mut range.first);
            place(&mut range.last);
            let examined = range.examined.iter_mut();
            examined.for_each(|examined| place(&mut examined.coordinate));
        }
    }
    shown
}

fn block(report: &mut BlockReport) {
    let BlockReport {
        name,
        shape: _,
        stage: _,
        verdict: _,
        difference: _,
        scale: _,
        power: _,
        counts: _,
        worst,
        non_finite,
        pattern: _,
        wrong: _,
        diagnosis,
    } = report;
    escape(name);
    worst.iter_mut().chain(non_finite).for_each(entry);
    if let Some(Diagnosis {
        cause: _,
        message,
        factor: _,
        residual: _,
    }) = diagnosis
    {
        escape(message);
    }
}

fn entry(report: &mut CoordinateReport) {
    place(&mut report.coordinate);
}

fn place(coordinate: &mut Coordinate) {
    escape(&mut coordinate.block);
}

fn kink(report: &mut KinkReport) {
    let KinkReport { coordinate, kinks } = report;
    place(coordinate);
    for NamedKink { name, distance: _ } in kinks {
        escape(name);
    }
}

fn directions(test: &mut DirectionalTest) {
    for DirectionResult { block, failure, .. } in &mut test.directions {
        block.iter_mut().chain(failure).for_each(escape);
    }
}

fn escape(text: &mut String) {
    *text = printable(text).to_string();
}
