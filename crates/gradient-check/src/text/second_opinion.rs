//! The directional test: one line when all is well, a few where it and the coordinates contradict each other.
//!
//! Reads nothing but the report.

use crate::agreement::{Agreement, Explanation, Missed};
use crate::directions::{DirectionResult, DirectionalTest};
use crate::{Reason, Report, Verdict};

use super::numbers::{plural, short, thousands};
use super::style::{BAD, UNSURE, hanging};
use anstyle::Style;

/// How the line begins.
const LEAD: &str = "directional test:";

/// The direction in all parameters.
const ALL: &str = "all blocks together";

/// What the directional test found, or nothing where there was none.
pub(super) fn second_opinion(report: &Report) -> String {
    let (Some(test), Some(agreement)) = (&report.directional, report.agreement()) else {
        return String::new();
    };
    let judged_all = report.selected + report.fixed == report.parameters;
    // What was found, and sentences that explain it.
    let (mut said, explained) = match &agreement {
        Agreement::BothRight | Agreement::Undecided => (well(test), String::new()),
        Agreement::OnlyComponents { blocks } => (well(test), unseen(blocks)),
        Agreement::BothWrong {
            only_directions,
            only_components,
        } => {
            let (along, how) = wrong(test);
            let mut said = format!("also fails, along {along}{how}");
            if !only_directions.is_empty() {
                said += &format!(
                    "; in {} no single coordinate is wrong",
                    only_directions.join(", ")
                );
            }
            let explained = match only_components.is_empty() {
                true => String::new(),
                false => unseen(only_components),
            };
            (said, explained)
        }
        Agreement::OnlyDirections { because, .. } => {
            (wrong_alone(test), why(*because, test, judged_all))
        }
    };
    if !judged_all && !matches!(agreement, Agreement::OnlyDirections { .. }) {
        let unchecked = report.parameters - report.fixed - report.counts.total();
        said += &match test.uncovered {
            0 => "; it also covers the coordinates that were not checked".to_owned(),
            all if all >= unchecked => {
                "; it covers none of the coordinates that were not checked".to_owned()
            }
            some => format!(
                "; it also covers the coordinates that were not checked, except {} next to a bound",
                thousands(some as u64)
            ),
        };
    }
    if test.left_out > 0 {
        said += &format!(
            "; {} no separate direction",
            match test.left_out {
                1 => "1 block has".to_owned(),
                count => format!("{} have", plural(count, "block")),
            },
        );
    }
    if !explained.is_empty() {
        said += &format!(". {explained}");
    }
    let style = match &agreement {
        Agreement::BothRight | Agreement::Undecided => Style::new(),
        Agreement::BothWrong { .. } => BAD,
        _ if report.verdict == Verdict::Disagree => BAD,
        _ => UNSURE,
    };
    hanging(style, LEAD, &said)
}

/// `3 of 3 directions agree (detection limit 3.0e-11 of g·u)`: what agrees and what is inconclusive. The limit is relative
/// to a typical |g·u| of each direction.
fn well(test: &DirectionalTest) -> String {
    let agree = test
        .directions
        .iter()
        .filter(|d| d.reading.verdict == Verdict::Agree)
        .count();
    let of = plural(test.directions.len(), "direction");
    let mut parts = Vec::new();
    if agree > 0 {
        let limit = test.power().map_or_else(String::new, |power| {
            format!(" (detection limit {} of g·u)", short(power))
        });
        let verb = if agree == 1 { "agrees" } else { "agree" };
        parts.push(format!("{agree} of {of} {verb}{limit}"));
    }
    let mut reasons: Vec<(Reason, usize)> = Vec::new();
    for direction in &test.directions {
        if let Verdict::Inconclusive(reason) = direction.reading.verdict {
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, count)) => *count += 1,
                None => reasons.push((reason, 1)),
            }
        }
    }
    for (reason, count) in reasons {
        let which = match parts.is_empty() {
            true => format!("{count} of {of}"),
            false => count.to_string(),
        };
        let verb = if count == 1 { "is" } else { "are" };
        parts.push(format!("{which} {verb} inconclusive ({})", words(reason)));
    }
    parts.join("; ")
}

/// Why a direction is inconclusive.
fn words(reason: Reason) -> &'static str {
    match reason {
        Reason::BelowResolution => "the noise is more than a thousandth of g·u",
        Reason::Kink => "a kink within reach",
        Reason::NonFinite => "the cost is NaN or infinite",
        Reason::StepNotRepresentable => "the step size is lost to rounding",
        Reason::NotDeterministic => "the cost differs from call to call",
        Reason::Vacuous => "zero derivative and zero gradient",
        Reason::Stationary => "both are zero to rounding",
        Reason::Interrupted => "interrupted",
        Reason::Inexact => "a tolerance may explain the difference",
    }
}

/// `W1, b1 and over all blocks`, and `, by 1.0e-2 of g·u`.
fn wrong(test: &DirectionalTest) -> (String, String) {
    let directions: Vec<&DirectionResult> = test.wrong().collect();
    let mut names: Vec<&str> = directions
        .iter()
        .map(|d| d.block.as_deref().unwrap_or(ALL))
        .collect();
    let last = names.pop().unwrap_or_default();
    let along = match names.is_empty() {
        true => last.to_owned(),
        false => format!("{} and {last}", names.join(", ")),
    };
    let share = |d: &&DirectionResult| Some(d.reading.error?.abs() / d.size);
    let shares = directions.iter().filter_map(share);
    let largest = shares.reduce(f64::max);
    let how = match largest {
        Some(share) if share.is_finite() => format!(", by up to {} of g·u", short(share)),
        Some(_) => ", where g·u is 0".to_owned(),
        None => " (the gradient is NaN)".to_owned(),
    };
    (along, how)
}

/// Along what the test fails and by how much, where only the directions show it.
fn wrong_alone(test: &DirectionalTest) -> String {
    let largest = test
        .wrong()
        .filter_map(|d| Some((d.reading.error?, d.reading.error_bar?, d.size)))
        .max_by(|a, b| (a.0.abs() / a.2).total_cmp(&(b.0.abs() / b.2)));
    let size = largest.map_or_else(String::new, |(error, bar, size)| {
        format!(
            ": the error is {} ± {}, where a typical g·u is {}",
            short(error.abs()),
            short(bar),
            short(size)
        )
    });
    let (along, _) = wrong(test);
    format!("fails along {along}{size}")
}

/// What it means that only the directions show an error.
fn why(because: Explanation, test: &DirectionalTest, judged_all: bool) -> String {
    match because {
        Explanation::AddsUp => {
            "Each coordinate agrees within its error bar, but errors within the bars may add up to this. \
             Tighter bars would decide: use fewer examples, a smaller cost, or the complex step."
                .to_owned()
        }
        Explanation::NotJudged if judged_all => {
            "No single coordinate is wrong: either an inconclusive one is, or the cost varies faster than the step \
             sizes resolve."
                .to_owned()
        }
        Explanation::NotJudged => {
            "No coordinate that was checked is wrong, so one that was not checked must be: check all of them."
                .to_owned()
        }
        Explanation::NoRoom => {
            let room = test
                .wrong()
                .filter_map(|d| d.room)
                .fold(f64::INFINITY, f64::min);
            format!(
                "Every coordinate was checked and agrees, and their error bars allow for {} only: the cost is not smooth \
                 along the direction, or an error bar is too small. Check at another point.",
                short(room)
            )
        }
    }
}

/// Blocks that are wrong, and right along their direction.
fn unseen(blocks: &[Missed]) -> String {
    let names: Vec<&str> = blocks.iter().map(|missed| missed.block.as_str()).collect();
    let chance = blocks.iter().fold(0.0f64, |most, b| most.max(b.chance));
    let unmoved = blocks.iter().all(|b| b.unmoved);
    let reason = match chance < 0.5 {
        true => format!(
            "a random direction misses such an error with probability {}",
            short(chance)
        ),
        false if unmoved => "the wrong entries are on a bound and were not moved".to_owned(),
        false => "the error is below its detection limit".to_owned(),
    };
    format!(
        "It does not detect the error in {}: {reason}.",
        names.join(", ")
    )
}
