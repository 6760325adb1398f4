//! A negative control: errors planted into a gradient that agrees, and what the judge makes of each.
//!
//! For anyone who doubts a green run. Refuses to know how the gradient came about; the planted ones are
//! judged by the functions that judge every gradient.

mod bench;
mod plantings;
mod report;

use std::time::Instant;

use finite_diff::{Execution, Objective, ParameterLayout, Real, differentiate_finely};
use num_complex::Complex;

use crate::check::judge;
use crate::error::{CheckError, name_coordinate};
use crate::measure::{Measured, measure, measure_by_complex_step};
use crate::passes::is_same_function;
use crate::report::Power;
use crate::settings::Settings;
use crate::structure::fit_gradient;
use crate::subject::Gradient;
use crate::verdict::{Reason, Verdict};
use bench::{Bench, Looks, ShadowLook};
use plantings::draft;
pub use report::{ControlReport, PlantedError, Planting, PlantingOutcome};

/// Plants errors into `analytic`, the gradient of `objective` at `point`, one after the other, and judges
/// each: into every block a factor 2, the other sign, zeros, one coordinate and the whole block off by
/// three times what [`Power`] says would be caught, two rows swapped, a square block transposed, a NaN, an
/// entry left out; and a factor ½ forgotten everywhere. Each must be rejected and blamed on its own block.
///
/// The numeric side is gathered once, as for [`check`](crate::check()), since it does not depend on the
/// gradient. What the planted gradient makes suspect is looked at on the ladder of steps as in a check,
/// but only the four coordinates of a block that are furthest off, as after a cancelled run: one of them
/// that disagrees condemns the block, and one that is undecided keeps it from agreeing; a whole check would
/// look at them too, and see the same. Only where all four agree are the others looked at. So what is
/// rejected here a check would reject, what is undecided here would not agree there, and what passes here
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
    let measured = measure(objective, analytic, point, layout, settings)?;
    let theta: Vec<f64> = point.iter().map(|x| x.widen()).collect();
    let noise = measured.noise;
    let execution = Execution {
        progress: None,
        ..settings.execution
    };
    let named = |source| name_coordinate(source, layout);
    let ladder = |coordinates: &[usize]| {
        differentiate_finely(objective, point, coordinates, noise, &execution).map_err(named)
    };
    let of = |shadow: &dyn Objective<Complex<f64>>, coordinates: &[usize]| {
        finite_diff::complex_step(shadow, &theta, coordinates, &execution).map_err(named)
    };
    let shadow = settings.shadow.map(|s| move |c: &[usize]| of(s, c));
    let looks = Looks {
        ladder: Some(&ladder),
        shadow: shadow.as_ref().map(|look| look as &ShadowLook<'_>),
        is_same_function: &is_same_function::<T>,
    };
    control(measured, &looks, analytic, &theta, layout, settings)
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
    let measured = measure_by_complex_step(&objective, analytic, point, layout, settings)?;
    let looks = Looks {
        ladder: None,
        shadow: None,
        is_same_function: &is_same_function::<f64>,
    };
    control(measured, &looks, analytic, point, layout, settings)
}

fn control(
    measured: Measured,
    looks: &Looks<'_>,
    analytic: &[f64],
    theta: &[f64],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<ControlReport, CheckError> {
    let begun = Instant::now();
    let settings = Settings {
        mistakes: None,
        ..settings.clone()
    };
    let unplanted = judge(&measured, layout, theta, &settings);
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

    let (plantings, evaluations) =
        plant(measured, looks, analytic, theta, layout, &settings, power)?;
    report.plantings = plantings;
    report.evaluations += evaluations;
    report.elapsed += begun.elapsed();
    Ok(report)
}

/// Plants each error and judges it. `power` is what the check says it would have caught.
fn plant(
    measured: Measured,
    looks: &Looks<'_>,
    analytic: &[f64],
    theta: &[f64],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
    power: Power,
) -> Result<(Vec<Planting>, u64), CheckError> {
    let stated = power.single_coordinate;
    let mut bench = Bench::new(measured, layout, theta, settings, stated, looks);
    let drafts = draft(&bench, analytic, power);
    // The four furthest off of each block first, all in one go; then all, where these don't tell.
    let mut outcomes: Vec<Option<PlantingOutcome>> = vec![None; drafts.len()];
    for furthest in [true, false] {
        let open: Vec<usize> = (0..drafts.len())
            .filter(|&i| match outcomes[i] {
                None => true,
                Some(PlantingOutcome::Undecided { reason }) => reason == Reason::Interrupted,
                Some(_) => false,
            })
            .collect();
        bench.look(open.iter().map(|&i| &drafts[i]), furthest)?;
        for i in open {
            outcomes[i] = Some(bench.outcome(&drafts[i]));
        }
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
    Ok((plantings, bench.evaluations()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use finite_diff::from_fn;

    /// A check that promises more than it sees is found out: what is three times a power a thousand times
    /// too small is within every error bar.
    #[test]
    fn a_promise_that_is_not_kept_is_found_out() {
        let j = from_fn(4, |x: &[f64]| x.iter().map(|x| x.sin()).sum::<f64>());
        let layout = ParameterLayout::new()
            .with("a", &[3])
            .and_then(|layout| layout.with("b", &[]))
            .unwrap();
        let at: [f64; 4] = [0.3, -0.7, 1.1, 0.2];
        let g = at.map(f64::cos);
        let settings = Settings::exact();
        let failures = |lie: f64| {
            let measured = measure(&j, &g, &at, &layout, &settings).unwrap();
            let power = judge(&measured, &layout, &at, &settings).power.unwrap();
            let power = Power {
                single_coordinate: lie * power.single_coordinate,
                block: lie * power.block,
            };
            let noise = measured.noise;
            let ladder = |coordinates: &[usize]| {
                let execution = Execution::default();
                Ok(differentiate_finely(&j, &at, coordinates, noise, &execution).unwrap())
            };
            let looks = Looks {
                ladder: Some(&ladder),
                shadow: None,
                is_same_function: &is_same_function::<f64>,
            };
            let (plantings, _) =
                plant(measured, &looks, &g, &at, &layout, &settings, power).unwrap();
            let passed = |planting: &&Planting| planting.outcome == PlantingOutcome::Passed;
            plantings
                .iter()
                .filter(passed)
                .map(|p| (p.error, p.block.clone().unwrap_or_default()))
                .collect::<Vec<_>>()
        };
        assert_eq!(failures(1.0), []);
        let named = |error, block: &str| (error, block.to_owned());
        assert_eq!(
            failures(1e-3),
            [
                named(PlantedError::OneCoordinate, "a"),
                named(PlantedError::WholeBlock, "a"),
                named(PlantedError::OneCoordinate, "b"),
                named(PlantedError::WholeBlock, "b"),
            ]
        );
    }
}
