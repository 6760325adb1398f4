//! The slope test of a check, on the wire.

use crate::{Agreement, Explanation, Report, SlopeResult, SlopeVerdict};
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct Slope {
    verdict: String,
    agreement: &'static str,
    because: Option<&'static str>,
    blocks_without_direction: usize,
    uncovered: usize,
    evaluations: u64,
    directions: Vec<Direction>,
}

#[derive(Debug, Serialize)]
struct Direction {
    block: Option<String>,
    verdict: String,
    reason: Option<&'static str>,
    slope: Option<f64>,
    standard_error: Option<f64>,
    directional_error: Option<f64>,
    error_bar: Option<f64>,
    exact_within: Option<f64>,
    size: f64,
    would_have_seen: Option<f64>,
    failure: Option<String>,
    /// [t, E(t)], the narrowest first.
    points: Vec<[f64; 2]>,
}

/// `None` where there was no slope test.
pub(super) fn slope(report: &Report) -> Option<Slope> {
    let test = report.slope.as_ref()?;
    let (agreement, because) = match report.agreement()? {
        Agreement::BothRight => ("both_right", None),
        Agreement::BothWrong { .. } => ("both_wrong", None),
        Agreement::OnlyComponents { .. } => ("only_components", None),
        Agreement::Undecided => ("undecided", None),
        Agreement::OnlySlope { because, .. } => (
            "only_slope",
            Some(match because {
                Explanation::AddsUp => "adds_up",
                Explanation::NotJudged => "not_judged",
                Explanation::NoRoom => "no_room",
            }),
        ),
    };
    Some(Slope {
        verdict: test.verdict.to_string(),
        agreement,
        because,
        blocks_without_direction: test.left_out,
        uncovered: test.uncovered,
        evaluations: test.evaluations,
        directions: test.directions.iter().map(direction).collect(),
    })
}

fn direction(direction: &SlopeResult) -> Direction {
    let (reason, exact_within) = match direction.verdict {
        SlopeVerdict::Undecided(reason) => (Some(reason.name()), None),
        SlopeVerdict::Exact { within } => (None, Some(within)),
        _ => (None, None),
    };
    Direction {
        block: direction.block.clone(),
        verdict: direction.verdict.to_string(),
        reason,
        slope: direction.slope,
        standard_error: direction.standard_error,
        directional_error: direction.directional_error,
        error_bar: direction.bar,
        exact_within,
        size: direction.size,
        would_have_seen: direction.would_have_seen,
        failure: direction.failure.clone(),
        points: direction.points.iter().map(|(t, e)| [*t, *e]).collect(),
    }
}
