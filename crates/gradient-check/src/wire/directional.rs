//! What was found along random directions: the directional test of a check, and a check along directions alone.

use crate::agreement::{Agreement, Explanation};
use crate::directional::{DirectionalBlock, DirectionalReport};
use crate::directions::DirectionResult;
use crate::{Report, Verdict};
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct Directional {
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
    /// (g − ∇J)·u.
    error: Option<f64>,
    error_bar: Option<f64>,
    step: Option<f64>,
    size: f64,
    would_have_seen: Option<f64>,
    failure: Option<String>,
}

/// `None` where there was no directional test.
pub(super) fn directional(report: &Report) -> Option<Directional> {
    let test = report.directional.as_ref()?;
    let (agreement, because) = match report.agreement()? {
        Agreement::BothRight => ("both_right", None),
        Agreement::BothWrong { .. } => ("both_wrong", None),
        Agreement::OnlyComponents { .. } => ("only_components", None),
        Agreement::Undecided => ("undecided", None),
        Agreement::OnlyDirections { because, .. } => (
            "only_directions",
            Some(match because {
                Explanation::AddsUp => "adds_up",
                Explanation::NotJudged => "not_judged",
                Explanation::NoRoom => "no_room",
            }),
        ),
    };
    Some(Directional {
        verdict: test.verdict.to_string(),
        agreement,
        because,
        blocks_without_direction: test.left_out,
        uncovered: test.uncovered,
        evaluations: test.evaluations,
        directions: test.directions.iter().map(direction).collect(),
    })
}

fn direction(direction: &DirectionResult) -> Direction {
    let reading = &direction.reading;
    Direction {
        block: direction.block.clone(),
        verdict: reading.verdict.to_string(),
        reason: match reading.verdict {
            Verdict::Inconclusive(reason) => Some(reason.name()),
            _ => None,
        },
        error: reading.error,
        error_bar: reading.error_bar,
        step: reading.step,
        size: direction.size,
        would_have_seen: direction.would_have_seen,
        failure: direction.failure.clone(),
    }
}

/// A check along directions alone.
#[derive(Debug, Serialize)]
pub(super) struct Alone<'a> {
    verdict: String,
    cost: f64,
    parameters: usize,
    directions: usize,
    evaluations: u64,
    interrupted: bool,
    blocks: Vec<Block<'a>>,
}

#[derive(Debug, Serialize)]
struct Block<'a> {
    name: &'a str,
    verdict: String,
    wrong: Vec<Range>,
}

/// A range of wrong coordinates, both ends included.
#[derive(Debug, Serialize)]
struct Range {
    first: Vec<usize>,
    last: Vec<usize>,
    error: f64,
    tolerance: f64,
    factor: Option<f64>,
}

pub(super) fn alone(report: &DirectionalReport) -> Alone<'_> {
    Alone {
        verdict: report.verdict.to_string(),
        cost: report.cost,
        parameters: report.parameters,
        directions: report.directions,
        evaluations: report.evaluations,
        interrupted: report.interrupted,
        blocks: report.blocks.iter().map(block).collect(),
    }
}

fn block(block: &DirectionalBlock) -> Block<'_> {
    let range = |wrong: &crate::directional::WrongRange| Range {
        first: wrong.first.index.clone(),
        last: wrong.last.index.clone(),
        error: wrong.error,
        tolerance: wrong.tolerance,
        factor: wrong.factor.as_ref().map(|common| common.factor),
    };
    Block {
        name: &block.name,
        verdict: block.verdict.to_string(),
        wrong: block.wrong.iter().map(range).collect(),
    }
}
