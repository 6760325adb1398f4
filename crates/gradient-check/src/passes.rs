//! The passes over the coordinates: every one cheaply, blunt ones with a sharper stencil, suspects on
//! complex numbers where there is such a twin, the rest of them on the ladder of steps.
//!
//! Evaluates and collects. Asks the verdict only who wants another look.

use std::collections::HashSet;

use finite_diff::error::Side;
use finite_diff::execution::Progress;
use finite_diff::ladder::differentiate_closely;
use finite_diff::objective::Piece;
use finite_diff::{
    Derivatives, DifferenceError, Entry, Estimate, Execution, Noise, Objective, Outcome,
    ParameterLayout, Real, Scheme, Stencil, differentiate_finely,
};

use num_complex::Complex;

use crate::evidence::{Evidence, Observation, Shadow};
use crate::settings::Settings;
use crate::verdict::{self, Comparison, Rule, Verdict};

/// A sharper stencil for what agrees, but not sharply: the five-point one, with a longer step and so
/// less noise.
pub(crate) fn sharpen<T: Real>(
    evidence: &mut Evidence,
    objective: &dyn Objective<T>,
    point: &[T],
    layout: &ParameterLayout,
    scheme: &Scheme,
    execution: &Execution<'_>,
) -> Result<(), DifferenceError> {
    let rule = Rule::of(evidence);
    let blunt: Vec<usize> = verdict::compare_all(evidence, layout)
        .into_iter()
        .flat_map(|(scale, comparisons)| {
            let blunt = move |c: &Comparison| c.wants_sharper_look(scale, &rule);
            comparisons.into_iter().filter(blunt)
        })
        .map(|comparison| comparison.coordinate)
        .collect();
    if blunt.is_empty() || scheme.stencil == Stencil::FIVE_POINT || evidence.interrupted {
        return Ok(());
    }
    let sharper = Scheme {
        noise: scheme.noise,
        ..Scheme::optimal(Stencil::FIVE_POINT)
    };
    let execution = Execution {
        progress: None,
        ..*execution
    };
    let run = finite_diff::differentiate(objective, point, &blunt, &sharper, &execution)?;
    evidence.evaluations += run.evaluations;
    evidence.interrupted |= run.interrupted;
    for entry in run.entries {
        if let Some(observation) = evidence.at_mut(entry.coordinate) {
            observation.sharper = Some(entry.outcome);
        }
    }
    Ok(())
}

/// Looks again at the coordinates that do not agree sharply, by J on complex numbers: one evaluation each, next
/// to no bar, and nothing in common with finite differences but the function. To be asked only where J says
/// that the point lies on no kink. Not believed at all where it is another function: where its real part at
/// the point is not J. See docs/theory/derivatives.md, §4.
pub(crate) fn look_from_the_complex_plane<T: Real>(
    evidence: &mut Evidence,
    shadow: &dyn Objective<Complex<f64>>,
    point: &[f64],
    mut suspects: Vec<usize>,
    is_everywhere: bool,
    settings: &Settings<'_>,
) -> Result<(), DifferenceError> {
    if suspects.is_empty() || evidence.interrupted {
        return Ok(());
    }
    suspects.sort_unstable();
    let execution = Execution {
        progress: None,
        ..settings.execution
    };
    let run = finite_diff::complex_step(shadow, point, &suspects, &execution)?;
    evidence.evaluations += run.evaluations;
    evidence.interrupted |= run.interrupted;
    if !is_same_function::<T>(evidence, run.center) {
        return Ok(());
    }
    // Where J has one piece differences cross no kink, and what contradicts them is another function: one that is not
    // analytic has another derivative, and the same value.
    let contradicts = |entry: &Entry| {
        let seen = evidence.at(entry.coordinate);
        let first = seen.and_then(Observation::before_the_ladder);
        let pair = first.zip(entry.outcome.estimated());
        pair.is_some_and(|(first, other)| {
            let bars = first.error_bar() + other.error_bar();
            (first.derivative - other.derivative).abs() > evidence.constants.safety * bars
        })
    };
    if is_everywhere && run.entries.iter().any(contradicts) {
        return Ok(());
    }
    evidence.reexamined = run.entries.len();
    let rule = Rule::of(evidence);
    for entry in run.entries {
        let observation = evidence.at_mut(entry.coordinate);
        let (Some(observation), Some(estimate)) = (observation, entry.outcome.estimated()) else {
            continue;
        };
        let estimate = with_rounding(estimate, observation, &rule);
        observation.shadow = Some(Shadow { estimate });
    }
    Ok(())
}

/// Measures how far a derivative by the complex step may be off by rounding, where nobody worked that out.
pub(crate) fn noise_on_complex_numbers(
    evidence: &mut Evidence,
    objective: &dyn Objective<Complex<f64>>,
    point: &[f64],
    settings: &Settings<'_>,
) -> Result<(), DifferenceError> {
    if settings.analytic_rounding.is_none() {
        let measured = finite_diff::noise::measure_complex_step_noise_with(
            objective,
            point,
            settings.seed,
            &settings.execution,
        )?;
        evidence.interrupted |= settings.execution.is_stopped();
        evidence.evaluations += measured.evaluations;
        evidence.complex_noise = measured.epsilon_f::<f64>(0.0);
    }
    Ok(())
}

/// Whether J on complex numbers is the same function, as far as its value at the point tells
/// (docs/theory/derivatives.md, equation 19).
pub(crate) fn is_same_function<T: Real>(evidence: &Evidence, center: f64) -> bool {
    let rounding = evidence.constants.rounding * T::EPSILON * evidence.cost.abs();
    // Where J is what is left of larger terms, it is another rounding of these.
    let noise = evidence.constants.safety * evidence.noise;
    (center - evidence.cost).abs() <= rounding.max(noise)
}

/// A derivative by the complex step, with the rounding in its bar that what it adds up along the forward
/// pass has in common with what the backward pass adds up: as worked out for that, else as measured
/// (docs/theory/derivatives.md, equation 18).
pub(crate) fn with_rounding(
    estimate: &Estimate,
    observation: &Observation,
    rule: &Rule,
) -> Estimate {
    let lost = f64::EPSILON / rule.working_epsilon;
    let cancelled = match observation.analytic_rounding {
        Some(sigma) => rule.constants.deviations * lost * sigma,
        None => rule.complex_noise,
    };
    Estimate {
        noise: estimate.noise.max(cancelled),
        ..*estimate
    }
}

/// How many suspects are still looked at again, the furthest off first, after a run was cancelled: few
/// enough to end at once, enough to say that a gradient is wrong where it was seen to be.
pub(crate) const AFTER_CANCEL: usize = 4;

/// The last look: every suspect that is not settled on the ladder.
pub(crate) fn look_again<T: Real>(
    evidence: &mut Evidence,
    objective: &dyn Objective<T>,
    point: &[T],
    layout: &ParameterLayout,
    mut suspects: Vec<usize>,
    noise: Noise,
    execution: &Execution<'_>,
) -> Result<(), DifferenceError> {
    let mut known: HashSet<usize> = suspects.iter().copied().collect();
    let passed_over = passed_over(evidence, objective, point, noise, execution)?;
    suspects.extend(passed_over.into_iter().filter(|i| known.insert(*i)));
    let hidden = hidden(evidence, objective, point, layout);
    suspects.extend(hidden.iter().copied().filter(|i| known.insert(*i)));
    let hidden: HashSet<usize> = hidden.into_iter().collect();
    if suspects.is_empty() {
        return Ok(());
    }
    let looked_at = evidence.observations.len();
    let onward = |p: Progress| {
        if let Some(progress) = execution.progress {
            progress(Progress {
                done: looked_at + p.done,
                total: looked_at + p.total,
            });
        }
    };
    let again = Execution {
        progress: Some(&onward),
        ..*execution
    };
    let mut fine = differentiate_finely(objective, point, &suspects, noise, &again)?;
    evidence.interrupted |= fine.interrupted;
    evidence.evaluations += fine.evaluations;
    if evidence.interrupted && !execution.has_failed() {
        let done: HashSet<usize> = fine.entries.iter().map(|entry| entry.coordinate).collect();
        suspects.retain(|coordinate| !done.contains(coordinate));
        suspects.truncate(AFTER_CANCEL);
        let last = Execution {
            progress: None,
            cancel: None,
            ..*execution
        };
        let last = differentiate_finely(objective, point, &suspects, noise, &last)?;
        evidence.evaluations += last.evaluations;
        fine.entries.extend(last.entries);
    }
    for entry in &fine.entries {
        let Some(observation) = evidence.at_mut(entry.coordinate) else {
            continue;
        };
        // What agreed is looked at again to see more of it, and no less.
        let sharper = || {
            let bar = |e: Option<Estimate>| e.map_or(f64::INFINITY, |e| e.error_bar());
            let found = entry.outcome.estimated().map(|found| found.derivative);
            bar(found) < bar(observation.before_the_ladder())
        };
        if !hidden.contains(&entry.coordinate) || sharper() {
            observation.fine = Some(entry.outcome);
        }
    }
    // Whoever came onto the ladder had been looked at from the complex plane, if there is one.
    evidence.reexamined = evidence.reexamined.max(fine.entries.len());
    Ok(())
}

/// Small parameters of a black box that the gradient says nothing depends on, as its first look does, and that J does
/// depend on by steps of their own size: a line of a spectrum, in meters, is flat wherever steps for parameters of size 1
/// end. Any other number in the gradient would not have agreed.
fn passed_over<T: Real>(
    evidence: &mut Evidence,
    objective: &dyn Objective<T>,
    point: &[T],
    noise: Noise,
    execution: &Execution<'_>,
) -> Result<Vec<usize>, DifferenceError> {
    let at_zero = |o: &&Observation| {
        let first = o.before_the_ladder();
        o.analytic == 0.0
            && o.shadow.is_none()
            && first.is_some_and(|first| first.derivative.abs() <= first.error_bar())
    };
    let zeros = evidence.observations.iter().filter(at_zero);
    let zeros: Vec<usize> = zeros.map(|o| o.coordinate).collect();
    let is_black_box = || matches!(objective.piece(point), Ok(Piece::Unknown));
    if zeros.is_empty() || evidence.interrupted || !is_black_box() {
        return Ok(Vec::new());
    }
    let quietly = Execution {
        progress: None,
        ..*execution
    };
    let close = differentiate_closely(objective, point, &zeros, noise, &quietly)?;
    evidence.evaluations += close.evaluations;
    evidence.interrupted |= close.interrupted;
    let safety = evidence.constants.safety;
    let moves = close.entries.iter().filter(|entry| {
        let found = entry.outcome.estimated().map(|refined| refined.derivative);
        found.is_some_and(|d| d.derivative.abs() > safety * d.error_bar())
    });
    Ok(moves.map(|entry| entry.coordinate).collect())
}

/// How many entries of a block are looked at again because they are small.
const MOST_HIDDEN: usize = 16;

/// Entries of a black box that agree and are so small beside their block that a first look can't tell them from 0: by
/// longer steps their own bar may be sharp enough. Nothing that is known to be smooth needs it, its rounding being known.
fn hidden<T: Real>(
    evidence: &Evidence,
    objective: &dyn Objective<T>,
    point: &[T],
    layout: &ParameterLayout,
) -> Vec<usize> {
    let is_black_box = || matches!(objective.piece(point), Ok(Piece::Unknown));
    if evidence.interrupted || !is_black_box() {
        return Vec::new();
    }
    let unseen = |c: &Comparison| {
        let observation = evidence.at(c.coordinate);
        let once = observation.is_some_and(|o| {
            o.fine.is_none() && o.shadow.is_none() && o.analytic_rounding.is_none()
        });
        c.is_near_zero() && once
    };
    verdict::compare_all(evidence, layout)
        .into_iter()
        .flat_map(|(_, comparisons)| {
            let hidden = comparisons.into_iter().filter(unseen);
            hidden.take(MOST_HIDDEN).collect::<Vec<_>>()
        })
        .map(|comparison| comparison.coordinate)
        .collect()
}

/// The coordinates that do not agree sharply on the first look and could on a second, the furthest off first.
pub(crate) fn suspects(evidence: &Evidence, layout: &ParameterLayout) -> Vec<usize> {
    let mut suspects: Vec<_> = verdict::compare_all(evidence, layout)
        .into_iter()
        .flat_map(|(_, comparisons)| comparisons)
        .filter(wants_second_look)
        .collect();
    let excess = |c: &verdict::Comparison| {
        c.numeric
            .map_or(f64::INFINITY, |d| (c.analytic - d).abs() / c.tolerance)
    };
    suspects.sort_by(|a, b| excess(b).total_cmp(&excess(a)));
    suspects
        .into_iter()
        .map(|comparison| comparison.coordinate)
        .collect()
}

/// Whether the coordinate does not agree, and could on another look.
pub(crate) fn wants_second_look(comparison: &Comparison) -> bool {
    comparison.verdict != Verdict::Agree
        && !comparison.settled
        && comparison.verdict != Verdict::Inconclusive(verdict::Reason::Vacuous)
}

pub(crate) fn collect(
    evidence: &mut Evidence,
    first: Derivatives,
    analytic: &[f64],
    settings: &Settings<'_>,
    unit: &dyn Fn(usize) -> f64,
) {
    evidence.evaluations += first.evaluations;
    evidence.interrupted |= first.interrupted;
    evidence
        .observations
        .extend(first.entries.into_iter().map(|entry| {
            Observation {
                coordinate: entry.coordinate,
                analytic: analytic[entry.coordinate],
                unit: unit(entry.coordinate),
                enough: 0.0,
                analytic_noise: settings
                    .analytic_noise
                    .and_then(|noise| noise.get(entry.coordinate).copied().flatten()),
                first: entry.outcome,
                analytic_rounding: settings
                    .analytic_rounding
                    .and_then(|rounding| rounding.get(entry.coordinate).copied()),
                sharper: None,
                shadow: None,
                fine: None,
            }
        }));
}

/// Where J itself is no number, or not the same twice: no probe is worth its price.
pub(crate) fn unmeasured(cost: f64, coordinates: &[usize]) -> Derivatives {
    let side = Side {
        offset: 0,
        replacement: f64::NAN,
    };
    let entry = |&coordinate| Entry {
        coordinate,
        outcome: Outcome::NonFinite { side, value: cost },
        evaluations: 0,
    };
    Derivatives {
        center: cost,
        entries: coordinates.iter().map(entry).collect(),
        evaluations: 0,
        interrupted: false,
    }
}
