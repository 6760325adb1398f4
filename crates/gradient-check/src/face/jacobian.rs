//! All derivatives of a function of many values, row by row, in one report.

use std::time::Instant;

use finite_diff::{Domain, ParameterLayout, Real};

use super::memo::{Evaluate, Memo, Output};
use super::setup::Place;
use crate::Report;
use crate::assemble::{Frame, as_seen, assemble};
use crate::check::gather;
use crate::diagnosis::Context;
use crate::error::{CheckError, keep};
use crate::root_mean_square::root_mean_square;
use crate::verdict::{self, Comparison, Reason, Scales, Verdict};

/// Checks `jacobian`, ∂y_i/∂x_j at the point, one row an output. The report's blocks are `named`: those of the point
/// with the shape of the output before their own.
///
/// Each row is judged like a gradient, by its own noise; the function is evaluated once a point for all of
/// them.
pub(super) fn check_rows<T: Real>(
    function: Evaluate<'_, T>,
    jacobian: &[Vec<f64>],
    named: &ParameterLayout,
    place: Place<'_, T>,
) -> Result<Report, CheckError> {
    let Place {
        point,
        domain,
        layout,
        settings,
    } = place;
    let begun = Instant::now();
    let memo = Memo::new(function, point, jacobian.len(), domain);
    let mut compared = vec![(Vec::new(), Vec::new()); layout.blocks().len()];
    let mut frame = Frame {
        theta: &vec![0.0; named.len()],
        working_epsilon: settings.working_epsilon,
        context: &Context::default(),
        mistakes: None,
        cost: f64::NAN,
        selected: 0,
        fixed: domain.map_or(0, Domain::fixed) * jacobian.len(),
        reexamined: 0,
        evaluations: 0,
        elapsed: begun.elapsed(),
        recheck: None,
        scheme: settings.scheme.stencil.name().to_owned(),
        interrupted: false,
        directional: None,
        noise: None,
        accuracy: settings.claim.accuracy,
        tie_directions: 0,
        broken_tie: None,
        keep_comparisons: settings.keep_comparisons,
    };
    let mut rows = Vec::with_capacity(jacobian.len());
    for (number, row) in jacobian.iter().enumerate() {
        let output = Output {
            memo: &memo,
            number,
        };
        let execution = &settings.execution;
        let gathered = match number > 0 && execution.has_failed() {
            true => None,
            false => match gather(&output, row, point, layout, settings) {
                Ok(evidence) => Some(evidence),
                Err(error) if number > 0 => {
                    keep(error, execution)?;
                    None
                }
                Err(error) => return Err(error),
            },
        };
        let Some(evidence) = gathered else {
            // As many as in each of the rows before.
            frame.interrupted = true;
            frame.selected = frame.selected / number * jacobian.len();
            break;
        };
        frame.selected += evidence.selected;
        frame.reexamined += evidence.reexamined;
        frame.interrupted |= evidence.interrupted;
        rows.push(evidence);
    }
    // A row that is zero to within its bars is measured by the others.
    let scales: Vec<f64> = rows
        .iter()
        .map(|evidence| Scales::of(evidence, layout).whole)
        .collect();
    let beside = root_mean_square(scales.iter().copied());
    for (number, evidence) in rows.iter().enumerate() {
        let blocks = layout.blocks().iter().zip(named.blocks());
        let of_row = verdict::compare_beside(evidence, layout, beside);
        for (((scale, of_block), (from, to)), (scales, comparisons)) in
            of_row.into_iter().zip(blocks).zip(&mut compared)
        {
            scales.push(scale);
            let shift = to.range().start + number * from.len();
            comparisons.extend(of_block.into_iter().map(|comparison| Comparison {
                coordinate: comparison.coordinate - from.range().start + shift,
                ..comparison
            }));
        }
    }
    let compared: Vec<(f64, Vec<Comparison>)> = compared
        .into_iter()
        .map(|(scales, comparisons): (Vec<f64>, Vec<Comparison>)| {
            let scale = root_mean_square(scales.iter().copied());
            (scale, as_one_block(comparisons))
        })
        .collect();
    frame.evaluations = memo.calls();
    frame.elapsed = begun.elapsed();
    Ok(assemble(named, &as_seen(&compared), frame))
}

/// An output that does not depend on a parameter is nothing special in a Jacobian: no unit is dead, and only where all
/// of a block is zero was nothing tested. One that may depend on it, and does not move near the point, stays what it is.
fn as_one_block(mut comparisons: Vec<Comparison>) -> Vec<Comparison> {
    let vacuous = Verdict::Inconclusive(Reason::Vacuous);
    if comparisons.iter().any(|c| c.verdict != vacuous) {
        let flat = |c: &&mut Comparison| c.verdict == vacuous && c.flat;
        for comparison in comparisons.iter_mut().filter(flat) {
            comparison.verdict = Verdict::Agree;
        }
        for comparison in &mut comparisons {
            comparison.flat = false;
        }
    }
    comparisons
}
