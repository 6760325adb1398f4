//! What is inconclusive, why, and what to do about it.
//!
//! Reads nothing but the report.

use crate::verdict::NonFinite;
use crate::{Reason, Report, Verdict};

use super::findings::list;
use super::numbers::{plural, sentence_case, thousands};
use super::style::{UNSURE, hanging, styled, wrapped};

/// For each reason the coordinates and the blocks, and what to do; then where the first NaN or infinity came from.
pub(super) fn inconclusive(report: &Report) -> String {
    const LEAD: &str = "inconclusive:";
    let mut text = String::new();
    for reason in Reason::ALL {
        let count = report.counts.with_reason(reason);
        if count == 0 {
            continue;
        }
        let blocks = report.blocks.iter();
        let blocks: Vec<String> = blocks
            .filter(|block| block.counts.with_reason(reason) > 0)
            .map(|block| block.name.clone())
            .collect();
        let which = format!(
            "{} of {} ({}). {}.",
            thousands(count as u64),
            plural(report.counts.total(), "coordinate"),
            list(&blocks),
            sentence_case(remedy(report, reason)),
        );
        text.push_str(&hanging(UNSURE, LEAD, &which));
    }
    // Of the whole check alone: a sample that tells nothing, or a run that was stopped.
    if let Verdict::Inconclusive(reason) = report.verdict
        && report.counts.inconclusive() == 0
        && !is_told_elsewhere(report)
    {
        text.push_str(&hanging(UNSURE, LEAD, &format!("{}.", reason.remedy())));
    }
    text.push_str(&non_finite(report));
    text
}

/// What to do; a comparison of two given gradients has neither a cost nor a point.
fn remedy(report: &Report, reason: Reason) -> &'static str {
    match reason {
        Reason::NonFinite if report.evaluations == 0 => {
            "the numeric gradient is NaN or infinite there, so there is nothing to compare with. Compute it again, for \
             example with other steps"
        }
        Reason::BelowResolution if report.evaluations == 0 => {
            "the two gradients differ by more than rounding and by less than a mistake, and the error of the numeric one is \
             not known. Check the gradient against the cost itself, or compute the numeric gradient more accurately"
        }
        _ => reason.remedy(),
    }
}

/// Whether the findings before the comparison, or the directional test, say why the whole check is inconclusive.
fn is_told_elsewhere(report: &Report) -> bool {
    let mut found = report.structure.iter().flat_map(|s| &s.findings);
    let test = report.directional.as_ref();
    found.any(|finding| finding.word().is_some())
        || test.is_some_and(|test| test.verdict == Verdict::Disagree)
}

/// Where the first NaN or infinity came from.
fn non_finite(report: &Report) -> String {
    let mut found = report
        .blocks
        .iter()
        .filter_map(|block| block.non_finite.as_ref());
    let Some((coordinate, origin)) =
        found.find_map(|c| Some((&c.coordinate, c.comparison.non_finite?)))
    else {
        return String::new();
    };
    let line = match origin {
        // Of a cost that differs from call to call: one that is finite by now.
        NonFinite::Forward { cost } if cost.is_finite() => return String::new(),
        NonFinite::Forward { cost } => format!(
            "The cost is {cost} at this point: the forward pass returns it, so no derivative exists to compare the \
             gradient with."
        ),
        // Among the causes.
        NonFinite::Backward => return String::new(),
        NonFinite::Probe { side, cost } => {
            let left = report.counts.with_reason(Reason::NonFinite) > 0;
            let so = match (left, report.verdict) {
                (true, _) => ", although it is finite at the point itself.",
                (false, Verdict::Agree) => "; smaller steps were used there.",
                (false, _) => {
                    "; smaller steps were used there. If the domain of the cost ends there, set the bounds."
                }
            };
            format!("At {coordinate} the cost is {cost} for {side}{so}")
        }
        NonFinite::Difference if report.evaluations == 0 => return String::new(),
        NonFinite::Difference => format!(
            "At {coordinate} the difference of two finite costs, or its error bar, overflows: scale the cost down."
        ),
    };
    wrapped("", &line)
}

/// How far a check came that was stopped.
pub(super) fn interrupted(report: &Report) -> String {
    if !report.interrupted {
        return String::new();
    }
    format!(
        "  {} {} of {} were checked\n",
        styled(UNSURE, "interrupted:"),
        thousands(report.counts.total() as u64),
        plural(report.selected, "coordinate"),
    )
}
