//! A negative control: errors planted into a gradient that agrees, each of which the checker must detect.
//!
//! For users who doubt a passing check. Invariant: knows nothing of how the gradient was computed; the planted ones are
//! judged by the functions that judge every gradient.

mod plantings;
mod report;
mod unplanted;

use std::time::Instant;

use finite_diff::{Objective, ParameterLayout, Real};
use num_complex::Complex;

use crate::check::judge;
use crate::error::CheckError;
use crate::measure::{Measured, measure, measure_by_complex_step};
use crate::passes::{self, AFTER_CANCEL};
use crate::report::Power;
use crate::seen::{OnRealNumbers, Seen};
use crate::settings::Settings;
use crate::structure::fit_gradient;
use crate::subject::Gradient;
use crate::verdict::{Reason, Verdict};
use plantings::draft;
pub use report::{ControlReport, PlantedError, Planting, PlantingOutcome};
use unplanted::Unplanted;

/// Plants errors into `analytic`, the gradient of `objective` at `point`, one after the other, and judges
/// each: into every block a factor 2, the other sign, zeros, one coordinate and the whole block off by
/// three times what [`Power`] says would be caught, two rows swapped, a square block transposed, a NaN, an
/// entry left out; and a factor ½ forgotten everywhere. Each must be rejected and blamed on its own block.
///
/// Each goes the way that the gradient itself went in [`check`](crate::check()), and what was seen of J once is not
/// looked at again, since it does not depend on the gradient. What the planted gradient makes suspect is looked at on
/// the ladder of steps as in a check, but at first only the four coordinates of a block that are furthest off, as after a
/// cancelled run: one of them that disagrees condemns the block, and one that is inconclusive keeps it from agreeing; a
/// whole check would look at them too, and see the same. Only where all four agree are the others looked at. So what is
/// rejected here a check would reject, what is inconclusive here would not agree there, and what passes here
/// would pass.
///
/// What this proves is that agreement on this function, at this point, was no empty word; not that any
/// other error would be seen, nor that the objective is the function one meant.
///
/// ```
/// use finite_diff::{ParameterLayout, from_fn};
/// use gradient_check::{Settings, negative_control};
///
/// let j = from_fn(3, |x: &[f64]| x[0] * x[1] + x[2].sin());
/// let layout = ParameterLayout::new().with("w", &[2])?.with("b", &[])?;
/// let at: [f64; 3] = [2.0, -1.0, 0.5];
/// let gradient = [at[1], at[0], at[2].cos()];
/// let report = negative_control(&j, &gradient, &at, &layout, &Settings::default())?;
/// assert!(report.passed());
/// assert_eq!((report.rejected(), report.planted()), (17, 17));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`check`](crate::check()).
pub fn negative_control<T: Real, O: Objective<T> + ?Sized>(
    objective: &O,
    analytic: &[f64],
    point: &[T],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<ControlReport, CheckError> {
    once(&objective, analytic, point, layout, settings)
}

finite_diff::compiled_once! {
    fn once<'a, T>(
        objective: &'a dyn Objective<T>,
        analytic: &'a [f64],
        point: &'a [T],
        layout: &'a ParameterLayout,
        settings: &'a Settings<'a>,
    ) -> Result<ControlReport, CheckError> = control_of
}

fn control_of<T: Real>(
    objective: &dyn Objective<T>,
    analytic: &[f64],
    point: &[T],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<ControlReport, CheckError> {
    let (seen, measured) = measure(objective, analytic, point, layout, settings)?;
    control(seen, measured, settings)
}

/// Like [`negative_control`], for [`check_by_complex_step`](crate::check::check_by_complex_step), which has no second look.
///
/// # Errors
/// As [`check`](crate::check()).
pub fn negative_control_by_complex_step<O: Objective<Complex<f64>> + ?Sized>(
    objective: &O,
    analytic: &[f64],
    point: &[f64],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<ControlReport, CheckError> {
    let real = OnRealNumbers(&objective);
    let (seen, measured) = measure_by_complex_step(&real, analytic, point, layout, settings)?;
    control(seen, measured, settings)
}

fn control<T: Real>(
    mut seen: Seen<'_, T>,
    measured: Measured,
    settings: &Settings<'_>,
) -> Result<ControlReport, CheckError> {
    let begun = Instant::now();
    let settings = Settings {
        mistakes: None,
        ..settings.clone()
    };
    let theta = seen.problem.theta();
    let unplanted = judge(&measured, seen.problem.layout, &theta, &settings);
    let mut report = ControlReport {
        unplanted: unplanted.verdict,
        agreeing: unplanted.counts.agree,
        power: unplanted.power,
        plantings: Vec::new(),
        evaluations: measured.evidence.evaluations,
        elapsed: unplanted.elapsed,
    };
    let Some(power) = unplanted.power else {
        return Ok(report);
    };
    if unplanted.verdict == Verdict::Disagree || unplanted.interrupted {
        return Ok(report);
    }
    seen.execution.progress = None;
    let before = seen.evaluations;
    report.plantings = plant(&mut seen, &measured, &settings, power)?;
    report.evaluations += seen.evaluations - before;
    report.elapsed += begun.elapsed();
    Ok(report)
}

/// Plants each error and judges it. `power` is what the check says it would have caught.
fn plant<T: Real>(
    seen: &mut Seen<'_, T>,
    measured: &Measured,
    settings: &Settings<'_>,
    power: Power,
) -> Result<Vec<Planting>, CheckError> {
    let layout = seen.problem.layout;
    let theta = seen.problem.theta();
    let analytic = &measured.analytic;
    let unplanted = Unplanted::new(measured, layout, power.single_coordinate);
    let drafts = draft(&unplanted, analytic, power);
    let mut outcomes = Vec::with_capacity(drafts.len());
    for draft in &drafts {
        let mut outcome = unplanted.not_planted(draft);
        let mut planted = analytic.clone();
        for (i, value) in &draft.changes {
            planted[*i] = *value;
        }
        // The four furthest off of each block first; then all, where these don't tell.
        for most in [Some(AFTER_CANCEL), None] {
            let left_open = PlantingOutcome::Undecided {
                reason: Reason::Interrupted,
            };
            if outcome.as_ref().is_some_and(|told| *told != left_open) {
                break;
            }
            if seen.interrupted || seen.execution.is_stopped() {
                outcome = Some(left_open);
                break;
            }
            let evidence = passes::gather(seen, &planted, settings, most)?;
            // The directional test saw the user's gradient, and has no verdict on this one.
            let planted = Measured {
                evidence,
                lines: None,
                analytic: Vec::new(),
                facts: measured.facts,
            };
            let report = judge(&planted, layout, &theta, settings);
            outcome = Some(unplanted.outcome(draft, &planted.evidence, &report));
        }
        outcomes.push(outcome);
    }
    let name = |block: usize| layout.blocks()[block].name().to_owned();
    let mut plantings: Vec<Planting> = drafts
        .into_iter()
        .zip(outcomes)
        .filter_map(|(draft, outcome)| {
            let at = match draft.changes[..] {
                [(at, _)] => layout.coordinate(at),
                _ => None,
            };
            Some(Planting {
                error: draft.error,
                block: draft.block.map(name),
                coordinate: at,
                outcome: outcome?,
            })
        })
        .collect();
    plantings.extend(entries_missing(analytic, layout));
    Ok(plantings)
}

/// One entry too few: in each block of a gradient by blocks, and in a flat one. No number is compared.
fn entries_missing(analytic: &[f64], layout: &ParameterLayout) -> Vec<Planting> {
    let arrays = plantings::arrays(analytic, layout);
    let planting = |block: Option<String>, gradient: Gradient| {
        let blamed: Vec<Option<String>> = fit_gradient(gradient, layout)
            .faults
            .iter()
            .map(|fault| fault.block().map(str::to_owned))
            .collect();
        let outcome = match &blamed[..] {
            [] => PlantingOutcome::Passed,
            [one] if *one == block => PlantingOutcome::Rejected,
            others => PlantingOutcome::Misplaced {
                blamed: others.iter().flatten().cloned().collect(),
            },
        };
        Planting {
            error: PlantedError::EntryMissing,
            block,
            coordinate: None,
            outcome,
        }
    };
    let whole = analytic.iter().copied().skip(1).collect();
    let by_block = (0..arrays.len())
        .filter(|&i| !arrays[i].values.is_empty())
        .map(|i| {
            let mut arrays = arrays.clone();
            arrays[i].values.pop();
            planting(Some(arrays[i].name.clone()), Gradient::Blocks(arrays))
        });
    by_block
        .chain([planting(None, Gradient::Flat(whole))])
        .collect()
}
