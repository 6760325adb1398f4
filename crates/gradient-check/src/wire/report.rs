//! A report on the wire.

use std::collections::BTreeMap;

use serde::Serialize;

use super::directional::{Directional, directional};
use super::structure::{Structure, structure};
use crate::pattern::Confined;
use crate::report::{BlockReport, Counts, KinkReport};
use crate::{Reason, Verdict};

#[derive(Debug, Serialize)]
pub(super) struct Report {
    verdict: String,
    difference: f64,
    difference_reads: &'static str,
    cost: f64,
    parameters: usize,
    judged: usize,
    reexamined: usize,
    evaluations: u64,
    seconds: f64,
    scheme: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rechecked: Option<Rechecked>,
    power: Option<Power>,
    counts: WireCounts,
    first_wrong_layer: Option<usize>,
    interrupted: bool,
    structure: Option<Structure>,
    directional: Option<Directional>,
    blocks: Vec<Block>,
    kinks: Vec<Kinks>,
}

#[derive(Debug, Serialize)]
struct Power {
    single_coordinate: f64,
    block: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct WireCounts {
    agree: usize,
    disagree: usize,
    inconclusive: usize,
    flat: usize,
    subgradients: usize,
    near_zero: usize,
}

#[derive(Debug, Serialize)]
struct Block {
    name: String,
    shape: Vec<usize>,
    layer: Option<usize>,
    verdict: String,
    difference: f64,
    scale: f64,
    power: Option<Power>,
    counts: WireCounts,
    worst: Option<Worst>,
    inconclusive_reasons: BTreeMap<&'static str, usize>,
    pattern: Option<Pattern>,
    diagnosis: Option<Diagnosis>,
}

#[derive(Debug, Serialize)]
struct Pattern {
    rows: Vec<Line>,
    columns: Vec<Line>,
    confined_to_rows: Option<Vec<usize>>,
    confined_to_columns: Option<Vec<usize>>,
}

#[derive(Debug, Serialize)]
struct Line {
    index: usize,
    wrong: usize,
    judged: usize,
    share: f64,
}

#[derive(Debug, Serialize)]
struct Diagnosis {
    cause: &'static str,
    message: String,
    factor: Option<f64>,
    residual: f64,
}

#[derive(Debug, Serialize)]
struct Worst {
    index: Vec<usize>,
    analytic: f64,
    numeric: Option<f64>,
    error_bar: Option<f64>,
}

pub(super) fn report(report: &crate::Report) -> Report {
    Report {
        verdict: report.verdict.to_string(),
        difference: report.difference,
        difference_reads: report.band().words(),
        cost: report.cost,
        parameters: report.parameters,
        judged: report.counts.total(),
        reexamined: report.reexamined,
        evaluations: report.evaluations,
        seconds: report.elapsed.as_secs_f64(),
        scheme: report.scheme.clone(),
        rechecked: report.recheck.map(|recheck| Rechecked {
            drawn: recheck.drawn,
            rejected: recheck.rejected,
            rejected_in_all: recheck.rejected_in_all,
            undecided: recheck.undecided,
            evaluations: recheck.evaluations,
        }),
        power: report.power.map(power),
        counts: counts(&report.counts),
        first_wrong_layer: report.first_wrong_stage,
        interrupted: report.interrupted,
        structure: report.structure.as_ref().map(structure),
        directional: directional(report),
        blocks: report.blocks.iter().map(block).collect(),
        kinks: report.kinks.iter().map(kinks).collect(),
    }
}

/// What of a fast engine's numbers was held against the whole forward pass.
#[derive(Debug, Serialize)]
struct Rechecked {
    drawn: usize,
    rejected: usize,
    rejected_in_all: usize,
    undecided: usize,
    evaluations: u64,
}

fn power(power: crate::report::Power) -> Power {
    Power {
        single_coordinate: power.single_coordinate,
        block: power.block,
    }
}

pub(super) fn counts(counts: &Counts) -> WireCounts {
    WireCounts {
        agree: counts.agree,
        disagree: counts.disagree,
        inconclusive: counts.inconclusive(),
        flat: counts.flat,
        subgradients: counts.subgradients,
        near_zero: counts.near_zero,
    }
}

fn block(block: &BlockReport) -> Block {
    Block {
        name: block.name.clone(),
        shape: block.shape.clone(),
        layer: block.stage,
        // Nothing can be said of a block that an interrupted run did not come to.
        verdict: match block.counts.total() {
            0 if block.verdict == Verdict::Agree => Verdict::Inconclusive(Reason::Interrupted),
            _ => block.verdict,
        }
        .to_string(),
        difference: block.difference,
        scale: block.scale,
        power: block.power.map(power),
        counts: counts(&block.counts),
        worst: block.worst.as_ref().map(|worst| Worst {
            index: worst.coordinate.index.clone(),
            analytic: worst.comparison.analytic,
            numeric: worst.comparison.numeric,
            error_bar: worst.comparison.error_bar,
        }),
        inconclusive_reasons: Reason::ALL
            .into_iter()
            .map(|reason| (reason.name(), block.counts.with_reason(reason)))
            .collect(),
        pattern: block.pattern.as_ref().map(pattern),
        diagnosis: block.diagnosis.as_ref().map(|diagnosis| Diagnosis {
            cause: diagnosis.cause,
            message: diagnosis.sentence(&[&block.name]),
            factor: diagnosis.factor,
            residual: diagnosis.residual,
        }),
    }
}

fn pattern(pattern: &crate::pattern::Pattern) -> Pattern {
    let lines = |lines: &[crate::pattern::Line]| {
        let line = |line: &crate::pattern::Line| Line {
            index: line.index,
            wrong: line.wrong,
            judged: line.judged,
            share: line.share,
        };
        lines.iter().map(line).collect()
    };
    Pattern {
        rows: lines(&pattern.rows),
        columns: lines(&pattern.columns),
        confined_to_rows: match &pattern.confined {
            Some(Confined::Rows(rows)) => Some(rows.clone()),
            _ => None,
        },
        confined_to_columns: match &pattern.confined {
            Some(Confined::Columns(columns)) => Some(columns.clone()),
            _ => None,
        },
    }
}

#[derive(Debug, Serialize)]
struct Kinks {
    block: String,
    index: Vec<usize>,
    kinks: Vec<Kink>,
}

#[derive(Debug, Serialize)]
struct Kink {
    name: String,
    distance: f64,
}

fn kinks(report: &KinkReport) -> Kinks {
    Kinks {
        block: report.coordinate.block.clone(),
        index: report.coordinate.index.clone(),
        kinks: report
            .kinks
            .iter()
            .map(|kink| Kink {
                name: kink.name.clone(),
                distance: kink.distance,
            })
            .collect(),
    }
}
