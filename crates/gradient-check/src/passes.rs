//! The one loop of a check: the gradient is compared with the estimates, and the judge decides which coordinates need
//! another one.
//!
//! Every coordinate is estimated cheaply; those with loose error bars by a more accurate formula, suspects by the complex
//! step where there is a complex-step counterpart, and the rest of them by the step sequence. Judges nothing by itself.

use std::collections::HashSet;

use finite_diff::execution::Progress;
use finite_diff::objective::Piece;
use finite_diff::{Estimate, Execution, Outcome, Real};

use crate::error::CheckError;
use crate::evidence::{Evidence, Observation, Shadow};
use crate::seen::{Method, Seen};
use crate::settings::Settings;
use crate::subgradient::look_along_kinks;
use crate::verdict::{self, Comparison, Rule, Verdict};

/// How many suspects are still looked at again, the furthest off first, after a run was cancelled: few
/// enough to end at once, enough to say that a gradient is wrong where it was seen to be.
pub(crate) const AFTER_CANCEL: usize = 4;

/// The evidence on `analytic`: what was seen of J, with all the looks that this gradient makes the judge want.
///
/// With `most`, only so many suspects of a block are looked at again that have not been before, the furthest off
/// first, and a few small entries; where that leaves some out, the evidence is that of a run that was cancelled.
pub(crate) fn gather<T: Real>(
    seen: &mut Seen<'_, T>,
    analytic: &[f64],
    settings: &Settings<'_>,
    most: Option<usize>,
) -> Result<Evidence, CheckError> {
    let mut evidence = at_first(seen, analytic, settings);
    if seen.is_sound() && seen.method != Method::ComplexStep {
        sharpen(&mut evidence, seen)?;
        let mut open = suspects(&evidence, seen);
        let wanted = open.len();
        let mut within = None;
        if let Some(most) = most {
            open = furthest(open, most, seen);
            within = Some(open.iter().copied().collect::<HashSet<usize>>());
        }
        let mut left_out = open.len() < wanted;
        if look_from_the_complex_plane(&mut evidence, seen, &open, settings)? {
            open = suspects(&evidence, seen);
            let all = open.len();
            open.retain(|i| within.as_ref().is_none_or(|within| within.contains(i)));
            left_out |= open.len() < all;
        }
        look_again(&mut evidence, seen, open)?;
        look_along_kinks(&mut evidence, seen)?;
        evidence.interrupted |= left_out;
    }
    evidence.evaluations = seen.evaluations;
    Ok(evidence)
}

/// `analytic` beside what the first look saw of J.
fn at_first<T: Real>(seen: &Seen<'_, T>, analytic: &[f64], settings: &Settings<'_>) -> Evidence {
    let mut evidence = Evidence {
        cost: seen.cost,
        deterministic: seen.deterministic,
        spread: seen.spread,
        selected: seen.selected,
        interrupted: seen.interrupted,
        ..Evidence::beside(&seen.first, analytic, settings)
    };
    match seen.method {
        Method::Differences(_) if seen.is_sound() => {
            evidence.noise = seen.noise.at::<T>(seen.cost.abs());
        }
        Method::Differences(_) => {}
        Method::ComplexStep => {
            evidence.complex_noise = seen.known_complex_noise();
            let rule = Rule::of(&evidence);
            for observation in &mut evidence.observations {
                if let Outcome::Estimated(estimate) = &observation.first {
                    let estimate = with_rounding(estimate, observation, &rule);
                    observation.first = Outcome::Estimated(estimate);
                }
            }
        }
    }
    evidence
}

/// A sharper formula for what agrees, but not sharply.
fn sharpen<T: Real>(evidence: &mut Evidence, seen: &mut Seen<'_, T>) -> Result<(), CheckError> {
    let rule = Rule::of(evidence);
    let blunt: Vec<usize> = verdict::compare_all(evidence, seen.problem.layout)
        .into_iter()
        .flat_map(|(scale, comparisons)| {
            let blunt = move |c: &Comparison| c.wants_sharper_look(scale, &rule);
            comparisons.into_iter().filter(blunt)
        })
        .map(|comparison| comparison.coordinate)
        .collect();
    if evidence.interrupted {
        return Ok(());
    }
    for (coordinate, outcome) in seen.look_sharper(&blunt)? {
        if let Some(observation) = evidence.at_mut(coordinate) {
            observation.sharper = Some(outcome);
        }
    }
    evidence.interrupted |= seen.interrupted;
    Ok(())
}

/// Looks again at `suspects`, which do not agree sharply, by J on complex numbers: one evaluation each, next to no bar, and
/// nothing in common with finite differences but the function. Says whether anything was seen. Asked only where J says
/// that the point lies on no kink: at one it knows one side only, and a word that no other look could confirm is no word.
/// Not believed at all where it is another function. See docs/theory/derivatives.md, §4.
fn look_from_the_complex_plane<T: Real>(
    evidence: &mut Evidence,
    seen: &mut Seen<'_, T>,
    suspects: &[usize],
    settings: &Settings<'_>,
) -> Result<bool, CheckError> {
    if seen.on_complex_numbers().is_none() || suspects.is_empty() || evidence.interrupted {
        return Ok(false);
    }
    let piece = seen.piece()?;
    match piece {
        Piece::Everywhere | Piece::Numbered { on_kink: false, .. } => {}
        Piece::Numbered { on_kink: true, .. } | Piece::Unknown => {
            evidence.interrupted |= seen.interrupted;
            return Ok(false);
        }
    }
    if settings.analytic_rounding.is_none() {
        evidence.complex_noise = seen.noise_on_complex_numbers()?;
    }
    let mut suspects = suspects.to_vec();
    suspects.sort_unstable();
    let found = seen.look_by_complex_step(&suspects)?;
    evidence.interrupted |= seen.interrupted;
    // Where J has one piece differences cross no kink, and what contradicts them is another function: one that is not
    // analytic has another derivative, and the same value.
    let contradicts = |(coordinate, outcome): &(usize, Outcome)| {
        let first = evidence
            .at(*coordinate)
            .and_then(Observation::before_the_ladder);
        let pair = first.zip(outcome.estimated());
        pair.is_some_and(|(first, other)| {
            let bars = first.error_bar() + other.error_bar();
            (first.derivative - other.derivative).abs() > evidence.constants.safety * bars
        })
    };
    if piece == Piece::Everywhere && found.iter().any(contradicts) {
        return Ok(false);
    }
    evidence.reexamined = found.len();
    let rule = Rule::of(evidence);
    let any = !found.is_empty();
    for (coordinate, outcome) in found {
        let observation = evidence.at_mut(coordinate);
        let (Some(observation), Some(estimate)) = (observation, outcome.estimated()) else {
            continue;
        };
        let estimate = with_rounding(estimate, observation, &rule);
        observation.shadow = Some(Shadow { estimate });
    }
    Ok(any)
}

/// A derivative by the complex step, with the rounding in its bar that what it adds up along the forward
/// pass has in common with what the backward pass adds up: as worked out for that, else as measured
/// (docs/theory/derivatives.md, equation 18).
fn with_rounding(estimate: &Estimate, observation: &Observation, rule: &Rule) -> Estimate {
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

/// The last look: every suspect that is not settled on the ladder.
fn look_again<T: Real>(
    evidence: &mut Evidence,
    seen: &mut Seen<'_, T>,
    mut suspects: Vec<usize>,
) -> Result<(), CheckError> {
    let mut known: HashSet<usize> = suspects.iter().copied().collect();
    let passed_over = passed_over(evidence, seen)?;
    suspects.extend(passed_over.into_iter().filter(|i| known.insert(*i)));
    let hidden = hidden(evidence, seen);
    suspects.extend(hidden.iter().copied().filter(|i| known.insert(*i)));
    let hidden: HashSet<usize> = hidden.into_iter().collect();
    if suspects.is_empty() {
        return Ok(());
    }
    let execution = seen.execution;
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
        ..execution
    };
    let mut fine = seen.climb(&suspects, &again)?;
    evidence.interrupted |= seen.interrupted;
    if seen.interrupted && !execution.has_failed() {
        let done: HashSet<usize> = fine.iter().map(|(coordinate, _)| *coordinate).collect();
        suspects.retain(|coordinate| !done.contains(coordinate));
        suspects.truncate(AFTER_CANCEL);
        let last = Execution {
            progress: None,
            cancel: None,
            ..execution
        };
        fine.extend(seen.climb(&suspects, &last)?);
    }
    for (coordinate, outcome) in &fine {
        let Some(observation) = evidence.at_mut(*coordinate) else {
            continue;
        };
        // What agreed is looked at again to see more of it, and no less.
        let sharper = || {
            let bar = |e: Option<Estimate>| e.map_or(f64::INFINITY, |e| e.error_bar());
            let found = outcome.estimated().map(|found| found.derivative);
            bar(found) < bar(observation.before_the_ladder())
        };
        if !hidden.contains(coordinate) || sharper() {
            observation.fine = Some(*outcome);
        }
    }
    // Whoever came onto the ladder had been looked at from the complex plane, if there is one.
    evidence.reexamined = evidence.reexamined.max(fine.len());
    Ok(())
}

/// Small parameters of a black box that the gradient says nothing depends on, as its first look does, and that J does
/// depend on by steps of their own size: a line of a spectrum, in meters, is flat wherever steps for parameters of size 1
/// end. Any other number in the gradient would not have agreed.
fn passed_over<T: Real>(
    evidence: &mut Evidence,
    seen: &mut Seen<'_, T>,
) -> Result<Vec<usize>, CheckError> {
    let at_zero = |o: &&Observation| {
        let first = o.before_the_ladder();
        o.analytic == 0.0
            && o.shadow.is_none()
            && first.is_some_and(|first| first.derivative.abs() <= first.error_bar())
    };
    let zeros = evidence.observations.iter().filter(at_zero);
    let zeros: Vec<usize> = zeros.map(|o| o.coordinate).collect();
    if zeros.is_empty() || evidence.interrupted || !seen.is_black_box() {
        return Ok(Vec::new());
    }
    let close = seen.look_close(&zeros)?;
    evidence.interrupted |= seen.interrupted;
    let safety = evidence.constants.safety;
    let moves = close.iter().filter(|(_, outcome)| {
        let found = outcome.estimated().map(|refined| refined.derivative);
        found.is_some_and(|d| d.derivative.abs() > safety * d.error_bar())
    });
    Ok(moves.map(|(coordinate, _)| *coordinate).collect())
}

/// How many entries of a block are looked at again because they are small.
const MOST_HIDDEN: usize = 16;

/// Entries of a black box that agree and are so small beside their block that a first look can't tell them from 0: by
/// longer steps their own bar may be sharp enough. Nothing that is known to be smooth needs it, its rounding being known.
fn hidden<T: Real>(evidence: &Evidence, seen: &mut Seen<'_, T>) -> Vec<usize> {
    if evidence.interrupted || !seen.is_black_box() {
        return Vec::new();
    }
    let unseen = |c: &Comparison| {
        let observation = evidence.at(c.coordinate);
        let once = observation.is_some_and(|o| {
            o.fine.is_none() && o.shadow.is_none() && o.analytic_rounding.is_none()
        });
        c.is_near_zero() && once
    };
    verdict::compare_all(evidence, seen.problem.layout)
        .into_iter()
        .flat_map(|(_, comparisons)| {
            let hidden = comparisons.into_iter().filter(unseen);
            hidden.take(MOST_HIDDEN).collect::<Vec<_>>()
        })
        .map(|comparison| comparison.coordinate)
        .collect()
}

/// The coordinates that do not agree sharply and could on another look, the furthest off first.
fn suspects<T: Real>(evidence: &Evidence, seen: &Seen<'_, T>) -> Vec<usize> {
    let mut suspects: Vec<_> = verdict::compare_all(evidence, seen.problem.layout)
        .into_iter()
        .flat_map(|(_, comparisons)| comparisons)
        .filter(wants_second_look)
        .collect();
    let excess = |c: &Comparison| {
        c.numeric
            .map_or(f64::INFINITY, |d| (c.analytic - d).abs() / c.tolerance)
    };
    suspects.sort_by(|a, b| excess(b).total_cmp(&excess(a)));
    suspects
        .into_iter()
        .map(|comparison| comparison.coordinate)
        .collect()
}

/// Whether the coordinate does not agree, and might with another estimate.
fn wants_second_look(comparison: &Comparison) -> bool {
    comparison.verdict != Verdict::Agree
        && !comparison.settled
        && comparison.verdict != Verdict::Inconclusive(verdict::Reason::Vacuous)
}

/// Of each block those `suspects` that have been looked at again, whatever for, and the first `most` of the others.
fn furthest<T: Real>(suspects: Vec<usize>, most: usize, seen: &Seen<'_, T>) -> Vec<usize> {
    let layout = seen.problem.layout;
    let mut new = vec![0; layout.blocks().len()];
    let is_within = |i: &usize| {
        if !seen.is_new(*i) {
            return true;
        }
        let count = layout.block_index(*i).map(|block| &mut new[block]);
        count.is_some_and(|count| {
            *count += 1;
            *count <= most
        })
    };
    let mut suspects = suspects;
    suspects.retain(is_within);
    suspects
}
